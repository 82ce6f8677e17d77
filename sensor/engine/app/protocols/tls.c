/*
 * tls - SSL 2 and 3, TLS 1.0 to 1.3: records, handshake messages, one transaction a flow.
 *
 * Spec: RFC 8446 section 5.1 (records) and 4 (handshake); RFC 5246 section 6.2, 7.4; RFC 6520 (heartbeat);
 * RFC 6101 appendix E (SSLv2 hello). Hellos and fingerprints -> tls_hello.c, certificates -> tls_cert.c, records of
 * EVE -> tls_log.c.
 *
 *   record     type(1) version(2) length(2) fragment
 *   handshake  type(1) length(3) body           may span records, a record may hold several
 *   SSLv2      0x80|length(2) type(1) ...
 *
 * After the first application data of a handshake nothing can be read any more: parsing stops, and so does the
 * inspection of payload (what Suricata calls track-only).
 */
#include "engine/app/protocols/tls.h"

#include "engine/app/file.h"

#define RECORD_MAX (16384 + 2048)
#define RECORDS_PER_CHUNK 255

enum record_type { REC_CCS = 20, REC_ALERT, REC_HANDSHAKE, REC_DATA, REC_HEARTBEAT };
enum { HS_CLIENT_HELLO = 1, HS_SERVER_HELLO = 2, HS_CERTIFICATE = 11, HS_SERVER_KEYX = 12, HS_CERT_REQUEST = 13,
	HS_HELLO_DONE = 14, HS_CLIENT_KEYX = 16, HS_FINISHED = 20, HS_CERT_STATUS = 22 };

struct tls {
	struct tls_tx *tx;
	struct bytes part[2];    /* a handshake message that is not complete */
	bool opaque[2];          /* after ChangeCipherSpec, or a message too long to follow */
	bool started[2];         /* a record was seen */
	uint16_t heartbeat;      /* length of the last request */
};

static struct tls_tx *
tls_tx_of(struct app *a, struct tls *st)
{
	if (!st->tx && (st->tx = (struct tls_tx *) app_tx_new(a)))
		st->tx->conf = app_conf(a);
	return st->tx;
}

/* ---- handshake ---- */

static int
certificate(struct app *a, struct tls_tx *t, int dir, struct span body)
{
	struct rd r = rd_of(body);
	struct span list = rd_span(&r, rd_u24(&r));

	if (r.bad)
		return -1;
	return heads_unread(a) ? 0 : tls_certificates(a, t, dir, list);
}

static void
saw(struct tls_tx *t, uint8_t message)
{
	t->seen |= message;
	if (message != TLS_SEEN_OTHER)
		t->state = message;
}

static int
from_client(struct app *a, struct tls_tx *t, uint8_t type, struct span body)
{
	int e = 0;

	switch (type) {
	case HS_CLIENT_HELLO:
		e = heads_unread(a) ? 0 : tls_client_hello(a, t, body);
		if (!(t->seen & TLS_SEEN_CLIENT_HELLO))
			app_count_request(a);
		saw(t, TLS_SEEN_CLIENT_HELLO);
		tx_reach(&t->tx, TO_SERVER, TLS_C_HELLO);
		break;
	case HS_CERTIFICATE:
		e = certificate(a, t, TO_SERVER, body);
		tx_reach(&t->tx, TO_SERVER, TLS_C_CERT);
		break;
	case HS_CLIENT_KEYX:
		saw(t, TLS_SEEN_CLIENT_KEYX);
		tx_reach(&t->tx, TO_SERVER, TLS_C_CERT);
		break;
	default:
		saw(t, TLS_SEEN_OTHER);
	}
	return e;
}

static int
from_server(struct app *a, struct tls_tx *t, uint8_t type, struct span body)
{
	int e = 0;

	switch (type) {
	case HS_SERVER_HELLO:
		e = tls_server_hello(a, t, body);
		if (!(t->seen & TLS_SEEN_SERVER_HELLO))
			app_count_response(a, false);
		saw(t, TLS_SEEN_SERVER_HELLO);
		tx_reach(&t->tx, TO_CLIENT, TLS_S_HELLO);
		break;
	case HS_CERTIFICATE:
		e = certificate(a, t, TO_CLIENT, body);
		tx_reach(&t->tx, TO_CLIENT, TLS_S_CERT);
		break;
	case HS_SERVER_KEYX:
		saw(t, TLS_SEEN_SERVER_KEYX);
		tx_reach(&t->tx, TO_CLIENT, TLS_S_CERT);
		break;
	case HS_CERT_REQUEST:
		t->cert_request = true;
		saw(t, TLS_SEEN_OTHER);
		break;
	case HS_HELLO_DONE:
		tx_reach(&t->tx, TO_CLIENT, TLS_S_HELLO_DONE);
		break;
	default:
		saw(t, TLS_SEEN_OTHER);
	}
	return e;
}

