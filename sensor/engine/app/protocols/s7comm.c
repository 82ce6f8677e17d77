/*
 * s7comm - S7 communication of Siemens controllers: a transaction is a job and its acknowledgement, or user data both ways.
 *
 * Spec: S7 is not published by its maker; layout as Wireshark and the snap7 project describe it. What carries it -> tpkt.c
 *
 *   S7    0x32 ROSCTR(1) 0(2) reference(2) parameters(2) data(2) [error class(1) code(1) in acknowledgements]
 *         parameters begin with the function; 0x72 instead of 0x32 is S7comm-plus, which is passed over
 */
#include "engine/app/protocols/tpkt.h"

#define BODY_MAX 4096     /* bytes of one side of a transaction that are kept */
#define OPEN_MAX 256      /* jobs without an answer */
#define ITEMS_LOGGED 16

enum { ROSCTR_JOB = 1, ROSCTR_ACK, ROSCTR_ACK_DATA, ROSCTR_USERDATA = 7 };
enum { F_READ = 0x04, F_WRITE = 0x05, F_DOWNLOAD_REQUEST = 0x1a, F_DOWNLOAD, F_DOWNLOAD_END, F_UPLOAD_START, F_UPLOAD,
	F_UPLOAD_END, F_CONTROL = 0x28, F_STOP = 0x29, F_SETUP = 0xf0 };
enum { G_TIME = 7 };

enum s7_event { EV_INVALID_TPKT, EV_MALFORMED, EV_UNSOLICITED };

struct s7 {
	struct tpkt tpkt;
	uint32_t open;
};

struct s7_msg {
	bool present, bad;
	uint8_t rosctr, error_class, error_code;
	uint16_t params, data;  /* bytes of them, as the header says */
	struct bytes body;      /* parameters and data */
};

struct s7_tx {
	struct tx tx;
	uint16_t reference;
	uint8_t function;       /* of the parameters; user data: 0 */
	uint8_t group, sub;     /* user data */
	struct s7_msg msg[2];   /* by direction: a controller may send jobs as well (downloads) */
};

static const char *const function_names[] = { "cpu_services=0", "read_var=4", "write_var=5", "request_download=26",
	"download_block=27", "download_ended=28", "start_upload=29", "upload=30", "end_upload=31", "plc_control=40", "plc_stop=41",
	"setup_communication=240", NULL };
static const char *const rosctr_names[] = { "job=1", "ack=2", "ack_data=3", "userdata=7", NULL };
static const char *const group_names[] = { "mode_transition=0", "programmer=1", "cyclic=2", "block=3", "cpu=4", "security=5",
	"pbc=6", "time=7", NULL };

static struct rd
params_of(const struct s7_msg *m)
{
	return rd_of(span_head(bytes_span(&m->body), m->params));
}

/* ---- what is done ---- */

/* The service's name stands at the end of the parameters, its length before it. */
static bool
service_is(struct span params, const char *name)
{
	size_t n = strlen(name);

	return params.n >= n && memcmp(params.p + params.n - n, name, n) == 0;
}

static int
kind_of(const struct s7_tx *t, const struct s7_msg *m)
{
	struct span params = span_head(bytes_span(&m->body), m->params);

	if (m->rosctr == ROSCTR_USERDATA)
		return t->group == G_TIME && (t->sub == 2 || t->sub == 4) ? OT_WRITE : OT_READ;
	switch (t->function) {
	case F_READ: case F_UPLOAD_START: case F_UPLOAD: case F_UPLOAD_END:
		return OT_READ;
	case F_WRITE:
		return OT_WRITE;
	case F_DOWNLOAD_REQUEST: case F_DOWNLOAD: case F_DOWNLOAD_END:
		return OT_PROGRAM;
	case F_CONTROL: /* insert, delete, compress, copy to ROM, or run the program */
		return service_is(params, "_INSE") || service_is(params, "_DELE") || service_is(params, "_GARB") ||
		    service_is(params, "_MODU") ? OT_PROGRAM : OT_CONTROL;
	case F_STOP:
		return OT_STOP;
	}
	return -1;
}

