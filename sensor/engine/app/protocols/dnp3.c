/*
 * dnp3 - DNP3 over TCP and UDP: each application message is a transaction of its own direction.
 *
 * Spec: IEEE 1815 section 9 (link), 8 (transport), 4 (application), 13 (TCP/IP). Objects -> dnp3_objects.c
 *
 *   0x05 0x64 length(1) control(1) destination(2) source(2) CRC(2) { up to 16 bytes, CRC(2) }...    little-endian
 *   length counts control to source and the user data, without CRCs
 *   user data: transport FIN|FIR|sequence(1), then application: FIR|FIN|CON|UNS|sequence(1) function(1) [IIN(2)] objects
 */
#include "engine/app/protocols/dnp3.h"

#define LINK_HEADER 10
#define MESSAGE_MAX 65536 /* bytes of an application message that are put together */

struct dnp3_conf {
	uint32_t max_requests, max_points, max_objects; /* 0 = the default */
};

struct dnp3 {
	struct bytes part[2]; /* an application message that is not complete */
	bool any[2];          /* a first fragment was seen */
	uint32_t open;        /* requests without an answer since the last one */
	bool flooded;
};

/* ---- CRC ---- */

/* Section 9.2.1.4: x16 + x13 + x12 + x11 + x10 + x8 + x6 + x5 + x2 + 1, reflected, complemented. */
static uint16_t
crc_of(struct span s)
{
	uint16_t crc = 0;

	for (struct rd r = rd_of(s); rd_left(&r);) {
		crc ^= rd_u8(&r);
		for (int i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0xa6bc : crc >> 1;
	}
	return (uint16_t) ~crc;
}

static bool
header_ok(struct span s)
{
	struct rd r = rd_of(s);
	struct span header = rd_span(&r, LINK_HEADER - 2);

	return rd_u16le(&r) == crc_of(header) && !r.bad;
}

/* ---- application ---- */

/* -1: says nothing about what is done (confirmation, authentication). */
static int
kind_of(const struct dnp3_tx *t)
{
	switch (t->function) {
	case DNP3_CONFIRM: case DNP3_AUTH_REQ: case DNP3_AUTH_REQ_NR:
		return -1;
	case DNP3_WRITE: /* of a file: its blocks */
		return dnp3_has_object(&t->tx, 70, 5) ? OT_PROGRAM : OT_WRITE;
	case DNP3_ENABLE_UNSOLICITED: case DNP3_DISABLE_UNSOLICITED: case DNP3_ASSIGN_CLASS: case DNP3_RECORD_TIME:
		return OT_WRITE;
	case DNP3_SELECT: case DNP3_OPERATE: case DNP3_DIRECT_OPERATE: case DNP3_DIRECT_OPERATE_NR: case DNP3_START_APPL:
		return OT_CONTROL;
	case DNP3_COLD_RESTART: case DNP3_WARM_RESTART: case DNP3_STOP_APPL:
		return OT_STOP;
	case DNP3_INIT_DATA: case DNP3_INIT_APPL: case DNP3_SAVE_CONFIG: case DNP3_DELETE_FILE: case DNP3_ACTIVATE_CONFIG:
		return OT_PROGRAM;
	}
	if (t->function >= DNP3_FREEZE_FIRST && t->function <= DNP3_FREEZE_LAST)
		return OT_WRITE;
	return OT_READ;
}

static const struct dnp3_conf *
settings(const struct app *a)
{
	static const struct dnp3_conf defaults = { 32, 16384, 2048 };
	const struct dnp3_conf *c = app_conf(a);

	return c && c->max_points ? c : &defaults;
}

/* All objects once, for the events. */
static void
check_objects(struct app *a, struct dnp3_tx *t)
{
	const struct dnp3_conf *c = settings(a);
	struct rd r = dnp3_objects(t);
	struct dnp3_object o;
	uint64_t points = 0;
	uint32_t objects = 0;
	int e;

	while ((e = dnp3_next(t, &r, &o)) != 0) {
		if (++objects > c->max_objects) {
			app_event(a, &t->tx, DNP3_EV_TOO_MANY_OBJECTS);
			return;
		}
		if ((points += o.count) > c->max_points) {
			app_event(a, &t->tx, DNP3_EV_TOO_MANY_POINTS);
			return;
		}
		if (e < 0) {
			app_event(a, &t->tx, (unsigned) (-e - 1));
			return;
		}
	}
	t->complete = true;
}

static void
count(struct app *a, struct dnp3 *st, struct dnp3_tx *t)
{
	int kind;

	if (t->function >= DNP3_RESPONSE) {
		st->open = 0;
		app_count_response(a, t->iin & 0x07); /* parameter error, object unknown, function not supported */
		return;
	}
	kind = kind_of(t);
	if (kind < 0)
		return;
	app_count_request(a);
	app_count_ot(a, (enum ot_kind) kind);
	if (++st->open > settings(a)->max_requests && !st->flooded) {
		st->flooded = true;
		app_event(a, &t->tx, DNP3_EV_FLOODED);
	}
}

/* The message in part[dir] is complete. */
static void
message(struct app *a, struct dnp3 *st, int dir, uint8_t control, uint16_t src, uint16_t dst)
{
	struct dnp3_tx *t;
	struct rd r = rd_of(bytes_span(&st->part[dir]));

	if (rd_left(&r) < 2)
		return;
	t = (struct dnp3_tx *) app_tx_new(a);
	if (!t)
		return;
	t->tx.only_dir = (uint8_t) (1 << dir);
	t->link_control = control;
	t->src = src;
	t->dst = dst;
	t->control = rd_u8(&r);
	t->function = rd_u8(&r);
	if (t->function >= DNP3_RESPONSE)
		t->iin = rd_u16(&r);
	t->data = st->part[dir];
	st->part[dir] = (struct bytes) { 0 };
	if (r.bad)
		app_event(a, &t->tx, DNP3_EV_MALFORMED);
	else
		check_objects(a, t);
	tx_reach(&t->tx, dir, 1);
	count(a, st, t);
}

/* ---- link and transport ---- */

/* User data with its CRCs, out of them; false: one is wrong. */
static bool
take_blocks(struct app *a, struct dnp3 *st, int dir, struct span s, bool skip_first)
{
	struct rd r = rd_of(s);

	while (rd_left(&r)) {
		struct span block = rd_span(&r, rd_left(&r) >= 18 ? 16 : rd_left(&r) - 2);
		uint16_t crc = rd_u16le(&r);

		if (r.bad || crc != crc_of(block))
			return false;
		app_keep(a, &st->part[dir], span_skip(block, skip_first), MESSAGE_MAX);
		skip_first = false;
	}
	return true;
}

static void
user_data(struct app *a, struct dnp3 *st, int dir, uint8_t control, uint16_t src, uint16_t dst, struct span s)
{
	enum { FIN = 0x80, FIR = 0x40 };
	uint8_t transport = s.p[0];

	if (transport & FIR) {
		bytes_release(a, &st->part[dir]);
		st->any[dir] = true;
	} else if (!st->any[dir]) {
		return;
	}
	if (!take_blocks(a, st, dir, s, true)) {
		app_event(a, NULL, DNP3_EV_BAD_TRANSPORT_CRC);
		bytes_release(a, &st->part[dir]);
		st->any[dir] = false;
		return;
	}
	if (transport & FIN) {
		message(a, st, dir, control, src, dst);
		bytes_release(a, &st->part[dir]);
		st->any[dir] = false;
	}
}

/* Bytes of a frame with its CRCs. */
static uint32_t
frame_size(uint8_t length)
{
	uint32_t user = length - 5u;

	return LINK_HEADER + user + 2 * ((user + 15) / 16);
}

/* Bytes before the next 05 64. */
static uint32_t
to_next_frame(struct span s)
{
	for (uint32_t i = 1; i < s.n; i++)
		if (s.p[i] == 0x05 && (i + 1 == s.n || s.p[i + 1] == 0x64))
			return i;
	return s.n;
}

/* Bytes of the frame at the front; 0 = not complete. */
static uint32_t
frame(struct app *a, struct dnp3 *st, int dir, struct span s)
{
	struct rd r = rd_of(s);
	uint16_t start = rd_u16(&r), src, dst;
	uint8_t length = rd_u8(&r), control = rd_u8(&r);
	struct span body;

	if (s.n >= 2 && start != 0x0564)
		return to_next_frame(s);
	if (s.n < LINK_HEADER)
		return 0;
	if (length < 5) {
		app_event(a, NULL, DNP3_EV_LEN_TOO_SMALL);
		return to_next_frame(s);
	}
	if (!header_ok(s)) {
		app_event(a, NULL, DNP3_EV_BAD_LINK_CRC);
		return to_next_frame(s);
	}
	dst = rd_u16le(&r);
	src = rd_u16le(&r);
	rd_skip(&r, 2);
	body = rd_span(&r, frame_size(length) - LINK_HEADER);
	if (r.bad)
		return 0;
	if (body.n >= 3) /* link functions without user data: status, resets */
		user_data(a, st, dir, control, src, dst, body);
	return LINK_HEADER + body.n;
}

static int
dnp3_feed(struct app *a, void *state, int dir, struct span bytes)
{
	uint32_t taken = 0, n;

	while (taken < bytes.n && (n = frame(a, state, dir, span_skip(bytes, taken))) > 0)
		taken += n;
	return (int) taken;
}

static int
dnp3_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct dnp3 *st = state;

	bytes_release(a, &st->part[dir]);
	st->any[dir] = false;
	return 0;
}

