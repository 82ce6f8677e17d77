/*
 * bacnet - BACnet/IP: a confirmed request with its answer, or one message alone, is a transaction.
 *
 * Spec: ANSI/ASHRAE 135 annex J (BVLC), clause 6 (NPDU), clause 20 (APDU, tags), clauses 13 to 17 and 21 (services).
 *
 *   0x81 function(1) length(2) [original address(6) when forwarded]
 *   0x01 control(1) [network(2) length(1) address] [same of the source] [hops(1)] | message type(1) [vendor(2)] or APDU
 *   APDU: type|flags(1) ... service(1) tagged values
 */
#include "engine/app/protocols/parse.h"

#define BODY_MAX 1500
#define OPEN_MAX 256 /* confirmed requests without an answer */

enum { BVLC_RESULT, BVLC_WRITE_BDT, BVLC_FORWARDED = 4, BVLC_REGISTER, BVLC_DELETE_FDT = 8, BVLC_DISTRIBUTE, BVLC_UNICAST, BVLC_BROADCAST,
	BVLC_SECURE };
enum { A_CONFIRMED, A_UNCONFIRMED, A_SIMPLE_ACK, A_COMPLEX_ACK, A_SEGMENT_ACK, A_ERROR, A_REJECT, A_ABORT, A_NONE };
enum { S_WRITE_FILE = 7, S_ADD_ELEMENT, S_REMOVE_ELEMENT, S_CREATE, S_DELETE, S_READ, S_READ_MULTIPLE = 14, S_WRITE,
	S_WRITE_MULTIPLE, S_COMMUNICATION, S_REINITIALIZE = 20, S_LIFE_SAFETY = 27 };
enum { U_COV = 2, U_TIME = 6, U_WHO_HAS, U_WHO_IS, U_UTC_TIME, U_WRITE_GROUP };
enum { PROP_PRESENT_VALUE = 85 };

enum bacnet_event { EV_MALFORMED, EV_UNSOLICITED };

struct bacnet {
	uint32_t open;
};

struct bacnet_msg {
	bool present;
	bool network;        /* a message of the network layer */
	uint8_t function;    /* BVLC */
	uint8_t type;        /* A_*; A_NONE: no APDU */
	uint8_t invoke, service;
	uint8_t message;     /* network layer: its type */
	uint8_t reason;      /* of a reject or abort */
	bool has_source;
	uint16_t source;     /* network it comes from, told by a router */
	struct bytes data;   /* tagged values of the service */
};

struct bacnet_tx {
	struct tx tx;
	struct bacnet_msg msg[2]; /* by direction: either end may ask */
};

static const char *const function_names[] = { "result=0", "write_bdt=1", "read_bdt=2", "read_bdt_ack=3", "forwarded_npdu=4",
	"register_foreign_device=5", "read_fdt=6", "read_fdt_ack=7", "delete_fdt_entry=8", "distribute_broadcast=9", "unicast_npdu=10",
	"broadcast_npdu=11", "secure=12", NULL };
static const char *const type_names[] = { "confirmed_request=0", "unconfirmed_request=1", "simple_ack=2", "complex_ack=3",
	"segment_ack=4", "error=5", "reject=6", "abort=7", NULL };
static const char *const service_names[] = { "acknowledge_alarm=0", "confirmed_cov_notification=1", "confirmed_event_notification=2",
	"get_alarm_summary=3", "get_enrollment_summary=4", "subscribe_cov=5", "atomic_read_file=6", "atomic_write_file=7",
	"add_list_element=8", "remove_list_element=9", "create_object=10", "delete_object=11", "read_property=12",
	"read_property_conditional=13", "read_property_multiple=14", "write_property=15", "write_property_multiple=16",
	"device_communication_control=17", "confirmed_private_transfer=18", "confirmed_text_message=19", "reinitialize_device=20",
	"vt_open=21", "vt_close=22", "vt_data=23", "authenticate=24", "request_key=25", "read_range=26", "life_safety_operation=27",
	"subscribe_cov_property=28", "get_event_information=29", "subscribe_cov_property_multiple=30", NULL };
