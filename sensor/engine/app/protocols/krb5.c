/*
 * krb5 - Kerberos 5 with a KDC, over UDP and TCP: a transaction is one message.
 *
 * Spec: RFC 4120 section 5.4 (KDC exchange), 5.3 (tickets), 5.5.1 (AP-REQ), 5.9 (errors), 7.2 (transport).
 *
 *   TCP      length(4) message
 *   request  [APPLICATION 10 | 12] { [1] 5, [2] type, [3] padata?, [4] { [0] options, [1] cname?, [2] realm, [3] sname?, .. } }
 *   answer   [APPLICATION 11 | 13] { [0] 5, [1] type, [2] padata?, [3] crealm, [4] cname, [5] ticket, [6] { [0] etype, .. } }
 *   ticket   [APPLICATION 1] { [0] 5, [1] realm, [2] sname, [3] { [0] etype, .. } }
 *   error    [APPLICATION 30] { [0] 5, [1] type, .. [6] code, [7] crealm?, [8] cname?, [9] realm, [10] sname, .. }
 */
#include "engine/app/protocols/krb5.h"

#define MESSAGE_MAX 131000u
#define NAME_MAX_BYTES 2048u
#define PARTS_MAX 16

enum krb5_event { EV_MALFORMED, EV_WEAK };

struct krb5 {
	uint8_t request;      /* type of the last one */
	uint32_t need[2];     /* bytes of the record begun, its length too */
	uint32_t skip[2];     /* of a record that is passed over */
};

/* ---- values ---- */

static uint8_t
ctx(unsigned n)
{
	return (uint8_t) (DER_CTX_CONS + n);
}

/* The contents of [n], or of nothing. */
static struct rd
member(struct rd *r, unsigned n, bool *there)
{
	*there = der_next(r) == ctx(n);
	return *there ? der_in(r, ctx(n)) : rd_of(SPAN_NONE);
}

struct span
krb5_principal(struct rd *r)
{
	struct rd p = der_in(r, DER_SEQUENCE), type = der_in(&p, ctx(0)), names = der_in(&p, ctx(1));
	struct span parts;

	der_int(&type, DER_INTEGER);
	parts = der(&names, DER_SEQUENCE, NULL);
	if (p.bad || type.bad || names.bad)
		r->bad = true;
	return parts;
}

bool
krb5_name_part(struct span name, unsigned i, struct span *out)
{
	struct rd r = rd_of(name);

	for (unsigned k = 0; k < PARTS_MAX && rd_left(&r); k++) {
		*out = der(&r, 0, NULL);
		if (k == i)
			return !r.bad;
	}
	return false;
}

/* EncryptedData: its type. */
static int32_t
encrypted(struct rd *r)
{
	struct rd e = der_in(r, DER_SEQUENCE), t = der_in(&e, ctx(0));
	int32_t v = (int32_t) der_int(&t, DER_INTEGER);

	if (t.bad)
		r->bad = true;
	return v;
}

static struct span
string(struct rd *r)
{
	return der(r, 0, NULL);
}

bool
krb5_ticket(struct rd *r, struct krb5_ticket *out)
{
	struct rd app = der_in(r, DER_APP_CONS + 1), t = der_in(&app, DER_SEQUENCE);
	struct rd no = der_in(&t, ctx(0)), realm = der_in(&t, ctx(1)), sname = der_in(&t, ctx(2)), enc = der_in(&t, ctx(3));

	der_int(&no, DER_INTEGER);
	out->realm = string(&realm);
	out->sname = krb5_principal(&sname);
	out->etype = encrypted(&enc);
	return !r->bad && !app.bad && !t.bad && !no.bad && !realm.bad && !sname.bad && !enc.bad;
}

static void
keep(struct app *a, struct bytes *to, struct span s)
{
	if (!to->n && s.n <= NAME_MAX_BYTES)
		app_keep(a, to, s, NAME_MAX_BYTES);
}

/* ---- messages ---- */

