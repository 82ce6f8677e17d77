/*
 * mms - Manufacturing Message Specification, what IEC 61850 devices and ICCP speak: a request and its response is a transaction.
 *
 * Spec: ISO 9506-2 section 7 (PDUs, services); IEC 61850-8-1 sections 8 to 23 (names of objects: functional constraints CO, SP
 * ...); ISO 8327 section 8 (session: CONNECT, ACCEPT, GIVE TOKENS + DATA), ISO 8823 (presentation), ISO 8650 (association).
 * What carries it -> tpkt.c
 *
 *   session      0x0d CONNECT, 0x0e ACCEPT with parameters, the last of them the user's data (0xc1); 01 00 01 00 before data
 *   presentation 61 { 30 { 02 context, a0 { PDU } } }; on connecting 31 { ... a2 { ... 61 { 30 { ... a0 { 60/61 association }}}}}
 *   MMS          a0 { 02 invoke id, service }, a1 and a2 answers; a8 and a9 initiate; services by their tag
 */
#include "base/der.h"
#include "engine/app/protocols/tpkt.h"

#define BODY_MAX 4096
#define OPEN_MAX 256
#define NAMES_LOGGED 16
#define DEPTH_MAX 16

enum { P_REQUEST, P_RESPONSE, P_ERROR, P_UNCONFIRMED, P_REJECT, P_CANCEL, P_CANCEL_RESPONSE, P_CANCEL_ERROR, P_INITIATE,
	P_INITIATE_RESPONSE, P_INITIATE_ERROR, P_CONCLUDE, P_CONCLUDE_RESPONSE, P_CONCLUDE_ERROR, P_TYPES };
enum { S_RENAME = 3, S_READ, S_WRITE, S_DEFINE_NAMED = 7, S_DEFINE_LIST = 11, S_DELETE_LIST = 13, S_DOWNLOAD = 26,
	S_DOWNLOAD_SEGMENT, S_DOWNLOAD_END, S_DOMAIN_DOWNLOAD = 32, S_LOAD_DOMAIN = 34, S_DELETE_DOMAIN = 36, S_CREATE_PROGRAM = 38,
	S_DELETE_PROGRAM, S_START, S_STOP, S_RESUME, S_RESET, S_KILL, S_OBTAIN_FILE = 46, S_FILE_OPEN = 72, S_FILE_RENAME = 75,
	S_FILE_DELETE, S_FILE_DIRECTORY, S_NONE = 255 };

enum mms_event { EV_INVALID_TPKT, EV_MALFORMED, EV_UNSOLICITED };

struct mms {
	struct tpkt tpkt;
	uint32_t open;
};

struct mms_msg {
	bool present;
	uint8_t type;        /* P_* */
	uint8_t service;     /* its tag; S_NONE */
	uint32_t invoke;
	struct bytes body;   /* contents of the service */
};

struct mms_tx {
	struct tx tx;
	struct mms_msg msg[2]; /* by direction */
};

static const char *const type_names[] = { "request=0", "response=1", "error=2", "unconfirmed=3", "reject=4", "cancel=5",
	"cancel_response=6", "cancel_error=7", "initiate=8", "initiate_response=9", "initiate_error=10", "conclude=11",
	"conclude_response=12", "conclude_error=13", NULL };
static const char *const service_names[] = { "status=0", "get_name_list=1", "identify=2", "rename=3", "read=4", "write=5",
	"get_variable_access_attributes=6", "define_named_variable=7", "delete_variable_access=10", "define_named_variable_list=11",
	"get_named_variable_list_attributes=12", "delete_named_variable_list=13", "input=16", "output=17", "take_control=18",
	"relinquish_control=19", "initiate_download=26", "download_segment=27", "terminate_download=28", "initiate_upload=29",
	"upload_segment=30", "terminate_upload=31", "request_domain_download=32", "request_domain_upload=33", "load_domain_content=34",
	"store_domain_content=35", "delete_domain=36", "get_domain_attributes=37", "create_program_invocation=38",
	"delete_program_invocation=39", "start=40", "stop=41", "resume=42", "reset=43", "kill=44",
	"get_program_invocation_attributes=45", "obtain_file=46", "read_journal=65", "get_capability_list=71", "file_open=72",
	"file_read=73", "file_close=74", "file_rename=75", "file_delete=76", "file_directory=77", NULL };