/* The messages in s, as far as they are complete; returns what is left. */
static struct span
messages(struct app *a, struct tls *st, struct tls_tx *t, int dir, struct span s)
{
	while (s.n >= 4) {
		struct rd r = rd_of(s);
		uint8_t type = rd_u8(&r);
		uint32_t n = rd_u24(&r);
		struct span body;

		if (n > TLS_HANDSHAKE_MAX - 4) {
			app_event(a, &t->tx, TLS_EV_HANDSHAKE_INVALID_LENGTH);
			st->opaque[dir] = true;
			return SPAN_NONE;
		}
		body = rd_span(&r, n);
		if (r.bad)
			break;
		if ((dir == TO_SERVER ? from_client : from_server)(a, t, type, body) < 0)
			app_event(a, &t->tx, TLS_EV_INVALID_HANDSHAKE_MESSAGE);
		s = rd_rest(&r);
	}
	return s;
}

static void
handshake(struct app *a, struct tls *st, struct tls_tx *t, int dir, struct span frag)
{
	struct bytes *b = &st->part[dir];
	struct span left;

	if (st->opaque[dir]) { /* Finished, encrypted */
		tx_reach(&t->tx, dir, dir == TO_SERVER ? TLS_C_HANDSHAKE : TLS_S_HANDSHAKE);
		return;
	}
	if (b->n == 0) {
		left = messages(a, st, t, dir, frag);
		if (left.n && app_keep(a, b, left, TLS_HANDSHAKE_MAX + RECORD_MAX) < 0)
			st->opaque[dir] = true;
		return;
	}
	if (app_keep(a, b, frag, TLS_HANDSHAKE_MAX + RECORD_MAX) < 0) {
		st->opaque[dir] = true;
		bytes_release(a, b);
		return;
	}
	left = messages(a, st, t, dir, bytes_span(b));
	bytes_drop(b, b->n - left.n);
	if (b->n == 0)
		bytes_release(a, b);
}

/* ---- other records ---- */

static void
heartbeat(struct app *a, struct tls *st, struct tls_tx *t, int dir, struct span body)
{
	struct rd r = rd_of(body);
	uint8_t type = rd_u8(&r);
	uint16_t n = rd_u16(&r);

	if (st->opaque[dir]) { /* encrypted: an answer longer than the question gives away memory */
		if (dir == TO_SERVER)
			st->heartbeat = (uint16_t) body.n;
		else if (st->heartbeat && body.n > st->heartbeat)
			app_event(a, &t->tx, TLS_EV_DATALEAK_HEARTBEAT);
		return;
	}
	app_event(a, &t->tx, TLS_EV_HEARTBEAT);
	if (r.bad || (type != 1 && type != 2)) {
		app_event(a, &t->tx, TLS_EV_INVALID_HEARTBEAT);
		return;
	}
	if (type == 1 && n > rd_left(&r))
		app_event(a, &t->tx, TLS_EV_OVERFLOW_HEARTBEAT);
	if (type == 1)
		st->heartbeat = (uint16_t) body.n;
	else if (st->heartbeat && body.n > st->heartbeat)
		app_event(a, &t->tx, TLS_EV_DATALEAK_HEARTBEAT);
}

static void
alert(struct app *a, struct tls *st, struct tls_tx *t, int dir, struct span body)
{
	enum { FATAL = 2 };
	struct rd r = rd_of(body);
	uint8_t level = rd_u8(&r);

	rd_u8(&r);
	if (st->opaque[dir])
		return;
	if (r.bad || level < 1 || level > FATAL) {
		app_event(a, &t->tx, TLS_EV_INVALID_ALERT);
		return;
	}
	if (level == FATAL && dir == TO_CLIENT)
		app_count_response(a, true);
}