static const char *const unconfirmed_names[] = { "i_am=0", "i_have=1", "unconfirmed_cov_notification=2",
	"unconfirmed_event_notification=3", "unconfirmed_private_transfer=4", "unconfirmed_text_message=5", "time_synchronization=6",
	"who_has=7", "who_is=8", "utc_time_synchronization=9", "write_group=10", NULL };
static const char *const message_names[] = { "who_is_router_to_network=0", "i_am_router_to_network=1",
	"i_could_be_router_to_network=2", "reject_message_to_network=3", "router_busy_to_network=4", "router_available_to_network=5",
	"initialize_routing_table=6", "initialize_routing_table_ack=7", "establish_connection_to_network=8",
	"disconnect_connection_to_network=9", "what_is_network_number=18", "network_number_is=19", NULL };
static const char *const object_names[] = { "analog_input=0", "analog_output=1", "analog_value=2", "binary_input=3", "binary_output=4",
	"binary_value=5", "calendar=6", "command=7", "device=8", "event_enrollment=9", "file=10", "group=11", "loop=12",
	"multi_state_input=13", "multi_state_output=14", "notification_class=15", "program=16", "schedule=17", "averaging=18",
	"multi_state_value=19", "trend_log=20", "life_safety_point=21", "life_safety_zone=22", "accumulator=23", "pulse_converter=24",
	NULL };
static const char *const state_names[] = { "coldstart=0", "warmstart=1", "start_backup=2", "end_backup=3", "start_restore=4",
	"end_restore=5", "abort_restore=6", "activate_changes=7", NULL };
static const char *const communication_names[] = { "enable=0", "disable=1", "disable_initiation=2", NULL };
static const char *const property_names[] = { "all=8", "description=28", "event_state=36", "firmware_revision=44", "model_name=70",
	"object_identifier=75", "object_list=76", "object_name=77", "object_type=79", "out_of_service=81", "present_value=85",
	"priority_array=87", "program_change=90", "program_state=92", "protocol_version=98", "reliability=103",
	"relinquish_default=104", "status_flags=111", "system_status=112", "units=117", "vendor_identifier=120", "vendor_name=121", NULL };

/* ---- tags: clause 20.2.1 ---- */

struct tag {
	uint8_t number;
	bool context, open, close;
	struct span value;
};

static bool
next_tag(struct rd *r, struct tag *t)
{
	uint8_t b = rd_u8(r);
	uint32_t n = b & 7;

	t->number = b >> 4 == 15 ? rd_u8(r) : b >> 4;
	t->context = b & 8;
	t->open = t->context && n == 6;
	t->close = t->context && n == 7;
	t->value = SPAN_NONE;
	if (t->open || t->close)
		return !r->bad;
	if (n == 5 && (n = rd_u8(r)) >= 254)
		n = n == 254 ? rd_u16(r) : rd_u32(r);
	if (t->number == 1 && !t->context) /* a Boolean has its value where the length would be */
		n = 0;
	t->value = rd_span(r, n);
	return !r->bad;
}

static uint32_t
unsigned_of(struct span s)
{
	struct rd r = rd_of(s);
	uint32_t v = 0;

	while (rd_left(&r))
		v = v << 8 | rd_u8(&r);
	return v;
}

/* The first value with that context tag at the outer level. */
static bool
context_value(const struct bacnet_msg *m, unsigned number, uint32_t *out)
{
	struct rd r = rd_of(bytes_span(&m->data));
	struct tag t;
	int depth = 0;

	while (rd_left(&r) && next_tag(&r, &t)) {
		depth += t.open - t.close;
		if (depth == 0 && t.context && !t.close && t.number == number) {
			*out = unsigned_of(t.value);
			return t.value.n > 0 && t.value.n <= 4;
		}
	}
	return false;
}