static void
dnp3_tx_clear(struct app *a, struct tx *tx)
{
	bytes_release(a, &((struct dnp3_tx *) tx)->data);
}

static void
dnp3_clear(struct app *a, void *state)
{
	struct dnp3 *st = state;

	bytes_release(a, &st->part[0]);
	bytes_release(a, &st->part[1]);
}

static enum app_probe
dnp3_probe(struct span s, int dir, uint8_t transport)
{
	struct rd r = rd_of(s);
	uint16_t start = rd_u16(&r);
	uint8_t length = rd_u8(&r), control = rd_u8(&r);

	if (start != 0x0564 || length < 5 || !header_ok(s))
		return PROBE_NO;
	return (control & 0x80) == (dir == TO_SERVER ? 0x80 : 0) ? PROBE_YES : PROBE_REVERSED; /* DIR: from the master */
}

static void
dnp3_configure(void *conf, const struct conf *tree, const struct yaml *node, struct diag *d)
{
	struct dnp3_conf *c = conf;
	uint64_t points = 16384, objects = 2048;
	uint32_t requests = 32;

	read_max_tx(node, &requests, d);
	if (yaml_get(node, "max-points"))
		yaml_u64(yaml_get(node, "max-points"), &points, UINT32_MAX, d);
	if (yaml_get(node, "max-objects"))
		yaml_u64(yaml_get(node, "max-objects"), &objects, UINT32_MAX, d);
	*c = (struct dnp3_conf) { requests, (uint32_t) points, (uint32_t) objects };
}