/* The contents of the first value with that tag, in the order of the bytes, at most so deep. */
static bool
descend(struct rd r, uint8_t want, struct span *out, unsigned depth)
{
	while (rd_left(&r)) {
		uint8_t tag;
		struct span s = der(&r, 0, &tag);

		if (r.bad)
			return false;
		if (tag == want) {
			*out = s;
			return true;
		}
		if (tag & 0x20 && depth && descend(rd_of(s), want, out, depth - 1))
			return true;
	}
	return false;
}

/* ---- names ---- */

/* The n-th variable of a read or write: domain and item, or a name of the whole device (domain empty). A named list is one. */
static bool
variable_at(const struct mms_msg *m, unsigned n, struct span *domain, struct span *item)
{
	struct rd r = rd_of(bytes_span(&m->body)), list, name;
	bool listed = true;

	if (m->type != P_REQUEST || (m->service != S_READ && m->service != S_WRITE))
		return false;
	if (m->service == S_READ) { /* [0] also the specification in the result; [1] variables */
		if (der_next(&r) == DER_CTX)
			der(&r, 0, NULL);
		r = der_in(&r, DER_CTX_CONS + 1);
	}
	if (der_next(&r) == DER_CTX_CONS) {
		list = der_in(&r, DER_CTX_CONS);
		for (; n && rd_left(&list); n--)
			der(&list, 0, NULL);
		list = der_in(&list, DER_SEQUENCE);
		name = der_in(&list, DER_CTX_CONS);
	} else {
		listed = false;
		name = der_in(&r, DER_CTX_CONS + 1);
	}
	*domain = SPAN_NONE;
	if (der_next(&name) == DER_CTX_CONS + 1) {
		name = der_in(&name, 0);
		*domain = der(&name, 0x1a, NULL);
		*item = der(&name, 0x1a, NULL);
	} else {
		*item = der(&name, 0, NULL);
	}
	return !name.bad && (listed || n == 0);
}

/* "XCBR1$CO$Pos$Oper": the second part of the name is the functional constraint. */
static bool
constrained(struct span item, const char *constraint)
{
	const uint8_t *p = memchr(item.p, '$', item.n);
	struct span rest = p ? span_skip(item, (uint32_t) (p - item.p) + 1) : SPAN_NONE;

	return rest.n >= 2 && memcmp(rest.p, constraint, 2) == 0 && (rest.n == 2 || rest.p[2] == '$');
}

/* A request's file: the first graphic string. */
static bool
file_name(const struct mms_msg *m, struct span *out)
{
	return m->type == P_REQUEST && m->service >= S_OBTAIN_FILE && m->service <= S_FILE_DIRECTORY && m->service != 73 && m->service != 74 &&
	    descend(rd_of(bytes_span(&m->body)), 0x19, out, 4);
}

/* ---- what is done ---- */

static int
write_kind(const struct mms_msg *m)
{
	struct span domain, item;

	for (unsigned i = 0; variable_at(m, i, &domain, &item); i++)
		if (constrained(item, "CO"))
			return OT_CONTROL;
	return OT_WRITE;
}

static int
kind_of(const struct mms_msg *m)
{
	if (m->type != P_REQUEST)
		return -1;
	switch (m->service) {
	case S_WRITE:
		return write_kind(m);
	case S_RENAME: case S_DEFINE_NAMED: case S_DEFINE_LIST: case S_DELETE_LIST: case 10: case 17:
		return OT_WRITE;
	case S_DOWNLOAD: case S_DOWNLOAD_SEGMENT: case S_DOWNLOAD_END: case S_DOMAIN_DOWNLOAD: case S_LOAD_DOMAIN: case S_DELETE_DOMAIN:
	case S_CREATE_PROGRAM: case S_DELETE_PROGRAM: case S_OBTAIN_FILE: case S_FILE_RENAME: case S_FILE_DELETE:
		return OT_PROGRAM;
	case S_START: case S_RESUME: case 18: case 19:
		return OT_CONTROL;
	case S_STOP: case S_RESET: case S_KILL:
		return OT_STOP;
	}
	return OT_READ;
}

