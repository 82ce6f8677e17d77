/*
 * rdp - RDP up to where it is encrypted: a transaction is one message of the connection sequence.
 *
 * Spec: MS-RDPBCGR 2.2.1.1 (request), 2.2.1.2 (response), 2.2.1.3 (MCS connect initial), 2.2.1.4 (response); RFC 1006 section 6 (TPKT);
 * X.224 section 13; T.125 section 7; RFC 8446 section 5.1 and RFC 5246 section 7.4.2 (certificates of TLS within).
 *
 *   3 0 length(2)   X.224: length(1) code(1): E0 request, D0 confirm: reference(2) reference(2) class(1) [cookie \r\n] [negotiation:
 *   type(1) flags(1) 8 0 protocols(4, least first)]; F0 80 data: MCS 7F65 or 7F66, BER
 */
#include "base/der.h"
#include "engine/app/protocols/rdp.h"

#define RECORD_MAX 65535u
#define COOKIE_MAX 512u
#define BLOCKS_MAX 8192u
#define SERIALS_MAX 1024u

enum { X224_REQUEST = 0xe0, X224_CONFIRM = 0xd0, X224_DATA = 0xf0 };
enum { TLS_HANDSHAKE = 22, TLS_CERTIFICATE = 11 };

struct rdp {
	bool tls[2];           /* that direction speaks TLS from here on */
	bool negotiated;       /* the server chose TLS */
	bool over;             /* nothing more is read */
	bool told;             /* of certificates */
};

static struct rdp_tx *
begin(struct app *a, int dir, enum rdp_kind kind)
{
	struct rdp_tx *t = (struct rdp_tx *) app_tx_new(a);

	if (!t)
		return NULL;
	t->kind = kind;
	t->tx.only_dir = (uint8_t) (1 << dir);
	tx_reach(&t->tx, dir, 1);
	if (dir == TO_SERVER)
		app_count_request(a);
	return t;
}

/* ---- connection request and confirm ---- */

struct connection {
	struct span cookie;
	uint8_t negotiation, flags;
	uint32_t protocols;
};

static void
negotiation(struct connection *c, struct rd *r)
{
	uint8_t type = rd_u8(r), flags = rd_u8(r);

	if (rd_u16le(r) != 8 || type < RDP_NEGOTIATION_REQUEST || type > RDP_NEGOTIATION_FAILURE)
		r->bad = true;
	c->protocols = rd_u32le(r);
	if (r->bad)
		return;
	c->negotiation = type;
	c->flags = flags;
}

/* What stands behind the fixed part. A cookie or routing token is a line. */
static struct connection
connection(struct span s)
{
	struct connection c = { .negotiation = RDP_NONE };
	struct rd r = rd_of(span_skip(s, 5));
	struct span rest = rd_rest(&r);

	if (rest.n >= 8 && memcmp(rest.p, "Cookie: ", 8) == 0) {
		const uint8_t *lf = memchr(rest.p, '\n', rest.n);
		uint32_t n = lf ? (uint32_t) (lf - rest.p) : rest.n;

		c.cookie = span_head(rest, n && rest.p[n - 1] == '\r' ? n - 1 : n);
		rd_skip(&r, lf ? n + 1 : n);
	}
	if (rd_left(&r) >= 8)
		negotiation(&c, &r);
	return c;
}

static struct span
user_of(struct span cookie)
{
	static const char name[] = "mstshash=";

	cookie = span_skip(cookie, 8);
	return cookie.n >= sizeof(name) - 1 && memcmp(cookie.p, name, sizeof(name) - 1) == 0 ? span_skip(cookie, sizeof(name) - 1) : cookie;
}

static void
connecting(struct app *a, struct rdp *st, int dir, uint8_t code, struct span body)
{
	struct connection c = connection(body);
	struct rdp_tx *t = begin(a, dir, code == X224_REQUEST ? RDP_REQUEST : RDP_RESPONSE);

	if (!t)
		return;
	t->negotiation = c.negotiation;
	t->flags = c.flags;
	t->protocols = c.protocols;
	if (c.cookie.n)
		app_keep(a, &t->data, span_head(user_of(c.cookie), COOKIE_MAX), COOKIE_MAX);
	if (code == X224_CONFIRM) {
		st->negotiated = c.negotiation == RDP_NEGOTIATION_RESPONSE && c.protocols != 0;
		app_count_response(a, c.negotiation == RDP_NEGOTIATION_FAILURE);
	}
}