/* Return codes of the items of a read or write: all 0xff. */
static bool
items_failed(const struct s7_tx *t, const struct s7_msg *m)
{
	struct rd r = rd_of(span_skip(bytes_span(&m->body), m->params));

	if (t->function == F_WRITE)
		while (rd_left(&r))
			if (rd_u8(&r) != 0xff)
				return true;
	return t->function == F_READ && rd_left(&r) && rd_u8(&r) != 0xff;
}

/* ---- messages ---- */

static struct s7_tx *
find(struct app *a, uint16_t reference, int dir)
{
	each_tx(a, x) {
		struct s7_tx *t = (struct s7_tx *) x;

		if (t->reference == reference && !t->msg[dir].present && t->msg[!dir].present && !x->only_dir)
			return t;
	}
	return NULL;
}

/* The head of the parameters; user data: 00 01 12 length method type|group sub sequence. */
static void
read_head(struct s7_tx *t, struct s7_msg *m, bool *answer)
{
	struct rd r = params_of(m);

	if (m->rosctr != ROSCTR_USERDATA) {
		if (m->rosctr != ROSCTR_ACK)
			t->function = rd_u8(&r);
	} else {
		uint8_t method, group;

		rd_skip(&r, 4);
		method = rd_u8(&r);
		group = rd_u8(&r);
		t->group = group & 15;
		t->sub = rd_u8(&r);
		*answer = group >> 4 == 8 || (group >> 4 == 0 && method == 0x12);
	}
	m->bad |= r.bad;
}

static void
pdu(struct app *a, void *state, int dir, struct span s)
{
	struct s7 *st = state;
	struct rd r = rd_of(s);
	struct s7_msg m = { .present = true };
	struct s7_tx *t = NULL, head = { .reference = 0 };
	bool answer;

	if (rd_u8(&r) != 0x32)
		return; /* S7comm-plus and the like */
	m.rosctr = rd_u8(&r);
	rd_skip(&r, 2);
	head.reference = rd_u16(&r);
	m.params = rd_u16(&r);
	m.data = rd_u16(&r);
	answer = m.rosctr == ROSCTR_ACK || m.rosctr == ROSCTR_ACK_DATA;
	if (answer) {
		m.error_class = rd_u8(&r);
		m.error_code = rd_u8(&r);
	}
	m.bad = r.bad || rd_left(&r) < (uint32_t) m.params + m.data;
	app_keep(a, &m.body, span_head(rd_rest(&r), BODY_MAX), BODY_MAX);
	read_head(&head, &m, &answer);
	if (answer)
		t = find(a, head.reference, dir);
	if (t) {
		st->open--;
	} else {
		t = (struct s7_tx *) app_tx_new(a);
		if (!t) {
			bytes_release(a, &m.body);
			return;
		}
		t->reference = head.reference;
		t->function = head.function;
		t->group = head.group;
		t->sub = head.sub;
		if (answer) {
			t->tx.only_dir = (uint8_t) (1 << dir);
			if (m.rosctr != ROSCTR_USERDATA)
				app_event(a, &t->tx, EV_UNSOLICITED);
		} else {
			txs_bound(a, &st->open, OPEN_MAX);
		}
	}
	t->msg[dir] = m;
	tx_reach(&t->tx, dir, 1);
	if (m.bad)
		app_event(a, &t->tx, EV_MALFORMED);
	if (answer) {
		app_count_response(a, m.error_class || items_failed(t, &m));
	} else if (dir == TO_SERVER) {
		app_count_request(a);
		if (kind_of(t, &m) >= 0)
			app_count_ot(a, (enum ot_kind) kind_of(t, &m));
	}
}

/* ---- bytes ---- */

static enum app_probe
judge(struct span unit, bool whole)
{
	struct rd r = rd_of(unit);
	uint8_t protocol = rd_u8(&r), n = rd_u8(&r);

	if (r.bad)
		return PROBE_MORE;
	return (protocol == 0x32 && (n == 1 || n == 2 || n == 3 || n == 7)) || (protocol == 0x72 && n >= 1 && n <= 3) ? PROBE_YES : PROBE_NO;
}

