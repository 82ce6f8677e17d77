/* Cursors: reading a journal that is being written. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "base/log.h"
#include "pipeline/output/journal_private.h"
#include "pipeline/output/scan.h"

#define READ_AT_ONCE (256U << 10)

struct journal_cursor {
	struct journal *j;
	uint64_t segment;    /* number of the open one; 0 = none */
	int fd;
	ZSTD_DCtx *z;        /* NULL = the open file is not packed */
	uint8_t *in;         /* packed bytes */
	ZSTD_inBuffer packed;
	uint64_t off;        /* in the segment, of what comes after the buffer */
	uint8_t *buf;
	uint32_t at, n, cap; /* bytes at..n are read and not yet given out */
	uint64_t seq;        /* skip records before it */
	uint64_t ms;         /* skip records up to this id */
	uint32_t id_n;
};

struct journal_cursor *
journal_cursor_new(struct journal *j)
{
	struct journal_cursor *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->j = j;
	c->fd = -1;
	return c;
}

void
journal_cursor_free(struct journal_cursor *c)
{
	if (!c)
		return;
	if (c->fd >= 0)
		close(c->fd);
	ZSTD_freeDCtx(c->z);
	free(c->in);
	free(c->buf);
	free(c);
}

/* The segment with this number, or the next one that still exists. */
static struct segment *
segment_from(const struct journal *j, uint64_t number)
{
	for (uint32_t i = 0; i < j->n; i++) {
		if (j->segments[i].number >= number)
			return &j->segments[i];
	}
	return NULL;
}

/* The next bytes of the segment, unpacked where they are packed. 0 = there are none; negative: E_IO. */
static ssize_t
bytes_next(struct journal_cursor *c, void *to, size_t n)
{
	ZSTD_outBuffer out = { to, n, 0 };
	ssize_t k = 1;

	if (!c->z) {
		do
			k = pread(c->fd, to, n, (off_t) c->off);
		while (k < 0 && errno == EINTR);
		c->off += k > 0 ? (uint64_t) k : 0;
		return k;
	}
	while (out.pos == 0) {
		if (c->packed.pos == c->packed.size) {
			k = read(c->fd, c->in, READ_AT_ONCE);
			if (k <= 0)
				return k;
			c->packed = (ZSTD_inBuffer) { c->in, (size_t) k, 0 };
		}
		if (ZSTD_isError(ZSTD_decompressStream(c->z, &out, &c->packed))) {
			errno = EBADMSG;
			return -1;
		}
	}
	c->off += out.pos;
	return (ssize_t) out.pos;
}

static int
packed_begin(struct journal_cursor *c)
{
	uint8_t header[FRAME_HEADER];

	c->z = ZSTD_createDCtx();
	if (!c->in)
		c->in = malloc(READ_AT_ONCE);
	c->packed = (ZSTD_inBuffer) { c->in, 0, 0 };
	c->off = 0;
	while (c->z && c->in && c->off < FRAME_HEADER) {
		if (bytes_next(c, header, FRAME_HEADER - (size_t) c->off) <= 0)
			return E_IO;
	}
	return c->z && c->in ? 0 : E_NOMEM;
}

/* A packed segment that cannot be unpacked to its end: the rest of it is passed over. */
static int
lost(struct journal_cursor *c, const struct segment *s)
{
	counter_inc(c->j->cnt, C_JOURNAL_DAMAGED);
	log_error("journal", "segment %llu is damaged: %llu bytes passed over", (unsigned long long) c->segment,
	    (unsigned long long) (s->raw - c->off));
	c->off = s->raw;
	return 1;
}

static int
cursor_open(struct journal_cursor *c, const struct segment *s)
{
	char path[PATH_MAX];

	if (c->fd >= 0)
		close(c->fd);
	ZSTD_freeDCtx(c->z);
	c->z = NULL;
	c->fd = -1;
	c->segment = 0;
	c->at = c->n = 0;
	c->off = FRAME_HEADER;
	if (!s || scan_path(path, sizeof path, c->j->dir, s->number) < 0)
		return E_NOENT;
	c->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (c->fd < 0)
		return E_IO;
	c->segment = s->number;
	if (scan_is_packed(path) && packed_begin(c) < 0)
		lost(c, s);
	return 0;
}

static void
seek(struct journal_cursor *c, const struct segment *s)
{
	if (cursor_open(c, s) < 0)
		log_error("journal", "cannot read segment %llu: %s", (unsigned long long) s->number, strerror(errno));
}

