/*
 * tls_log - a handshake as EVE's "tls" object, and what a "tls" among the types of an eve-log says of it.
 *
 * Thread:    the worker's.
 * Memory:    the caller's buffer.
 * Owns:      nothing.
 * Not here:  what is told -> tls_hello.c, tls_cert.c
 *
 * Names and shapes: Suricata 8 user guide, "EVE JSON Format", event type TLS; the names of fields are those of its key `custom`.
 */
#include "engine/app/protocols/tls.h"

#include <strings.h>

#define BIT(field) (UINT32_C(1) << (field))

static const char *const names[TLS_LOG_N] = { "subject", "issuer", "session_resumed", "serial", "fingerprint", "sni", "version",
	"not_before", "not_after", "certificate", "chain", "ja3", "ja3s", "ja4", "subjectaltname", "client", "client_certificate",
	"client_chain", "client_alpns", "server_alpns", "client_handshake", "server_handshake" };

#define BASIC (BIT(TLS_LOG_SUBJECT) | BIT(TLS_LOG_ISSUER) | BIT(TLS_LOG_RESUMED))
#define EXTENDED \
	((BIT(TLS_LOG_N) - 1) & ~(BIT(TLS_LOG_CERTIFICATE) | BIT(TLS_LOG_CHAIN) | BIT(TLS_LOG_CLIENT_CERTIFICATE) | \
	    BIT(TLS_LOG_CLIENT_CHAIN) | BIT(TLS_LOG_CLIENT_HANDSHAKE) | BIT(TLS_LOG_SERVER_HANDSHAKE)))

static bool
says(const struct yaml *y, const char *key, bool otherwise, struct diag *d)
{
	const struct yaml *one = yaml_get(y, key);
	bool v = otherwise;

	if (one && (!one->text || conf_parse_bool(&v, one->text) < 0))
		yaml_error(one, d, "expected yes or no");
	return v;
}

void
tls_configure(void *conf, const struct conf *tree, const struct yaml *node, struct diag *d)
{
	const struct yaml *y = log_settings(tree, "tls"), *custom = yaml_get(y, "custom");
	struct tls_conf *c = conf;

	(void) node;
	c->resumption = says(y, "session-resumption", false, d);
	c->fields = says(y, "extended", true, d) ? EXTENDED : BASIC;
	if (custom)
		c->fields = 0;
	yaml_each(f, custom) {
		unsigned i = 0;

		while (i < TLS_LOG_N && !(f->text && strcasecmp(f->text, names[i]) == 0))
			i++;
		if (i == TLS_LOG_N)
			yaml_error(f, d, "no field of tls records is called so");
		else
			c->fields |= BIT(i);
	}
}

static uint32_t
wanted(const struct tls_tx *t, bool full)
{
	return full && t->conf ? t->conf->fields : EXTENDED;
}

/* ---- certificates ---- */

static void
put_text(struct json *j, const char *key, const struct tls_side *s, struct tls_part p, bool wanted)
{
	if (wanted)
		json_span(j, key, tls_at(&s->text, p));
}

static void
put_alternatives(struct json *j, const struct tls_side *s)
{
	char scratch[ADDR_STRLEN];
	struct span v;

	if (!tls_cert_san(s, 0, scratch, &v))
		return;
	json_array(j, "subjectaltname");
	for (unsigned i = 0; i < 128 && tls_cert_san(s, i, scratch, &v); i++)
		json_span(j, NULL, v);
	json_end(j);
}

static void
put_cert(struct json *j, const struct tls_side *s, uint32_t fields)
{
	const struct tls_cert *c = &s->cert;

	put_text(j, "subject", s, c->subject, fields & BIT(TLS_LOG_SUBJECT));
	put_text(j, "issuerdn", s, c->issuer, fields & BIT(TLS_LOG_ISSUER));
	put_text(j, "serial", s, c->serial, fields & BIT(TLS_LOG_SERIAL));
	put_text(j, "fingerprint", s, c->fingerprint, fields & BIT(TLS_LOG_FINGERPRINT));
	if (c->not_before[0] && fields & BIT(TLS_LOG_NOT_BEFORE))
		json_str(j, "notbefore", c->not_before);
	if (c->not_after[0] && fields & BIT(TLS_LOG_NOT_AFTER))
		json_str(j, "notafter", c->not_after);
	if (fields & BIT(TLS_LOG_SAN))
		put_alternatives(j, s);
}

static void
put_der(struct json *j, const struct tls_side *s, bool first, bool chain)
{
	struct span der;

	if (first && tls_cert_der(s, 0, &der))
		json_base64(j, "certificate", der);
	if (!chain || !tls_cert_der(s, 0, &der))
		return;
	json_array(j, "chain");
	for (unsigned i = 0; tls_cert_der(s, i, &der); i++)
		json_base64(j, NULL, der);
	json_end(j);
}

static void
put_client(struct json *j, const struct tls_side *c, uint32_t fields)
{
	uint32_t any = BIT(TLS_LOG_CLIENT) | BIT(TLS_LOG_CLIENT_CERTIFICATE) | BIT(TLS_LOG_CLIENT_CHAIN);

	if (!c->cert.present || !(fields & any))
		return;
	json_object(j, "client");
	if (fields & BIT(TLS_LOG_CLIENT))
		put_cert(j, c, EXTENDED & ~BIT(TLS_LOG_SAN));
	put_der(j, c, fields & BIT(TLS_LOG_CLIENT_CERTIFICATE), fields & BIT(TLS_LOG_CLIENT_CHAIN));
	json_end(j);
}

