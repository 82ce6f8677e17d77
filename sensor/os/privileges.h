/*
 * privileges - from here on as little as possible, for good.
 *
 * Thread:    main, before any other thread is started.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  opening captures (needs CAP_NET_RAW) -> done before
 */
#ifndef OS_PRIVILEGES_H
#define OS_PRIVILEGES_H

#include <stdbool.h>

struct privileges {
	const char *user, *group;  /* NULL: "casus" when there is such a user, else "nobody" */
	bool asked;                /* user was asked for: anything less is a failure */
	const char *write_dir;     /* the new user must be able to write here */
	const char *read_path;     /* and to read this; may be NULL */
	bool give_empty;           /* write_dir is given to the user when it is root's and empty (a folder made for it) */
};

/*
 * Started as root: becomes the user for good (setresuid, no supplementary groups) when that user can write to write_dir;
 * otherwise stays user 0 without any capability. Started unprivileged: drops what capabilities there are. In every
 * case: empty capability and bounding sets, no_new_privs. Says what it did in how[128]. 0, or negative err with the reason in how.
 */
int privileges_drop(const struct privileges *p, char how[static 128]);
/* System calls a sensor needs and no others: no exec, no ptrace, no mount, no new modules (libseccomp; refused calls
 * fail with EPERM). 0, E_UNSUPPORTED when the kernel has no seccomp. */
int seccomp_on(char why[static 128]);

#endif
