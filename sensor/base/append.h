/*
 * append - bytes to the end of a file, whatever pieces the kernel takes them in.
 *
 * Thread:    any; waits for the kernel as write(2) does.
 * Memory:    none.
 * Owns:      nothing: the file is the caller's.
 * Not here:  what a record is, what is done when the disk refuses -> the caller
 */
#ifndef BASE_APPEND_H
#define BASE_APPEND_H

#include <stdbool.h>
#include <stddef.h>

/* Writes n bytes from p on, of which *done are already there; *done tells how far it came. `once`: nobody is going to read them
 * soon, so the kernel need not keep them in memory; it takes that as a hint, and only for large pieces. E_IO with errno. */
int append_all(int fd, const void *p, size_t n, size_t *done, bool once);

#endif
