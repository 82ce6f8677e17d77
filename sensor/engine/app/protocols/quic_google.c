/*
 * quic_google - the client's hello of Google QUIC, in the clear, and its fingerprint CYU.
 *
 * Thread:    the worker's.
 * Memory:    names and the list of tags, from the worker's pool.
 * Owns:      nothing.
 * Not here:  headers -> quic.c
 *
 * Sources: QUIC Wire Layout Specification and QUIC Crypto (Google, 2016), as far as versions Q044 to Q046 keep them; CYU:
 * "GQUIC Protocol Analysis and Fingerprinting in Zeek" (Salesforce). A message is a tag, the number of entries, then
 * tag(4) end(4) for each, then the values one after the other.
 */
#include "engine/app/protocols/quic.h"

#include "base/hash.h"

#define TAGS_MAX 128u
#define CYU_MAX 1024u
#define NAME_MAX_KEPT 1024u

static struct span
tag_text(const uint8_t *tag)
{
	uint32_t n = 4;

	while (n && !tag[n - 1])
		n--;
	return span_of(tag, n);
}

/* "46,PAD-SNI-VER" */
static void
cyu_begin(struct text *t, uint32_t version)
{
	text_char(t, (char) (version >> 8 & 0xff));
	text_char(t, (char) (version & 0xff));
	text_char(t, ',');
}

static bool
client_hello(struct app *a, struct quic_tx *t, struct span s)
{
	struct rd r = rd_of(s);
	uint16_t n;
	struct span entries, values, tag;
	char buf[CYU_MAX];
	struct text cyu = text_of(buf, sizeof(buf));
	uint8_t md5[16];
	uint32_t from = 0;

	rd_skip(&r, 4);
	n = rd_u16le(&r);
	rd_skip(&r, 2);
	entries = rd_span(&r, 8u * n);
	values = rd_rest(&r);
	if (r.bad || !n || n > TAGS_MAX)
		return false;
	cyu_begin(&cyu, t->version);
	for (unsigned i = 0; i < n; i++) {
		struct rd e = rd_of(span_skip(entries, 8u * i));
		struct span name = rd_span(&e, 4);
		uint32_t end = rd_u32le(&e);

		tag = tag_text(name.p);
		if (i)
			text_char(&cyu, '-');
		text_add(&cyu, tag);
		if (end < from || end > values.n)
			return false;
		if (span_eq(tag, SPAN_LIT("SNI")) && !t->sni.n)
			app_keep(a, &t->sni, span_head(span_skip(values, from), end - from), NAME_MAX_KEPT);
		else if (span_eq(tag, SPAN_LIT("UAID")) && !t->ua.n)
			app_keep(a, &t->ua, span_head(span_skip(values, from), end - from), NAME_MAX_KEPT);
		from = end;
	}
	if (t->cyu.n || cyu.full || app_keep(a, &t->cyu, text_span(&cyu), CYU_MAX) < 0)
		return true;
	hash_md5(text_span(&cyu), md5);
	hash_hex(md5, sizeof(md5), t->cyu_hash);
	return true;
}

/* 1fdoooss: the id of the stream, an offset, a length, then data */
static bool
stream_frame(struct app *a, struct quic_tx *t, uint8_t type, struct rd *r)
{
	unsigned offset = type >> 2 & 7;
	struct span s;

	rd_skip(r, (type & 3u) + 1);
	rd_skip(r, offset ? offset + 1 : 0);
	s = type & 0x20 ? rd_span(r, rd_u16(r)) : rd_rest(r);
	if (!(type & 0x20))
		rd_skip(r, s.n);
	if (r->bad)
		return false;
	return s.n < 4 || memcmp(s.p, "CHLO", 4) != 0 || client_hello(a, t, s);
}

/* 01ntllmm */
static bool
ack_frame(uint8_t type, struct rd *r)
{
	static const uint8_t size[4] = { 1, 2, 4, 6 };
	unsigned block = size[type & 3], blocks;

	rd_skip(r, size[type >> 2 & 3] + 2u);
	blocks = type & 0x20 ? rd_u8(r) : 0;
	rd_skip(r, block + (uint64_t) blocks * (1 + block));
	unsigned stamps = rd_u8(r);

	rd_skip(r, stamps ? 5 + 3u * (stamps - 1) : 0);
	return !r->bad;
}

bool
quic_google_frames(struct app *a, struct quic_tx *t, struct span frames, unsigned number_n)
{
	struct rd r = rd_of(frames);

	while (rd_left(&r)) {
		uint8_t type = rd_u8(&r);

		if (type & 0x80) {
			if (!stream_frame(a, t, type, &r))
				return false;
		} else if (type & 0x40) {
			if (!ack_frame(type, &r))
				return false;
		} else if (type == 0x00) { /* padding: nothing else follows */
			return true;
		} else if (type == 0x06) { /* STOP_WAITING */
			rd_skip(&r, number_n);
		} else if (type != 0x07) { /* PING; others end what we can read */
			return true;
		}
	}
	return !r.bad;
}
