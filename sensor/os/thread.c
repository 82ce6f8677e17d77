#include "os/thread.h"

#include <pthread.h>
#include <sched.h>
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

int
thread_node(void)
{
	unsigned node;

	return getcpu(NULL, &node) < 0 ? -1 : (int) node;
}

void
thread_pause(void)
{
	nanosleep(&(struct timespec) { 0, 50000 }, NULL);
}