/* The i-th object that the request names: context tag 0 of four bytes, at the outer level (several in ...Multiple). */
static bool
object_at(const struct bacnet_msg *m, unsigned i, uint32_t *out)
{
	struct rd r = rd_of(bytes_span(&m->data));
	struct tag t;
	int depth = 0;

	if (m->type != A_CONFIRMED || (m->service < S_WRITE_FILE && m->service != 5) || m->service == S_COMMUNICATION || m->service == S_REINITIALIZE)
		return false;
	while (rd_left(&r) && next_tag(&r, &t)) {
		depth += t.open - t.close;
		if (depth == 0 && t.context && !t.close && t.number == 0 && t.value.n == 4 && i-- == 0) {
			*out = unsigned_of(t.value);
			return true;
		}
	}
	return false;
}

/* The i-th property: tag 1 of read and write, tag 0 inside the lists of ...Multiple. */
static bool
property_at(const struct bacnet_msg *m, unsigned i, uint32_t *out)
{
	struct rd r = rd_of(bytes_span(&m->data));
	bool many = m->service == S_READ_MULTIPLE || m->service == S_WRITE_MULTIPLE;
	struct tag t;
	int depth = 0;

	if (m->type != A_CONFIRMED || (!many && m->service != S_READ && m->service != S_WRITE))
		return false;
	while (rd_left(&r) && next_tag(&r, &t)) {
		depth += t.open - t.close;
		if (depth == (many ? 1 : 0) && t.context && !t.open && !t.close && t.number == (many ? 0 : 1) && t.value.n && i-- == 0) {
			*out = unsigned_of(t.value);
			return true;
		}
	}
	return false;
}

/* ---- what is done ---- */

static int
write_kind(const struct bacnet_msg *m)
{
	uint32_t object, property;

	for (unsigned i = 0; object_at(m, i, &object); i++)
		if ((object >> 22 == 1 || object >> 22 == 4 || object >> 22 == 7 || object >> 22 == 14) &&
		    property_at(m, i, &property) && property == PROP_PRESENT_VALUE)
			return OT_CONTROL; /* an output is set */
	return OT_WRITE;
}

static int
kind_of(const struct bacnet_msg *m)
{
	uint32_t v = 0;

	if (m->function == BVLC_WRITE_BDT || m->function == BVLC_DELETE_FDT)
		return OT_WRITE;
	if (m->type == A_UNCONFIRMED)
		return m->service == U_TIME || m->service == U_UTC_TIME ? OT_WRITE : m->service == U_WRITE_GROUP ? OT_CONTROL :
		    m->service == U_WHO_HAS || m->service == U_WHO_IS ? OT_READ : -1;
	if (m->type != A_CONFIRMED)
		return -1;
	switch (m->service) {
	case S_WRITE: case S_WRITE_MULTIPLE:
		return write_kind(m);
	case S_ADD_ELEMENT: case S_REMOVE_ELEMENT:
		return OT_WRITE;
	case S_WRITE_FILE: case S_CREATE: case S_DELETE:
		return OT_PROGRAM;
	case S_COMMUNICATION:
		return context_value(m, 1, &v) && v ? OT_STOP : OT_CONTROL;
	case S_REINITIALIZE:
		return context_value(m, 0, &v) && v > 1 ? OT_PROGRAM : OT_STOP;
	case S_LIFE_SAFETY:
		return OT_CONTROL;
	case 1: case 2: /* notifications */
		return -1;
	}
	return OT_READ;
}

/* ---- messages ---- */

static struct bacnet_tx *
find(struct app *a, uint8_t invoke, int dir)
{
	each_tx(a, x) {
		struct bacnet_tx *t = (struct bacnet_tx *) x;

		if (!x->only_dir && t->msg[!dir].present && !t->msg[dir].present && t->msg[!dir].invoke == invoke)
			return t;
	}
	return NULL;
}

