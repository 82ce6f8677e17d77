/*
 * mqtt - MQTT 3.1, 3.1.1 and 5: a transaction is an exchange: CONNECT and CONNACK, PUBLISH and what acknowledges it, ...
 *
 * Spec: OASIS MQTT 3.1.1 and 5.0, section 2 (packets), 3 (each of them).
 *
 *   type << 4 | dup << 3 | qos << 1 | retain (1)   remaining length (1-4, seven bits each, least first)   body
 */
#include "engine/app/protocols/mqtt.h"

#define PROPERTIES_MAX 256 /* of a message, as in the reference */
#define OPEN_MAX 1024 /* max-tx */

enum mqtt_event { EV_MISSING_CONNECT, EV_MISSING_PUBLISH, EV_MISSING_SUBSCRIBE, EV_MISSING_UNSUBSCRIBE, EV_DOUBLE_CONNECT,
	EV_UNINTRODUCED, EV_INVALID_QOS, EV_MISSING_ID, EV_UNASSIGNED, EV_TOO_MANY, EV_MALFORMED, EV_MESSAGES, EV_PROPERTIES };

struct mqtt {
	uint8_t version;
	bool connected;
	uint32_t open;
	uint32_t skip[2];
};

struct mqtt_conf {
	uint32_t max, text_max, max_tx;
};

uint32_t
mqtt_varint(struct rd *r)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < 4; i++) {
		uint8_t b = rd_u8(r);

		v |= (uint32_t) (b & 0x7f) << (7 * i);
		if (!(b & 0x80))
			return v;
	}
	r->bad = true;
	return 0;
}

struct span
mqtt_text(struct rd *r)
{
	return rd_span(r, rd_u16(r));
}

struct span
mqtt_props(struct rd *r, uint8_t version)
{
	return version >= 5 && rd_left(r) ? rd_span(r, mqtt_varint(r)) : SPAN_NONE;
}

bool
mqtt_connect(const struct mqtt_msg *m, struct mqtt_connect *c)
{
	struct rd r = rd_of(bytes_span(&m->body));

	memset(c, 0, sizeof(*c));
	if (mqtt_type(m) != MQTT_CONNECT)
		return false;
	c->protocol = mqtt_text(&r);
	c->version = rd_u8(&r);
	c->flags = rd_u8(&r);
	rd_skip(&r, 2);
	c->props = mqtt_props(&r, c->version);
	c->client = mqtt_text(&r);
	if (c->flags & 4) {
		c->will_props = mqtt_props(&r, c->version);
		c->will_topic = mqtt_text(&r);
		c->will_message = mqtt_text(&r);
	}
	if (c->flags & 0x80)
		c->user = mqtt_text(&r);
	if (c->flags & 0x40)
		c->password = mqtt_text(&r);
	return !r.bad;
}

/* ---- transactions ---- */

static void
complete(struct mqtt *st, struct mqtt_tx *t)
{
	if (!t->tx.progress[0] && st->open)
		st->open--;
	tx_reach(&t->tx, TO_SERVER, 1);
	tx_reach(&t->tx, TO_CLIENT, 1);
}

static struct mqtt_tx *
begin(struct app *a, struct mqtt *st)
{
	const struct mqtt_conf *c = app_conf(a);
	struct mqtt_tx *t = (struct mqtt_tx *) app_tx_new(a);

	if (!t)
		return NULL;
	t->version = st->version;
	t->text_max = c ? c->text_max : 1024;
	t->tx.only_dir = 1 << TO_SERVER; /* looked at once */
	if (++st->open <= (c ? c->max_tx : OPEN_MAX))
		return t;
	app_event(a, &t->tx, EV_TOO_MANY);
	each_tx(a, x)
		if (x != &t->tx && !x->progress[0]) {
			complete(st, (struct mqtt_tx *) x);
			break;
		}
	return t;
}

/* The oldest open exchange that began with such a message. */
static struct mqtt_tx *
find(struct app *a, uint8_t type, uint16_t id)
{
	each_tx(a, x) {
		struct mqtt_tx *t = (struct mqtt_tx *) x;

		if (!x->progress[0] && t->n && mqtt_type(&t->m[0]) == type && (type == MQTT_CONNECT || t->id == id))
			return t;
	}
	return NULL;
}

