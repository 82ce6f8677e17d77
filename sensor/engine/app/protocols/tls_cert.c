/*
 * tls_cert - X.509 certificates as TLS carries them: names, serial, validity, subjectAltName.
 *
 * Spec: RFC 5280 section 4.1 and 4.2.1.6; DER: X.690. Read with struct rd: no library, no heap.
 *
 *   Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }
 *   tbsCertificate: [0] version? | serial | sigAlg | issuer | validity | subject | key | [1]? [2]? | [3] extensions?
 *
 * Names are printed as Suricata prints them: in the certificate's order, "C=US, O=Example, CN=www".
 */
#include "engine/app/protocols/tls.h"

#include "base/err.h"
#include "base/hash.h"

#define DER_INTEGER 0x02
#define DER_OCTETS 0x04
#define DER_OID 0x06
#define DER_UTCTIME 0x17
#define DER_SEQUENCE 0x30
#define DER_SET 0x31
#define NAME_MAX_TEXT 4096
#define NAME_BROKEN 1u
#define NAME_STRING 2u
#define UNIVERSAL_STRING 0x1c
#define BMP_STRING 0x1e

struct x509 {
	struct span serial, issuer, subject, san;
	struct span from, to;
	uint8_t from_tag, to_tag;
	uint8_t part; /* the event of what was read last */
};

/* Tag and contents of the next element; definite lengths up to four bytes. */
static bool
der_next(struct rd *r, uint8_t *tag, struct span *v)
{
	uint32_t n;

	*tag = rd_u8(r);
	n = rd_u8(r);
	if (n & 0x80) {
		unsigned k = n & 0x7f;

		if (k == 0 || k > 4)
			r->bad = true;
		for (n = 0; k && !r->bad; k--)
			n = n << 8 | rd_u8(r);
	}
	*v = rd_span(r, n);
	return !r->bad;
}

static int
der_expect(struct rd *r, uint8_t want, struct span *v)
{
	uint8_t tag;

	if (rd_left(r) == 0)
		return TLS_EV_CERT_MISSING_ELEMENT;
	if (!der_next(r, &tag, v))
		return TLS_EV_CERT_INVALID_LENGTH;
	return tag == want ? 0 : TLS_EV_CERT_UNKNOWN_ELEMENT;
}

/* Extensions ::= SEQUENCE OF SEQUENCE { oid, critical?, OCTET STRING } */
static void
x509_extensions(struct span all, struct x509 *x)
{
	static const uint8_t san_oid[] = { 0x55, 0x1d, 0x11 };
	struct rd r = rd_of(all);
	struct span list, ext, oid, v;
	uint8_t tag;

	if (der_expect(&r, DER_SEQUENCE, &list))
		return;
	r = rd_of(list);
	while (rd_left(&r) && der_next(&r, &tag, &ext)) {
		struct rd e = rd_of(ext);

		if (der_expect(&e, DER_OID, &oid) || !span_eq(oid, span_of(san_oid, sizeof(san_oid))))
			continue;
		while (rd_left(&e) && der_next(&e, &tag, &v)) {
			struct rd o = rd_of(v);

			if (tag == DER_OCTETS && !der_expect(&o, DER_SEQUENCE, &v))
				x->san = v;
		}
	}
}

/* 0, or the event that says what is wrong. */
static int
x509_read(struct span der, struct x509 *x)
{
	struct rd r = rd_of(der);
	struct span v, tbs;
	uint8_t tag;
	int e;

	memset(x, 0, sizeof(*x));
	x->part = TLS_EV_CERT_INVALID_DER;
	if ((e = der_expect(&r, DER_SEQUENCE, &v)) != 0)
		return e;
	r = rd_of(v);
	if ((e = der_expect(&r, DER_SEQUENCE, &tbs)) != 0)
		return e;
	r = rd_of(tbs);
	x->part = TLS_EV_CERT_INVALID_VERSION;
	if (!der_next(&r, &tag, &v))
		return TLS_EV_CERT_INVALID_LENGTH;
	x->part = TLS_EV_CERT_INVALID_SERIAL;
	if (tag == 0xa0 && !der_next(&r, &tag, &v))
		return TLS_EV_CERT_MISSING_ELEMENT;
	if (tag != DER_INTEGER)
		return TLS_EV_CERT_UNKNOWN_ELEMENT;
	x->serial = v;
	x->part = TLS_EV_CERT_INVALID_ALGORITHM;
	if ((e = der_expect(&r, DER_SEQUENCE, &v)) != 0)
		return e;
	x->part = TLS_EV_CERT_INVALID_ISSUER;
	if ((e = der_expect(&r, DER_SEQUENCE, &x->issuer)) != 0)
		return e;
	x->part = TLS_EV_CERT_INVALID_VALIDITY;
	if ((e = der_expect(&r, DER_SEQUENCE, &v)) != 0)
		return e;
	struct rd validity = rd_of(v);
	if (!der_next(&validity, &x->from_tag, &x->from) || !der_next(&validity, &x->to_tag, &x->to))
		return TLS_EV_CERT_INVALID_LENGTH;
	x->part = TLS_EV_CERT_INVALID_SUBJECT;
	if ((e = der_expect(&r, DER_SEQUENCE, &x->subject)) != 0)
		return e;
	x->part = TLS_EV_CERT_INVALID_ALGORITHM; /* of the key */
	if ((e = der_expect(&r, DER_SEQUENCE, &v)) != 0)
		return e;
	x->part = TLS_EV_CERT_INVALID_EXTENSIONS;
	while (rd_left(&r) && der_next(&r, &tag, &v))
		if (tag == 0xa3)
			x509_extensions(v, x);
	return r.bad ? TLS_EV_CERT_INVALID_LENGTH : 0;
}

