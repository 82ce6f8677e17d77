/*
 * tls_hello - ClientHello and ServerHello, and the fingerprints made of them.
 *
 * Spec: RFC 8446 section 4.1.2, 4.1.3, 4.2.1; RFC 5246 section 7.4.1; RFC 6066 section 3 (SNI); RFC 7301 (ALPN);
 * RFC 8701 (GREASE); JA3/JA3S (salesforce/ja3); JA4 (FoxIO-LLC/ja4, technical_details/JA4.md).
 *
 *   ClientHello: version(2) random(32) sid<1> suites<2> compression<1> extensions<2>
 *   ServerHello: version(2) random(32) sid<1> suite(2) compression(1) extensions<2>
 */
#include "engine/app/protocols/tls.h"

#include "base/err.h"
#include "base/hash.h"
#include "engine/app/file.h"

#define JA_TEXT 8192 /* hellos with longer lists get no fingerprint */
#define LIST_MAX 256 /* suites, extensions, algorithms of a JA4 */

enum { EXT_SNI = 0, EXT_GROUPS = 10, EXT_FORMATS = 11, EXT_SIGNATURES = 13, EXT_ALPN = 16, EXT_VERSIONS = 43 };

/* What the fingerprints need. Spans into the kept hello. */
struct hello {
	struct span suites, extensions, groups, formats, signatures, versions;
};

