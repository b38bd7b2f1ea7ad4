#pragma once
#include <dirent.h>
#include <stdint.h>
#include <sys/types.h>

// The calls of Linux that Swift cannot make: GNU extensions, and variadic functions. Each returns
// what the call returns and leaves errno as it is.

// openat(2) with O_CLOEXEC | O_NOCTTY.
int wardfs_open(int directory, const char *name, int flags, mode_t mode);

extern const int wardfs_open_path_only;

// fallocate(2) with PUNCH_HOLE | KEEP_SIZE.
int wardfs_punch_hole(int file, uint64_t offset, uint64_t count);

// renameat2(2) with RENAME_NOREPLACE.
int wardfs_rename_without_replacing(int from_directory, const char *from, int to_directory,
                                    const char *to);

// The f_type of fstatfs(2), or -1.
int64_t wardfs_file_system_type(int file);

// The name in an entry of readdir(3): its field is an array of unspecified length.
const char *wardfs_entry_name(const struct dirent *entry);
