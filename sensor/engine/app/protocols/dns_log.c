/*
 * dns_log - a DNS message as EVE's "dns" object, version 3 (Suricata 8), or version 2 (7) where the configuration says so.
 *
 * Thread:    the worker's.
 * Memory:    the caller's buffer; names on the stack.
 * Owns:      nothing.
 * Not here:  the envelope -> event/
 */
#include "engine/app/protocols/dns.h"

#include <stdio.h>
#include <stdlib.h>

/* Out of "NAME=7", numbers rising: the name of a number; empty: it has none. */
static struct span
name_of(const char *const *names, unsigned v)
{
	for (unsigned n = 0; *names && n < v + 1; names++) {
		const char *eq = *names;
		n = 0;
		while (*eq != '=')
			eq++;
		for (const char *digit = eq + 1; *digit; digit++)
			n = n * 10 + (unsigned) (*digit - '0');
		if (n == v)
			return span_of(*names, (size_t) (eq - *names));
	}
	return SPAN_NONE;
}

/* The name, or the number itself. */
static void
put_name_of(struct json *j, const char *key, const char *const *names, unsigned v)
{
	struct span name = name_of(names, v);
	char number[16];

	if (name.n) {
		json_span(j, key, name);
		return;
	}
	snprintf(number, sizeof(number), "%u", v);
	json_str(j, key, number);
}

static void
put_name(struct json *j, const char *key, struct span msg, uint32_t at)
{
	struct dns_name name;
	uint32_t next;

	if (dns_name(msg, at, &name, &next) == 0)
		json_escaped(j, key, span_of(name.p, name.n));
}

static void
put_owner(struct json *j, struct span msg, const struct dns_record *r)
{
	struct dns_name name;
	uint32_t next;

	if (dns_name(msg, r->name_at, &name, &next) < 0)
		return;
	json_escaped(j, "rrname", span_of(name.p, name.n));
	if (name.cut || name.loop || name.labels)
		json_bool(j, "rrname_truncated", true);
	put_name_of(j, "rrtype", dns_type_names, r->type);
}

static void
put_address(struct json *j, const char *key, struct span data)
{
	char text[ADDR_STRLEN];
	struct addr a;

	if (data.n != 4 && data.n != 16) {
		if (data.n)
			json_escaped(j, key, data);
		return;
	}
	a = data.n == 4 ? addr_v4(data.p) : addr_v6(data.p);
	addr_print_full(&a, text);
	json_str(j, key, text);
}

static void
put_soa(struct json *j, const char *key, struct span msg, const struct dns_record *r)
{
	static const char *const numbers[] = { "serial", "refresh", "retry", "expire", "minimum" };
	struct dns_name name;
	uint32_t at, rest;
	struct rd rd;

	if (dns_name(msg, r->data_at, &name, &at) < 0)
		return;
	json_object(j, key);
	json_escaped(j, "mname", span_of(name.p, name.n));
	if (dns_name(msg, at, &name, &rest) == 0) {
		json_escaped(j, "rname", span_of(name.p, name.n));
		rd = rd_of(span_skip(msg, rest));
		for (unsigned i = 0; i < 5; i++)
			json_u64(j, numbers[i], rd_u32(&rd));
	}
	json_end(j);
}

static void
put_srv(struct json *j, const char *key, struct span msg, const struct dns_record *r)
{
	struct rd rd = rd_of(span_skip(msg, r->data_at));

	json_object(j, key);
	json_u64(j, "priority", rd_u16(&rd));
	json_u64(j, "weight", rd_u16(&rd));
	json_u64(j, "port", rd_u16(&rd));
	put_name(j, "name", msg, r->data_at + 6);
	json_end(j);
}

static void
put_sshfp(struct json *j, const char *key, struct span data)
{
	struct rd rd = rd_of(data);
	uint8_t algo = rd_u8(&rd), type = rd_u8(&rd);

	json_object(j, key);
	json_hex(j, "fingerprint", rd_rest(&rd), ':');
	json_u64(j, "algo", algo);
	json_u64(j, "type", type);
	json_end(j);
}

