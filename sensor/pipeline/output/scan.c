#include "pipeline/output/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

int
scan_path(char *out, size_t room, const char *dir, uint64_t number)
{
	int n = snprintf(out, room, "%s/%010llu" SCAN_SUFFIX, dir, (unsigned long long) number);

	return n < 0 || (size_t) n >= room ? E_LIMIT : 0;
}

/* The number in "0000000042.cjl"; 0 = another file. */
static uint64_t
number_of(const char *name)
{
	size_t n = strspn(name, "0123456789");

	if (n < 10 || n > 18 || strcmp(name + n, SCAN_SUFFIX) != 0)
		return 0;
	return strtoull(name, NULL, 10);
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

	return (x > y) - (x < y);
}

static int
number_add(uint64_t **numbers, uint32_t *n, uint32_t *cap, uint64_t number)
{
	if (*n == *cap) {
		uint32_t more = *cap ? *cap * 2 : 64;
		uint64_t *p = realloc(*numbers, more * sizeof *p);
		if (!p)
			return E_NOMEM;
		*numbers = p;
		*cap = more;
	}
	(*numbers)[(*n)++] = number;
	return 0;
}

int
scan_list(const char *dir, uint64_t **numbers, uint32_t *n)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	uint32_t cap = 0;
	int rc = 0;

	*numbers = NULL;
	*n = 0;
	if (!d)
		return errno == ENOENT ? E_NOENT : E_IO;
	while (rc == 0 && (entry = readdir(d))) {
		uint64_t number = number_of(entry->d_name);
		if (number)
			rc = number_add(numbers, n, &cap, number);
	}
	closedir(d);
	if (*n)
		qsort(*numbers, *n, sizeof **numbers, compare);
	return rc;
}

int
scan_open(struct scan *s, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
	struct stat st;
	void *map;

	memset(s, 0, sizeof *s);
	if (fd < 0)
		return errno == ENOENT ? E_NOENT : E_IO;
	if (fstat(fd, &st) < 0 || st.st_size > UINT32_MAX)
		rc = E_IO;
	else if (st.st_size < FRAME_HEADER)
		rc = E_TRUNC;
	if (rc == 0) {
		map = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map == MAP_FAILED)
			rc = E_IO;
		else
			s->bytes = span_of(map, (size_t) st.st_size);
	}
	close(fd);
	if (rc == 0)
		rc = frame_header_read(&s->header, s->bytes);
	s->at = FRAME_HEADER;
	if (rc < 0)
		scan_close(s);
	return rc;
}

void
scan_close(struct scan *s)
{
	if (s->bytes.p)
		munmap((void *) (uintptr_t) s->bytes.p, s->bytes.n);
	s->bytes = SPAN_NONE;
}

enum scan_result
scan_next(struct scan *s, struct journal_record *r, struct span *frame)
{
	const uint8_t *hash;
	uint32_t from = s->at;
	int64_t n;

	if (from >= s->bytes.n)
		return SCAN_END;
	n = frame_read(r, span_skip(s->bytes, from), &hash);
	if (n > 0) {
		*frame = span_of(s->bytes.p + from, (size_t) n);
		s->at = from + (uint32_t) n;
		return SCAN_RECORD;
	}
	s->bad_from = from;
	do {
		from = frame_search(s->bytes, from + 1);
		n = from < s->bytes.n ? frame_read(r, span_skip(s->bytes, from), &hash) : 0;
	} while (n < 0);
	s->bad_to = s->at = from;
	return n > 0 ? SCAN_DAMAGED : SCAN_TORN;
}