static void
add(struct app *a, struct mqtt_tx *t, struct mqtt_msg *m, struct span body)
{
	if (t->n == MQTT_MESSAGES) {
		app_event(a, &t->tx, EV_MESSAGES);
		return;
	}
	if (app_keep(a, &m->body, body, MQTT_LENGTH_MAX) < 0)
		m->truncated = true;
	t->m[t->n++] = *m;
}

/* An acknowledgement: to the exchange it belongs to, else into one of its own with an event. */
static void
answer(struct app *a, struct mqtt *st, struct mqtt_msg *m, struct span body, uint8_t to, unsigned missing, bool last)
{
	struct rd r = rd_of(body);
	struct mqtt_tx *t = find(a, to, to == MQTT_CONNECT ? 0 : rd_u16(&r));

	if (!t) {
		if (!(t = begin(a, st)))
			return;
		app_event(a, &t->tx, missing);
		last = true;
	}
	add(a, t, m, body);
	if (last)
		complete(st, t);
}

static void
single(struct app *a, struct mqtt *st, struct mqtt_msg *m, struct span body, bool last, bool introduced)
{
	struct mqtt_tx *t = begin(a, st);
	struct mqtt_connect c;

	if (!t)
		return;
	add(a, t, m, body);
	if (introduced && !st->connected)
		app_event(a, &t->tx, EV_UNINTRODUCED);
	if (mqtt_type(m) == MQTT_CONNECT) {
		if (st->connected)
			app_event(a, &t->tx, EV_DOUBLE_CONNECT);
		if (!mqtt_connect(&t->m[0], &c))
			app_event(a, &t->tx, EV_MALFORMED);
		st->version = t->version = c.version;
	}
	if (last)
		complete(st, t);
}

static void
with_id(struct app *a, struct mqtt *st, struct mqtt_msg *m, struct span body, bool publish)
{
	struct rd r = rd_of(body);

	if (publish)
		mqtt_text(&r);
	single(a, st, m, body, false, true);
	if (a->last && a->last->proto == a->proto)
		((struct mqtt_tx *) a->last)->id = rd_u16(&r);
	if (r.bad && !m->truncated)
		app_event(a, NULL, EV_MISSING_ID);
}

/* OASIS MQTT 5.0 section 3: where the properties of a message are. Those of the will are not told of. */
static struct span
properties(const struct mqtt_msg *m, uint8_t version, struct span body)
{
	struct rd r = rd_of(body);
	uint8_t type = mqtt_type(m);

	switch (type) {
	case MQTT_CONNECT:
		mqtt_text(&r);
		version = rd_u8(&r);
		rd_skip(&r, 3);
		break;
	case MQTT_PUBLISH:
		mqtt_text(&r);
		rd_skip(&r, m->first & 0x06 ? 2 : 0);
		break;
	case MQTT_PUBACK:
	case MQTT_PUBREC:
	case MQTT_PUBREL:
	case MQTT_PUBCOMP:
		rd_skip(&r, 3);
		break;
	case MQTT_DISCONNECT:
	case MQTT_AUTH:
		rd_skip(&r, 1);
		break;
	case MQTT_PINGREQ:
	case MQTT_PINGRESP:
		return SPAN_NONE;
	default: /* CONNACK, and (UN)SUBSCRIBE with their answers */
		rd_skip(&r, 2);
		break;
	}
	return mqtt_props(&r, version);
}

static void
message(struct app *a, struct mqtt *st, int dir, struct mqtt_msg *m, struct span body)
{
	uint8_t type = mqtt_type(m), qos = m->first >> 1 & 3;
	struct rd r = rd_of(body);

	if (dir == TO_SERVER)
		app_count_request(a);
	else
		app_count_response(a, type == MQTT_CONNACK && body.n > 1 && body.p[1] != 0);
	switch (type) {
	case MQTT_CONNECT:
		single(a, st, m, body, false, false);
		break;
	case MQTT_CONNACK:
		answer(a, st, m, body, MQTT_CONNECT, EV_MISSING_CONNECT, true);
		rd_skip(&r, 1);
		st->connected |= rd_u8(&r) == 0 && !r.bad;
		break;
	case MQTT_PUBLISH:
		if (qos == 1 || qos == 2)
			with_id(a, st, m, body, true);
		else
			single(a, st, m, body, true, true);
		break;
	case MQTT_PUBACK:
	case MQTT_PUBREC:
	case MQTT_PUBREL:
	case MQTT_PUBCOMP:
		answer(a, st, m, body, MQTT_PUBLISH, EV_MISSING_PUBLISH, type == MQTT_PUBACK || type == MQTT_PUBCOMP);
		break;
	case MQTT_SUBSCRIBE:
	case MQTT_UNSUBSCRIBE:
		with_id(a, st, m, body, false);
		break;
	case MQTT_SUBACK:
		answer(a, st, m, body, MQTT_SUBSCRIBE, EV_MISSING_SUBSCRIBE, true);
		break;
	case MQTT_UNSUBACK:
		answer(a, st, m, body, MQTT_UNSUBSCRIBE, EV_MISSING_UNSUBSCRIBE, true);
		break;
	case MQTT_UNASSIGNED:
		single(a, st, m, body, true, false);
		app_event(a, NULL, EV_UNASSIGNED);
		break;
	default:
		single(a, st, m, body, true, true);
		break;
	}
	if (qos == 3)
		app_event(a, NULL, EV_INVALID_QOS);
	if (mqtt_props_count(properties(m, st->version, body)) > PROPERTIES_MAX)
		app_event(a, NULL, EV_PROPERTIES);
}