void
journal_seek_seq(struct journal_cursor *c, uint64_t seq)
{
	const struct segment *best = &c->j->segments[0];

	for (uint32_t i = 1; i < c->j->n && c->j->segments[i].first_seq <= seq; i++)
		best = &c->j->segments[i];
	c->seq = seq;
	c->ms = c->id_n = 0;
	seek(c, best);
}

static bool
id_after(uint64_t ms, uint32_t n, uint64_t than_ms, uint32_t than_n)
{
	return ms != than_ms ? ms > than_ms : n > than_n;
}

void
journal_seek_id(struct journal_cursor *c, uint64_t ms, uint32_t n)
{
	const struct segment *best = &c->j->segments[0];

	for (uint32_t i = 1; i < c->j->n && !id_after(c->j->segments[i].before_ms, c->j->segments[i].before_n, ms, n); i++)
		best = &c->j->segments[i];
	c->seq = 0;
	c->ms = ms;
	c->id_n = n;
	seek(c, best);
}

static int
grow(struct journal_cursor *c, uint32_t want)
{
	uint32_t cap = c->cap ? c->cap : READ_AT_ONCE;
	uint8_t *p;

	while (cap < want)
		cap *= 2;
	if (cap == c->cap)
		return 0;
	p = realloc(c->buf, cap);
	if (!p)
		return E_NOMEM;
	c->buf = p;
	c->cap = cap;
	return 0;
}

/* More bytes of the open segment. 1 = some came, 0 = its written end is reached. */
static int
fill(struct journal_cursor *c, const struct segment *s)
{
	uint64_t left = s->raw > c->off ? s->raw - c->off : 0;
	uint32_t held = c->n - c->at, want;
	ssize_t k;

	if (!left)
		return 0;
	if (held)
		memmove(c->buf, c->buf + c->at, held);
	c->at = 0;
	c->n = held;
	if (grow(c, held * 2 + 1) < 0)
		return E_NOMEM;
	want = c->cap - held < left ? c->cap - held : (uint32_t) left;
	k = bytes_next(c, c->buf + held, want);
	if (k <= 0 && c->z)
		return lost(c, s);
	if (k <= 0)
		return E_IO;
	c->n += (uint32_t) k;
	return 1;
}

/* A frame that is not one: pass over it to the next that looks like one. */
static void
pass_over(struct journal_cursor *c)
{
	uint32_t to = frame_search(span_of(c->buf, c->n), c->at + 1);

	if (to == c->n && c->n - c->at > 3)
		to = c->n - 3; /* its first bytes may stand at the end */
	counter_inc(c->j->cnt, C_JOURNAL_DAMAGED);
	log_error("journal", "segment %llu is damaged: %u bytes passed over", (unsigned long long) c->segment, to - c->at);
	c->at = to;
}

static bool
wanted(const struct journal_cursor *c, const struct journal_record *r)
{
	return r->seq >= c->seq && ((!c->ms && !c->id_n) || id_after(r->ms, r->n, c->ms, c->id_n));
}

/* All written bytes are read. The next segment is opened once this one is closed; 0 = there is none yet. */
static int
segment_end(struct journal_cursor *c, const struct segment *s)
{
	const struct segment *next;

	if (c->n > c->at && (s != journal_current(c->j) || !c->j->out_done)) { /* a length that leads past the end */
		pass_over(c);
		return 1;
	}
	if (s == journal_current(c->j))
		return 0;
	next = segment_from(c->j, c->segment + 1);
	if (!next)
		return 0;
	return cursor_open(c, next) < 0 ? E_IO : 1;
}

int
journal_read(struct journal_cursor *c, struct journal_record *r)
{
	const uint8_t *hash;
	int rc = 1;

	if (c->fd < 0)
		rc = cursor_open(c, &c->j->segments[0]) < 0 ? E_IO : 1;
	while (rc > 0) {
		const struct segment *s = segment_from(c->j, c->segment);
		int64_t n = c->n > c->at ? frame_read(r, span_of(c->buf + c->at, c->n - c->at), &hash) : E_TRUNC;

		if (n > 0) {
			c->at += (uint32_t) n;
			if (wanted(c, r))
				return 1;
			continue;
		}
		if (n == E_BAD) {
			pass_over(c);
			continue;
		}
		if (!s || s->number != c->segment) /* deleted under us */
			rc = cursor_open(c, s) < 0 ? E_IO : 1;
		else if ((rc = fill(c, s)) == 0)
			rc = segment_end(c, s);
	}
	return rc;
}
