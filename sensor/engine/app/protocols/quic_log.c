/*
 * quic_log - a QUIC packet that told something, as EVE's "quic" object.
 *
 * Thread:    the worker's.
 * Memory:    the caller's buffer.
 * Owns:      nothing.
 * Not here:  the envelope -> event/
 */
#include "engine/app/protocols/quic.h"

#include <stdio.h>

#define EXTENSIONS_MAX 64u
#define VALUES_MAX 32u

/* IANA, "TLS ExtensionType Values" */
static const struct {
	uint16_t type;
	const char *name;
} names[] = { { 0, "server_name" }, { 1, "max_fragment_length" }, { 2, "client_certificate_url" }, { 3, "trusted_ca_keys" },
	{ 4, "truncated_hmac" }, { 5, "status_request" }, { 6, "user_mapping" }, { 7, "client_authz" }, { 8, "server_authz" },
	{ 9, "cert_type" }, { 10, "supported_groups" }, { 11, "ec_point_formats" }, { 12, "srp" }, { 13, "signature_algorithms" },
	{ 14, "use_srtp" }, { 15, "heartbeat" }, { 16, "alpn" }, { 17, "status_request_v2" }, { 18, "signed_certificate_timestamp" },
	{ 19, "client_certificate_type" }, { 20, "server_certificate_type" }, { 21, "padding" }, { 22, "encrypt_then_mac" },
	{ 23, "extended_master_secret" }, { 24, "token_binding" }, { 25, "cached_info" }, { 26, "tls_lts" }, { 27, "compress_certificate" },
	{ 28, "record_size_limit" }, { 29, "pwd_protect" }, { 30, "pwd_clear" }, { 31, "password_salt" }, { 32, "ticket_pinning" },
	{ 33, "tls_cert_with_extern_psk" }, { 34, "delegated_credentials" }, { 35, "session_ticket" }, { 36, "TLMSP" },
	{ 37, "TLMSP_proxying" }, { 38, "TLMSP_delegate" }, { 39, "supported_ekt_ciphers" }, { 41, "pre_shared_key" }, { 42, "early_data" },
	{ 43, "supported_versions" }, { 44, "cookie" }, { 45, "psk_key_exchange_modes" }, { 47, "certificate_authorities" },
	{ 48, "oid_filters" }, { 49, "post_handshake_auth" }, { 50, "signature_algorithms_cert" }, { 51, "key_share" },
	{ 52, "transparency_info" }, { 54, "connection_id" }, { 55, "external_id_hash" }, { 56, "external_session_id" },
	{ 57, "quic_transport_parameters" }, { 58, "ticket_request" }, { 59, "dnssec_chain" }, { 13172, "next_protocol_negotiation" },
	{ 17513, "application_settings" }, { 65281, "renegotiation_info" } };

static const char *
name_of(uint16_t type)
{
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].type == type)
			return names[i].name;
	return NULL;
}

/* The list of extensions of a kept hello. */
static struct span
extensions_of(const struct tls_side *s, int dir)
{
	struct rd r = rd_of(bytes_span(&s->hello));

	rd_skip(&r, 2 + 32);
	rd_skip(&r, rd_u8(&r));
	if (dir == TO_SERVER) {
		rd_skip(&r, rd_u16(&r));
		rd_skip(&r, rd_u8(&r));
	} else {
		rd_skip(&r, 3);
	}
	return rd_span(&r, rd_u16(&r));
}

/* Names of the server, protocols; others have values nobody reads. */
static void
put_values(struct json *j, uint16_t type, struct span v)
{
	struct json_mark before = json_mark(j);
	struct rd r = rd_of(v);
	unsigned n = 0;

	if (type != 0 && type != 16)
		return;
	rd_u16(&r);
	json_array(j, "values");
	while (rd_left(&r) && n < VALUES_MAX) {
		if (type == 0)
			rd_skip(&r, 1);
		struct span value = rd_span(&r, type == 0 ? rd_u16(&r) : rd_u8(&r));

		if (r.bad)
			break;
		json_span(j, NULL, value);
		n++;
	}
	json_end(j);
	if (!n)
		json_undo(j, before);
}

static void
put_extensions(struct json *j, const struct quic_tx *t)
{
	struct rd r = rd_of(extensions_of(&t->tls.side[t->dir], t->dir));

	if (!rd_left(&r))
		return;
	json_array(j, "extensions");
	for (unsigned i = 0; rd_left(&r) >= 4 && i < EXTENSIONS_MAX; i++) {
		uint16_t type = rd_u16(&r);
		struct span v = rd_span(&r, rd_u16(&r));

		if (r.bad)
			break;
		json_object(j, NULL);
		if (name_of(type))
			json_str(j, "name", name_of(type));
		json_u64(j, "type", type);
		put_values(j, type, v);
		json_end(j);
	}
	json_end(j);
}

static void
put_hash(struct json *j, const char *key, const char *hash, struct span string)
{
	json_object(j, key);
	json_str(j, "hash", hash);
	json_span(j, "string", string);
	json_end(j);
}

void
quic_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct quic_tx *t = (const struct quic_tx *) tx;
	const struct tls_side *s = &t->tls.side[t->dir];
	char version[16];

	snprintf(version, sizeof(version), "%u", t->version);
	json_str(j, "version", version);
	if (t->sni.n)
		json_span(j, "sni", bytes_span(&t->sni));
	else if (t->dir == TO_SERVER && s->sni.n)
		json_span(j, "sni", tls_at(&s->hello, s->sni));
	if (t->ua.n)
		json_span(j, "ua", bytes_span(&t->ua));
	if (t->cyu.n) {
		json_array(j, "cyu");
		put_hash(j, NULL, t->cyu_hash, bytes_span(&t->cyu));
		json_end(j);
	}
	if (s->ja3.n)
		put_hash(j, t->dir == TO_SERVER ? "ja3" : "ja3s", s->ja3_hash, bytes_span(&s->ja3));
	if (t->dir == TO_SERVER && s->ja4[0])
		json_str(j, "ja4", s->ja4);
	if (t->hello)
		put_extensions(j, t);
}
