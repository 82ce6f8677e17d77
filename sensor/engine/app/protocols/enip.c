/*
 * enip - EtherNet/IP: a transaction is a request and its response.
 *
 * Spec: ODVA, The CIP Networks Library, volume 2, chapter 2 (encapsulation), as far as public. CIP -> enip_cip.c
 *
 *   command(2) length(2) session(4) status(4) sender context(8) options(4) data...      little-endian
 *   implicit I/O over UDP 2222 has no such header: items only (0x8002 sequenced address, 0x00b1 data)
 */
#include "engine/app/protocols/enip.h"

#define HEADER 24
#define ENIP_KEPT_MAX 8192
#define OPEN_MAX 256 /* requests without an answer */

enum enip_event { EV_INVALID_PDU, EV_TOO_MANY_TRANSACTIONS };

struct enip {
	uint32_t open;
	bool resync[2];
};

struct header {
	uint16_t command, length;
	uint32_t session, status;
	uint64_t context;
	uint32_t options;
};

static bool
read_header(struct rd *r, struct header *h)
{
	h->command = rd_u16le(r);
	h->length = rd_u16le(r);
	h->session = rd_u32le(r);
	h->status = rd_u32le(r);
	h->context = rd_u64(r);
	h->options = rd_u32le(r);
	return !r->bad;
}

static bool
known(uint16_t command)
{
	return value_name(enip_command_names, command).n > 0;
}

/* ---- transactions ---- */

static bool
has_items(uint16_t command)
{
	return command == ENIP_RR_DATA || command == ENIP_UNIT_DATA || command == ENIP_LIST_SERVICES || command == ENIP_LIST_IDENTITY ||
	    command == ENIP_LIST_INTERFACES;
}

/* Sent without an answer to come. */
static bool
alone(uint16_t command)
{
	return command == ENIP_NOP || command == ENIP_UNREGISTER || command == ENIP_INDICATE_STATUS || command == ENIP_CANCEL;
}

/* On connections the sequence number binds both, else the sender context. */
static bool
belong(const struct enip_msg *q, const struct enip_msg *r)
{
	struct span a, b;

	if (q->command != r->command)
		return false;
	if (q->command != ENIP_UNIT_DATA)
		return q->context == r->context;
	return enip_item_of(q, 0xb1, &a) && enip_item_of(r, 0xb1, &b) && span_eq(span_head(a, 2), span_head(b, 2));
}

static struct enip_tx *
find(struct app *a, const struct enip_msg *r)
{
	each_tx(a, x) {
		struct enip_tx *t = (struct enip_tx *) x;

		if (t->msg[TO_SERVER].present && !t->msg[TO_CLIENT].present && !x->only_dir && belong(&t->msg[TO_SERVER], r))
			return t;
	}
	return NULL;
}

static void
bound_open(struct app *a, struct enip *st)
{
	if (++st->open <= OPEN_MAX)
		return;
	each_tx(a, x)
		if (!tx_done(a, x, TO_CLIENT)) {
			app_event(a, x, EV_TOO_MANY_TRANSACTIONS);
			tx_reach(x, TO_CLIENT, 1);
			st->open--;
			return;
		}
}

static void
count(struct app *a, const struct enip_msg *m, int dir)
{
	struct cip_iter it = cip_begin(m);
	struct cip c;
	bool failed = m->status != 0;

	if (dir == TO_SERVER)
		app_count_request(a);
	for (bool any = cip_next(&it, &c); any; any = cip_next(&it, &c)) {
		int kind = dir == TO_SERVER ? cip_kind(&c) : -1;

		failed |= c.response && c.status != 0 && c.status != 6; /* 6: more follows */
		if (kind >= 0)
			app_count_ot(a, (enum ot_kind) kind);
	}
	if (dir == TO_CLIENT)
		app_count_response(a, failed);
}

enum { FRAME_PDU, FRAME_HDR, FRAME_DATA, FRAME_ITEM, FRAME_CIP };
static const struct app_frame_type frames[] = {
	[FRAME_PDU] = { "pdu", "a message" },
	[FRAME_HDR] = { "hdr", "its encapsulation header" },
	[FRAME_DATA] = { "data", "what follows the header" },
	[FRAME_ITEM] = { "enip.item", "an item of the data, with its type and length" },
	[FRAME_CIP] = { "cip", "a CIP message" },
	{ NULL, NULL },
};

/* A message over bytes that are not kept. */
static struct enip_msg
view_of(uint16_t command, struct span data)
{
	return (struct enip_msg) { .command = command, .data = { .p = (uint8_t *) (uintptr_t) data.p, .n = data.n } };
}

