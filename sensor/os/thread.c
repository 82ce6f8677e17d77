#include "os/thread.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

void
thread_begin(const char *name)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_setname_np(pthread_self(), name);
}

void
thread_pause(void)
{
	nanosleep(&(struct timespec) { 0, 50000 }, NULL);
}
