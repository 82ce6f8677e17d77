/*
 * quic - QUIC before it is encrypted for good: versions, and the hellos in Initial packets.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool; handshake bytes of a direction up to CRYPTO_MAX.
 * Owns:      keys and handshake bytes of a flow.
 * Not here:  keys -> quic_crypt.c   Google's own format -> quic_google.c   the record -> quic_log.c
 *
 * Sources: RFC 9000 sections 17 and 19, RFC 9001, RFC 9369; Google QUIC Q044 to Q046.
 *
 * Each packet with a long header is a transaction of one direction, until that side's hello was there: what follows is closed
 * to us. An Initial packet that brings a part of a hello makes none; the one that completes it does.
 */
#include "engine/app/protocols/quic.h"

#define CRYPTO_MAX 65535u
#define RANGES_MAX 64u

enum { F_PADDING = 0, F_PING = 1, F_ACK = 2, F_ACK_ECN = 3, F_CRYPTO = 6, F_CLOSE = 0x1c, F_CLOSE_APP = 0x1d };

struct range {
	uint32_t from, to;
};

struct crypto {
	struct bytes data;
	struct range have[RANGES_MAX];
	unsigned n;
	bool beyond; /* a frame lay behind CRYPTO_MAX */
};

struct quic {
	struct quic_keys keys;
	struct crypto crypto[2];
	bool hello[2];
	bool retried;
};

/* ---- headers ---- */

static uint64_t
varint(struct rd *r)
{
	uint8_t first = rd_u8(r);
	uint64_t v = first & 0x3f;

	for (unsigned n = (1u << (first >> 6)) - 1; n; n--)
		v = v << 8 | rd_u8(r);
	return v;
}

static bool
is_google(uint32_t version)
{
	return version >> 24 == 'Q' && (version >> 16 & 0xff) == '0';
}

static bool
known_version(uint32_t v)
{
	uint32_t tail = v & 0xffff;

	if (v == QUIC_V1 || v == QUIC_V2 || v >> 8 == 0xff0000 || v >> 8 == 0xfaceb0)
		return true;
	return (v >> 16 == ('Q' << 8 | '0') || v >> 16 == ('T' << 8 | '0')) && (tail >> 8) >= '0' && (tail >> 8) <= '9' && (tail & 0xff) >= '0' &&
	    (tail & 0xff) <= '9';
}

/* Q046: lengths of the two ids in one byte, 0 or more by 3; Q044 and Q043's long form likewise */
static void
google_header(struct rd *r, uint8_t first, struct quic_header *h)
{
	uint8_t ids = rd_u8(r), d = ids >> 4, s = ids & 15;

	h->dcid = rd_span(r, d ? d + 3u : 0);
	rd_skip(r, s ? s + 3u : 0);
	h->number_n = (uint8_t) ((first & 3) + 1);
}

/* The packet at the front; `all` is the datagram from there on. Returns its length, 0: not one we read. */
static uint32_t
header(struct span all, struct quic_header *h)
{
	static const uint8_t v2[4] = { QUIC_RETRY, QUIC_INITIAL, QUIC_0RTT, QUIC_HANDSHAKE };
	struct rd r = rd_of(all);
	uint8_t first = rd_u8(&r);
	uint64_t n;

	*h = (struct quic_header) { .version = rd_u32(&r) };
	if (r.bad || !(first & 0x80) || !h->version)
		return 0;
	h->google = is_google(h->version);
	h->type = h->version == QUIC_V2 ? v2[first >> 4 & 3] : first >> 4 & 3;
	if (h->google) {
		google_header(&r, first, h);
		n = rd_left(&r);
	} else {
		h->dcid = rd_span(&r, rd_u8(&r));
		rd_skip(&r, rd_u8(&r));
		if (h->type == QUIC_INITIAL)
			rd_skip(&r, varint(&r));
		n = h->type == QUIC_RETRY ? rd_left(&r) : varint(&r);
	}
	h->payload_at = (uint32_t) (r.p - all.p);
	h->payload = n <= UINT32_MAX ? rd_span(&r, (uint32_t) n) : SPAN_NONE;
	return r.bad || n > UINT32_MAX || h->dcid.n > QUIC_CID_MAX ? 0 : h->payload_at + (uint32_t) n;
}