static void
mark(struct app *a, int dir, const struct tx *tx, uint16_t command, struct span data)
{
	struct enip_msg m = view_of(command, data);
	struct cip_iter it;
	struct cip c;
	struct span item;
	uint16_t type;

	app_frame(a, dir, FRAME_PDU, data.p - HEADER, (uint64_t) data.n + HEADER, tx);
	app_frame(a, dir, FRAME_HDR, data.p - HEADER, HEADER, tx);
	if (data.n)
		app_frame(a, dir, FRAME_DATA, data.p, data.n, tx);
	if (!app_frames_wanted(a) || !has_items(command))
		return;
	for (unsigned i = 0; i < 8 && enip_item(&m, i, &type, &item); i++)
		app_frame(a, dir, FRAME_ITEM, item.p - 4, (uint64_t) item.n + 4, tx);
	it = cip_begin(&m);
	while (cip_next(&it, &c))
		app_frame(a, dir, FRAME_CIP, c.whole.p, c.whole.n, tx);
}

static void
message(struct app *a, struct enip *st, int dir, const struct header *h, struct span data)
{
	struct enip_msg m = { true, h->command, h->session, h->status, h->context, { 0 } };
	struct enip_tx *t;

	app_keep(a, &m.data, span_head(data, ENIP_KEPT_MAX), ENIP_KEPT_MAX);
	t = dir == TO_CLIENT ? find(a, &m) : NULL;
	if (t) {
		st->open--;
	} else {
		t = (struct enip_tx *) app_tx_new(a);
		if (!t) {
			bytes_release(a, &m.data);
			return;
		}
		if (dir == TO_CLIENT || alone(h->command))
			t->tx.only_dir = (uint8_t) (1 << dir);
		else
			bound_open(a, st);
	}
	t->msg[dir] = m;
	mark(a, dir, &t->tx, h->command, data);
	tx_reach(&t->tx, dir, 1);
	count(a, &t->msg[dir], dir);
}

/* ---- bytes ---- */

static enum app_probe enip_probe(struct span s, int dir, uint8_t transport);

/* Cyclic data of connections: items without a header. */
static bool
implicit(struct span s)
{
	struct rd r = rd_of(s);
	uint16_t n = rd_u16le(&r), type = rd_u16le(&r), length = rd_u16le(&r);

	rd_skip(&r, length);
	return n == 2 && type == 0x8002 && length == 8 && rd_u16le(&r) == 0x00b1 && rd_u16le(&r) == rd_left(&r) && !r.bad;
}

static int
datagram(struct app *a, struct enip *st, int dir, struct span s)
{
	struct rd r = rd_of(s);
	struct header h;

	if (implicit(s))
		return (int) s.n;
	if (!read_header(&r, &h) || !known(h.command) || rd_left(&r) < h.length)
		app_event(a, NULL, EV_INVALID_PDU);
	else
		message(a, st, dir, &h, rd_span(&r, h.length));
	return (int) s.n;
}

static int
enip_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct enip *st = state;
	uint32_t taken = 0;

	if (a->transport == APP_UDP)
		return datagram(a, st, dir, bytes);
	if (st->resync[dir]) {
		enum app_probe p = enip_probe(bytes, dir, APP_TCP);

		if (p != PROBE_YES)
			return p == PROBE_MORE ? 0 : (int) bytes.n;
		st->resync[dir] = false;
	}
	while (bytes.n - taken >= HEADER) {
		struct rd r = rd_of(span_skip(bytes, taken));
		struct header h;
		struct span data;

		read_header(&r, &h);
		if (!known(h.command)) {
			app_event(a, NULL, EV_INVALID_PDU);
			st->resync[dir] = true;
			return (int) bytes.n;
		}
		data = rd_span(&r, h.length);
		if (r.bad)
			break;
		message(a, st, dir, &h, data);
		taken += HEADER + h.length;
	}
	return (int) taken;
}

static int
enip_gap(struct app *a, void *state, int dir, uint32_t n)
{
	((struct enip *) state)->resync[dir] = true;
	return 0;
}

static void
enip_tx_clear(struct app *a, struct tx *tx)
{
	bytes_release(a, &((struct enip_tx *) tx)->msg[0].data);
	bytes_release(a, &((struct enip_tx *) tx)->msg[1].data);
}

/* ---- probe ---- */

/* Does the length go with the command? `from`: who sends such a message, -1 = both may. */
static bool
plausible(const struct header *h, struct rd data, int *from)
{
	struct enip_msg m = view_of(h->command, rd_rest(&data));

	*from = -1;
	switch (h->command) {
	case ENIP_LIST_SERVICES: case ENIP_LIST_IDENTITY: case ENIP_LIST_INTERFACES:
		*from = h->length ? TO_CLIENT : TO_SERVER;
		return h->length == 0 || h->length >= 2;
	case ENIP_REGISTER:
		if (h->session == 0 && h->status == 0)
			*from = TO_SERVER;
		else
			*from = TO_CLIENT;
		return h->length == 4 || (h->length == 0 && h->status);
	case ENIP_UNREGISTER:
		*from = TO_SERVER;
		return h->length == 0 && h->session;
	case ENIP_RR_DATA: case ENIP_UNIT_DATA:
		if (h->length < 8)
			return h->status != 0 && h->length == 0;
		struct cip_iter it = cip_begin(&m);
		struct cip c;
		if (cip_next(&it, &c))
			*from = c.response ? TO_CLIENT : TO_SERVER;
		return rd_left(&data) < 4 || rd_u32le(&data) == 0; /* interface handle: CIP */
	}
	return false;
}