/* Application data: the handshake is over, nothing more can be read. Early data (RFC 8446 section 2.3) is not that yet. */
static void
data(struct app *a, struct tls_tx *t)
{
	if (!(t->seen & TLS_SEEN_SERVER_HELLO) && t->seen)
		return;
	tx_reach(&t->tx, TO_SERVER, TLS_C_FINISHED);
	tx_reach(&t->tx, TO_CLIENT, TLS_S_FINISHED);
	app_encrypted(a);
	if (!app_frames_wanted(a))
		a->stopped[0] = a->stopped[1] = true;
}

static void
record(struct app *a, struct tls *st, struct tls_tx *t, int dir, uint8_t type, struct span body)
{
	switch (type) {
	case REC_CCS:
		if (t->side[TO_CLIENT].version < TLS_13 || dir == TO_SERVER)
			tx_reach(&t->tx, dir, dir == TO_SERVER ? TLS_C_CERT : TLS_S_HELLO_DONE);
		st->opaque[dir] = true;
		break;
	case REC_ALERT:
		alert(a, st, t, dir, body);
		break;
	case REC_HANDSHAKE:
		handshake(a, st, t, dir, body);
		break;
	case REC_DATA:
		data(a, t);
		break;
	case REC_HEARTBEAT:
		heartbeat(a, st, t, dir, body);
		break;
	}
}

/* ---- frames ---- */

enum { FRAME_PDU, FRAME_HDR, FRAME_DATA, FRAME_ALERT, FRAME_HB, FRAME_SSL2_HDR, FRAME_SSL2_PDU };
static const struct app_frame_type frames[] = {
	[FRAME_PDU] = { "pdu", "a record with its header" },
	[FRAME_HDR] = { "hdr", "the header of a record" },
	[FRAME_DATA] = { "data", "what a record carries" },
	[FRAME_ALERT] = { "alert", "an alert message" },
	[FRAME_HB] = { "hb", "a heartbeat message" },
	[FRAME_SSL2_HDR] = { "ssl2.hdr", "the header of an SSL 2 record" },
	[FRAME_SSL2_PDU] = { "ssl2.pdu", "an SSL 2 record with its header" },
	{ NULL, NULL },
};

static void
mark(struct app *a, const struct tls_tx *t, int dir, struct span s, uint8_t type, uint16_t n)
{
	app_frame(a, dir, FRAME_PDU, s.p, 5 + (uint64_t) n, &t->tx);
	app_frame(a, dir, FRAME_HDR, s.p, 5, &t->tx);
	app_frame(a, dir, FRAME_DATA, s.p + 5, n, &t->tx);
	if (type == REC_ALERT || type == REC_HEARTBEAT)
		app_frame(a, dir, type == REC_ALERT ? FRAME_ALERT : FRAME_HB, s.p + 5, n, &t->tx);
}

static void
mark_ssl2(struct app *a, const struct tls_tx *t, int dir, struct span s, uint16_t n)
{
	app_frame(a, dir, FRAME_SSL2_HDR, s.p, 2, &t->tx);
	app_frame(a, dir, FRAME_SSL2_PDU, s.p, 2 + (uint64_t) n, &t->tx);
}

/* ---- SSLv2 ---- */

/* ClientHello: type(1)=1 version(2) ciphers(2) session(2) challenge(2). ServerHello: type 4, hit(1) cert type(1) version(2). */
static int
sslv2(struct app *a, struct tls *st, struct tls_tx *t, int dir, struct span s)
{
	struct rd r = rd_of(s);
	uint16_t n = rd_u16(&r) & 0x7fff;
	struct rd m = rd_of(rd_span(&r, n));
	uint8_t type = rd_u8(&m);

	if (n < 3) {
		app_event(a, &t->tx, TLS_EV_INVALID_SSLV2_HEADER);
		return -1;
	}
	if (r.bad)
		return 0;
	mark_ssl2(a, t, dir, s, n);
	if (dir == TO_SERVER && type == 1) {
		t->side[dir].version = t->side[dir].hello_version = rd_u16(&m);
		if (!(t->seen & TLS_SEEN_CLIENT_HELLO))
			app_count_request(a);
		saw(t, TLS_SEEN_CLIENT_HELLO);
		tx_reach(&t->tx, dir, TLS_C_HELLO);
	} else if (dir == TO_CLIENT && type == 4) {
		rd_skip(&m, 2);
		t->side[dir].version = t->side[dir].hello_version = rd_u16(&m);
		t->sslv2 = true;
		saw(t, TLS_SEEN_SERVER_HELLO);
		app_count_response(a, false);
		tx_reach(&t->tx, dir, TLS_S_HELLO_DONE);
	} else if (type == 0 && n == 3) {
		app_event(a, &t->tx, TLS_EV_ERROR_MESSAGE);
	} else if (t->sslv2) { /* keys, then everything encrypted */
		data(a, t);
	}
	return 2 + n;
}

