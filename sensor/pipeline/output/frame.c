#include "pipeline/output/frame.h"

#include "base/err.h"
#include "base/hash.h"
#include "pipeline/output/crc32c.h"

#define MAGIC_SEGMENT "CASUSJ01"
#define MAGIC_FRAME "CJR1"
#define BODY_FIXED 48

static void
put(uint8_t **p, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		*(*p)++ = (uint8_t) (v >> 8 * i);
}

static void
put_bytes(uint8_t **p, const void *from, size_t n)
{
	if (n)
		memcpy(*p, from, n);
	*p += n;
}

static void
put_text(uint8_t **p, const char *text, size_t room)
{
	size_t n = strlen(text) < room ? strlen(text) : room;

	put_bytes(p, text, n);
	memset(*p, 0, room - n);
	*p += room - n;
}

void
frame_header_write(const struct frame_header *h, uint8_t out[static FRAME_HEADER])
{
	uint8_t *p = out;

	memset(out, 0, FRAME_HEADER);
	put_bytes(&p, MAGIC_SEGMENT, 8);
	put(&p, FRAME_VERSION, 4);
	put(&p, 0, 4);
	put_text(&p, h->epoch, 32);
	put_text(&p, h->sensor, 32);
	put(&p, h->segment, 8);
	put(&p, h->first_seq, 8);
	put(&p, h->last_ms, 8);
	put(&p, h->last_n, 4);
	put_bytes(&p, h->chain, FRAME_HASH);
	p = out + FRAME_HEADER - 4;
	put(&p, crc32c(0, out, FRAME_HEADER - 4), 4);
}

/* Printable ASCII that ends within its room. */
static int
get_text(struct rd *r, char *out, size_t room)
{
	struct span s = rd_span(r, 32);
	uint32_t n = 0;

	if (r->bad)
		return E_TRUNC;
	while (n < s.n && s.p[n])
		n++;
	if (n == 0 || n >= room)
		return E_BAD;
	for (uint32_t i = 0; i < n; i++) {
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f)
			return E_BAD;
	}
	memcpy(out, s.p, n);
	out[n] = 0;
	return 0;
}

int
frame_header_read(struct frame_header *h, struct span bytes)
{
	struct rd r = rd_of(span_head(bytes, FRAME_HEADER));
	struct rd sum = rd_of(span_skip(bytes, FRAME_HEADER - 4));
	struct span magic = rd_span(&r, 8), chain;
	uint32_t version = rd_u32le(&r);

	if (bytes.n < FRAME_HEADER)
		return E_TRUNC;
	if (!span_eq(magic, SPAN_LIT(MAGIC_SEGMENT)) || rd_u32le(&sum) != crc32c(0, bytes.p, FRAME_HEADER - 4))
		return E_BAD;
	if (version != FRAME_VERSION)
		return E_UNSUPPORTED;
	rd_skip(&r, 4);
	if (get_text(&r, h->epoch, sizeof h->epoch) < 0 || get_text(&r, h->sensor, sizeof h->sensor) < 0)
		return E_BAD;
	h->segment = rd_u64le(&r);
	h->first_seq = rd_u64le(&r);
	h->last_ms = rd_u64le(&r);
	h->last_n = rd_u32le(&r);
	chain = rd_span(&r, FRAME_HASH);
	memcpy(h->chain, chain.p, FRAME_HASH);
	return 0;
}

static void
body_write(uint8_t *p, const struct journal_record *r)
{
	put(&p, r->seq, 8);
	put(&p, r->ms, 8);
	put(&p, r->n, 4);
	put(&p, (uint64_t) r->ts, 8);
	put(&p, r->revision, 4);
	put(&p, r->flags, 4);
	put(&p, r->type.n, 1);
	put(&p, r->eid.n, 1);
	put(&p, r->incident.n, 1);
	put(&p, 0, 1);
	put(&p, r->hosts.n / 8, 4);
	put(&p, r->json.n, 4);
	put_bytes(&p, r->type.p, r->type.n);
	put_bytes(&p, r->eid.p, r->eid.n);
	put_bytes(&p, r->incident.p, r->incident.n);
	put_bytes(&p, r->hosts.p, r->hosts.n);
	put_bytes(&p, r->json.p, r->json.n);
}

