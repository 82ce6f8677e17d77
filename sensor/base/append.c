/*
 * append - what is not kept goes to the disk at once (RWF_DONTCACHE, Linux 6.14), and the next piece is copied into the very pages it
 * has left: they are in the processor's cache, and no page of anybody else has to go. Other kernels and file systems do not know the
 * flag, and are asked to write as always.
 */
#include "base/append.h"

#include <errno.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/err.h"

#ifndef RWF_DONTCACHE
#define RWF_DONTCACHE 0x80
#endif
#define PAGE ((size_t) 4096)
#define LARGE ((size_t) 256 << 10) /* smaller pieces are gathered by the kernel: not every one is worth a visit of the disk */

/* How many of n bytes fill pages to their end. The last page, which later bytes have to be added to, is kept. */
static size_t
whole_pages(int fd, size_t n)
{
	off_t end = n >= LARGE ? lseek(fd, 0, SEEK_END) : -1;

	return end < 0 ? 0 : n - ((size_t) end + n) % PAGE;
}

int
append_all(int fd, const void *p, size_t n, size_t *done, bool once)
{
	size_t passing = once ? *done + whole_pages(fd, n - *done) : 0; /* bytes before it are not kept */

	while (*done < n) {
		const uint8_t *at = (const uint8_t *) p + *done;
		bool pass = *done < passing;
		struct iovec piece = { (void *) (uintptr_t) at, passing - *done };
		ssize_t k = pass ? pwritev2(fd, &piece, 1, -1, RWF_DONTCACHE) : write(fd, at, n - *done);

		if (k < 0 && pass && errno == EOPNOTSUPP)
			passing = 0;
		else if (k < 0 && errno == EINTR)
			continue;
		else if (k <= 0)
			return E_IO;
		else
			*done += (size_t) k;
	}
	return 0;
}
