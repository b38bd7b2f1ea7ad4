#pragma once
// fuse_lowlevel.h needs the API version before it is included; a bare system library target
// cannot define it.
#define FUSE_USE_VERSION 314
#include <errno.h>
#include <fuse3/fuse_lowlevel.h>
#include <fuse3/fuse_log.h>
#include <sys/uio.h>

// Swift cannot import the bit fields' accessors as stored properties on every version: setters here.
static inline void wardfs_set_keep_cache(struct fuse_file_info *info, int on)
{
    info->keep_cache = on ? 1 : 0;
}

// libfuse logs with variadic arguments and may print a path: it is silenced, errors come as return codes.
static inline void wardfs_ignore_log(enum fuse_log_level level, const char *format, va_list arguments)
{
    (void)level;
    (void)format;
    (void)arguments;
}

static inline void wardfs_silence_libfuse(void)
{
    fuse_set_log_func(wardfs_ignore_log);
}
