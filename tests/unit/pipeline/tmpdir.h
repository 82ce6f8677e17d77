/* A temporary folder for a test, taken away with all that is in it. */
#ifndef TEST_TMPDIR_H
#define TEST_TMPDIR_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline int
tmpdir_remove(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

static inline void
tmpdir_clear(const char *dir)
{
	nftw(dir, tmpdir_remove, 16, FTW_DEPTH | FTW_PHYS);
}

#define TMPDIR_LEN 64
static inline void
tmpdir_make(char out[static TMPDIR_LEN])
{
	snprintf(out, TMPDIR_LEN, "/tmp/casus-test-XXXXXX");
	if (!mkdtemp(out))
		abort();
}

#endif