/* ---- records ---- */

/* Bytes of the record at the front of s, 0 = not complete, -1 = not a record. */
static int
one_record(struct app *a, struct tls *st, struct tls_tx *t, int dir, struct span s)
{
	struct rd r = rd_of(s);
	uint8_t type = rd_u8(&r);
	uint16_t version = rd_u16(&r), n = rd_u16(&r);
	struct span body;

	if (type & 0x80 && (!st->started[dir] || t->sslv2))
		return s.n < 5 ? 0 : sslv2(a, st, t, dir, s);
	if (r.bad)
		return 0;
	if (type < REC_CCS || type > REC_HEARTBEAT) {
		app_event(a, &t->tx, st->started[dir] ? TLS_EV_INVALID_RECORD_TYPE : TLS_EV_INVALID_TLS_HEADER);
		return -1;
	}
	if ((version < 0x0300 || version > TLS_13) && version >> 8 != 0x7f) {
		app_event(a, &t->tx, TLS_EV_INVALID_RECORD_VERSION);
		return -1;
	}
	if (n > RECORD_MAX) {
		app_event(a, &t->tx, TLS_EV_INVALID_RECORD_LENGTH);
		return -1;
	}
	if (type == REC_DATA) { /* what is in it does not matter */
		record(a, st, t, dir, type, SPAN_NONE);
		if (a->stopped[dir])
			return (int) s.n;
	}
	body = rd_span(&r, n);
	if (r.bad)
		return 0;
	st->started[dir] = true;
	mark(a, t, dir, s, type, n);
	if (type != REC_DATA)
		record(a, st, t, dir, type, body);
	return 5 + n;
}

static int
tls_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct tls *st = state;
	struct tls_tx *t = tls_tx_of(a, st);
	uint32_t taken = 0;
	unsigned records = 0;

	if (!t)
		return -1;
	while (taken < bytes.n) {
		int n = one_record(a, st, t, dir, span_skip(bytes, taken));

		if (n < 0) {
			app_event(a, &t->tx, TLS_EV_INVALID_SSL_RECORD);
			tx_reach(&t->tx, dir, dir == TO_SERVER ? TLS_C_FINISHED : TLS_S_FINISHED);
			return -1;
		}
		if (n == 0)
			break;
		taken += (uint32_t) n;
		if (++records > RECORDS_PER_CHUNK) {
			app_event(a, &t->tx, TLS_EV_TOO_MANY_RECORDS);
			records = 0;
		}
	}
	return (int) taken;
}

static void
tls_eof(struct app *a, void *state, int dir)
{
	struct tls *st = state;

	if (st->tx)
		tx_reach(&st->tx->tx, dir, dir == TO_SERVER ? TLS_C_FINISHED : TLS_S_FINISHED);
}

/* Handshake messages cannot be found again behind a gap. */
static int
tls_gap(struct app *a, void *state, int dir, uint32_t n)
{
	tls_eof(a, state, dir);
	return -1;
}

static void
tls_tx_clear(struct app *a, struct tx *tx)
{
	struct tls_tx *t = (struct tls_tx *) tx;
	struct tls *st = a->state;

	tls_release(a, t);
	if (tx->proto == a->proto && st && st->tx == t)
		st->tx = NULL;
}

static void
tls_clear(struct app *a, void *state)
{
	struct tls *st = state;

	bytes_release(a, &st->part[0]);
	bytes_release(a, &st->part[1]);
}

/* ---- probe ---- */