/* ---- MCS ---- */

/* A length of T.124's packed encoding. */
static void
per_length(struct rd *r)
{
	if (rd_u8(r) & 0x80)
		rd_skip(r, 1);
}

/* The client's data blocks within a connect initial: GCC conference create request (T.124 section 8.7). */
static struct span
blocks_of(struct span mcs)
{
	struct rd all = rd_of(span_skip(mcs, 1)), r = der_in(&all, 0x65), g; /* behind the first byte of the tag 7F65 */
	struct span s;

	der(&r, DER_OCTETS, NULL);
	der(&r, DER_OCTETS, NULL);
	der(&r, DER_BOOLEAN, NULL);
	for (int i = 0; i < 3; i++)
		der(&r, DER_SEQUENCE, NULL);
	g = der_in(&r, DER_OCTETS);
	rd_skip(&g, 7); /* object identifier of T.124 */
	per_length(&g);
	rd_skip(&g, 8);
	s = rd_span(&g, 4);
	per_length(&g);
	return !g.bad && !r.bad && memcmp(s.p, "Duca", 4) == 0 ? rd_rest(&g) : SPAN_NONE;
}

bool
rdp_block(struct span blocks, uint16_t type, struct span *out)
{
	struct rd r = rd_of(blocks);

	while (rd_left(&r)) {
		uint16_t t = rd_u16le(&r), n = rd_u16le(&r);

		*out = rd_span(&r, n < 4 ? 0 : n - 4u);
		if (r.bad || n < 4)
			return false;
		if (t == type)
			return true;
	}
	return false;
}

static void
mcs(struct app *a, struct rdp *st, int dir, struct span s)
{
	struct rd r = rd_of(s);
	uint16_t tag = rd_u16(&r);
	struct rdp_tx *t;
	struct span blocks;

	if (tag == 0x7f65 && dir == TO_SERVER && (t = begin(a, dir, RDP_CONNECT))) {
		blocks = blocks_of(s);
		app_keep(a, &t->data, span_head(blocks, BLOCKS_MAX), BLOCKS_MAX);
	} else if (tag == 0x7f66 && dir == TO_CLIENT && begin(a, dir, RDP_CONNECTED)) {
		app_count_response(a, false);
		st->over = true; /* what follows is encrypted, or of no use here */
	}
}

/* ---- TLS ---- */

/* The serial number of a certificate (RFC 5280 section 4.1). */
static struct span
serial(struct span certificate)
{
	struct rd r = rd_of(certificate), c = der_in(&r, DER_SEQUENCE), tbs = der_in(&c, DER_SEQUENCE);
	struct span s;

	if (der_next(&tbs) == DER_CTX_CONS) /* the version */
		der(&tbs, 0, NULL);
	s = der(&tbs, DER_INTEGER, NULL);
	if (s.n > 1 && s.p[0] == 0)
		s = span_skip(s, 1);
	return tbs.bad || s.n > 64 ? SPAN_NONE : s;
}

static void
certificates(struct app *a, struct rdp *st, struct span s)
{
	struct rd r = rd_of(s);
	struct rdp_tx *t;

	if (st->told || !(t = begin(a, TO_CLIENT, RDP_TLS)))
		return;
	st->told = st->over = true;
	r = rd_of(rd_span(&r, rd_u24(&r)));
	while (rd_left(&r)) {
		struct span id = serial(rd_span(&r, rd_u24(&r)));
		uint8_t n = (uint8_t) id.n;

		if (n && t->data.n + 1 + n <= SERIALS_MAX && app_keep(a, &t->data, span_of(&n, 1), SERIALS_MAX) == 0)
			app_keep(a, &t->data, id, SERIALS_MAX);
	}
}