bool
tls_grease(uint16_t v)
{
	return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

static bool
known_version(uint16_t v)
{
	return (v >= 0x0300 && v <= TLS_13) || v >> 8 == 0x7f;
}

static struct tls_part
part_of(const struct bytes *b, struct span s)
{
	return s.n ? (struct tls_part) { (uint32_t) (s.p - b->p), s.n } : (struct tls_part) { 0 };
}

/* ---- extensions ---- */

/* ServerNameList: length(2), then type(1) name<2>; an empty one is the server's acknowledgement. */
static void
read_sni(struct app *a, struct tls_tx *t, struct tls_side *s, struct span v)
{
	struct rd r = rd_of(v);
	uint16_t all;
	uint8_t type;
	struct span name;

	if (s->has_sni) {
		app_event(a, &t->tx, TLS_EV_MULTIPLE_SNI);
		return;
	}
	s->has_sni = true;
	all = rd_u16(&r);
	type = rd_u8(&r);
	name = rd_span(&r, rd_u16(&r));
	if (r.bad || all > v.n - 2) {
		app_event(a, &t->tx, TLS_EV_INVALID_SNI_LENGTH);
		return;
	}
	if (type != 0)
		app_event(a, &t->tx, TLS_EV_INVALID_SNI_TYPE);
	else
		s->sni = part_of(&s->hello, name);
}

/* Client: a list, the first real version counts. Server: the one chosen. */
static void
read_versions(struct tls_tx *t, struct tls_side *s, int dir, struct span v, struct hello *h)
{
	struct rd r = rd_of(v);

	if (dir == TO_CLIENT) {
		uint16_t version = rd_u16(&r);

		if (!r.bad)
			s->version = version;
		return;
	}
	t->version_extension = true;
	h->versions = rd_span(&r, rd_u8(&r));
	for (r = rd_of(h->versions); rd_left(&r) >= 2;) {
		uint16_t version = rd_u16(&r);

		if (known_version(version)) {
			s->version = version;
			break;
		}
	}
}

static void
read_extension(struct app *a, struct tls_tx *t, int dir, uint16_t type, struct span v, struct hello *h)
{
	struct tls_side *s = &t->side[dir];
	struct rd r = rd_of(v);

	switch (type) {
	case EXT_SNI:
		if (dir == TO_SERVER)
			read_sni(a, t, s, v);
		break;
	case EXT_GROUPS:
		h->groups = rd_span(&r, rd_u16(&r));
		break;
	case EXT_FORMATS:
		h->formats = rd_span(&r, rd_u8(&r));
		break;
	case EXT_SIGNATURES:
		h->signatures = rd_span(&r, rd_u16(&r));
		break;
	case EXT_ALPN:
		s->alpn = part_of(&s->hello, rd_span(&r, rd_u16(&r)));
		break;
	case EXT_VERSIONS:
		read_versions(t, s, dir, v, h);
		break;
	}
}

static int
read_extensions(struct app *a, struct tls_tx *t, int dir, struct rd *r, struct hello *h)
{
	if (rd_left(r) == 0)
		return 0;
	h->extensions = rd_span(r, rd_u16(r));
	for (struct rd e = rd_of(h->extensions); rd_left(&e);) {
		uint16_t type = rd_u16(&e);
		struct span v = rd_span(&e, rd_u16(&e));

		if (e.bad)
			return E_BAD;
		read_extension(a, t, dir, type, v, h);
	}
	return r->bad ? E_BAD : 0;
}

/* ---- JA3 ---- */

static void
ja3_list16(struct text *t, struct span list)
{
	bool first = true;

	for (struct rd r = rd_of(list); rd_left(&r) >= 2;) {
		uint16_t v = rd_u16(&r);

		if (tls_grease(v))
			continue;
		if (!first)
			text_char(t, '-');
		text_u64(t, v);
		first = false;
	}
}

static void
ja3_extensions(struct text *t, struct span list)
{
	bool first = true;

	for (struct rd r = rd_of(list); rd_left(&r) >= 4;) {
		uint16_t v = rd_u16(&r);

		rd_skip(&r, rd_u16(&r));
		if (tls_grease(v))
			continue;
		if (!first)
			text_char(t, '-');
		text_u64(t, v);
		first = false;
	}
}

static void
ja3_keep(struct app *a, struct tls_side *s, const struct text *t)
{
	uint8_t md5[16];

	if (t->full || app_keep(a, &s->ja3, text_span(t), JA_TEXT) < 0)
		return;
	hash_md5(text_span(t), md5);
	hash_hex(md5, sizeof(md5), s->ja3_hash);
}

static void
ja3_client(struct app *a, struct tls_side *s, const struct hello *h)
{
	char buf[JA_TEXT];
	struct text t = text_of(buf, sizeof(buf));

	text_u64(&t, s->hello_version);
	text_char(&t, ',');
	ja3_list16(&t, h->suites);
	text_char(&t, ',');
	ja3_extensions(&t, h->extensions);
	text_char(&t, ',');
	ja3_list16(&t, h->groups);
	text_char(&t, ',');
	for (uint32_t i = 0; i < h->formats.n; i++) {
		if (i)
			text_char(&t, '-');
		text_u64(&t, h->formats.p[i]);
	}
	ja3_keep(a, s, &t);
}

static void
ja3_server(struct app *a, struct tls_side *s, const struct hello *h)
{
	char buf[JA_TEXT];
	struct text t = text_of(buf, sizeof(buf));

	text_u64(&t, s->hello_version);
	text_char(&t, ',');
	text_u64(&t, s->cipher);
	text_char(&t, ',');
	ja3_extensions(&t, h->extensions);
	ja3_keep(a, s, &t);
}

/* ---- JA4 ---- */

struct list16 {
	uint16_t v[LIST_MAX];
	unsigned n, all; /* kept; counted */
};

static void
list_add(struct list16 *l, uint16_t v)
{
	if (tls_grease(v))
		return;
	l->all++;
	if (l->n < LIST_MAX)
		l->v[l->n++] = v;
}

static struct list16
list_read(struct span s)
{
	struct list16 l = { .n = 0 };

	for (struct rd r = rd_of(s); rd_left(&r) >= 2;)
		list_add(&l, rd_u16(&r));
	return l;
}

static void
list_sort(struct list16 *l)
{
	for (unsigned i = 1; i < l->n; i++) {
		uint16_t v = l->v[i];
		unsigned k = i;

		for (; k > 0 && l->v[k - 1] > v; k--)
			l->v[k] = l->v[k - 1];
		l->v[k] = v;
	}
}

static void
list_text(struct text *t, const struct list16 *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		if (i)
			text_char(t, ',');
		text_hex(t, l->v[i], 4);
	}
}