static void
keep(struct app *a, struct bacnet *st, int dir, struct bacnet_msg *m, struct span data, bool bad)
{
	bool answer = m->type >= A_SIMPLE_ACK && m->type <= A_ABORT;
	struct bacnet_tx *t = answer ? find(a, m->invoke, dir) : NULL;

	if (t) {
		st->open--;
		if (m->type == A_REJECT || m->type == A_ABORT)
			m->service = t->msg[!dir].service;
	} else {
		t = (struct bacnet_tx *) app_tx_new(a);
		if (!t)
			return;
		if (m->type == A_CONFIRMED)
			txs_bound(a, &st->open, OPEN_MAX);
		else
			t->tx.only_dir = (uint8_t) (1 << dir);
		if (answer && m->type != A_SEGMENT_ACK)
			app_event(a, &t->tx, EV_UNSOLICITED);
	}
	app_keep(a, &m->data, span_head(data, BODY_MAX), BODY_MAX);
	t->msg[dir] = *m;
	tx_reach(&t->tx, dir, 1);
	if (bad)
		app_event(a, &t->tx, EV_MALFORMED);
	if (answer)
		app_count_response(a, m->type >= A_ERROR);
	else if (m->type == A_CONFIRMED)
		app_count_request(a);
	if (kind_of(m) >= 0)
		app_count_ot(a, (enum ot_kind) kind_of(m));
}

/* false: a later part of a segmented message, whose service was told by the first. */
static bool
read_apdu(struct rd *r, struct bacnet_msg *m)
{
	uint8_t b = rd_u8(r), sequence = 0;
	bool segmented = b & 8;

	m->type = b >> 4;
	switch (m->type) {
	case A_CONFIRMED:
		rd_skip(r, 1);
		/* fallthrough */
	case A_COMPLEX_ACK:
		m->invoke = rd_u8(r);
		if (segmented) {
			sequence = rd_u8(r);
			rd_skip(r, 1);
		}
		m->service = rd_u8(r);
		return sequence == 0;
	case A_UNCONFIRMED:
		m->service = rd_u8(r);
		return true;
	case A_SIMPLE_ACK: case A_ERROR:
		m->invoke = rd_u8(r);
		m->service = rd_u8(r);
		return true;
	case A_SEGMENT_ACK:
		return false;
	case A_REJECT: case A_ABORT:
		m->invoke = rd_u8(r);
		m->reason = rd_u8(r);
		return true;
	}
	r->bad = true;
	return true;
}

/* The network layer's header; what follows is an APDU unless m->network. */
static void
read_npdu(struct rd *r, struct bacnet_msg *m)
{
	enum { NETWORK = 0x80, DESTINATION = 0x20, SOURCE = 0x08 };
	uint8_t version = rd_u8(r), control = rd_u8(r);

	if (version != 1)
		r->bad = true;
	if (control & DESTINATION) {
		rd_skip(r, 2);
		rd_skip(r, rd_u8(r));
	}
	if (control & SOURCE) {
		m->has_source = true;
		m->source = rd_u16(r);
		rd_skip(r, rd_u8(r));
	}
	if (control & DESTINATION)
		rd_skip(r, 1);
	m->network = control & NETWORK;
	if (m->network)
		m->message = rd_u8(r);
}

static bool
carries_npdu(uint8_t function)
{
	return function == BVLC_FORWARDED || (function >= BVLC_DISTRIBUTE && function <= BVLC_BROADCAST);
}

static int
bacnet_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct rd r = rd_of(bytes);
	struct bacnet_msg m = { .present = true, .type = A_NONE };
	uint16_t length;
	bool bad;

	if (rd_u8(&r) != 0x81)
		r.bad = true;
	m.function = rd_u8(&r);
	length = rd_u16(&r);
	bad = length != bytes.n;
	if (m.function == BVLC_FORWARDED)
		rd_skip(&r, 6);
	if (!r.bad && carries_npdu(m.function)) {
		read_npdu(&r, &m);
		if (!m.network && !r.bad && !read_apdu(&r, &m))
			return (int) bytes.n;
	}
	keep(a, state, dir, &m, rd_rest(&r), bad || r.bad);
	return (int) bytes.n;
}