/* ---- transactions ---- */

static bool
answers(uint8_t type, uint8_t asked)
{
	switch (type) {
	case P_RESPONSE: case P_ERROR: case P_REJECT:
		return asked == P_REQUEST;
	case P_CANCEL_RESPONSE: case P_CANCEL_ERROR:
		return asked == P_CANCEL;
	case P_INITIATE_RESPONSE: case P_INITIATE_ERROR:
		return asked == P_INITIATE;
	case P_CONCLUDE_RESPONSE: case P_CONCLUDE_ERROR:
		return asked == P_CONCLUDE;
	}
	return false;
}

static bool
is_answer(uint8_t type)
{
	return answers(type, P_REQUEST) || answers(type, P_CANCEL) || answers(type, P_INITIATE) || answers(type, P_CONCLUDE);
}

static struct mms_tx *
find(struct app *a, const struct mms_msg *m, int dir)
{
	each_tx(a, x) {
		struct mms_tx *t = (struct mms_tx *) x;

		if (!x->only_dir && t->msg[!dir].present && !t->msg[dir].present && answers(m->type, t->msg[!dir].type) &&
		    (t->msg[!dir].type >= P_INITIATE || t->msg[!dir].invoke == m->invoke))
			return t;
	}
	return NULL;
}

static void
keep(struct app *a, struct mms *st, int dir, struct mms_msg *m, struct span body, bool bad)
{
	bool answer = is_answer(m->type);
	struct mms_tx *t = answer ? find(a, m, dir) : NULL;

	if (t) {
		st->open--;
		if (m->service == S_NONE)
			m->service = t->msg[!dir].service;
	} else {
		t = (struct mms_tx *) app_tx_new(a);
		if (!t)
			return;
		if (answer || m->type == P_UNCONFIRMED)
			t->tx.only_dir = (uint8_t) (1 << dir);
		else
			txs_bound(a, &st->open, OPEN_MAX);
		if (answer)
			app_event(a, &t->tx, EV_UNSOLICITED);
	}
	app_keep(a, &m->body, span_head(body, BODY_MAX), BODY_MAX);
	t->msg[dir] = *m;
	tx_reach(&t->tx, dir, 1);
	if (bad)
		app_event(a, &t->tx, EV_MALFORMED);
	if (answer) {
		app_count_response(a, m->type == P_ERROR || m->type == P_REJECT);
	} else if (m->type != P_UNCONFIRMED) {
		app_count_request(a);
		if (kind_of(m) >= 0)
			app_count_ot(a, (enum ot_kind) kind_of(m));
	}
}

/* Services from 31 on have a tag of two bytes. */
static struct span
service(struct rd *r, uint8_t *number)
{
	uint8_t tag = rd_u8(r);

	*number = tag & 31;
	if (*number == 31)
		*number = rd_u8(r) & 0x7f;
	if (r->bad)
		return SPAN_NONE;
	r->p--; /* the length follows the last byte of the tag */
	return der(r, 0, NULL);
}

static void
pdu(struct app *a, struct mms *st, int dir, uint8_t tag, struct span s)
{
	struct mms_msg m = { .present = true, .type = tag & 31, .service = S_NONE };
	struct rd r = rd_of(s);
	struct span body = s;

	if (m.type >= P_TYPES)
		return;
	switch (m.type) {
	case P_REQUEST: case P_RESPONSE:
		m.invoke = (uint32_t) der_int(&r, DER_INTEGER);
		if (m.type == P_REQUEST && der_next(&r) == DER_SEQUENCE) /* modifiers */
			der(&r, 0, NULL);
		body = service(&r, &m.service);
		break;
	case P_ERROR: case P_REJECT: case P_CANCEL_ERROR:
		if (der_next(&r) == DER_CTX)
			m.invoke = (uint32_t) der_int(&r, DER_CTX);
		break;
	case P_UNCONFIRMED:
		body = service(&r, &m.service);
		break;
	case P_CANCEL: case P_CANCEL_RESPONSE: {
		bool ok;

		m.invoke = (uint32_t) der_number(s, &ok);
		break;
	}
	}
	keep(a, st, dir, &m, r.bad ? SPAN_NONE : body, r.bad);
}