static bool
request(struct app *a, struct krb5_tx *t, struct rd *r)
{
	bool there;
	struct rd x = member(r, 3, &there), body = der_in(r, ctx(4)), b = der_in(&body, DER_SEQUENCE), cname, realm, sname;

	der(&b, ctx(0), NULL);
	cname = member(&b, 1, &there);
	if (there)
		keep(a, &t->cname, krb5_principal(&cname));
	realm = der_in(&b, ctx(2));
	keep(a, &t->realm, string(&realm));
	sname = member(&b, 3, &there);
	if (there)
		keep(a, &t->sname, krb5_principal(&sname));
	return !r->bad && !x.bad && !body.bad && !b.bad && !cname.bad && !realm.bad && !sname.bad;
}

static bool
answer(struct app *a, struct krb5_tx *t, struct rd *r)
{
	struct krb5_ticket ticket;
	bool there;
	struct rd x = member(r, 2, &there), crealm = der_in(r, ctx(3)), cname = der_in(r, ctx(4)), tk = der_in(r, ctx(5)), enc;

	keep(a, &t->realm, string(&crealm));
	keep(a, &t->cname, krb5_principal(&cname));
	if (!krb5_ticket(&tk, &ticket))
		return false;
	keep(a, &t->sname, ticket.sname);
	t->has_ticket = true;
	t->ticket_etype = ticket.etype;
	enc = der_in(r, ctx(6));
	t->etype = encrypted(&enc);
	t->has_etype = !enc.bad;
	if (t->has_etype && krb5_etype_weak(t->etype))
		app_event(a, &t->tx, EV_WEAK);
	return !r->bad && !x.bad && !crealm.bad && !cname.bad && !enc.bad;
}

static bool
error(struct app *a, struct krb5_tx *t, struct rd *r)
{
	bool there;
	struct rd x, code, crealm, cname, sname;

	for (unsigned i = 2; i < 6; i++) {
		x = member(r, i, &there);
		if (x.bad)
			return false;
	}
	code = der_in(r, ctx(6));
	t->error = (int32_t) der_int(&code, DER_INTEGER);
	t->has_error = !code.bad;
	crealm = member(r, 7, &there);
	if (there)
		keep(a, &t->realm, string(&crealm));
	cname = member(r, 8, &there);
	if (there)
		keep(a, &t->cname, krb5_principal(&cname));
	der(r, ctx(9), NULL);
	sname = der_in(r, ctx(10));
	keep(a, &t->sname, krb5_principal(&sname));
	return !r->bad && !code.bad && !crealm.bad && !cname.bad && !sname.bad;
}

/* The type and, behind it, what follows version and type. */
static uint8_t
begin(struct span msg, struct rd *out)
{
	struct rd all = rd_of(msg), app, version, type;
	uint8_t tag = 0, kind, first;

	app = rd_of(der(&all, 0, &tag));
	*out = der_in(&app, DER_SEQUENCE);
	kind = tag & 0x1f;
	first = kind == KRB5_AS_REQ || kind == KRB5_TGS_REQ; /* their numbers begin with 1 */
	version = der_in(out, ctx(first));
	type = der_in(out, ctx(first + 1u));
	if ((tag & 0xe0) != DER_APP_CONS || all.bad || app.bad || out->bad || der_int(&version, DER_INTEGER) != 5 ||
	    der_int(&type, DER_INTEGER) != kind || version.bad || type.bad || !krb5_type_name(kind))
		return 0;
	return kind;
}

static bool
of_server(uint8_t type)
{
	return type == KRB5_AS_REP || type == KRB5_TGS_REP || type == KRB5_AP_REP || type == KRB5_ERROR;
}

static void
message(struct app *a, struct krb5 *st, int dir, struct span msg)
{
	struct krb5_tx *t;
	struct rd r;
	uint8_t type = begin(msg, &r);
	bool good;

	if (type == KRB5_AP_REQ || (type >= KRB5_AP_REP && type <= KRB5_CRED)) {
		st->request = type == KRB5_AP_REQ ? type : 0;
		return; /* not with the KDC, or encrypted */
	}
	if (!(t = (struct krb5_tx *) app_tx_new(a)))
		return;
	t->tx.only_dir = (uint8_t) (1 << dir);
	t->type = type;
	if (type == KRB5_AS_REQ || type == KRB5_TGS_REQ) {
		good = request(a, t, &r);
		st->request = type;
		app_count_request(a);
	} else if (type == KRB5_ERROR) {
		good = error(a, t, &r);
		t->failed = st->request;
		app_count_response(a, t->error != 25 && t->error != 52); /* says only how to ask: with preauthentication, by TCP */
	} else {
		good = type && answer(a, t, &r);
		st->request = 0;
		if (type)
			app_count_response(a, false);
	}
	if (!good)
		app_event(a, &t->tx, EV_MALFORMED);
	tx_reach(&t->tx, dir, 1);
}