/* ---- names ---- */

/* Names of attribute types: RFC 4519 short ones where they are usual, else the long ones. */
static const struct oid_name {
	const char *name;
	uint8_t n, oid[11];
} oid_names[] = {
	{ "CN", 3, { 0x55, 4, 3 } },
	{ "surname", 3, { 0x55, 4, 4 } },
	{ "serialNumber", 3, { 0x55, 4, 5 } },
	{ "C", 3, { 0x55, 4, 6 } },
	{ "L", 3, { 0x55, 4, 7 } },
	{ "ST", 3, { 0x55, 4, 8 } },
	{ "streetAddress", 3, { 0x55, 4, 9 } },
	{ "O", 3, { 0x55, 4, 10 } },
	{ "OU", 3, { 0x55, 4, 11 } },
	{ "title", 3, { 0x55, 4, 12 } },
	{ "description", 3, { 0x55, 4, 13 } },
	{ "businessCategory", 3, { 0x55, 4, 15 } },
	{ "postalCode", 3, { 0x55, 4, 17 } },
	{ "name", 3, { 0x55, 4, 41 } },
	{ "givenName", 3, { 0x55, 4, 42 } },
	{ "initials", 3, { 0x55, 4, 43 } },
	{ "generationQualifier", 3, { 0x55, 4, 44 } },
	{ "dnQualifier", 3, { 0x55, 4, 46 } },
	{ "organizationIdentifier", 3, { 0x55, 4, 97 } },
	{ "Email", 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1 } },
	{ "unstructuredName", 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 2 } },
	{ "challengePassword", 9, { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 7 } },
	{ "userId", 10, { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1 } },
	{ "DC", 10, { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25 } },
	{ "jurisdictionOfIncorporationL", 11, { 0x2b, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 1 } },
	{ "jurisdictionOfIncorporationST", 11, { 0x2b, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 2 } },
	{ "jurisdictionOfIncorporationC", 11, { 0x2b, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 3 } },
};

static void
oid_text(struct text *t, struct span oid)
{
	uint64_t arc = 0;
	bool first = true;

	for (size_t i = 0; i < sizeof(oid_names) / sizeof(oid_names[0]); i++)
		if (span_eq(oid, span_of(oid_names[i].oid, oid_names[i].n))) {
			text_add(t, span_str(oid_names[i].name));
			return;
		}
	for (struct rd r = rd_of(oid); rd_left(&r);) {
		uint8_t b = rd_u8(&r);

		arc = arc << 7 | (b & 0x7f);
		if (b & 0x80)
			continue;
		if (first) { /* the first two arcs share a number: 40 * a + b, a <= 2 */
			uint64_t a = arc < 80 ? arc / 40 : 2;

			text_u64(t, a);
			arc -= 40 * a;
			first = false;
		}
		text_char(t, '.');
		text_u64(t, arc);
		arc = 0;
	}
}

static void
utf8_add(struct text *t, uint32_t c)
{
	uint8_t b[4];
	unsigned n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (unsigned i = n; i-- > 1; c >>= 6)
		b[i] = 0x80 | (c & 0x3f);
	b[0] = (uint8_t) (lead[n] | c);
	text_add(t, span_of(b, n));
}