/* ---- transactions ---- */

static struct quic_tx *
tx_new(struct app *a, int dir, uint32_t version)
{
	struct quic_tx *t = (struct quic_tx *) app_tx_new(a);

	if (!t)
		return NULL;
	t->version = version;
	for (unsigned i = 0; i < 4; i++)
		t->version_bytes[i] = (uint8_t) (version >> 8 * (3 - i));
	t->dir = dir;
	t->tls.quic = true;
	t->tx.only_dir = dir == TO_SERVER ? 1 : 2;
	t->tx.progress[dir] = 1;
	return t;
}

static void
event_of(struct app *a, int dir, uint32_t version, enum quic_event ev)
{
	struct quic_tx *t = tx_new(a, dir, version);

	if (t)
		app_event(a, &t->tx, ev);
}

/* ---- handshake bytes ---- */

/* Joins a range with those that touch it. */
static bool
add_range(struct crypto *c, struct range x)
{
	for (unsigned i = 0; i < c->n;) {
		struct range *y = &c->have[i];

		if (x.from > y->to || y->from > x.to) {
			i++;
			continue;
		}
		x.from = y->from < x.from ? y->from : x.from;
		x.to = y->to > x.to ? y->to : x.to;
		*y = c->have[--c->n];
		i = 0;
	}
	if (c->n == RANGES_MAX)
		return false;
	c->have[c->n++] = x;
	return true;
}

static bool
crypto_add(struct app *a, struct crypto *c, uint64_t offset, struct span s)
{
	static const uint8_t zero[1024];

	if (offset + s.n > CRYPTO_MAX) {
		c->beyond = true;
		return false;
	}
	while (c->data.n < offset + s.n) {
		uint32_t n = (uint32_t) offset + s.n - c->data.n;

		if (app_keep(a, &c->data, span_of(zero, n < sizeof(zero) ? n : sizeof(zero)), CRYPTO_MAX) < 0)
			return false;
	}
	if (s.n)
		memcpy(c->data.p + offset, s.p, s.n);
	return !s.n || add_range(c, (struct range) { (uint32_t) offset, (uint32_t) offset + s.n });
}

/* The first handshake message, when all of it is there. */
static bool
crypto_message(const struct crypto *c, uint8_t *type, struct span *body)
{
	for (unsigned i = 0; i < c->n; i++) {
		struct rd r = rd_of(span_head(bytes_span(&c->data), c->have[i].to));

		if (c->have[i].from)
			continue;
		*type = rd_u8(&r);
		*body = rd_span(&r, rd_u24(&r));
		return !r.bad;
	}
	return false;
}

/* ---- frames ---- */

static void
skip_ack(struct rd *r, bool ecn)
{
	uint64_t ranges;

	varint(r);
	varint(r);
	ranges = varint(r);
	varint(r);
	for (uint64_t i = 0; i < ranges && !r->bad; i++) {
		varint(r);
		varint(r);
	}
	for (unsigned i = 0; ecn && i < 3; i++)
		varint(r);
}

/* RFC 9000 section 12.4: what Initial packets may hold. *crypto: there was a CRYPTO frame. */
static bool
frames(struct app *a, struct crypto *c, struct span s, bool *crypto)
{
	struct rd r = rd_of(s);

	while (rd_left(&r)) {
		uint64_t type = varint(&r), offset;
		struct span piece;

		switch (type) {
		case F_PADDING:
		case F_PING:
			break;
		case F_ACK:
		case F_ACK_ECN:
			skip_ack(&r, type == F_ACK_ECN);
			break;
		case F_CRYPTO:
			offset = varint(&r);
			piece = rd_span(&r, varint(&r));
			if (r.bad || !crypto_add(a, c, offset, piece))
				return false;
			*crypto = true;
			break;
		case F_CLOSE:
		case F_CLOSE_APP:
			varint(&r);
			if (type == F_CLOSE)
				varint(&r);
			rd_skip(&r, varint(&r));
			break;
		default:
			return false;
		}
	}
	return !r.bad;
}

