#include "pipeline/output/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/err.h"

int
scan_path(char *out, size_t room, const char *dir, uint64_t number)
{
	int n = snprintf(out, room, "%s/%010llu" SCAN_PACKED, dir, (unsigned long long) number);
	size_t plain = (size_t) n - (sizeof(SCAN_PACKED) - sizeof(SCAN_SUFFIX));
	bool packed;

	if (n < 0 || (size_t) n >= room)
		return E_LIMIT;
	packed = access(out, F_OK) == 0;
	out[plain] = 0;
	if (packed && access(out, F_OK) < 0)
		out[plain] = SCAN_PACKED[sizeof(SCAN_SUFFIX) - 1];
	return 0;
}

bool
scan_is_packed(const char *path)
{
	size_t n = strlen(path), suffix = sizeof(SCAN_PACKED) - 1;

	return n > suffix && strcmp(path + n - suffix, SCAN_PACKED) == 0;
}

/* The number in "0000000042.cjl"; 0 = another file. */
static uint64_t
number_of(const char *name)
{
	size_t n = strspn(name, "0123456789");

	if (n < 10 || n > 18 || (strcmp(name + n, SCAN_SUFFIX) != 0 && strcmp(name + n, SCAN_PACKED) != 0))
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

/* One that was killed while packing has both files. */
static uint32_t
each_once(uint64_t *numbers, uint32_t n)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (!kept || numbers[kept - 1] != numbers[i])
			numbers[kept++] = numbers[i];
	}
	return kept;
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
	*n = each_once(*numbers, *n);
	return rc;
}

int
scan_unpack(struct span packed, struct span *out)
{
	unsigned long long size = ZSTD_getFrameContentSize(packed.p, packed.n);
	uint8_t *room;
	size_t n;

	if (size > SCAN_RAW_MAX) /* the library's two error values, too */
		return E_BAD;
	room = malloc(size ? size : 1);
	if (!room)
		return E_NOMEM;
	n = ZSTD_decompress(room, size, packed.p, packed.n);
	if (ZSTD_isError(n) || n != size) {
		free(room);
		return E_BAD;
	}
	*out = span_of(room, n);
	return 0;
}

static int
unpack(struct scan *s)
{
	struct span raw;
	int rc = scan_unpack(s->bytes, &raw);

	if (rc < 0)
		return rc;
	munmap((void *) (uintptr_t) s->bytes.p, s->bytes.n);
	s->bytes = raw;
	s->unpacked = true;
	return 0;
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
	else if (st.st_size < (scan_is_packed(path) ? 1 : FRAME_HEADER))
		rc = E_TRUNC;
	if (rc == 0) {
		map = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map == MAP_FAILED)
			rc = E_IO;
		else
			s->bytes = span_of(map, (size_t) st.st_size);
	}
	close(fd);
	if (rc == 0 && scan_is_packed(path))
		rc = unpack(s);
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
	if (s->unpacked)
		free((void *) (uintptr_t) s->bytes.p);
	else if (s->bytes.p)
		munmap((void *) (uintptr_t) s->bytes.p, s->bytes.n);
	s->bytes = SPAN_NONE;
	s->unpacked = false;
}

/* Of a packed file: as much as its first bytes give. */
static int
header_unpack(const uint8_t *bytes, size_t n, uint8_t out[static FRAME_HEADER], uint64_t *raw)
{
	ZSTD_outBuffer o = { out, FRAME_HEADER, 0 };
	ZSTD_inBuffer in = { bytes, n, 0 };
	ZSTD_DCtx *z = ZSTD_createDCtx();
	unsigned long long size = ZSTD_getFrameContentSize(bytes, n);
	size_t left = 1;

	while (z && left && !ZSTD_isError(left) && o.pos < FRAME_HEADER && in.pos < n)
		left = ZSTD_decompressStream(z, &o, &in);
	ZSTD_freeDCtx(z);
	*raw = size;
	return z && o.pos == FRAME_HEADER && size <= SCAN_RAW_MAX ? 0 : E_BAD;
}

int
scan_header(const char *path, struct frame_header *h, uint64_t *raw, uint64_t *on_disk)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
	size_t room = scan_is_packed(path) ? ZSTD_DStreamInSize() : FRAME_HEADER;
	uint8_t *bytes = malloc(room), head[FRAME_HEADER];
	struct stat st;
	ssize_t n;

	if (fd < 0 || !bytes || fstat(fd, &st) < 0 || (n = pread(fd, bytes, room, 0)) < 0) {
		rc = fd < 0 && errno == ENOENT ? E_NOENT : bytes ? E_IO : E_NOMEM;
	} else {
		*raw = *on_disk = (uint64_t) st.st_size;
		if (!scan_is_packed(path))
			rc = frame_header_read(h, span_of(bytes, (size_t) n));
		else if ((rc = header_unpack(bytes, (size_t) n, head, raw)) == 0)
			rc = frame_header_read(h, span_of(head, sizeof head));
	}
	if (fd >= 0)
		close(fd);
	free(bytes);
	return rc;
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