static void
put_opt(struct json *j, const char *key, struct span data)
{
	struct rd rd = rd_of(data);

	json_array(j, key);
	while (rd_left(&rd) >= 4 && !rd.bad) {
		uint16_t code = rd_u16(&rd), n = rd_u16(&rd);
		struct span value = rd_span(&rd, n);

		json_object(j, NULL);
		json_u64(j, "code", code);
		json_hex(j, "data", value, 0);
		json_end(j);
	}
	json_end(j);
}

/* The value of a record under `key`; in groups (key NULL) as an element. false: such a type has no value. */
static bool
put_data(struct json *j, const char *key, struct span msg, const struct dns_record *r)
{
	struct span data = span_head(span_skip(msg, r->data_at), r->data_n);

	if (!data.n)
		return false;
	switch (r->type) {
	case DNS_A:
	case DNS_AAAA:
		put_address(j, key, data);
		return true;
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
	case DNS_MX:
		put_name(j, key, msg, dns_data_name(r));
		return true;
	case DNS_NULL:
		json_escaped(j, key, data);
		return true;
	case DNS_SOA:
		put_soa(j, key ? "soa" : NULL, msg, r);
		return true;
	case DNS_SRV:
		put_srv(j, key ? "srv" : NULL, msg, r);
		return true;
	case DNS_SSHFP:
		put_sshfp(j, key ? "sshfp" : NULL, data);
		return true;
	case DNS_OPT:
		put_opt(j, key ? "opt" : NULL, data);
		return true;
	default:
		return false;
	}
}

static void
put_record(struct json *j, struct span msg, const struct dns_record *r, const struct span *text)
{
	json_object(j, NULL);
	put_owner(j, msg, r);
	if (r->type != DNS_OPT)
		json_u64(j, "ttl", r->ttl);
	if (text)
		json_escaped(j, "rdata", *text);
	else
		put_data(j, "rdata", msg, r);
	json_end(j);
}

/* A TXT record has several strings: one entry each. */
static void
put_texts(struct json *j, struct span msg, const struct dns_record *r, bool whole)
{
	struct rd rd = rd_of(span_head(span_skip(msg, r->data_at), r->data_n));

	while (rd_left(&rd) && !rd.bad) {
		struct span text = rd_span(&rd, rd_u8(&rd));

		if (rd.bad)
			break;
		if (whole)
			put_record(j, msg, r, &text);
		else
			json_escaped(j, NULL, text);
	}
}

static void
put_section(struct json *j, const struct dns_tx *t, enum dns_section s, const char *key)
{
	struct span msg = bytes_span(&t->msg);
	struct dns_record r;

	if (t->first[s] == t->first[s + 1])
		return;
	json_array(j, key);
	for (unsigned i = 0; dns_at(t, s, i, &r); i++)
		if (r.type == DNS_TXT && r.data_n)
			put_texts(j, msg, &r, true);
		else
			put_record(j, msg, &r, NULL);
	json_end(j);
}

static void
put_group(struct json *j, const struct dns_tx *t, unsigned type)
{
	struct span msg = bytes_span(&t->msg);
	struct json_mark before = json_mark(j);
	struct dns_record r;
	bool any = false;

	json_open(j, name_of(dns_type_names, type), '[', ']');
	for (unsigned i = 0; dns_at(t, DNS_ANSWERS, i, &r); i++) {
		if (r.type != type)
			continue;
		if (type == DNS_TXT)
			put_texts(j, msg, &r, false);
		any |= type == DNS_TXT || put_data(j, NULL, msg, &r);
	}
	json_end(j);
	if (!any)
		json_undo(j, before);
}

static void
put_grouped(struct json *j, const struct dns_tx *t)
{
	static const uint8_t types[] = { DNS_A, DNS_NS, DNS_CNAME, DNS_SOA, DNS_NULL, DNS_PTR, DNS_MX, DNS_TXT, DNS_AAAA,
		DNS_SRV, DNS_SSHFP };

	struct dns_record r;
	uint64_t there = 0;

	if (t->first[DNS_ANSWERS] == t->first[DNS_AUTHORITIES])
		return;
	for (unsigned i = 0; dns_at(t, DNS_ANSWERS, i, &r); i++)
		there |= r.type < 64 ? UINT64_C(1) << r.type : 0;
	json_object(j, "grouped");
	for (unsigned i = 0; i < sizeof(types); i++)
		if (there >> types[i] & 1)
			put_group(j, t, types[i]);
	json_end(j);
}