/* ---- what stands below ---- */

/* Of CONNECT and ACCEPT: the parameter with the user's data. */
static struct span
session_data(struct span unit)
{
	struct rd r = rd_of(unit);
	uint32_t n;

	rd_skip(&r, 1);
	n = rd_u8(&r);
	if (n == 255)
		rd_skip(&r, 2);
	while (rd_left(&r)) {
		uint8_t code = rd_u8(&r);

		n = rd_u8(&r);
		if (n == 255)
			n = rd_u16(&r);
		if (code == 0xc1 || code == 0xc2)
			return rd_left(&r) < n ? rd_rest(&r) : rd_span(&r, n);
		rd_skip(&r, n);
	}
	return SPAN_NONE;
}

static void
unit(struct app *a, void *state, int dir, struct span s)
{
	struct rd r = rd_of(s);
	uint8_t kind = rd_u8(&r), tag;
	struct span found, in;

	if (kind == 0x0d || kind == 0x0e) { /* association: 0xbe is what it carries of the user */
		struct rd user;

		if (!descend(rd_of(session_data(s)), 0xbe, &found, DEPTH_MAX))
			return;
		user = rd_of(found);
		if (descend(user, (uint8_t) (kind == 0x0d ? 0xa8 : 0xa9), &in, 4))
			pdu(a, state, dir, kind == 0x0d ? 0xa8 : 0xa9, in);
		return;
	}
	if (kind != 1) /* FINISH, ABORT ... */
		return;
	rd_skip(&r, 3);
	r = der_in(&r, 0x61);
	r = der_in(&r, DER_SEQUENCE);
	der(&r, DER_INTEGER, NULL);
	r = der_in(&r, DER_CTX_CONS);
	if (r.bad || !rd_left(&r))
		return;
	in = der(&r, 0, &tag);
	if (!r.bad && (tag & 0xc0) == DER_CTX)
		pdu(a, state, dir, tag, in);
}

/* The abstract syntax of MMS, 1.0.9506.2.1, is named on connecting; later data begins like no other user's of port 102. */
static enum app_probe
judge(struct span s, bool whole)
{
	static const uint8_t syntax[] = { 0x06, 0x05, 0x28, 0xca, 0x22, 0x02, 0x01 };

	if (s.n < 5)
		return PROBE_MORE;
	if (s.p[0] == 1)
		return memcmp(s.p, "\1\0\1\0\x61", 5) == 0 ? PROBE_YES : PROBE_NO;
	if (s.p[0] != 0x0d && s.p[0] != 0x0e)
		return PROBE_NO;
	for (uint32_t i = 0; i + sizeof(syntax) <= s.n; i++)
		if (memcmp(s.p + i, syntax, sizeof(syntax)) == 0)
			return PROBE_YES;
	/* ACCEPT does not name it; it carries the answer to initiate */
	if (s.p[0] == 0x0e && whole) {
		struct span found;

		return descend(rd_of(session_data(s)), 0xa9, &found, DEPTH_MAX) ? PROBE_YES : PROBE_NO;
	}
	return PROBE_MORE;
}

static const struct tpkt_user user = { unit, judge, EV_INVALID_TPKT };

static int
mms_feed(struct app *a, void *state, int dir, struct span bytes)
{
	return tpkt_feed(a, state, dir, bytes, &user);
}

static enum app_probe
mms_probe(struct span s, int dir, uint8_t transport)
{
	return tpkt_probe(s, dir, &user);
}

static void
mms_tx_clear(struct app *a, struct tx *tx)
{
	bytes_release(a, &((struct mms_tx *) tx)->msg[0].body);
	bytes_release(a, &((struct mms_tx *) tx)->msg[1].body);
}

/* ---- fields ---- */

static bool
n_type(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	const struct mms_msg *m = &((const struct mms_tx *) tx)->msg[dir];

	*out = m->type;
	return i == 0 && m->present;
}

static bool
n_service(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	const struct mms_msg *m = &((const struct mms_tx *) tx)->msg[dir];

	*out = m->service;
	return i == 0 && m->present && m->service != S_NONE && m->type != P_UNCONFIRMED;
}