/* ---- fields ---- */

static const struct dnp3_tx *
of(const struct tx *tx, int dir)
{
	return tx->only_dir >> dir & 1 ? (const struct dnp3_tx *) tx : NULL;
}

static bool
n_function(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	const struct dnp3_tx *t = of(tx, dir);

	if (i || !t)
		return false;
	*out = t->function;
	return true;
}

static bool
n_iin(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	const struct dnp3_tx *t = of(tx, dir);

	if (i || !t || t->function < DNP3_RESPONSE)
		return false;
	*out = t->iin;
	return true;
}

static bool
n_object(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	const struct dnp3_tx *t = of(tx, dir);
	struct dnp3_object o;
	struct rd r;

	if (!t)
		return false;
	r = dnp3_objects(t);
	do
		if (dnp3_next(t, &r, &o) <= 0)
			return false;
	while (i--);
	*out = (uint64_t) o.group << 8 | o.variation;
	return true;
}

static bool
f_data(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct dnp3_tx *t = of(tx, dir);

	if (i || !t)
		return false;
	*out = bytes_span(&t->data);
	return out->n > 0;
}

static const char *const function_names[] = { "confirm=0", "read=1", "write=2", "select=3", "operate=4", "direct_operate=5",
	"direct_operate_nr=6", "immed_freeze=7", "immed_freeze_nr=8", "freeze_clear=9", "freeze_clear_nr=10", "freeze_at_time=11",
	"freeze_at_time_nr=12", "cold_restart=13", "warm_restart=14", "initialize_data=15", "initialize_appl=16", "start_appl=17",
	"stop_appl=18", "save_config=19", "enable_unsolicited=20", "disable_unsolicited=21", "assign_class=22", "delay_measure=23",
	"record_current_time=24", "open_file=25", "close_file=26", "delete_file=27", "get_file_info=28", "authenticate_file=29",
	"abort_file=30", "activate_config=31", "authenticate_req=32", "authenticate_err=33", "response=129",
	"unsolicited_response=130", "authenticate_resp=131", NULL };
static const char *const iin_names[] = { "device_restart=32768", "device_trouble=16384", "local_control=8192", "need_time=4096",
	"class_3_events=2048", "class_2_events=1024", "class_1_events=512", "all_stations=256", "reserved_1=128", "reserved_2=64",
	"config_corrupt=32", "already_executing=16", "event_buffer_overflow=8", "parameter_error=4", "object_unknown=2",
	"no_func_code_support=1", NULL };