static void
string_text(struct text *t, uint8_t tag, struct span v)
{
	struct rd r = rd_of(v);

	switch (tag) {
	case 0x0c: case 0x12: case 0x13: case 0x14: case 0x16: case 0x1a: /* UTF8, Numeric, Printable, T61, IA5, Visible */
		text_add(t, v);
		break;
	case BMP_STRING: /* UTF-16, big-endian */
		while (rd_left(&r) >= 2) {
			uint32_t c = rd_u16(&r);

			if (c >> 10 == 0x36 && rd_left(&r) >= 2)
				c = 0x10000 + ((c & 0x3ff) << 10 | (rd_u16(&r) & 0x3ff));
			utf8_add(t, c);
		}
		break;
	case UNIVERSAL_STRING: /* UTF-32 */
		while (rd_left(&r) >= 4)
			utf8_add(t, rd_u32(&r) & 0x1fffff);
		break;
	default:
		text_char(t, '#');
		while (rd_left(&r))
			text_hex(t, rd_u8(&r), 2);
	}
}

/* Name ::= SEQUENCE OF SET OF SEQUENCE { oid, value } -> "C=US, O=A + OU=B, CN=x". What is wrong with it: NAME_*; a zero byte in
 * a string makes some readers see another name. */
static unsigned
name_text(struct text *t, struct span name)
{
	struct rd rdns = rd_of(name);
	struct span set, pair, oid, v;
	unsigned wrong = 0;
	uint8_t tag;

	for (bool first = true; rd_left(&rdns) && der_next(&rdns, &tag, &set); first = false) {
		struct rd r = rd_of(set);

		if (!first)
			text_add(t, SPAN_LIT(", "));
		for (bool one = true; rd_left(&r) && der_next(&r, &tag, &pair); one = false) {
			struct rd p = rd_of(pair);

			if (der_expect(&p, DER_OID, &oid) || !der_next(&p, &tag, &v)) {
				wrong |= NAME_BROKEN;
				continue;
			}
			if (tag != BMP_STRING && tag != UNIVERSAL_STRING && v.n && memchr(v.p, 0, v.n))
				wrong |= NAME_STRING;
			if (!one)
				text_add(t, SPAN_LIT(" + "));
			oid_text(t, oid);
			text_char(t, '=');
			string_text(t, tag, v);
		}
		wrong |= r.bad ? NAME_BROKEN : 0;
	}
	return wrong | (rdns.bad ? NAME_BROKEN : 0);
}

/* ---- times ---- */

/* Days since 1970-01-01 in the proleptic Gregorian calendar. */
static int64_t
days_from_civil(int64_t y, unsigned m, unsigned d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	unsigned yoe = (unsigned) (y - era * 400);
	unsigned doy = (153 * (m + (m > 2 ? -3u : 9u)) + 2) / 5 + d - 1;

	return era * 146097 + (int64_t) (yoe * 365 + yoe / 4 - yoe / 100 + doy) - 719468;
}

int64_t
tls_seconds(const unsigned v[static 6])
{
	return days_from_civil(v[0], v[1], v[2]) * 86400 + v[3] * 3600 + v[4] * 60 + v[5];
}

/* UTCTime YYMMDDHHMM[SS]Z, GeneralizedTime YYYYMMDDHHMM[SS]Z (RFC 5280 section 4.1.2.5). */
static void
time_read(uint8_t tag, struct span s, char out[static 20], int64_t *when)
{
	static const char form[] = "YYYY-MM-DDTHH:MM:SS";
	char d[15] = "19";
	unsigned n = tag == DER_UTCTIME ? 2 : 0;
	unsigned f[14];

	out[0] = 0;
	*when = 0;
	for (struct rd r = rd_of(s); n < 14 && rd_left(&r); n++) {
		uint8_t c = rd_u8(&r);

		if (c < '0' || c > '9')
			break;
		d[n] = (char) c;
	}
	if (n == 12)
		d[12] = d[13] = '0';
	else if (n != 14)
		return;
	if (tag == DER_UTCTIME && d[2] < '5')
		d[0] = '2', d[1] = '0';
	for (unsigned i = 0, k = 0; i < sizeof(form); i++)
		out[i] = form[i] >= 'A' && form[i] <= 'Z' && form[i] != 'T' ? d[k++] : form[i];
	for (unsigned i = 0; i < 14; i++)
		f[i] = (unsigned) (d[i] - '0');
	*when = days_from_civil(f[0] * 1000 + f[1] * 100 + f[2] * 10 + f[3], f[4] * 10 + f[5], f[6] * 10 + f[7]) * 86400 +
	    (f[8] * 10 + f[9]) * 3600 + (f[10] * 10 + f[11]) * 60 + f[12] * 10 + f[13];
}

/* ---- the message ---- */

static struct tls_part
keep_text(struct app *a, struct bytes *to, struct span s)
{
	struct tls_part p = { to->n, s.n };

	return app_keep(a, to, s, 4 * NAME_MAX_TEXT) < 0 ? (struct tls_part) { 0 } : p;
}