static void
bacnet_tx_clear(struct app *a, struct tx *tx)
{
	bytes_release(a, &((struct bacnet_tx *) tx)->msg[0].data);
	bytes_release(a, &((struct bacnet_tx *) tx)->msg[1].data);
}

static enum app_probe
bacnet_probe(struct span s, int dir, uint8_t transport)
{
	struct rd r = rd_of(s);
	uint8_t first = rd_u8(&r), function = rd_u8(&r);

	if (first != 0x81 || function > BVLC_SECURE || rd_u16(&r) != s.n)
		return PROBE_NO;
	if (function == BVLC_FORWARDED)
		rd_skip(&r, 6);
	if (carries_npdu(function)) {
		struct bacnet_msg m = { .type = A_NONE };

		read_npdu(&r, &m);
	}
	return r.bad ? PROBE_NO : PROBE_YES;
}

/* ---- fields ---- */

#define NUMBER(name, when, value) \
	static bool \
	name(const struct tx *tx, int dir, unsigned i, uint64_t *out) \
	{ \
		const struct bacnet_msg *m = &((const struct bacnet_tx *) tx)->msg[dir]; \
		uint32_t v = 0; \
\
		(void) v; \
		if (!m->present || !(when)) \
			return false; \
		*out = (value); \
		return true; \
	}
NUMBER(n_function, i == 0, m->function)
NUMBER(n_type, i == 0 && m->type != A_NONE, m->type)
NUMBER(n_service, i == 0 && m->type != A_NONE && m->type != A_UNCONFIRMED, m->service)
NUMBER(n_unconfirmed, i == 0 && m->type == A_UNCONFIRMED, m->service)
NUMBER(n_message, i == 0 && m->network, m->message)
NUMBER(n_object_type, object_at(m, i, &v), v >> 22)
NUMBER(n_instance, object_at(m, i, &v), v & 0x3fffff)
NUMBER(n_property, property_at(m, i, &v), v)
NUMBER(n_state, i == 0 && m->type == A_CONFIRMED && m->service == S_REINITIALIZE && context_value(m, 0, &v), v)
NUMBER(n_communication, i == 0 && m->type == A_CONFIRMED && m->service == S_COMMUNICATION && context_value(m, 1, &v), v)

static bool
f_data(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct bacnet_msg *m = &((const struct bacnet_tx *) tx)->msg[dir];

	*out = bytes_span(&m->data);
	return i == 0 && m->present && out->n;
}

#define DONE { 1, 1 }
static const struct field fields[] = {
	{ "bacnet.bvlc_function", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_function, .names = function_names,
	    .help = "function of the virtual link" },
	{ "bacnet.type", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_type, .names = type_names, .help = "type of APDU" },
	{ "bacnet.service", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_service, .names = service_names,
	    .help = "confirmed service, of requests and answers" },
	{ "bacnet.unconfirmed_service", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_unconfirmed, .names = unconfirmed_names,
	    .help = "unconfirmed service" },
	{ "bacnet.network_message", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_message, .names = message_names,
	    .help = "message of the network layer" },
	{ "bacnet.object_type", NULL, NULL, FIELD_NUMBER, true, 3, DONE, .number = n_object_type, .names = object_names,
	    .help = "type of each object a request names" },
	{ "bacnet.instance", NULL, NULL, FIELD_NUMBER, true, 3, DONE, .number = n_instance, .help = "instance of each object a request names" },
	{ "bacnet.property", NULL, NULL, FIELD_NUMBER, true, 3, DONE, .number = n_property, .names = property_names,
	    .help = "each property read or written" },
	{ "bacnet.reinitialize", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_state, .names = state_names,
	    .help = "state asked for by ReinitializeDevice" },
	{ "bacnet.communication", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_communication, .names = communication_names,
	    .help = "what DeviceCommunicationControl asks for" },
	{ "bacnet.data", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_data, .help = "tagged values of the service" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_MALFORMED] = { "malformed" },
	[EV_UNSOLICITED] = { "unsolicited_response" },
	{ NULL }
};

/* ---- log ---- */