#define DONE { 1, 1 }
static const struct field fields[] = {
	{ "dnp3.func", "dnp3_func", NULL, FIELD_NUMBER, false, 3, DONE, .number = n_function, .names = function_names,
	    .help = "function code of the application layer" },
	{ "dnp3.ind", NULL, NULL, FIELD_NUMBER, false, 2, DONE, .number = n_iin, .names = iin_names, .bits = true,
	    .help = "internal indications, bits: IIN1 << 8 | IIN2" },
	{ "dnp3.object", NULL, NULL, FIELD_NUMBER, true, 3, DONE, .number = n_object, .help = "each object: group * 256 + variation" },
	{ "dnp3.data", "dnp3_data", NULL, FIELD_BYTES, false, 3, DONE, f_data, .help = "the application message without CRCs" },
	{ NULL }
};

static const struct app_event events[] = {
	[DNP3_EV_FLOODED] = { "flooded" },
	[DNP3_EV_LEN_TOO_SMALL] = { "len_too_small" },
	[DNP3_EV_BAD_LINK_CRC] = { "bad_link_crc" },
	[DNP3_EV_BAD_TRANSPORT_CRC] = { "bad_transport_crc" },
	[DNP3_EV_UNKNOWN_OBJECT] = { "unknown_object" },
	[DNP3_EV_MALFORMED] = { "malformed" },
	[DNP3_EV_TOO_MANY_POINTS] = { "too_many_points" },
	[DNP3_EV_TOO_MANY_OBJECTS] = { "too_many_objects" },
	{ NULL }
};

/* ---- log ---- */

static void
log_iin(const struct dnp3_tx *t, struct json *j)
{
	json_object(j, "iin");
	json_array(j, "indicators");
	for (unsigned i = 0; i < 16; i++)
		if (t->iin >> (15 - i) & 1)
			json_span(j, NULL, span_of(iin_names[i], strcspn(iin_names[i], "=")));
	json_end(j);
	json_end(j);
}

static void
dnp3_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct dnp3_tx *t = (const struct dnp3_tx *) tx;

	if (t->data.n == 0) /* only there for an event of the link layer */
		return;
	json_str(j, "type", t->function == DNP3_UNSOLICITED ? "unsolicited_response" : t->function >= DNP3_RESPONSE ?
	    "response" : "request");
	json_object(j, "control");
	json_bool(j, "dir", t->link_control & 0x80);
	json_bool(j, "pri", t->link_control & 0x40);
	json_bool(j, "fcb", t->link_control & 0x20);
	json_bool(j, "fcv", t->link_control & 0x10);
	json_u64(j, "function_code", t->link_control & 0x0f);
	json_end(j);
	json_u64(j, "src", t->src);
	json_u64(j, "dst", t->dst);
	json_object(j, "application");
	json_object(j, "control");
	json_bool(j, "fir", t->control & 0x80);
	json_bool(j, "fin", t->control & 0x40);
	json_bool(j, "con", t->control & 0x20);
	json_bool(j, "uns", t->control & 0x10);
	json_u64(j, "sequence", t->control & 0x0f);
	json_end(j);
	json_u64(j, "function_code", t->function);
	dnp3_log_objects(t, j);
	json_bool(j, "complete", t->complete);
	json_end(j);
	if (t->function >= DNP3_RESPONSE)
		log_iin(t, j);
}

static bool
dnp3_loggable(const struct tx *tx)
{
	const struct dnp3_tx *t = (const struct dnp3_tx *) tx;

	return t->data.n > 0 && t->function != DNP3_CONFIRM;
}

const struct protocol protocol_dnp3 = {
	.name = "dnp3",
	.keeps_stream = true,
	.upper_events = true,
	.either_opens = true, /* dual end points, IEEE 1815 section 13 */
	.spec = "IEEE 1815",
	.transport = APP_TCP | APP_UDP,
	.ports = { "20000", "20000" },
	.probe_min = LINK_HEADER,
	.probe = dnp3_probe,
	.conf_size = sizeof(struct dnp3_conf),
	.configure = dnp3_configure,
	.state_size = sizeof(struct dnp3),
	.tx_size = sizeof(struct dnp3_tx),
	.done = DONE,
	.max_record = 292,
	.feed = dnp3_feed,
	.gap = dnp3_gap,
	.tx_clear = dnp3_tx_clear,
	.clear = dnp3_clear,
	.fields = fields,
	.events = events,
	.log = dnp3_log,
	.loggable = dnp3_loggable,
};