static enum app_probe
probe_sslv2(struct span s, int dir)
{
	struct rd r = rd_of(s);
	uint16_t n = rd_u16(&r) & 0x7fff;
	uint8_t type = rd_u8(&r);
	uint16_t version = rd_u16(&r);
	uint32_t parts = (uint32_t) rd_u16(&r) + rd_u16(&r) + rd_u16(&r);

	if (type != 1 || (version != 0x0002 && (version < 0x0300 || version > TLS_12)))
		return PROBE_NO;
	if (r.bad)
		return PROBE_MORE;
	return parts + 9 != n ? PROBE_NO : dir == TO_SERVER ? PROBE_YES : PROBE_REVERSED;
}

static enum app_probe
tls_probe(struct span s, int dir, uint8_t transport)
{
	struct rd r = rd_of(s);
	uint8_t type = rd_u8(&r), major = rd_u8(&r), minor = rd_u8(&r);
	uint16_t n = rd_u16(&r);
	uint8_t message = rd_u8(&r);

	if (type & 0x80)
		return probe_sslv2(s, dir);
	if (major != 3 || minor > 4 || n == 0 || n > RECORD_MAX)
		return PROBE_NO;
	if (type == REC_ALERT)
		return n == 2 && (message == 1 || message == 2) ? PROBE_YES : PROBE_NO;
	if (type != REC_HANDSHAKE || n < 4)
		return PROBE_NO;
	if (message == HS_CLIENT_HELLO)
		return dir == TO_SERVER ? PROBE_YES : PROBE_REVERSED;
	if (message == HS_SERVER_HELLO)
		return dir == TO_CLIENT ? PROBE_YES : PROBE_REVERSED;
	return message == 0 ? PROBE_YES : PROBE_NO; /* HelloRequest */
}

/* ---- fields ---- */

static const struct tls_tx *
tls_of(const struct tx *tx)
{
	return (const struct tls_tx *) tx;
}

static bool
hello_part(const struct tx *tx, int dir, unsigned index, struct tls_part p, uint32_t skip, uint32_t n, struct span *out)
{
	if (index || p.n == 0)
		return false;
	*out = span_head(span_skip(tls_at(&tls_of(tx)->side[dir].hello, p), skip), n);
	return out->n > 0;
}

static bool
f_sni(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return hello_part(tx, TO_SERVER, i, tls_of(tx)->side[TO_SERVER].sni, 0, UINT32_MAX, out);
}

static bool
f_random(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return hello_part(tx, dir, i, tls_of(tx)->side[dir].random, 0, 32, out);
}

static bool
f_random_time(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return hello_part(tx, dir, i, tls_of(tx)->side[dir].random, 0, 4, out);
}

static bool
f_random_bytes(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return hello_part(tx, dir, i, tls_of(tx)->side[dir].random, 4, 28, out);
}

static bool
f_alpn(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return tls_alpn(&tls_of(tx)->side[dir], i, out);
}

static bool
cert_text(const struct tx *tx, int dir, unsigned index, const struct tls_part *p, struct span *out)
{
	const struct tls_side *s = &tls_of(tx)->side[dir];

	*out = tls_at(&s->text, *p);
	return index == 0 && s->cert.present;
}

static bool
f_subject(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return cert_text(tx, dir, i, &tls_of(tx)->side[dir].cert.subject, out);
}

static bool
f_issuer(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return cert_text(tx, dir, i, &tls_of(tx)->side[dir].cert.issuer, out);
}

static bool
f_serial(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return cert_text(tx, dir, i, &tls_of(tx)->side[dir].cert.serial, out);
}

static bool
f_fingerprint(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return cert_text(tx, dir, i, &tls_of(tx)->side[dir].cert.fingerprint, out);
}

static bool
f_certs(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return tls_cert_der(&tls_of(tx)->side[dir], i, out);
}

static bool
f_san(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	char text[ADDR_STRLEN];

	if (!tls_cert_san(&tls_of(tx)->side[dir], i, text, out))
		return false;
	if (out->p == (const uint8_t *) text)
		*out = arena_dup(scratch, *out);
	return true;
}

static bool
f_ja3(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	*out = span_str(tls_of(tx)->side[dir].ja3_hash);
	return i == 0 && out->n > 0;
}

static bool
f_ja3_string(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	*out = bytes_span(&tls_of(tx)->side[dir].ja3);
	return i == 0 && out->n > 0;
}