/* The first application value inside tag 3 of WriteProperty. */
static void
log_value(const struct bacnet_msg *m, struct json *j)
{
	struct rd r = rd_of(bytes_span(&m->data));
	struct tag t;
	uint32_t v;
	float f;

	while (rd_left(&r) && next_tag(&r, &t) && !(t.open && t.number == 3))
		;
	if (!rd_left(&r) || !next_tag(&r, &t) || t.context || t.value.n > 4)
		return;
	v = unsigned_of(t.value);
	switch (t.number) {
	case 0:
		json_null(j, "value");
		break;
	case 2: case 9:
		json_u64(j, "value", v);
		break;
	case 3:
		json_i64(j, "value", t.value.n ? (int64_t) ((uint64_t) v << (64 - 8 * t.value.n)) >> (64 - 8 * t.value.n) : 0);
		break;
	case 4:
		memcpy(&f, &v, sizeof(f));
		json_f64(j, "value", (double) f);
		break;
	}
}

static void
log_request(const struct bacnet_msg *m, struct json *j)
{
	uint32_t v;

	if (object_at(m, 0, &v)) {
		json_object(j, "object");
		json_named_always(j, "type", object_names, v >> 22);
		json_u64(j, "instance", v & 0x3fffff);
		json_end(j);
	}
	if (property_at(m, 0, &v))
		json_named_always(j, "property", property_names, v);
	if (m->service == S_WRITE)
		log_value(m, j);
	if (m->service == S_REINITIALIZE && context_value(m, 0, &v))
		json_named_always(j, "reinitialize", state_names, v);
	if (m->service == S_COMMUNICATION && context_value(m, 1, &v))
		json_named_always(j, "communication", communication_names, v);
}

static void
log_answer(const struct bacnet_msg *m, struct json *j)
{
	struct rd r = rd_of(bytes_span(&m->data));
	struct tag class, code;

	json_object(j, "response");
	json_named_always(j, "type", type_names, m->type);
	if (m->type == A_ERROR && next_tag(&r, &class) && next_tag(&r, &code)) {
		json_u64(j, "error_class", unsigned_of(class.value));
		json_u64(j, "error_code", unsigned_of(code.value));
	}
	if (m->type == A_REJECT || m->type == A_ABORT)
		json_u64(j, "reason", m->reason);
	json_end(j);
}

static void
bacnet_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct bacnet_tx *t = (const struct bacnet_tx *) tx;
	int ask = t->msg[TO_SERVER].present && t->msg[TO_SERVER].type != A_NONE && t->msg[TO_SERVER].type >= A_SIMPLE_ACK &&
	    t->msg[TO_CLIENT].present ? TO_CLIENT : t->msg[TO_SERVER].present ? TO_SERVER : TO_CLIENT;
	const struct bacnet_msg *q = &t->msg[ask], *r = &t->msg[!ask];

	if (!q->present)
		return;
	json_named_always(j, "bvlc_function", function_names, q->function);
	if (q->has_source)
		json_u64(j, "source_network", q->source);
	if (q->network)
		json_named_always(j, "network_message", message_names, q->message);
	if (q->type != A_NONE) {
		json_named_always(j, "type", type_names, q->type);
		if (q->type != A_UNCONFIRMED)
			json_u64(j, "invoke_id", q->invoke);
		json_named_always(j, "service", q->type == A_UNCONFIRMED ? unconfirmed_names : service_names, q->service);
		log_request(q, j);
	}
	if (r->present)
		log_answer(r, j);
}

const struct protocol protocol_bacnet = {
	.name = "bacnet",
	.spec = "ANSI/ASHRAE 135",
	.transport = APP_UDP,
	.ports = { NULL, "47808" },
	.probe_min = 4,
	.probe = bacnet_probe,
	.state_size = sizeof(struct bacnet),
	.tx_size = sizeof(struct bacnet_tx),
	.done = DONE,
	.max_record = 65535,
	.feed = bacnet_feed,
	.tx_clear = bacnet_tx_clear,
	.fields = fields,
	.events = events,
	.log = bacnet_log,
};