/* ---- packets ---- */

static void
hello(struct app *a, struct quic *s, int dir, struct quic_tx *t)
{
	struct span body;
	uint8_t type;

	if (!crypto_message(&s->crypto[dir], &type, &body))
		return;
	s->hello[dir] = t->hello = true;
	if (type != (dir == TO_SERVER ? 1 : 2) ||
	    (dir == TO_SERVER ? tls_client_hello(a, &t->tls, body) : tls_server_hello(a, &t->tls, body)) < 0)
		app_event(a, &t->tx, QUIC_EV_HELLO);
	app_drop(a, &s->crypto[dir].data);
	s->crypto[dir].n = 0;
}

static void
plain_initial(struct app *a, struct quic *s, int dir, const struct quic_header *h, struct span plain)
{
	struct quic_tx *t;
	struct span body;
	uint8_t type;
	bool crypto = false;

	s->crypto[dir].beyond = false;
	if (!frames(a, &s->crypto[dir], plain, &crypto)) {
		event_of(a, dir, h->version, s->crypto[dir].beyond ? QUIC_EV_LONG : QUIC_EV_DATA);
		return;
	}
	if (crypto && !crypto_message(&s->crypto[dir], &type, &body))
		return;
	if (!(t = tx_new(a, dir, h->version)))
		return;
	if (crypto)
		hello(a, s, dir, t);
}

static bool
initial(struct app *a, struct quic *s, int dir, const struct quic_header *h, struct span packet)
{
	uint8_t *room;
	struct span plain = SPAN_NONE;

	if (!s->keys.set && dir == TO_SERVER)
		quic_keys_of(&s->keys, h->version, h->dcid);
	if (!s->keys.set) { /* a salt we do not know, or joined late */
		tx_new(a, dir, h->version);
		return false;
	}
	if (!(room = app_take(a, h->payload.n + 1u)))
		return false;
	bool good = quic_decrypt(&s->keys.of[dir], packet, h, room, &plain);

	if (good)
		plain_initial(a, s, dir, h, plain);
	else
		event_of(a, dir, h->version, QUIC_EV_DECRYPT);
	app_give(a, room, h->payload.n + 1u);
	return good;
}

/* The hash over the packet (12 bytes) stands in front of frames that are not encrypted. */
static void
google(struct app *a, int dir, const struct quic_header *h)
{
	struct quic_tx *t = tx_new(a, dir, h->version);

	if (t && h->type == QUIC_INITIAL && !quic_google_frames(a, t, span_skip(h->payload, h->number_n + 12u), h->number_n))
		app_event(a, &t->tx, QUIC_EV_DATA);
}

/* The server asks the client to come again, with other keys; once, further ones do not count (RFC 9000 section 17.2.5). */
static void
retry(struct app *a, struct quic *s)
{
	if (s->retried)
		return;
	s->retried = true;
	s->keys.set = false;
	s->hello[TO_SERVER] = false;
	app_drop(a, &s->crypto[TO_SERVER].data);
	s->crypto[TO_SERVER].n = 0;
}

static int
feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct quic *s = state;
	struct quic_header h;
	struct span rest = bytes;
	uint32_t n;

	while (rest.n && (n = header(rest, &h))) {
		if (s->hello[dir])
			break;
		if (h.google)
			google(a, dir, &h);
		else if (h.type == QUIC_INITIAL) {
			if (!initial(a, s, dir, &h, span_head(rest, n)))
				break;
		} else {
			tx_new(a, dir, h.version);
			if (h.type == QUIC_RETRY && dir == TO_CLIENT)
				retry(a, s);
		}
		rest = span_skip(rest, n);
	}
	return (int) bytes.n;
}

static void
tx_clear(struct app *a, struct tx *tx)
{
	struct quic_tx *t = (struct quic_tx *) tx;

	tls_release(a, &t->tls);
	app_drop(a, &t->sni);
	app_drop(a, &t->ua);
	app_drop(a, &t->cyu);
}

static void
clear(struct app *a, void *state)
{
	struct quic *s = state;

	for (int dir = 0; dir < 2; dir++)
		app_drop(a, &s->crypto[dir].data);
}