static bool
f_ja4(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	*out = span_str(tls_of(tx)->side[TO_SERVER].ja4);
	return i == 0 && out->n > 0;
}

static bool
n_version(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	uint16_t v = tls_of(tx)->side[dir].version;

	*out = v >> 8 == 0x7f ? TLS_13 : v; /* drafts of 1.3 */
	return i == 0 && v != 0;
}

static bool
n_chain(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = tls_of(tx)->side[dir].certs;
	return i == 0 && *out > 0;
}

static const char *const version_names[] = { "1.0=769", "1.1=770", "1.2=771", "1.3=772", NULL };

#define HELLO { TLS_C_HELLO, TLS_S_HELLO }
#define CERT { TLS_C_CERT, TLS_S_CERT }
static const struct field fields[] = {
	{ "tls.sni", "tls_sni", NULL, FIELD_BYTES, false, 1, HELLO, f_sni, .help = "server name of the ClientHello" },
	{ "tls.cert_subject", "tls_cert_subject", NULL, FIELD_BYTES, false, 3, CERT, f_subject, .help = "subject of the certificate" },
	{ "tls.cert_issuer", "tls_cert_issuer", NULL, FIELD_BYTES, false, 3, CERT, f_issuer, .help = "issuer of the certificate" },
	{ "tls.cert_serial", "tls_cert_serial", NULL, FIELD_BYTES, false, 3, CERT, f_serial, .help = "serial number, 0A:1B:..." },
	{ "tls.cert_fingerprint", "tls_cert_fingerprint", NULL, FIELD_BYTES, false, 3, CERT, f_fingerprint,
	    .help = "SHA-1 of the certificate, 0a:1b:..." },
	{ "tls.certs", NULL, NULL, FIELD_MULTI, false, 3, CERT, f_certs, .help = "each certificate of the chain, DER" },
	{ "tls.subjectaltname", NULL, NULL, FIELD_MULTI, false, 2, CERT, f_san, .help = "each subjectAltName" },
	{ "tls.random", NULL, NULL, FIELD_BYTES, false, 3, HELLO, f_random, .help = "the 32 random bytes of the hello" },
	{ "tls.random_time", NULL, NULL, FIELD_BYTES, false, 3, HELLO, f_random_time, .help = "their first 4" },
	{ "tls.random_bytes", NULL, NULL, FIELD_BYTES, false, 3, HELLO, f_random_bytes, .help = "their last 28" },
	{ "tls.alpn", NULL, NULL, FIELD_MULTI, false, 3, HELLO, f_alpn, .help = "each protocol of ALPN" },
	{ "ja3.hash", "ja3_hash", NULL, FIELD_BYTES, false, 1, HELLO, f_ja3, .help = "JA3, MD5" },
	{ "ja3.string", "ja3_string", NULL, FIELD_BYTES, false, 1, HELLO, f_ja3_string, .help = "JA3 before hashing" },
	{ "ja3s.hash", NULL, NULL, FIELD_BYTES, false, 2, HELLO, f_ja3, .help = "JA3S, MD5" },
	{ "ja3s.string", NULL, NULL, FIELD_BYTES, false, 2, HELLO, f_ja3_string, .help = "JA3S before hashing" },
	{ "ja4.hash", "ja4_hash", NULL, FIELD_BYTES, false, 1, HELLO, f_ja4, .help = "JA4" },
	{ "tls.version", NULL, NULL, FIELD_NUMBER, false, 3, HELLO, .number = n_version, .names = version_names,
	    .help = "version offered or chosen: 1.0, 1.1, 1.2, 1.3" },
	{ "tls.cert_chain_len", NULL, NULL, FIELD_NUMBER, false, 3, CERT, .number = n_chain, .help = "certificates in the chain" },
	{ NULL }
};