/* ---- hellos ---- */

static void
put_ja3(struct json *j, const char *key, const struct tls_side *s, bool wanted)
{
	if (!s->ja3.n || !wanted)
		return;
	json_object(j, key);
	json_str(j, "hash", s->ja3_hash);
	json_span(j, "string", bytes_span(&s->ja3));
	json_end(j);
}

static void
put_alpns(struct json *j, const char *key, const struct tls_side *s, bool wanted)
{
	struct span v;

	if (!wanted || !tls_alpn(s, 0, &v))
		return;
	json_array(j, key);
	for (unsigned i = 0; i < 32 && tls_alpn(s, i, &v); i++)
		json_span(j, NULL, v);
	json_end(j);
}

/* 16-bit numbers; with `contents` each is followed by contents of a 16-bit length. */
static void
put_numbers(struct json *j, const char *key, struct span list, bool contents)
{
	json_array(j, key);
	for (struct rd r = rd_of(list); rd_left(&r) >= 2;) {
		uint16_t v = rd_u16(&r);

		if (contents)
			rd_skip(&r, rd_u16(&r));
		if (!tls_grease(v))
			json_u64(j, NULL, v);
	}
	json_end(j);
}

static void
put_handshake(struct json *j, const char *key, const struct tls_side *s, int dir, bool wanted)
{
	struct tls_lists l;
	char buf[24];

	if (!wanted || !s->hello.n)
		return;
	tls_hello_lists(s, dir, &l);
	json_object(j, key);
	json_str(j, "version", tls_version_text(s->version, buf));
	if (dir == TO_SERVER)
		put_numbers(j, "ciphers", l.suites, false);
	else
		json_u64(j, "cipher", s->cipher);
	put_numbers(j, "exts", l.extensions, true);
	if (dir == TO_SERVER)
		put_numbers(j, "sig_algs", l.signatures, false);
	json_end(j);
}

void
tls_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct tls_tx *t = (const struct tls_tx *) tx;
	const struct tls_side *c = &t->side[TO_SERVER], *s = &t->side[TO_CLIENT];
	uint32_t fields = wanted(t, full);
	char buf[24];

	if (s->cert.present)
		put_cert(j, s, fields);
	if (fields & BIT(TLS_LOG_RESUMED) && tls_resumed(t))
		json_bool(j, "session_resumed", true);
	if (c->sni.n && fields & BIT(TLS_LOG_SNI))
		json_span(j, "sni", tls_at(&c->hello, c->sni));
	if (fields & BIT(TLS_LOG_VERSION)) /* 1.3 in the hello's own field: a draft before the 16th */
		json_str(j, "version", s->hello_version == TLS_13 ? "TLS 1.3 draft-<16" : tls_version_text(s->version ? s->version : c->version, buf));
	if (app->before && app->before != app->proto)
		json_str(j, "from_proto", app->before->name);
	put_der(j, s, fields & BIT(TLS_LOG_CERTIFICATE), fields & BIT(TLS_LOG_CHAIN));
	put_ja3(j, "ja3", c, fields & BIT(TLS_LOG_JA3));
	put_ja3(j, "ja3s", s, fields & BIT(TLS_LOG_JA3S));
	if (c->ja4[0] && fields & BIT(TLS_LOG_JA4))
		json_str(j, "ja4", c->ja4);
	put_alpns(j, "client_alpns", c, fields & BIT(TLS_LOG_CLIENT_ALPNS));
	put_alpns(j, "server_alpns", s, fields & BIT(TLS_LOG_SERVER_ALPNS));
	put_client(j, c, fields);
	put_handshake(j, "client_handshake", c, TO_SERVER, fields & BIT(TLS_LOG_CLIENT_HANDSHAKE));
	put_handshake(j, "server_handshake", s, TO_CLIENT, fields & BIT(TLS_LOG_SERVER_HANDSHAKE));
}

/* Resumed handshakes before 1.3 tell too little unless they are asked for; of one that the server left unanswered there is the
 * client's hello. */
bool
tls_loggable(const struct tx *tx)
{
	const struct tls_tx *t = (const struct tls_tx *) tx;
	const struct tls_side *c = &t->side[TO_SERVER], *s = &t->side[TO_CLIENT];

	return s->cert.present || s->version >= TLS_13 || (c->hello.n && !s->version) || (t->conf && t->conf->resumption && tls_resumed(t));
}

/* All that a record tells is there when the server's flight is over, and the client's certificate too if it was asked for one. */
bool
tls_log_ready(const struct tx *tx)
{
	const struct tls_tx *t = (const struct tls_tx *) tx;

	return t->side[TO_CLIENT].cert.present && tx->progress[TO_CLIENT] >= TLS_S_HELLO_DONE && tx->progress[TO_SERVER] >= TLS_C_HELLO &&
	    (!t->cert_request || tx->progress[TO_SERVER] >= TLS_C_CERT);
}