static enum app_probe
enip_probe(struct span s, int dir, uint8_t transport)
{
	struct rd r = rd_of(s);
	struct header h;
	int from;

	if (!read_header(&r, &h))
		return PROBE_MORE;
	if (h.options || !known(h.command) || !value_name(enip_status_names, h.status).n || !plausible(&h, r, &from))
		return PROBE_NO;
	if (transport == APP_UDP && h.length > rd_left(&r))
		return PROBE_NO;
	return from < 0 || from == dir ? PROBE_YES : PROBE_REVERSED;
}

/* The likely ports also carry NOP and, over UDP, cyclic data. */
static enum app_probe
enip_probe_likely(struct span s, int dir, uint8_t transport)
{
	struct rd r = rd_of(s);
	struct header h;

	if (transport == APP_UDP && implicit(s))
		return PROBE_YES;
	if (read_header(&r, &h) && alone(h.command) && h.options == 0 && h.status == 0)
		return PROBE_YES;
	return enip_probe(s, dir, transport);
}

/* ---- fields ---- */

#define NUMBER(name, expr) \
	static bool \
	name(const struct tx *tx, int dir, unsigned i, uint64_t *out) \
	{ \
		const struct enip_msg *m = &((const struct enip_tx *) tx)->msg[dir]; \
\
		if (i || !m->present) \
			return false; \
		*out = (expr); \
		return true; \
	}
NUMBER(n_command, m->command)
NUMBER(n_status, m->status)

#define IDENTITY(name, member) \
	static bool \
	name(const struct tx *tx, int dir, unsigned i, uint64_t *out) \
	{ \
		const struct enip_msg *m = &((const struct enip_tx *) tx)->msg[dir]; \
		struct enip_identity id; \
\
		if (i || !m->present || !enip_identity(m, &id)) \
			return false; \
		*out = id.member; \
		return true; \
	}
IDENTITY(n_revision, revision)
IDENTITY(n_identity_status, status)
IDENTITY(n_state, state)
IDENTITY(n_serial, serial)
IDENTITY(n_product_code, code)
IDENTITY(n_device_type, type)
IDENTITY(n_vendor, vendor)

static bool
n_protocol(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	const struct enip_msg *m = &((const struct enip_tx *) tx)->msg[dir];
	struct enip_identity id;
	struct enip_service service;
	uint16_t protocol, options;

	if (i || !m->present)
		return false;
	if (enip_registration(m, &protocol, &options))
		*out = protocol;
	else if (enip_identity(m, &id))
		*out = id.protocol;
	else if (enip_service(m, &service))
		*out = service.protocol;
	else
		return false;
	return true;
}

static bool
n_capabilities(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	const struct enip_msg *m = &((const struct enip_tx *) tx)->msg[dir];
	struct enip_service service;

	if (i || !m->present || !enip_service(m, &service))
		return false;
	*out = service.capabilities;
	return true;
}

/* The i-th value of a segment type over all messages. */
static bool
nth_segment(const struct tx *tx, int dir, enum cip_segment type, unsigned i, uint64_t *out)
{
	struct cip_iter it = cip_begin(&((const struct enip_tx *) tx)->msg[dir]);
	struct cip c;
	uint32_t v;

	while (cip_next(&it, &c))
		if (!c.response && cip_path_value(&c, type, &i, &v)) {
			*out = v;
			return true;
		}
	return false;
}

static bool
n_class(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	return nth_segment(tx, dir, SEG_CLASS, i, out);
}

static bool
n_instance(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	return nth_segment(tx, dir, SEG_INSTANCE, i, out);
}

static bool
n_attribute(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	return nth_segment(tx, dir, SEG_ATTRIBUTE, i, out);
}

static bool
n_cip_status(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	struct cip_iter it = cip_begin(&((const struct enip_tx *) tx)->msg[dir]);
	struct cip c;

	while (cip_next(&it, &c))
		if (c.response && i-- == 0) {
			*out = c.status;
			return true;
		}
	return false;
}

static bool
n_extended(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	struct cip_iter it = cip_begin(&((const struct enip_tx *) tx)->msg[dir]);
	struct cip c;

	while (cip_next(&it, &c))
		if (c.response && c.extended.n >= 2 && i-- == 0) {
			struct rd r = rd_of(c.extended);

			*out = rd_u16le(&r);
			return true;
		}
	return false;
}