/* ---- transport ---- */

static int
krb5_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct krb5 *st = state;
	uint32_t taken = 0;

	if (a->transport == APP_UDP) {
		message(a, st, dir, bytes);
		return (int) bytes.n;
	}
	while (taken < bytes.n) {
		struct span s = span_skip(bytes, taken);
		struct rd r = rd_of(s);
		uint32_t n;

		if (st->skip[dir]) {
			n = s.n < st->skip[dir] ? s.n : st->skip[dir];
			st->skip[dir] -= n;
			taken += n;
			continue;
		}
		n = rd_u32(&r) & 0x7fffffff; /* the high bit is reserved (section 7.2.2) */
		if (r.bad)
			break;
		if (n > MESSAGE_MAX) {
			app_event(a, NULL, EV_MALFORMED);
			st->skip[dir] = n + 4;
			continue;
		}
		if (s.n - 4 < n) {
			st->need[dir] = n + 4;
			break;
		}
		st->need[dir] = 0;
		if (n)
			message(a, st, dir, rd_span(&r, n));
		taken += n + 4;
	}
	return (int) taken;
}

static int
krb5_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct krb5 *st = state;
	uint32_t left = st->skip[dir] ? st->skip[dir] : st->need[dir];

	st->need[dir] = 0;
	st->skip[dir] = 0;
	if (n > left)
		return -1; /* where the next record begins is lost */
	st->skip[dir] = left - n;
	return 0;
}

static void
krb5_tx_clear(struct app *a, struct tx *tx)
{
	struct krb5_tx *t = (struct krb5_tx *) tx;

	bytes_release(a, &t->realm);
	bytes_release(a, &t->cname);
	bytes_release(a, &t->sname);
}

/* Tag, lengths and the version are where they belong; a message may go on beyond what is here. */
static enum app_probe
probe_message(struct span s, uint32_t whole, int dir)
{
	struct rd r = rd_of(s);
	uint8_t tag = rd_u8(&r), kind = tag & 0x1f, n;
	uint32_t len = 0;

	if (!r.bad && ((tag & 0xe0) != DER_APP_CONS || !krb5_type_name(kind)))
		return PROBE_NO;
	for (unsigned i = 0; i < 2; i++) { /* of the message, of the sequence in it */
		n = rd_u8(&r);
		len = n & 0x80 ? 0 : n;
		if ((n & 0x80) && ((n & 0x7f) == 0 || (n & 0x7f) > 3))
			return PROBE_NO;
		for (unsigned k = 0; k < (n & 0x80 ? n & 0x7fu : 0); k++)
			len = len << 8 | rd_u8(&r);
		if (!r.bad && i == 0 && len != whole - (uint32_t) (r.p - s.p))
			return PROBE_NO;
		if (i == 0 && rd_u8(&r) != DER_SEQUENCE && !r.bad)
			return PROBE_NO;
	}
	rd_skip(&r, 1);
	if (rd_u32(&r) != 0x03020105 && !r.bad)
		return PROBE_NO;
	if (r.bad)
		return PROBE_MORE;
	return of_server(kind) == (dir == TO_CLIENT) || kind >= KRB5_SAFE ? PROBE_YES : PROBE_REVERSED;
}

static enum app_probe
krb5_probe(struct span s, int dir, uint8_t transport)
{
	struct rd r = rd_of(s);
	enum app_probe p;
	uint32_t n;

	if (transport == APP_UDP) {
		p = probe_message(s, s.n, dir);
		return p == PROBE_MORE ? PROBE_NO : p;
	}
	if (s.n && s.p[0])
		return PROBE_NO;
	n = rd_u32(&r);
	if (r.bad)
		return PROBE_MORE;
	if (n < 16 || n > MESSAGE_MAX)
		return PROBE_NO;
	return probe_message(span_head(rd_rest(&r), n), n, dir);
}