/* `next` may be the chain itself. */
static void
chain_next(const uint8_t chain[static FRAME_HASH], struct span body, uint8_t next[static FRAME_HASH])
{
	struct hash_stream h;

	hash_begin(&h, HASH_SHA256);
	hash_add(&h, HASH_SHA256, span_of(chain, FRAME_HASH));
	hash_add(&h, HASH_SHA256, body);
	hash_end(&h, HASH_SHA256, next);
}

int
frame_write(struct buf *b, const struct journal_record *r, uint8_t chain[static FRAME_HASH])
{
	uint64_t body = BODY_FIXED + (uint64_t) r->type.n + r->eid.n + r->incident.n + r->hosts.n + r->json.n;
	uint8_t *frame, *p;

	if (body > FRAME_BODY_MAX || r->type.n > 255 || r->eid.n > 255 || r->incident.n > 255 || r->hosts.n % 8)
		return E_LIMIT;
	frame = p = (uint8_t *) buf_room(b, FRAME_OVERHEAD + body);
	if (!frame) /* a record that found no room is no link of the chain */
		return E_NOMEM;
	body_write(p + 12, r);
	chain_next(chain, span_of(p + 12, body), chain);
	put_bytes(&p, MAGIC_FRAME, 4);
	put(&p, body, 4);
	memcpy(frame + 12 + body, chain, FRAME_HASH);
	put(&p, crc32c(crc32c(0, frame + 4, 4), frame + 12, body + FRAME_HASH), 4);
	buf_took(b, FRAME_OVERHEAD + body);
	return 0;
}

static int
body_read(struct journal_record *r, struct span body)
{
	struct rd b = rd_of(body);
	uint8_t type, eid, incident;
	uint32_t hosts, json;

	r->seq = rd_u64le(&b);
	r->ms = rd_u64le(&b);
	r->n = rd_u32le(&b);
	r->ts = (int64_t) rd_u64le(&b);
	r->revision = rd_u32le(&b);
	r->flags = rd_u32le(&b);
	type = rd_u8(&b);
	eid = rd_u8(&b);
	incident = rd_u8(&b);
	rd_skip(&b, 1);
	hosts = rd_u32le(&b);
	json = rd_u32le(&b);
	r->type = rd_span(&b, type);
	r->eid = rd_span(&b, eid);
	r->incident = rd_span(&b, incident);
	r->hosts = rd_span(&b, (size_t) hosts * 8);
	r->json = rd_span(&b, json);
	return b.bad || rd_left(&b) ? E_BAD : 0;
}

int64_t
frame_read(struct journal_record *r, struct span bytes, const uint8_t **hash)
{
	struct rd f = rd_of(bytes);
	struct span magic = rd_span(&f, 4), body, rest;
	uint32_t n = rd_u32le(&f), crc = rd_u32le(&f);

	if (f.bad)
		return E_TRUNC;
	if (!span_eq(magic, SPAN_LIT(MAGIC_FRAME)) || n < BODY_FIXED || n > FRAME_BODY_MAX)
		return E_BAD;
	rest = rd_span(&f, (size_t) n + FRAME_HASH);
	if (f.bad)
		return E_TRUNC;
	if (crc32c(crc32c(0, bytes.p + 4, 4), rest.p, rest.n) != crc)
		return E_BAD;
	body = span_head(rest, n);
	if (body_read(r, body) < 0)
		return E_BAD;
	*hash = rest.p + n;
	return (int64_t) n + FRAME_OVERHEAD;
}

bool
frame_chain(uint8_t chain[static FRAME_HASH], struct span frame)
{
	struct span body = span_of(frame.p + 12, frame.n - FRAME_OVERHEAD);
	bool same;

	chain_next(chain, body, chain);
	same = memcmp(chain, body.p + body.n, FRAME_HASH) == 0;
	if (!same) /* go on from what the file says, so that one break is told once */
		memcpy(chain, body.p + body.n, FRAME_HASH);
	return same;
}

uint32_t
frame_search(struct span bytes, uint32_t from)
{
	const uint8_t *at;

	if (from >= bytes.n)
		return bytes.n;
	at = memmem(bytes.p + from, bytes.n - from, MAGIC_FRAME, 4);
	return at ? (uint32_t) (at - bytes.p) : bytes.n;
}