static struct tls_part
keep_hex(struct app *a, struct bytes *to, struct span s, bool upper)
{
	char buf[3 * 64];
	struct text t = text_of(buf, sizeof(buf));

	for (struct rd r = rd_of(span_head(s, 64)); rd_left(&r);) {
		uint8_t b = rd_u8(&r);
		const char *hex = upper ? "0123456789ABCDEF" : "0123456789abcdef";

		if (t.n)
			text_char(&t, ':');
		text_char(&t, hex[b >> 4]);
		text_char(&t, hex[b & 15]);
	}
	return keep_text(a, to, text_span(&t));
}

static struct tls_part
keep_name(struct app *a, struct tls_tx *tx, struct bytes *to, struct span name)
{
	char buf[NAME_MAX_TEXT];
	struct text t = text_of(buf, sizeof(buf));
	unsigned wrong = name_text(&t, name);

	if (wrong & NAME_BROKEN)
		app_event(a, &tx->tx, TLS_EV_CERT_INVALID_NAME);
	if (wrong & NAME_STRING)
		app_event(a, &tx->tx, TLS_EV_CERT_INVALID_STRING);
	return keep_text(a, to, text_span(&t));
}

/* More than the fields tell. */
static bool
many_names(struct span san)
{
	struct rd r = rd_of(san);
	struct span name;
	unsigned n = 0;
	uint8_t tag;

	while (n <= TLS_NAMES_MAX && rd_left(&r) && der_next(&r, &tag, &name))
		n++;
	return n > TLS_NAMES_MAX;
}

static void
first_certificate(struct app *a, struct tls_tx *t, struct tls_side *s, struct span der)
{
	struct tls_cert *c = &s->cert;
	struct x509 x;
	uint8_t sha1[20];
	int e = x509_read(der, &x);

	if (e) {
		app_event(a, &t->tx, TLS_EV_INVALID_CERTIFICATE);
		app_event(a, &t->tx, (unsigned) e);
		app_event(a, &t->tx, x.part);
		return;
	}
	hash_sha1(der, sha1);
	c->present = true;
	c->subject = keep_name(a, t, &s->text, x.subject);
	c->issuer = keep_name(a, t, &s->text, x.issuer);
	c->serial = keep_hex(a, &s->text, x.serial, true);
	c->fingerprint = keep_hex(a, &s->text, span_of(sha1, sizeof(sha1)), false);
	time_read(x.from_tag, x.from, c->not_before, &c->valid_from);
	time_read(x.to_tag, x.to, c->not_after, &c->valid_to);
	if (!c->not_before[0] || !c->not_after[0])
		app_event(a, &t->tx, TLS_EV_CERT_INVALID_DATE);
	if (x.san.n && many_names(x.san))
		app_event(a, &t->tx, TLS_EV_MANY_NAMES);
	if (x.san.n)
		c->san = (struct tls_part) { (uint32_t) (x.san.p - s->chain.p), x.san.n };
}

int
tls_certificates(struct app *a, struct tls_tx *t, int dir, struct span list)
{
	struct tls_side *s = &t->side[dir];
	struct span der;

	if (s->chain.n) /* renegotiation: the first chain stands */
		return 0;
	if (app_keep(a, &s->chain, list, TLS_HANDSHAKE_MAX) < 0)
		return E_LIMIT;
	while (s->certs < TLS_CERTS_MAX && tls_cert_der(s, s->certs, &der))
		s->certs++;
	if (tls_cert_der(s, 0, &der))
		first_certificate(a, t, s, der);
	return 0;
}

bool
tls_cert_der(const struct tls_side *s, unsigned n, struct span *out)
{
	struct rd r = rd_of(bytes_span(&s->chain));

	if (n >= TLS_CERTS_MAX)
		return false;
	do
		*out = rd_span(&r, rd_u24(&r));
	while (!r.bad && n--);
	return !r.bad;
}

bool
tls_cert_san(const struct tls_side *s, unsigned n, char scratch[static ADDR_STRLEN], struct span *out)
{
	struct rd r = rd_of(tls_at(&s->chain, s->cert.san));
	uint8_t tag;

	while (rd_left(&r) && der_next(&r, &tag, out)) {
		bool name = tag == 0x81 || tag == 0x82 || tag == 0x86; /* mail, DNS, URI */
		bool address = tag == 0x87 && (out->n == 4 || out->n == 16);

		if ((!name && !address) || n--)
			continue;
		if (address) {
			struct addr ip = out->n == 4 ? addr_v4(out->p) : addr_v6(out->p);

			*out = span_of(scratch, (size_t) addr_print(&ip, scratch));
		}
		return true;
	}
	return false;
}