/* ---- fields, log ---- */

static const struct krb5_tx *
of(const struct tx *tx)
{
	return (const struct krb5_tx *) tx;
}

static bool
f_cname(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return krb5_name_part(bytes_span(&of(tx)->cname), i, out);
}

static bool
f_sname(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return krb5_name_part(bytes_span(&of(tx)->sname), i, out);
}

static bool
n_type(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->type;
	return i == 0 && *out;
}

static bool
n_error(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = (uint64_t) of(tx)->error;
	return i == 0 && of(tx)->has_error;
}

static const char *const type_names[] = { "as_req=10", "as_rep=11", "tgs_req=12", "tgs_rep=13", "error=30", NULL };
#define DONE { 1, 1 }
static const struct field fields[] = {
	{ "krb5_msg_type", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_type, .names = type_names, .help = "kind of message" },
	{ "krb5.cname", "krb5_cname", NULL, FIELD_MULTI, false, 2, DONE, f_cname, .help = "parts of the client's name in an answer" },
	{ "krb5.sname", "krb5_sname", NULL, FIELD_MULTI, false, 2, DONE, f_sname, .help = "parts of the server's name in an answer" },
	{ "krb5_err_code", NULL, NULL, FIELD_NUMBER, false, 2, DONE, .number = n_error, .help = "code of an error message" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_MALFORMED] = { "malformed_data" },
	[EV_WEAK] = { "weak_encryption" },
	{ NULL }
};

static void
log_name(struct json *j, const char *key, struct span name)
{
	char buf[NAME_MAX_BYTES];
	struct text t = text_of(buf, sizeof(buf));
	struct span part;

	for (unsigned i = 0; krb5_name_part(name, i, &part); i++) {
		if (i)
			text_char(&t, '/');
		text_add(&t, part);
	}
	json_span(j, key, t.n ? text_span(&t) : SPAN_LIT("<empty>"));
}

static void
log_number_name(struct json *j, const char *key, const char *name, int32_t v)
{
	char buf[16];
	struct text t = text_of(buf, sizeof(buf));

	if (name) {
		json_str(j, key, name);
		return;
	}
	if (v < 0)
		text_char(&t, '-');
	text_u64(&t, v < 0 ? (uint64_t) -(int64_t) v : (uint64_t) v);
	json_span(j, key, text_span(&t));
}

static void
krb5_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct krb5_tx *t = of(tx);
	struct span realm = bytes_span(&t->realm);

	json_str(j, "msg_type", t->type ? krb5_type_name(t->type) : "UNKNOWN");
	if (t->has_error) {
		if (t->failed)
			json_str(j, "failed_request", krb5_type_name(t->failed));
		log_number_name(j, "error_code", krb5_error_name(t->error), t->error);
	}
	log_name(j, "cname", bytes_span(&t->cname));
	json_span(j, "realm", realm.n ? realm : SPAN_LIT("<empty>"));
	log_name(j, "sname", bytes_span(&t->sname));
	if (t->has_etype)
		log_number_name(j, "encryption", krb5_etype_name(t->etype), t->etype);
	else
		json_str(j, "encryption", "<none>");
	json_bool(j, "weak_encryption", t->has_etype && krb5_etype_weak(t->etype));
	if (t->has_ticket) {
		log_number_name(j, "ticket_encryption", krb5_etype_name(t->ticket_etype), t->ticket_etype);
		json_bool(j, "ticket_weak_encryption", krb5_etype_weak(t->ticket_etype));
	}
}

const struct protocol protocol_krb5 = {
	.name = "krb5",
	.spec = "RFC 4120",
	.transport = APP_TCP | APP_UDP,
	.ports = { "88", "88" },
	.probe_min = 1,
	.probe = krb5_probe,
	.state_size = sizeof(struct krb5),
	.tx_size = sizeof(struct krb5_tx),
	.done = DONE,
	.max_record = MESSAGE_MAX + 4,
	.feed = krb5_feed,
	.gap = krb5_gap,
	.tx_clear = krb5_tx_clear,
	.fields = fields,
	.events = events,
	.log = krb5_log,
};