static const struct tpkt_user user = { pdu, judge, EV_INVALID_TPKT };

static int
s7comm_feed(struct app *a, void *state, int dir, struct span bytes)
{
	return tpkt_feed(a, state, dir, bytes, &user);
}

static enum app_probe
s7comm_probe(struct span s, int dir, uint8_t transport)
{
	return tpkt_probe(s, dir, &user);
}

static void
s7comm_tx_clear(struct app *a, struct tx *tx)
{
	bytes_release(a, &((struct s7_tx *) tx)->msg[0].body);
	bytes_release(a, &((struct s7_tx *) tx)->msg[1].body);
}

/* ---- items of read and write requests ---- */

struct item {
	uint8_t size, area; /* transport size, memory area */
	uint16_t length, db;
	uint32_t address;   /* in bits */
};

/* item count, then 0x12 length 0x10 size(1) length(2) db(2) area(1) address(3) each. */
static bool
item_at(const struct s7_tx *t, int dir, unsigned i, struct item *out)
{
	const struct s7_msg *m = &t->msg[dir];
	struct rd r = params_of(m);
	uint8_t n;

	if (m->rosctr != ROSCTR_JOB || (t->function != F_READ && t->function != F_WRITE))
		return false;
	rd_u8(&r);
	n = rd_u8(&r);
	for (unsigned k = 0; k < n && !r.bad; k++) {
		uint8_t kind = rd_u8(&r);
		struct rd v = rd_of(rd_span(&r, rd_u8(&r)));
		uint8_t syntax = rd_u8(&v);

		if (kind != 0x12 || syntax != 0x10 || k < i)
			continue;
		out->size = rd_u8(&v);
		out->length = rd_u16(&v);
		out->db = rd_u16(&v);
		out->area = rd_u8(&v);
		out->address = rd_u24(&v);
		return !v.bad && k == i;
	}
	return false;
}

/* ---- fields ---- */

#define NUMBER(name, when, value) \
	static bool \
	name(const struct tx *tx, int dir, unsigned i, uint64_t *out) \
	{ \
		const struct s7_tx *t = (const struct s7_tx *) tx; \
		const struct s7_msg *m = &t->msg[dir]; \
\
		if (i || !m->present || !(when)) \
			return false; \
		*out = (value); \
		return true; \
	}
NUMBER(n_rosctr, true, m->rosctr)
NUMBER(n_function, m->rosctr != ROSCTR_USERDATA, t->function)
NUMBER(n_group, m->rosctr == ROSCTR_USERDATA, t->group)
NUMBER(n_sub, m->rosctr == ROSCTR_USERDATA, t->sub)
NUMBER(n_error, m->rosctr == ROSCTR_ACK || m->rosctr == ROSCTR_ACK_DATA, (uint64_t) m->error_class << 8 | m->error_code)

static bool
n_db(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	struct item item;

	if (!item_at((const struct s7_tx *) tx, dir, i, &item))
		return false;
	*out = item.db;
	return true;
}

static bool
n_area(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	struct item item;

	if (!item_at((const struct s7_tx *) tx, dir, i, &item))
		return false;
	*out = item.area;
	return true;
}

static bool
f_params(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct s7_msg *m = &((const struct s7_tx *) tx)->msg[dir];

	*out = span_head(bytes_span(&m->body), m->params);
	return i == 0 && m->present && out->n;
}

static bool
f_data(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct s7_msg *m = &((const struct s7_tx *) tx)->msg[dir];

	*out = m->body.n ? span_skip(bytes_span(&m->body), m->params) : SPAN_NONE;
	return i == 0 && m->present && out->n;
}

static const char *const area_names[] = { "system_info=3", "system_flags=5", "peripheral=128", "inputs=129", "outputs=130",
	"flags=131", "db=132", "instance_db=133", "local=134", "counter=28", "timer=29", NULL };