enum { FRAME_PDU, FRAME_HEADER, FRAME_DATA };
static const struct app_frame_type frames[] = {
	[FRAME_PDU] = { "pdu", "a control packet" },
	[FRAME_HEADER] = { "header", "its fixed header" },
	[FRAME_DATA] = { "data", "what follows the fixed header" },
	{ NULL, NULL },
};

static void
mark(struct app *a, int dir, struct span s, uint32_t head_n, uint32_t body_n)
{
	app_frame(a, dir, FRAME_PDU, s.p, (uint64_t) head_n + body_n, NULL);
	app_frame(a, dir, FRAME_HEADER, s.p, head_n, NULL);
	app_frame(a, dir, FRAME_DATA, s.p + head_n, body_n, NULL);
}

static void
mark_tx(struct app *a, int dir)
{
	for (unsigned type = FRAME_PDU; a->last && type <= FRAME_DATA; type++)
		app_frame_tx(a, dir, type, a->last);
}

static int
mqtt_feed(struct app *a, void *state, int dir, struct span bytes)
{
	const struct mqtt_conf *c = app_conf(a);
	uint32_t max = c ? c->max : MQTT_LENGTH_MAX, taken = 0;
	struct mqtt *st = state;

	while (taken < bytes.n) {
		struct rd r = rd_of(span_skip(bytes, taken));
		struct mqtt_msg m = { .first = 0 };
		uint32_t left = rd_left(&r);

		if (st->skip[dir]) {
			uint32_t n = left < st->skip[dir] ? left : st->skip[dir];

			st->skip[dir] -= n;
			taken += n;
			continue;
		}
		m.first = rd_u8(&r);
		m.length = mqtt_varint(&r);
		if (r.bad && left < 5)
			break;
		if (r.bad) {
			app_event(a, NULL, EV_MALFORMED);
			return -1;
		}
		if (m.length > max) {
			taken += left - rd_left(&r);
			st->skip[dir] = m.length;
			m.truncated = true;
			mark(a, dir, span_skip(bytes, taken - (left - rd_left(&r))), left - rd_left(&r), m.length);
			m.length += left - rd_left(&r);
			message(a, st, dir, &m, SPAN_NONE);
			continue;
		}
		if (rd_left(&r) < m.length)
			break;
		mark(a, dir, span_skip(bytes, taken), left - rd_left(&r), m.length);
		message(a, st, dir, &m, rd_span(&r, m.length));
		mark_tx(a, dir);
		taken += left - rd_left(&r);
	}
	return (int) taken;
}

static int
mqtt_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct mqtt *st = state;

	if (n > st->skip[dir])
		return -1;
	st->skip[dir] -= n;
	return 0;
}

static void
mqtt_eof(struct app *a, void *state, int dir)
{
	if (!a->eof[!dir])
		return;
	each_tx(a, x)
		complete(state, (struct mqtt_tx *) x);
}

static void
mqtt_tx_clear(struct app *a, struct tx *tx)
{
	struct mqtt_tx *t = (struct mqtt_tx *) tx;

	for (unsigned i = 0; i < t->n; i++)
		bytes_release(a, &t->m[i].body);
}