#define NAME(fn, what, read) \
	static bool \
	fn(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out) \
	{ \
		const struct enip_msg *m = &((const struct enip_tx *) tx)->msg[dir]; \
		struct what w; \
\
		if (i || !m->present || !read(m, &w)) \
			return false; \
		*out = w.name; \
		return true; \
	}
NAME(f_product_name, enip_identity, enip_identity)
NAME(f_service_name, enip_service, enip_service)

static bool
f_cip_data(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	struct cip_iter it = cip_begin(&((const struct enip_tx *) tx)->msg[dir]);
	struct cip c;

	while (cip_next(&it, &c))
		if (i-- == 0) {
			*out = c.data;
			return true;
		}
	return false;
}

#define DONE { 1, 1 }
static const struct field fields[] = {
	{ "enip.command", "enip_command", NULL, FIELD_NUMBER, false, 3, DONE, .number = n_command, .names = enip_command_names,
	    .help = "command of the encapsulation" },
	{ "enip.status", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_status, .names = enip_status_names,
	    .help = "status of the encapsulation" },
	{ "enip.protocol_version", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_protocol,
	    .help = "protocol version of registration, identity or services" },
	{ "enip.cip_attribute", NULL, NULL, FIELD_NUMBER, true, 1, DONE, .number = n_attribute,
	    .help = "each attribute of the paths and attribute lists of CIP requests" },
	{ "enip.cip_instance", NULL, NULL, FIELD_NUMBER, true, 1, DONE, .number = n_instance, .help = "each instance of the paths" },
	{ "enip.cip_class", NULL, NULL, FIELD_NUMBER, true, 1, DONE, .number = n_class, .help = "each class of the paths" },
	{ "enip.cip_status", NULL, NULL, FIELD_NUMBER, true, 2, DONE, .number = n_cip_status, .help = "each status of CIP responses" },
	{ "enip.cip_extendedstatus", NULL, NULL, FIELD_NUMBER, true, 2, DONE, .number = n_extended, .help = "first word of each extended status" },
	{ "enip.revision", NULL, NULL, FIELD_NUMBER, false, 2, DONE, .number = n_revision, .help = "revision of the identity: major * 256 + minor" },
	{ "enip.identity_status", NULL, NULL, FIELD_NUMBER, false, 2, DONE, .number = n_identity_status, .help = "status of the identity" },
	{ "enip.state", NULL, NULL, FIELD_NUMBER, false, 2, DONE, .number = n_state, .help = "state of the identity" },
	{ "enip.serial", NULL, NULL, FIELD_NUMBER, false, 2, DONE, .number = n_serial, .help = "serial number of the identity" },
	{ "enip.product_code", NULL, NULL, FIELD_NUMBER, false, 2, DONE, .number = n_product_code, .help = "product code of the identity" },
	{ "enip.device_type", NULL, NULL, FIELD_NUMBER, false, 2, DONE, .number = n_device_type, .help = "device type of the identity" },
	{ "enip.vendor_id", NULL, NULL, FIELD_NUMBER, false, 2, DONE, .number = n_vendor, .help = "vendor of the identity" },
	{ "enip.capabilities", NULL, NULL, FIELD_NUMBER, false, 2, DONE, .number = n_capabilities, .help = "capabilities told by ListServices" },
	{ "enip.product_name", NULL, NULL, FIELD_BYTES, false, 2, DONE, f_product_name, .help = "product name of the identity" },
	{ "enip.service_name", NULL, NULL, FIELD_BYTES, false, 2, DONE, f_service_name, .help = "name of the service told by ListServices" },
	{ "enip.cip_data", NULL, NULL, FIELD_MULTI, false, 3, DONE, f_cip_data, .help = "data of each CIP message, without service and path" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_INVALID_PDU] = { "invalid_pdu" },
	[EV_TOO_MANY_TRANSACTIONS] = { "too_many_transactions" },
	{ NULL }
};

const struct protocol protocol_enip = {
	.name = "enip",
	.spec = "ODVA CIP Networks Library, volumes 1 and 2",
	.transport = APP_TCP | APP_UDP,
	.ports = { "44818", "44818,2222" },
	.probe_min = 6,
	.probe = enip_probe,
	.probe_likely = enip_probe_likely,
	.state_size = sizeof(struct enip),
	.tx_size = sizeof(struct enip_tx),
	.done = DONE,
	.max_record = HEADER + 65535,
	.feed = enip_feed,
	.gap = enip_gap,
	.eof = txs_end,
	.tx_clear = enip_tx_clear,
	.fields = fields,
	.frames = frames,
	.events = events,
	.log = enip_log,
};
