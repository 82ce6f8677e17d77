/*
 * records - see records.h.
 */
#include "engine/capture/records.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_HEAD 24
#define HEAD 16
#define BUFFER ((size_t) 512 << 10) /* a few hundred packets stay in the second-level cache until they were looked at */
#define PAGE ((size_t) 4096)
#define LONGEST 262144u             /* no link type's limit in libpcap is below; longer ones are its to judge */

enum { MAGIC_MICRO = 0xa1b2c3d4, MAGIC_NANO = 0xa1b23c4d };

/* Up to n bytes at that offset; fewer at the end of the file. */
static size_t
read_at(int fd, uint8_t *to, size_t n, uint64_t offset)
{
	size_t got = 0;

	while (got < n) {
		ssize_t k = pread(fd, to + got, n - got, (off_t) (offset + got));
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			break;
		got += (size_t) k;
	}
	return got;
}

static bool
is_ordinary(struct records *r, int fd)
{
	struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, figures, snaplen, link;
	} head;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || read_at(fd, (uint8_t *) &head, FILE_HEAD, 0) != FILE_HEAD)
		return false;
	r->nano = head.magic == MAGIC_NANO;
	r->snaplen = head.snaplen;
	return (r->nano || head.magic == MAGIC_MICRO) && head.major == 2 && head.minor == 4;
}

void
records_open(struct records *r, pcap_t *p)
{
	FILE *f = pcap_file(p);

	r->n = r->at = 0;
	r->offset = FILE_HEAD;
	r->on = f && is_ordinary(r, fileno(f)) && (r->buf || (r->buf = aligned_alloc(PAGE, BUFFER)));
}

/* The bytes of the record at hand and what follows it, as far as there is room. Pages of the file come to lie on pages of the buffer,
 * which the kernel copies faster. */
static void
refill(struct records *r, int fd)
{
	uint64_t next = r->offset + r->n;
	size_t left = r->n - r->at, to = ((left + PAGE - 1) & ~(PAGE - 1)) + (next & (PAGE - 1));

	memmove(r->buf + to - left, r->buf + r->at, left);
	r->offset = next - to;
	r->at = to - left;
	r->n = to + read_at(fd, r->buf + to, BUFFER - to, next);
}

/* The record at hand is whole; false: it is not, or not one to hand on. */
static bool
record_at(const struct records *r, uint32_t head[4])
{
	if (r->n - r->at < HEAD)
		return false;
	memcpy(head, r->buf + r->at, HEAD);
	return head[2] <= LONGEST && head[2] <= r->snaplen && r->n - r->at - HEAD >= head[2];
}

int
records_read(struct capture *c, struct records *r, unsigned max)
{
	FILE *f = pcap_file(c->pcap);
	uint32_t head[4];
	unsigned n = 0;

	if (!record_at(r, head))
		refill(r, fileno(f));
	for (; n < max && !c->stop && record_at(r, head); n++) {
		struct pcap_pkthdr h = { .caplen = head[2], .len = head[3] };
		const uint8_t *bytes = r->buf + r->at + HEAD;

		h.ts.tv_sec = (int32_t) head[0];
		h.ts.tv_usec = r->nano ? (int32_t) head[1] : (suseconds_t) (int32_t) head[1] * 1000;
		r->at += HEAD + head[2];
		fetch(r->buf + r->at, 128); /* the next record and its headers */
		capture_frame((u_char *) (void *) c, &h, bytes);
	}
	if (n == 0 && !c->stop) {
		r->on = false;
		if (fseeko(f, (off_t) (r->offset + r->at), SEEK_SET) < 0)
			return PCAP_ERROR;
	}
	return (int) n;
}

void
records_close(struct records *r)
{
	free(r->buf);
	*r = (struct records) { 0 };
}