static bool
f_domain(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct mms_msg *m = &((const struct mms_tx *) tx)->msg[dir];
	struct span item;

	return m->present && variable_at(m, i, out, &item);
}

static bool
f_item(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct mms_msg *m = &((const struct mms_tx *) tx)->msg[dir];
	struct span domain;

	return m->present && variable_at(m, i, &domain, out);
}

static bool
f_file(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct mms_msg *m = &((const struct mms_tx *) tx)->msg[dir];

	return i == 0 && m->present && file_name(m, out);
}

static bool
f_data(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct mms_msg *m = &((const struct mms_tx *) tx)->msg[dir];

	*out = bytes_span(&m->body);
	return i == 0 && m->present && out->n;
}

#define DONE { 1, 1 }
static const struct field fields[] = {
	{ "mms.type", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_type, .names = type_names, .help = "kind of PDU" },
	{ "mms.service", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_service, .names = service_names,
	    .help = "confirmed service, of requests and answers" },
	{ "mms.domain", NULL, NULL, FIELD_MULTI, false, 3, DONE, f_domain, .help = "domain (logical device) of each variable read or written" },
	{ "mms.item", NULL, NULL, FIELD_MULTI, false, 3, DONE, f_item,
	    .help = "name of each variable read or written, such as XCBR1$CO$Pos$Oper" },
	{ "mms.file", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_file, .help = "file a request names" },
	{ "mms.data", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_data, .help = "contents of the service" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_INVALID_TPKT] = { "invalid_tpkt" },
	[EV_MALFORMED] = { "malformed" },
	[EV_UNSOLICITED] = { "unsolicited_response" },
	{ NULL }
};

/* ---- log ---- */

static void
log_variables(const struct mms_msg *m, struct json *j)
{
	struct span domain, item;

	if (!variable_at(m, 0, &domain, &item))
		return;
	json_array(j, "variables");
	for (unsigned i = 0; i < NAMES_LOGGED && variable_at(m, i, &domain, &item); i++) {
		json_object(j, NULL);
		if (domain.n)
			json_span(j, "domain", domain);
		json_span(j, "item", item);
		json_end(j);
	}
	json_end(j);
}

static void
mms_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct mms_tx *t = (const struct mms_tx *) tx;
	int ask = t->msg[TO_SERVER].present && !(t->msg[TO_CLIENT].present && is_answer(t->msg[TO_SERVER].type)) ? TO_SERVER : TO_CLIENT;
	const struct mms_msg *q = &t->msg[ask], *r = &t->msg[!ask];
	struct span file;

	if (!q->present)
		return;
	json_named(j, "type", type_names, q->type);
	if (q->type < P_UNCONFIRMED)
		json_u64(j, "invoke_id", q->invoke);
	if (q->service != S_NONE && q->type != P_UNCONFIRMED)
		json_named_always(j, "service", service_names, q->service);
	log_variables(q, j);
	if (file_name(q, &file))
		json_span(j, "file", file);
	if (r->present)
		json_named(j, "response", type_names, r->type);
	json_bool(j, "answered", r->present);
}

/* Reports come by themselves, as often as the values change. */
static bool
mms_loggable(const struct tx *tx)
{
	const struct mms_tx *t = (const struct mms_tx *) tx;
	const struct mms_msg *m = &t->msg[!t->msg[TO_SERVER].present];

	return tx->events || (m->present && m->type != P_UNCONFIRMED);
}

const struct protocol protocol_mms = {
	.name = "mms",
	.aliases = "iec61850",
	.keeps_stream = true,
	.spec = "ISO 9506-2, IEC 61850-8-1, RFC 1006",
	.transport = APP_TCP,
	.ports = { "102", NULL },
	.probe_min = 7,
	.probe_max = 1024,
	.probe = mms_probe,
	.state_size = sizeof(struct mms),
	.tx_size = sizeof(struct mms_tx),
	.done = DONE,
	.max_record = 65536,
	.feed = mms_feed,
	.gap = tpkt_gap,
	.eof = txs_end,
	.tx_clear = mms_tx_clear,
	.clear = tpkt_clear,
	.fields = fields,
	.events = events,
	.log = mms_log,
	.loggable = mms_loggable,
};
