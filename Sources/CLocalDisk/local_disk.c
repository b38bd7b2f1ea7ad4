#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64
#include "local_disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/vfs.h>

const int wardfs_open_path_only = O_PATH;

int wardfs_open(int directory, const char *name, int flags, mode_t mode) {
    return openat(directory, name, flags | O_CLOEXEC | O_NOCTTY, mode);
}

int wardfs_punch_hole(int file, uint64_t offset, uint64_t count) {
    return fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
                     (off_t)count);
}

int wardfs_rename_without_replacing(int from_directory, const char *from, int to_directory,
                                    const char *to) {
    return renameat2(from_directory, from, to_directory, to, RENAME_NOREPLACE);
}

int64_t wardfs_file_system_type(int file) {
    struct statfs status;
    if (fstatfs(file, &status) != 0) return -1;
    return (int64_t)status.f_type & 0xFFFFFFFF;
}

const char *wardfs_entry_name(const struct dirent *entry) { return entry->d_name; }
