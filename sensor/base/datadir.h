/*
 * datadir - where the shipped data lies: rules/ of the source tree when run in place, else where it was installed.
 *
 * Thread:    any.
 * Memory:    the caller's.
 * Owns:      nothing.
 * Not here:  reading what lies there
 */
#ifndef BASE_DATADIR_H
#define BASE_DATADIR_H

#define DATADIR_LEN 512
void datadir_find(char out[DATADIR_LEN]);

#endif