static const struct app_event events[] = {
	[TLS_EV_INVALID_SSLV2_HEADER] = { "invalid_sslv2_header" },
	[TLS_EV_INVALID_TLS_HEADER] = { "invalid_tls_header" },
	[TLS_EV_INVALID_RECORD_VERSION] = { "invalid_record_version" },
	[TLS_EV_INVALID_RECORD_TYPE] = { "invalid_record_type" },
	[TLS_EV_INVALID_RECORD_LENGTH] = { "invalid_record_length" },
	[TLS_EV_INVALID_HANDSHAKE_MESSAGE] = { "invalid_handshake_message" },
	[TLS_EV_HANDSHAKE_INVALID_LENGTH] = { "handshake_invalid_length" },
	[TLS_EV_HEARTBEAT] = { "heartbeat_message" },
	[TLS_EV_INVALID_HEARTBEAT] = { "invalid_heartbeat_message" },
	[TLS_EV_OVERFLOW_HEARTBEAT] = { "overflow_heartbeat_message" },
	[TLS_EV_DATALEAK_HEARTBEAT] = { "dataleak_heartbeat_mismatch" },
	[TLS_EV_MULTIPLE_SNI] = { "multiple_sni_extensions" },
	[TLS_EV_INVALID_SNI_TYPE] = { "invalid_sni_type" },
	[TLS_EV_INVALID_SNI_LENGTH] = { "invalid_sni_length" },
	[TLS_EV_TOO_MANY_RECORDS] = { "too_many_records_in_packet" },
	[TLS_EV_INVALID_CERTIFICATE] = { "invalid_certificate" },
	[TLS_EV_CERT_INVALID_LENGTH] = { "certificate_invalid_length" },
	[TLS_EV_CERT_MISSING_ELEMENT] = { "certificate_missing_element" },
	[TLS_EV_CERT_UNKNOWN_ELEMENT] = { "certificate_unknown_element" },
	[TLS_EV_ERROR_MESSAGE] = { "error_message_encountered" },
	[TLS_EV_INVALID_ALERT] = { "invalid_alert_message" },
	[TLS_EV_INVALID_SSL_RECORD] = { "invalid_ssl_record" },
	[TLS_EV_CERT_INVALID_DER] = { "certificate_invalid_der" },
	[TLS_EV_CERT_INVALID_VERSION] = { "certificate_invalid_version" },
	[TLS_EV_CERT_INVALID_SERIAL] = { "certificate_invalid_serial" },
	[TLS_EV_CERT_INVALID_ALGORITHM] = { "certificate_invalid_algorithmidentifier" },
	[TLS_EV_CERT_INVALID_ISSUER] = { "certificate_invalid_issuer" },
	[TLS_EV_CERT_INVALID_VALIDITY] = { "certificate_invalid_validity" },
	[TLS_EV_CERT_INVALID_SUBJECT] = { "certificate_invalid_subject" },
	[TLS_EV_CERT_INVALID_EXTENSIONS] = { "certificate_invalid_extensions" },
	[TLS_EV_CERT_INVALID_DATE] = { "certificate_invalid_date" },
	[TLS_EV_CERT_INVALID_NAME] = { "certificate_invalid_x509name" },
	[TLS_EV_CERT_INVALID_STRING] = { "certificate_invalid_string" },
	[TLS_EV_MANY_NAMES] = { "too_many_subject_alternative_names" },
	{ NULL }
};

static const char *const client_names[] = { "client_in_progress", "client_hello_done", "client_cert_done",
	"client_handshake_done", "client_finished", NULL };
static const char *const server_names[] = { "server_in_progress", "server_hello", "server_cert_done", "server_hello_done",
	"server_handshake_done", "server_finished", NULL };

const struct protocol protocol_tls = {
	.name = "tls",
	.aliases = "ssl",
	.upper_events = true,
	.spec = "RFC 8446, RFC 5246, RFC 6066, RFC 7301, RFC 6101",
	.transport = APP_TCP,
	.ports = { "443", NULL },
	.probe_min = 6,
	.probe = tls_probe,
	.state_size = sizeof(struct tls),
	.tx_size = sizeof(struct tls_tx),
	.done = { TLS_C_FINISHED, TLS_S_FINISHED },
	.progress_names = { client_names, server_names },
	.max_record = RECORD_MAX + 5,
	.looks_across = true,
	.feed = tls_feed,
	.gap = tls_gap,
	.eof = tls_eof,
	.tx_clear = tls_tx_clear,
	.clear = tls_clear,
	.fields = fields,
	.frames = frames,
	.events = events,
	.log = tls_log,
	.loggable = tls_loggable,
	.log_ready = tls_log_ready,
	.conf_size = sizeof(struct tls_conf),
	.configure = tls_configure,
};