#define DONE { 1, 1 }
static const struct field fields[] = {
	{ "s7.rosctr", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_rosctr, .names = rosctr_names, .help = "kind of message" },
	{ "s7.function", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_function, .names = function_names, .help = "function" },
	{ "s7.group", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_group, .names = group_names, .help = "function group of user data" },
	{ "s7.subfunction", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_sub, .help = "sub-function of user data" },
	{ "s7.error", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_error, .help = "error class * 256 + code; 0 = none" },
	{ "s7.db", NULL, NULL, FIELD_NUMBER, true, 3, DONE, .number = n_db, .help = "data block of each item" },
	{ "s7.area", NULL, NULL, FIELD_NUMBER, true, 3, DONE, .number = n_area, .names = area_names, .help = "memory area of each item" },
	{ "s7.parameters", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_params, .help = "the parameters" },
	{ "s7.data", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_data, .help = "the data" },
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
log_items(const struct s7_tx *t, int dir, struct json *j)
{
	struct item item;

	if (!item_at(t, dir, 0, &item))
		return;
	json_array(j, "items");
	for (unsigned i = 0; i < ITEMS_LOGGED && item_at(t, dir, i, &item); i++) {
		json_object(j, NULL);
		json_named(j, "area", area_names, item.area);
		json_u64(j, "db", item.db);
		json_u64(j, "byte", item.address >> 3);
		json_u64(j, "bit", item.address & 7);
		json_u64(j, "length", item.length);
		json_end(j);
	}
	json_end(j);
}

static void
s7comm_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct s7_tx *t = (const struct s7_tx *) tx;
	int ask = t->msg[TO_SERVER].present && t->msg[TO_SERVER].rosctr != ROSCTR_ACK_DATA ? TO_SERVER : TO_CLIENT;
	const struct s7_msg *q = &t->msg[ask], *r = &t->msg[!ask];
	struct span params = span_head(bytes_span(&q->body), q->params);

	if (!q->present)
		return;
	json_u64(j, "reference", t->reference);
	json_named(j, "rosctr", rosctr_names, q->rosctr);
	if (q->rosctr == ROSCTR_USERDATA) {
		json_u64(j, "group_id", t->group);
		json_named(j, "group", group_names, t->group);
		json_u64(j, "subfunction", t->sub);
	} else {
		json_u64(j, "function_code", t->function);
		json_named(j, "function", function_names, t->function);
	}
	log_items(t, ask, j);
	if (q->rosctr == ROSCTR_JOB && (t->function == F_CONTROL || t->function == F_STOP) && params.n) {
		struct rd p = rd_of(params); /* the name is what follows the last length that fits */
		struct span name = SPAN_NONE;

		for (uint32_t i = 1; i < params.n && !name.n; i++)
			if (params.p[i] && params.p[i] == params.n - i - 1 && params.n - i - 1 >= 5)
				name = span_skip(rd_rest(&p), i + 1);
		if (name.n)
			json_span(j, "service", name);
	}
	if (r->present && (r->rosctr == ROSCTR_ACK || r->rosctr == ROSCTR_ACK_DATA)) {
		json_u64(j, "error_class", r->error_class);
		json_u64(j, "error_code", r->error_code);
	}
	json_bool(j, "answered", r->present);
}

const struct protocol protocol_s7comm = {
	.name = "s7comm",
	.aliases = "s7",
	.keeps_stream = true,
	.spec = "RFC 1006, ISO 8073; as Wireshark and snap7 describe it",
	.transport = APP_TCP,
	.ports = { "102", NULL },
	.probe_min = 7,
	.probe_max = 512,
	.probe = s7comm_probe,
	.state_size = sizeof(struct s7),
	.tx_size = sizeof(struct s7_tx),
	.done = DONE,
	.max_record = 65536,
	.feed = s7comm_feed,
	.gap = tpkt_gap,
	.eof = txs_end,
	.tx_clear = s7comm_tx_clear,
	.clear = tpkt_clear,
	.fields = fields,
	.events = events,
	.log = s7comm_log,
};