static enum app_probe
probe(struct span s, int dir, uint8_t transport)
{
	struct rd r = rd_of(s);
	uint8_t first = rd_u8(&r);
	uint32_t version = rd_u32(&r);

	return !r.bad && first & 0x80 && known_version(version) ? PROBE_YES : PROBE_NO;
}

/* ---- fields ---- */

static const struct quic_tx *
of(const struct tx *tx)
{
	return (const struct quic_tx *) tx;
}

static bool
get_version(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	*out = span_of(of(tx)->version_bytes, 4);
	return true;
}

static bool
get_sni(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct tls_side *c = &of(tx)->tls.side[TO_SERVER];

	*out = of(tx)->sni.n ? bytes_span(&of(tx)->sni) : tls_at(&c->hello, c->sni);
	return out->n > 0;
}

static bool
get_ua(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	*out = bytes_span(&of(tx)->ua);
	return out->n > 0;
}

static bool
get_cyu(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	*out = bytes_span(&of(tx)->cyu);
	return i == 0 && out->n > 0;
}

static bool
get_cyu_hash(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	*out = span_str(of(tx)->cyu_hash);
	return i == 0 && out->n > 0;
}

static bool
get_ja3(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	*out = span_str(of(tx)->tls.side[dir].ja3_hash);
	return out->n > 0;
}

static bool
get_ja3_string(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	*out = bytes_span(&of(tx)->tls.side[dir].ja3);
	return out->n > 0;
}

static bool
get_ja4(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	*out = span_str(of(tx)->tls.side[TO_SERVER].ja4);
	return out->n > 0;
}

#define BOTH .dirs = 3, .progress = { 1, 1 }
#define REQ .dirs = 1, .progress = { 1, 0 }
#define RES .dirs = 2, .progress = { 0, 1 }

static const struct field fields[] = {
	{ .name = "quic.version", .bytes = get_version, BOTH, .help = "version of a long header, four bytes" },
	{ .name = "quic.sni", .bytes = get_sni, REQ, .help = "name of the server that the client's hello tells" },
	{ .name = "quic.ua", .bytes = get_ua, REQ, .help = "program that the hello of Google QUIC tells" },
	{ .name = "quic.cyu.string", .kind = FIELD_MULTI, .bytes = get_cyu, REQ, .help = "version and tags of a Google QUIC hello" },
	{ .name = "quic.cyu.hash", .kind = FIELD_MULTI, .bytes = get_cyu_hash, REQ, .help = "their MD5" },
	{ .name = "ja3.hash", .aliases = "ja3_hash", .bytes = get_ja3, REQ, .help = "JA3, MD5" },
	{ .name = "ja3.string", .aliases = "ja3_string", .bytes = get_ja3_string, REQ, .help = "JA3 before hashing" },
	{ .name = "ja3s.hash", .bytes = get_ja3, RES, .help = "JA3S, MD5" },
	{ .name = "ja3s.string", .bytes = get_ja3_string, RES, .help = "JA3S before hashing" },
	{ .name = "ja4.hash", .aliases = "ja4_hash", .bytes = get_ja4, REQ, .help = "JA4" },
	{ .name = NULL },
};

static const struct app_event events[] = {
	[QUIC_EV_DECRYPT] = { "failed_decrypt" }, [QUIC_EV_DATA] = { "error_on_data" }, [QUIC_EV_HELLO] = { "error_on_hello" },
	[QUIC_EV_LONG] = { "crypto_frag_too_long" }, { NULL },
};

const struct protocol protocol_quic = {
	.name = "quic",
	.spec = "RFC 9000, RFC 9001, RFC 9369",
	.transport = APP_UDP,
	.ports = { NULL, "443,80" },
	.only_ports = true,
	.probe_min = 5,
	.probe = probe,
	.state_size = sizeof(struct quic),
	.tx_size = sizeof(struct quic_tx),
	.done = { 1, 1 },
	.max_record = QUIC_PACKET_MAX,
	.feed = feed,
	.tx_clear = tx_clear,
	.clear = clear,
	.fields = fields,
	.events = events,
	.log = quic_log,
};
