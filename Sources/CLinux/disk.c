#define _GNU_SOURCE 1
#include "CLinuxDisk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

int rk_punch_hole(int fd, uint64_t offset, uint64_t count) {
    return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)count);
}

int rk_zero_range(int fd, uint64_t offset, uint64_t count) {
    return fallocate(fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)count);
}

int rk_allocate_range(int fd, uint64_t offset, uint64_t count) {
    return fallocate(fd, 0, (off_t)offset, (off_t)count);
}

int64_t rk_seek_data(int fd, uint64_t offset) { return lseek(fd, (off_t)offset, SEEK_DATA); }
int64_t rk_seek_hole(int fd, uint64_t offset) { return lseek(fd, (off_t)offset, SEEK_HOLE); }

int rk_block_device_size(int fd, uint64_t *count) { return ioctl(fd, BLKGETSIZE64, count); }

int rk_lock_byte(int fd, uint64_t offset, int locked) {
    struct flock lock = {
        .l_type = locked ? F_RDLCK : F_UNLCK, .l_whence = SEEK_SET, .l_start = (off_t)offset, .l_len = 1};
    return fcntl(fd, F_OFD_SETLK, &lock);
}

int rk_byte_is_locked(int fd, uint64_t offset) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)offset, .l_len = 1};
    if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
        return -1;
    return lock.l_type != F_UNLCK;
}