static void
put_flags(struct json *j, uint16_t flags)
{
	static const struct {
		uint16_t bit;
		const char *key;
	} bits[] = { { DNS_QR, "qr" }, { 0x0400, "aa" }, { 0x0200, "tc" }, { 0x0100, "rd" }, { 0x0080, "ra" },
		{ DNS_Z, "z" } };
	static const char hex[] = "0123456789abcdef";
	char text[4] = { hex[flags >> 12], hex[flags >> 8 & 15], hex[flags >> 4 & 15], hex[flags & 15] };
	unsigned zeros = 0;

	while (zeros < 3 && text[zeros] == '0')
		zeros++;
	json_span(j, "flags", span_of(text + zeros, 4 - zeros));
	for (unsigned i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (flags & bits[i].bit)
			json_bool(j, bits[i].key, true);
	json_u64(j, "opcode", flags >> 11 & 0xf);
	put_name_of(j, "rcode", dns_rcode_names, flags & 0xf);
}

static void
put_queries(struct json *j, const struct dns_tx *t)
{
	struct dns_record r;

	if (t->first[DNS_QUERIES] == t->first[DNS_ANSWERS])
		return;
	json_array(j, "queries");
	for (unsigned i = 0; dns_at(t, DNS_QUERIES, i, &r); i++) {
		json_object(j, NULL);
		put_owner(j, bytes_span(&t->msg), &r);
		json_end(j);
	}
	json_end(j);
}

/* Of a query one record tells one question; of an answer the question comes with it. */
static void
put_question_v2(struct json *j, const struct dns_tx *t)
{
	struct dns_record r;

	if (dns_at(t, DNS_QUERIES, 0, &r))
		put_owner(j, bytes_span(&t->msg), &r);
}

static void
put_v2(struct json *j, const struct dns_tx *t)
{
	if (!t->response) {
		json_str(j, "type", "query");
		json_u64(j, "id", t->header.id);
		put_question_v2(j, t);
		json_u64(j, "tx_id", t->tx.id);
		if (t->header.flags & DNS_Z)
			json_bool(j, "z", true);
		json_u64(j, "opcode", t->header.flags >> 11 & 0xf);
		return;
	}
	json_u64(j, "version", 2);
	json_str(j, "type", "answer");
	json_u64(j, "id", t->header.id);
	put_flags(j, t->header.flags);
	put_question_v2(j, t);
	if (!t->conf->no_answers)
		put_section(j, t, DNS_ANSWERS, "answers");
	if (!t->conf->no_grouped)
		put_grouped(j, t);
	put_section(j, t, DNS_AUTHORITIES, "authorities");
}

void
dns_log_message(const struct dns_tx *t, struct json *j)
{
	json_str(j, "type", t->response ? "response" : "request");
	json_u64(j, "id", t->header.id);
	put_flags(j, t->header.flags);
	put_queries(j, t);
	put_section(j, t, DNS_ANSWERS, "answers");
	put_section(j, t, DNS_AUTHORITIES, "authorities");
	put_section(j, t, DNS_ADDITIONALS, "additionals");
}

/* What alerts carry has one shape. */
void
dns_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct dns_tx *t = (const struct dns_tx *) tx;

	if (full && t->conf && t->conf->v2) {
		put_v2(j, t);
		return;
	}
	json_u64(j, "version", 3);
	json_str(j, "type", t->response ? "response" : "request");
	json_u64(j, "tx_id", tx->id);
	json_u64(j, "id", t->header.id);
	put_flags(j, t->header.flags);
	put_queries(j, t);
	if (!full || !t->conf || !t->conf->no_answers)
		put_section(j, t, DNS_ANSWERS, "answers");
	if (full && !(t->conf && t->conf->no_grouped))
		put_grouped(j, t);
	put_section(j, t, DNS_AUTHORITIES, "authorities");
	put_section(j, t, DNS_ADDITIONALS, "additionals");
}