/* The first 12 hex digits of SHA-256. */
static void
hash12(struct text *out, struct span s)
{
	uint8_t sha[32];
	char hex[65];

	hash_sha256(s, sha);
	hash_hex(sha, sizeof(sha), hex);
	text_add(out, span_of(hex, 12));
}

static const char *
ja4_version(const struct tls_side *s, const struct hello *h)
{
	static const char *const names[] = { "s3", "10", "11", "12", "13" };
	uint16_t best = 0;

	for (struct rd r = rd_of(h->versions); rd_left(&r) >= 2;) {
		uint16_t v = rd_u16(&r);

		if (!tls_grease(v) && v > best)
			best = v;
	}
	if (best == 0)
		best = s->hello_version;
	return best >= 0x0300 && best <= TLS_13 ? names[best - 0x0300] : best == 0x0002 ? "s2" : "00";
}

static bool
alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* First and last character of the first ALPN value; of their hex when one of them is not alphanumeric. */
static void
ja4_alpn(struct text *t, const struct tls_side *s)
{
	struct rd r = rd_of(tls_at(&s->hello, s->alpn));
	struct span v = rd_span(&r, rd_u8(&r));

	if (v.n == 0) {
		text_add(t, SPAN_LIT("00"));
	} else if (alnum(v.p[0]) && alnum(v.p[v.n - 1])) {
		text_char(t, (char) v.p[0]);
		text_char(t, (char) v.p[v.n - 1]);
	} else {
		text_hex(t, v.p[0] >> 4, 1);
		text_hex(t, v.p[v.n - 1] & 15, 1);
	}
}

static void
ja4_count(struct text *t, unsigned n)
{
	if (n > 99)
		n = 99;
	text_char(t, (char) ('0' + n / 10));
	text_char(t, (char) ('0' + n % 10));
}

static void
ja4_client(struct tls_side *s, const struct hello *h, char transport)
{
	char buf[LIST_MAX * 10 + 8];
	struct text out = text_of(s->ja4, sizeof(s->ja4) - 1), t = text_of(buf, sizeof(buf));
	struct list16 suites = list_read(h->suites), sigs = list_read(h->signatures), exts = { .n = 0 };
	unsigned all = 0;

	for (struct rd r = rd_of(h->extensions); rd_left(&r) >= 4;) {
		uint16_t v = rd_u16(&r);

		rd_skip(&r, rd_u16(&r));
		all += !tls_grease(v);
		if (v != EXT_SNI && v != EXT_ALPN)
			list_add(&exts, v);
	}
	text_char(&out, transport);
	text_add(&out, span_str(ja4_version(s, h)));
	text_char(&out, s->has_sni ? 'd' : 'i');
	ja4_count(&out, suites.all);
	ja4_count(&out, all);
	ja4_alpn(&out, s);
	text_char(&out, '_');
	list_sort(&suites);
	list_text(&t, &suites);
	if (suites.n)
		hash12(&out, text_span(&t));
	else
		text_add(&out, SPAN_LIT("000000000000"));
	text_char(&out, '_');
	t.n = 0;
	list_sort(&exts);
	list_text(&t, &exts);
	text_char(&t, '_'); /* JA4.md leaves it out where no algorithms follow; the reference does not, and its hashes are in use */
	list_text(&t, &sigs);
	if (exts.n || sigs.n)
		hash12(&out, text_span(&t));
	else
		text_add(&out, SPAN_LIT("000000000000"));
	s->ja4[out.n] = 0;
}

/* ---- the messages ---- */

void
tls_release(struct app *a, struct tls_tx *t)
{
	for (int d = 0; d < 2; d++) {
		bytes_release(a, &t->side[d].hello);
		bytes_release(a, &t->side[d].chain);
		bytes_release(a, &t->side[d].text);
		bytes_release(a, &t->side[d].ja3);
	}
}

