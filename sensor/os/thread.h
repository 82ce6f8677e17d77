/*
 * thread - what a worker thread does at its start, where it runs, and how it waits.
 *
 * Thread:    the calling one.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  starting and joining -> ../engine/workers.h
 */
#ifndef OS_THREAD_H
#define OS_THREAD_H

/* Names the calling thread (15 characters) and leaves all signals to main. */
void thread_begin(const char *name);
/* The NUMA node of the processor the calling thread runs on just now; -1: nobody knows. */
int thread_node(void);
/* About 50 us without work. */
void thread_pause(void);

#endif
