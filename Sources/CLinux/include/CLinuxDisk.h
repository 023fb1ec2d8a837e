// What disk images need of files and block devices: holes, sizes, locks of byte ranges. In C, because the calls want
// GNU's extensions or request numbers that linux/fs.h only defines where sys/mount.h is not.
#ifndef CLINUX_DISK_H
#define CLINUX_DISK_H

#include <stdint.h>

/// Gives a part of a file back to the file system; it reads as zero afterwards (FALLOC_FL_PUNCH_HOLE).
int rk_punch_hole(int fd, uint64_t offset, uint64_t count);
/// Makes a part of a file read as zero, with its space kept where the file system can (FALLOC_FL_ZERO_RANGE).
int rk_zero_range(int fd, uint64_t offset, uint64_t count);
/// Reserves space without changing what is read.
int rk_allocate_range(int fd, uint64_t offset, uint64_t count);
/// The next byte at or behind `offset` that is data, or in a hole: lseek() with SEEK_DATA, SEEK_HOLE.
int64_t rk_seek_data(int fd, uint64_t offset);
int64_t rk_seek_hole(int fd, uint64_t offset);
/// The size of a block device in bytes (BLKGETSIZE64).
int rk_block_device_size(int fd, uint64_t *count);
/// Takes a shared lock on one byte for the open file (F_OFD_SETLK), or gives it back.
int rk_lock_byte(int fd, uint64_t offset, int locked);
/// Whether another open file holds any lock on the byte: 1, 0, or -1 (F_OFD_GETLK).
int rk_byte_is_locked(int fd, uint64_t offset);

#endif