/* A record at the front; the bytes of it, 0: not all of it is there. */
static int
tls_record(struct app *a, struct rdp *st, int dir, struct span s)
{
	struct rd r = rd_of(s), h;
	uint8_t type = rd_u8(&r);

	rd_skip(&r, 2);
	h = rd_of(rd_span(&r, rd_u16(&r)));
	if (r.bad)
		return 0;
	while (type == TLS_HANDSHAKE && dir == TO_CLIENT && rd_left(&h)) {
		uint8_t kind = rd_u8(&h);
		struct span body = rd_span(&h, rd_u24(&h));

		if (!h.bad && kind == TLS_CERTIFICATE)
			certificates(a, st, body);
	}
	if (type < 20 || type > 24 || type == 23)
		st->over = true;
	return (int) (s.n - rd_left(&r));
}

/* ---- framework ---- */

/* One message at the front. Negative: it is none. */
static int
tpkt(struct app *a, struct rdp *st, int dir, struct span s)
{
	struct rd r = rd_of(s), x;
	uint8_t version = rd_u8(&r), code;
	uint16_t n;
	struct span head;

	rd_skip(&r, 1);
	n = rd_u16(&r);
	if (r.bad)
		return 0;
	if (version != 3) { /* fast path output, or something else: the connection stands */
		st->over = true;
		return (int) s.n;
	}
	if (n < 7)
		return -1;
	x = rd_of(rd_span(&r, n - 4u));
	if (r.bad)
		return 0;
	head = rd_span(&x, rd_u8(&x));
	if (x.bad || !head.n)
		return -1;
	code = head.p[0] & 0xf0;
	if (code == X224_REQUEST || code == X224_CONFIRM)
		connecting(a, st, dir, code, span_skip(head, 1));
	else if (code == X224_DATA)
		mcs(a, st, dir, rd_rest(&x));
	return n;
}

static int
rdp_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct rdp *st = state;
	uint32_t taken = 0;

	while (taken < bytes.n) {
		struct span s = span_skip(bytes, taken);
		int n;

		if (st->over)
			return (int) bytes.n;
		st->tls[dir] |= st->negotiated && s.p[0] >= 20 && s.p[0] <= 24;
		n = st->tls[dir] ? tls_record(a, st, dir, s) : tpkt(a, st, dir, s);
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		taken += (uint32_t) n;
	}
	return (int) taken;
}

static int
rdp_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct rdp *st = state;

	return st->over ? 0 : -1;
}

static void
rdp_tx_clear(struct app *a, struct tx *tx)
{
	bytes_release(a, &((struct rdp_tx *) tx)->data);
}

/* A connection request or confirm of X.224; `sure`: with what only RDP puts there. */
static enum app_probe
look(struct span s, int dir, bool sure)
{
	struct rd r = rd_of(s), x;
	uint8_t code;
	uint16_t n;
	struct connection c;

	if (s.n && s.p[0] != 3)
		return PROBE_NO;
	rd_skip(&r, 2);
	n = rd_u16(&r);
	if (r.bad)
		return PROBE_MORE;
	if (s.p[1] != 0 || n < 11 || n > 1024)
		return PROBE_NO;
	x = rd_of(rd_span(&r, n - 4u));
	if (r.bad)
		return PROBE_MORE;
	if (rd_u8(&x) != n - 5)
		return PROBE_NO;
	code = rd_u8(&x);
	if (code != (dir == TO_SERVER ? X224_REQUEST : X224_CONFIRM))
		return PROBE_NO;
	c = connection(rd_rest(&x));
	return !sure || c.negotiation || c.cookie.n ? PROBE_YES : PROBE_NO;
}

static enum app_probe
rdp_probe(struct span s, int dir, uint8_t transport)
{
	return look(s, dir, true);
}

static enum app_probe
rdp_probe_likely(struct span s, int dir, uint8_t transport)
{
	return look(s, dir, false);
}

const struct protocol protocol_rdp = {
	.name = "rdp",
	.spec = "MS-RDPBCGR",
	.transport = APP_TCP,
	.first_dirs = 1,
	.ports = { "3389", NULL },
	.log_packet = true,
	.probe_min = 4,
	.probe_max = 1024,
	.probe = rdp_probe,
	.probe_likely = rdp_probe_likely,
	.state_size = sizeof(struct rdp),
	.tx_size = sizeof(struct rdp_tx),
	.done = { 1, 1 },
	.max_record = RECORD_MAX,
	.feed = rdp_feed,
	.gap = rdp_gap,
	.tx_clear = rdp_tx_clear,
	.log = rdp_log,
};