int
tls_client_hello(struct app *a, struct tls_tx *t, struct span body)
{
	struct tls_side *s = &t->side[TO_SERVER];
	struct hello h = { 0 };
	struct rd r;
	int e;

	if (s->hello.n) /* after a HelloRetryRequest, or renegotiation: the first one stands */
		return 0;
	if (app_keep(a, &s->hello, body, TLS_HANDSHAKE_MAX) < 0)
		return E_LIMIT;
	r = rd_of(bytes_span(&s->hello));
	s->version = s->hello_version = rd_u16(&r);
	s->random = part_of(&s->hello, rd_span(&r, 32));
	s->session = part_of(&s->hello, rd_span(&r, rd_u8(&r)));
	h.suites = rd_span(&r, rd_u16(&r));
	rd_skip(&r, rd_u8(&r));
	if (r.bad)
		return E_BAD;
	e = read_extensions(a, t, TO_SERVER, &r, &h);
	ja3_client(a, s, &h);
	ja4_client(s, &h, t->quic ? 'q' : 't');
	return e;
}

int
tls_server_hello(struct app *a, struct tls_tx *t, struct span body)
{
	struct tls_side *s = &t->side[TO_CLIENT];
	struct hello h = { 0 };
	struct rd r;
	int e;

	if (s->hello.n)
		return 0;
	if (app_keep(a, &s->hello, body, TLS_HANDSHAKE_MAX) < 0)
		return E_LIMIT;
	r = rd_of(bytes_span(&s->hello));
	s->version = s->hello_version = rd_u16(&r);
	s->random = part_of(&s->hello, rd_span(&r, 32));
	if (s->version <= TLS_12) /* drafts of 1.3 before the 22nd have neither session nor compression */
		s->session = part_of(&s->hello, rd_span(&r, rd_u8(&r)));
	s->cipher = rd_u16(&r);
	if (s->version <= TLS_12)
		rd_skip(&r, 1);
	if (r.bad)
		return E_BAD;
	e = read_extensions(a, t, TO_CLIENT, &r, &h);
	if (!heads_unread(a))
		ja3_server(a, s, &h);
	return e;
}

void
tls_hello_lists(const struct tls_side *s, int dir, struct tls_lists *out)
{
	struct rd r = rd_of(bytes_span(&s->hello)), e;

	memset(out, 0, sizeof(*out));
	rd_skip(&r, 34);
	if (dir == TO_SERVER || s->hello_version <= TLS_12)
		rd_skip(&r, rd_u8(&r));
	out->suites = rd_span(&r, dir == TO_SERVER ? rd_u16(&r) : 2);
	if (dir == TO_SERVER)
		rd_skip(&r, rd_u8(&r));
	else if (s->hello_version <= TLS_12)
		rd_skip(&r, 1);
	out->extensions = rd_span(&r, rd_u16(&r));
	for (e = rd_of(out->extensions); rd_left(&e) >= 4;) {
		uint16_t type = rd_u16(&e);
		struct rd v = rd_of(rd_span(&e, rd_u16(&e)));

		if (type == EXT_SIGNATURES)
			out->signatures = rd_span(&v, rd_u16(&v));
	}
}

bool
tls_resumed(const struct tls_tx *t)
{
	const struct tls_side *c = &t->side[TO_SERVER], *s = &t->side[TO_CLIENT];

	return !s->cert.present && s->version < TLS_13 && s->session.n &&
	    span_eq(tls_at(&c->hello, c->session), tls_at(&s->hello, s->session));
}

bool
tls_alpn(const struct tls_side *s, unsigned n, struct span *out)
{
	struct rd r = rd_of(tls_at(&s->hello, s->alpn));

	do
		*out = rd_span(&r, rd_u8(&r));
	while (!r.bad && n--);
	return !r.bad;
}

const char *
tls_version_text(uint16_t v, char buf[static 24])
{
	struct text t = text_of(buf, 23);

	switch (v) {
	case 0x0002: return "SSLv2";
	case 0x0300: return "SSLv3";
	case 0x0301: return "TLSv1";
	case 0x0302: return "TLS 1.1";
	case 0x0303: return "TLS 1.2";
	case 0x0304: return "TLS 1.3";
	}
	if (v >> 8 != 0x7f)
		return "UNDETERMINED";
	if ((v & 0xff) < 16)
		return "TLS 1.3 draft-<16";
	text_add(&t, SPAN_LIT("TLS 1.3 draft-"));
	text_u64(&t, v & 0xff);
	buf[t.n] = 0;
	return buf;
}