/* CONNECT with the protocol's name; on its ports also what a session joined late may begin with. */
static enum app_probe
mqtt_probe(struct span s, int dir, uint8_t transport)
{
	struct rd r = rd_of(s);
	uint8_t first = rd_u8(&r);
	struct span name;
	uint32_t n;

	if (first != 0x10)
		return PROBE_NO;
	n = mqtt_varint(&r);
	name = mqtt_text(&r);
	if (r.bad)
		return s.n < 16 ? PROBE_MORE : PROBE_NO;
	if (n < 10 || !(span_eq(name, SPAN_LIT("MQTT")) || span_eq(name, SPAN_LIT("MQIsdp"))))
		return PROBE_NO;
	return dir == TO_SERVER ? PROBE_YES : PROBE_REVERSED;
}

static enum app_probe
mqtt_probe_likely(struct span s, int dir, uint8_t transport)
{
	static const uint8_t shortest[16] = { 0, 12, 2, 2, 2, 2, 2, 2, 5, 3, 4, 2, 0, 0, 0, 0 };
	struct rd r = rd_of(s);
	uint8_t first = rd_u8(&r), type = first >> 4;
	uint32_t n = mqtt_varint(&r);

	if (mqtt_probe(s, dir, transport) == PROBE_YES)
		return PROBE_YES;
	if (r.bad)
		return s.n < 5 ? PROBE_MORE : PROBE_NO;
	if (type != MQTT_PUBLISH && (first & 15) != (type == MQTT_PUBREL || type == MQTT_SUBSCRIBE || type == MQTT_UNSUBSCRIBE ? 2 : 0))
		return PROBE_NO;
	return type && type != MQTT_CONNECT && n >= shortest[type] && n <= MQTT_LENGTH_MAX && (type < MQTT_PINGREQ || n < 256) ? PROBE_YES : PROBE_NO;
}

static void
mqtt_configure(void *conf, const struct conf *tree, const struct yaml *node, struct diag *d)
{
	const struct yaml *y = yaml_get(node, "max-msg-length");
	struct mqtt_conf *c = conf;
	uint64_t v;

	*c = (struct mqtt_conf) { MQTT_LENGTH_MAX, 1024, OPEN_MAX };
	read_max_tx(node, &c->max_tx, d);
	if (y && y->text && conf_parse_size(&v, y->text) == 0 && v < MQTT_LENGTH_MAX)
		c->max = (uint32_t) v;
	if ((y = yaml_get(log_settings(tree, "mqtt"), "string-log-limit")) && y->text && conf_parse_size(&v, y->text) == 0)
		c->text_max = v > 65535 ? 65535 : (uint32_t) v;
}

static const struct app_event events[] = {
	[EV_MISSING_CONNECT] = { "missing_connect" },
	[EV_MISSING_PUBLISH] = { "missing_publish" },
	[EV_MISSING_SUBSCRIBE] = { "missing_subscribe" },
	[EV_MISSING_UNSUBSCRIBE] = { "missing_unsubscribe" },
	[EV_DOUBLE_CONNECT] = { "double_connect" },
	[EV_UNINTRODUCED] = { "unintroduced_message" },
	[EV_INVALID_QOS] = { "invalid_qos_level" },
	[EV_MISSING_ID] = { "missing_msg_id" },
	[EV_UNASSIGNED] = { "unassigned_msg_type" },
	[EV_TOO_MANY] = { "too_many_transactions" },
	[EV_MALFORMED] = { "malformed_traffic" },
	[EV_MESSAGES] = { "too_many_messages" },
	[EV_PROPERTIES] = { "too_many_properties" },
	{ NULL }
};

const struct protocol protocol_mqtt = {
	.name = "mqtt",
	.spec = "OASIS MQTT 3.1.1, 5.0",
	.transport = APP_TCP,
	.ports = { "1883", NULL },
	.probe_min = 2,
	.probe = mqtt_probe,
	.probe_likely = mqtt_probe_likely,
	.conf_size = sizeof(struct mqtt_conf),
	.configure = mqtt_configure,
	.state_size = sizeof(struct mqtt),
	.tx_size = sizeof(struct mqtt_tx),
	.done = { 1, 1 },
	.max_record = MQTT_LENGTH_MAX + 5,
	.feed = mqtt_feed,
	.gap = mqtt_gap,
	.eof = mqtt_eof,
	.tx_clear = mqtt_tx_clear,
	.fields = mqtt_fields,
	.frames = frames,
	.events = events,
	.log = mqtt_log,
};
