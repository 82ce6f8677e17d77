/*
 * mqtt_fields - what rules and the log see of MQTT messages.
 */
#include "base/hash.h"
#include "engine/app/protocols/mqtt.h"

static const struct mqtt_tx *
of(const struct tx *tx)
{
	return (const struct mqtt_tx *) tx;
}

/* ---- fields ---- */

#define CONNECT(fn, member) \
	static bool \
	fn(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out) \
	{ \
		struct mqtt_connect c; \
\
		if (i || !of(tx)->n || !mqtt_connect(&of(tx)->m[0], &c)) \
			return false; \
		*out = c.member; \
		return out->p != NULL; \
	}
CONNECT(f_protocol, protocol)
CONNECT(f_client, client)
CONNECT(f_user, user)
CONNECT(f_password, password)
CONNECT(f_will_topic, will_topic)
CONNECT(f_will_message, will_message)

static bool
publish(const struct tx *tx, struct span *topic, struct span *message, struct span *props, uint16_t *id)
{
	const struct mqtt_msg *m = &of(tx)->m[0];
	struct rd r = rd_of(bytes_span(&m->body));

	if (!of(tx)->n || mqtt_type(m) != MQTT_PUBLISH || m->truncated)
		return false;
	*topic = mqtt_text(&r);
	*id = m->first & 6 ? rd_u16(&r) : 0;
	*props = mqtt_props(&r, of(tx)->version);
	*message = rd_rest(&r);
	return !r.bad;
}

static bool
f_topic(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	struct span message, props;
	uint16_t id;

	return i == 0 && publish(tx, out, &message, &props, &id);
}

static bool
f_message(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	struct span topic, props;
	uint16_t id;

	return i == 0 && publish(tx, &topic, out, &props, &id);
}

/* Topics of SUBSCRIBE (each with a byte of options) or UNSUBSCRIBE. */
static bool
topic(const struct mqtt_tx *t, const struct mqtt_msg *m, unsigned i, struct span *out, uint8_t *options)
{
	struct rd r = rd_of(bytes_span(&m->body));

	rd_skip(&r, 2);
	mqtt_props(&r, t->version);
	do {
		*out = mqtt_text(&r);
		*options = mqtt_type(m) == MQTT_SUBSCRIBE ? rd_u8(&r) : 0;
	} while (!r.bad && i--);
	return !r.bad;
}

static bool
topic_of(const struct tx *tx, uint8_t type, unsigned i, struct span *out)
{
	uint8_t options;

	return of(tx)->n && mqtt_type(&of(tx)->m[0]) == type && topic(of(tx), &of(tx)->m[0], i, out, &options);
}

static bool
f_subscribe(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return topic_of(tx, MQTT_SUBSCRIBE, i, out);
}

static bool
f_unsubscribe(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return topic_of(tx, MQTT_UNSUBSCRIBE, i, out);
}

static bool
n_type(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = i < of(tx)->n ? mqtt_type(&of(tx)->m[i]) : 0;
	return i < of(tx)->n;
}

static bool
n_qos(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = i < of(tx)->n ? of(tx)->m[i].first >> 1 & 3 : 0;
	return i < of(tx)->n;
}

static bool
n_version(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->version;
	return i == 0;
}

/* Return code, reason codes, granted levels: those of one message. */
static bool
code_at(const struct mqtt_tx *t, const struct mqtt_msg *m, unsigned i, uint64_t *out)
{
	struct rd r = rd_of(bytes_span(&m->body));

	switch (mqtt_type(m)) {
	case MQTT_CONNACK:
		rd_skip(&r, 1);
		break;
	case MQTT_PUBACK:
	case MQTT_PUBREC:
	case MQTT_PUBREL:
	case MQTT_PUBCOMP:
		rd_skip(&r, 2);
		if (!rd_left(&r)) {
			*out = 0;
			return i == 0 && t->version >= 5;
		}
		break;
	case MQTT_SUBACK:
	case MQTT_UNSUBACK:
		rd_skip(&r, 2);
		mqtt_props(&r, t->version);
		rd_skip(&r, i);
		i = 0;
		break;
	case MQTT_DISCONNECT:
	case MQTT_AUTH:
		/* A DISCONNECT's code without the length of its properties: version 5 section 3.14.2.2.1 allows it, but to the
		 * reference it is 0, and rules are to find here what they find there. */
		if (rd_left(&r) < (mqtt_type(m) == MQTT_DISCONNECT ? 2 : 1)) {
			*out = 0;
			return i == 0 && t->version >= 5;
		}
		break;
	default:
		return false;
	}
	*out = rd_u8(&r);
	return i == 0 && !r.bad;
}

static bool
n_code(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	for (unsigned k = 0; k < of(tx)->n; k++)
		for (unsigned c = 0; code_at(of(tx), &of(tx)->m[k], c, out); c++)
			if (i-- == 0)
				return true;
	return false;
}

static bool
n_session(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	for (unsigned k = 0; k < of(tx)->n && i == 0; k++)
		if (mqtt_type(&of(tx)->m[k]) == MQTT_CONNACK && of(tx)->m[k].body.n) {
			*out = of(tx)->m[k].body.p[0] & 1;
			return true;
		}
	return false;
}

static const char *const types[] = { "unassigned=0", "connect=1", "connack=2", "publish=3", "puback=4", "pubrec=5", "pubrel=6",
	"pubcomp=7", "subscribe=8", "suback=9", "unsubscribe=10", "unsuback=11", "pingreq=12", "pingresp=13", "disconnect=14",
	"auth=15", "UNASSIGNED=0", "CONNECT=1", "CONNACK=2", "PUBLISH=3", "PUBACK=4", "PUBREC=5", "PUBREL=6", "PUBCOMP=7",
	"SUBSCRIBE=8", "SUBACK=9", "UNSUBSCRIBE=10", "UNSUBACK=11", "PINGREQ=12", "PINGRESP=13", "DISCONNECT=14", "AUTH=15", NULL };
static const char *const yes_no[] = { "yes=1", "true=1", "no=0", "false=0", NULL };

/* An exchange is looked at once, when it is complete, as one to the server. */
#define BYTES(n, fn, k, text) { n, NULL, NULL, k, false, 1, { 1, 1 }, fn, .help = text }
#define NUMBER(n, fn, names_, text) { n, NULL, NULL, FIELD_NUMBER, true, 1, { 1, 1 }, .number = fn, .names = names_, .help = text }
const struct field mqtt_fields[] = {
	NUMBER("mqtt.type", n_type, types, "type of any message of the exchange"),
	NUMBER("mqtt.qos", n_qos, NULL, "quality of service of any message"),
	NUMBER("mqtt.protocol_version", n_version, NULL, "3, 4 (3.1.1) or 5"),
	NUMBER("mqtt.reason_code", n_code, NULL, "reason or return code of any acknowledgement"),
	NUMBER("mqtt.connack.return_code", n_code, NULL, "older name of mqtt.reason_code"),
	NUMBER("mqtt.connack.session_present", n_session, yes_no, "the server has a session of the client"),
	BYTES("mqtt.connect.protocol_string", f_protocol, FIELD_BYTES, "name of the protocol in CONNECT"),
	BYTES("mqtt.connect.clientid", f_client, FIELD_BYTES, "client's name in CONNECT"),
	BYTES("mqtt.connect.username", f_user, FIELD_BYTES, "user in CONNECT"),
	BYTES("mqtt.connect.password", f_password, FIELD_BYTES, "password in CONNECT"),
	BYTES("mqtt.connect.willtopic", f_will_topic, FIELD_BYTES, "topic of the last will in CONNECT"),
	BYTES("mqtt.connect.willmessage", f_will_message, FIELD_BYTES, "message of the last will in CONNECT"),
	BYTES("mqtt.publish.topic", f_topic, FIELD_BYTES, "topic of PUBLISH"),
	BYTES("mqtt.publish.message", f_message, FIELD_BYTES, "message of PUBLISH"),
	BYTES("mqtt.subscribe.topic", f_subscribe, FIELD_MULTI, "each topic of SUBSCRIBE"),
	BYTES("mqtt.unsubscribe.topic", f_unsubscribe, FIELD_MULTI, "each topic of UNSUBSCRIBE"),
	{ NULL }
};

/* ---- log ---- */

/* At most `max` bytes of the text, and how many more there are. */
static void
log_cut(struct json *j, const char *key, struct span s, uint32_t max)
{
	static const char tail[] = "[truncated 00000000000000000000 additional bytes]";
	char buf[65536 + sizeof(tail)];
	struct text x = text_of(buf, sizeof(buf));

	if (s.n <= max) {
		json_span(j, key, s);
		return;
	}
	text_add(&x, span_head(s, max));
	text_add(&x, SPAN_LIT("[truncated "));
	text_u64(&x, s.n - max);
	text_add(&x, SPAN_LIT(" additional bytes]"));
	json_span(j, key, text_span(&x));
}

static void
log_text(const struct mqtt_tx *t, struct json *j, const char *key, struct span s)
{
	log_cut(j, key, s, t->text_max);
}

enum value { U8, U16, U32, VAR, TEXT, PAIR };
static const struct {
	uint8_t id, value;
	const char *key;
} property[] = { { 1, U8, "payload_format_indicator" }, { 2, U32, "message_expiry_interval" }, { 3, TEXT, "content_type" },
	{ 8, TEXT, "response_topic" }, { 9, TEXT, "correlation_data" }, { 11, VAR, "subscription_identifier" },
	{ 17, U32, "session_expiry_interval" }, { 18, TEXT, "assigned_client_identifier" }, { 19, U16, "server_keep_alive" },
	{ 21, TEXT, "authentication_method" }, { 22, TEXT, "authentication_data" }, { 23, U8, "request_problem_information" },
	{ 24, U32, "will_delay_interval" }, { 25, U8, "request_response_information" }, { 26, TEXT, "response_information" },
	{ 28, TEXT, "server_reference" }, { 31, TEXT, "reason_string" }, { 33, U16, "receive_maximum" },
	{ 34, U16, "topic_alias_maximum" }, { 35, U16, "topic_alias" }, { 36, U8, "maximum_qos" }, { 37, U8, "retain_available" },
	{ 38, PAIR, NULL }, { 39, U32, "maximum_packet_size" }, { 40, U8, "wildcard_subscription_available" },
	{ 41, U8, "subscription_identifiers_available" }, { 42, U8, "shared_subscription_available" } };

/* The next one, passed over; which row of the table. false: no more, or one that is not known. */
static bool
next_property(struct rd *r, unsigned *row)
{
	uint32_t id = rd_left(r) ? mqtt_varint(r) : 0;

	for (*row = 0; *row < sizeof(property) / sizeof(property[0]); ++*row)
		if (property[*row].id == id)
			return !r->bad;
	return false;
}

static void
skip_value(struct rd *r, unsigned row)
{
	static const uint8_t size[] = { [U8] = 1, [U16] = 2, [U32] = 4 };

	switch (property[row].value) {
	case VAR:
		mqtt_varint(r);
		break;
	case PAIR:
		mqtt_text(r);
		mqtt_text(r);
		break;
	case TEXT:
		mqtt_text(r);
		break;
	default:
		rd_skip(r, size[property[row].value]);
		break;
	}
}

uint32_t
mqtt_props_count(struct span props)
{
	struct rd r = rd_of(props);
	uint32_t n = 0;

	for (unsigned i; !r.bad && next_property(&r, &i); n++)
		skip_value(&r, i);
	return n;
}

/* A user property: its name is a key of the log, so only plain letters of it. */
#define PROPERTIES_TOLD 256
struct told { /* hashes of keys: no key twice in an object */
	uint32_t key[PROPERTIES_TOLD], n;
};

static bool
is_new(struct told *t, const char *key)
{
	uint32_t hash = (uint32_t) hash_span(span_str(key), 0);

	for (uint32_t i = 0; i < t->n; i++)
		if (t->key[i] == hash)
			return false;
	t->key[t->n++] = hash;
	return true;
}

static void
log_pair(struct rd *r, struct told *t, struct json *j)
{
	struct span name = mqtt_text(r), value = mqtt_text(r);
	char key[65];
	uint32_t n = 0;

	for (; n < name.n && n < 64; n++)
		key[n] = name.p[n] > ' ' && name.p[n] < 0x7f && name.p[n] != '"' && name.p[n] != '\\' ? (char) name.p[n] : '_';
	key[n] = 0;
	if (!r->bad && n && is_new(t, key))
		json_span(j, key, value);
}

static void
log_props(struct json *j, struct span props)
{
	struct rd r = rd_of(props);
	struct told told = { .n = 0 };

	if (!props.n)
		return;
	json_object(j, "properties");
	for (unsigned i; told.n < PROPERTIES_TOLD && !r.bad && next_property(&r, &i);) {
		if (property[i].value == PAIR)
			log_pair(&r, &told, j);
		else if (!is_new(&told, property[i].key))
			skip_value(&r, i);
		else if (property[i].value == TEXT)
			json_span(j, property[i].key, mqtt_text(&r));
		else
			json_u64(j, property[i].key, property[i].value == U8 ? rd_u8(&r) : property[i].value == U16 ? rd_u16(&r) :
			    property[i].value == U32 ? rd_u32(&r) : mqtt_varint(&r));
	}
	json_end(j);
}

static void
log_connect(const struct mqtt_tx *t, const struct mqtt_msg *m, struct json *j)
{
	struct mqtt_connect c;

	mqtt_connect(m, &c);
	log_text(t, j, "protocol_string", c.protocol);
	json_u64(j, "protocol_version", c.version);
	json_object(j, "flags");
	json_bool(j, "username", c.flags & 0x80);
	json_bool(j, "password", c.flags & 0x40);
	json_bool(j, "will_retain", c.flags & 0x20);
	json_bool(j, "will", c.flags & 4);
	json_bool(j, "clean_session", c.flags & 2);
	json_end(j);
	log_text(t, j, "client_id", c.client);
	if (c.flags & 0x80)
		log_text(t, j, "username", c.user);
	if (c.flags & 0x40)
		log_text(t, j, "password", c.password);
	if (c.flags & 4) {
		json_object(j, "will");
		log_text(t, j, "topic", c.will_topic);
		log_text(t, j, "message", c.will_message);
		log_props(j, c.will_props);
		json_end(j);
	}
	log_props(j, c.props);
}

static void
log_publish(const struct tx *tx, struct json *j)
{
	struct span topic, message, props;
	uint16_t id;

	if (!publish(tx, &topic, &message, &props, &id))
		return;
	log_text(of(tx), j, "topic", topic);
	if (of(tx)->m[0].first & 6)
		json_u64(j, "message_id", id);
	log_text(of(tx), j, "message", message);
	log_props(j, props);
}

static void
log_topics(const struct mqtt_tx *t, const struct mqtt_msg *m, struct rd *r, struct json *j)
{
	uint32_t room = t->text_max; /* for all of them */
	struct span s;
	uint8_t options;

	json_u64(j, "message_id", rd_u16(r));
	json_array(j, "topics");
	for (unsigned i = 0; topic(t, m, i, &s, &options); i++) {
		if (mqtt_type(m) == MQTT_UNSUBSCRIBE) {
			log_cut(j, NULL, s, room);
		} else {
			json_object(j, NULL);
			log_cut(j, "topic", s, room);
			json_u64(j, "qos", options & 3);
			json_end(j);
		}
		room -= s.n < room ? s.n : room;
	}
	json_end(j);
	log_props(j, mqtt_props(r, t->version));
}

static void
log_codes(const struct mqtt_tx *t, const struct mqtt_msg *m, struct rd *r, struct json *j)
{
	uint64_t v;

	json_u64(j, "message_id", rd_u16(r));
	if (mqtt_type(m) == MQTT_UNSUBACK && t->version < 5)
		return;
	json_array(j, mqtt_type(m) == MQTT_SUBACK ? "qos_granted" : "reason_codes");
	for (unsigned i = 0; code_at(t, m, i, &v); i++)
		json_u64(j, NULL, v);
	json_end(j);
}

static void
log_message(const struct tx *tx, const struct mqtt_msg *m, struct json *j)
{
	const struct mqtt_tx *t = of(tx);
	struct rd r = rd_of(bytes_span(&m->body));
	uint64_t v;

	switch (mqtt_type(m)) {
	case MQTT_CONNECT:
		log_connect(t, m, j);
		break;
	case MQTT_CONNACK:
		json_bool(j, "session_present", rd_u8(&r) & 1);
		json_u64(j, "return_code", rd_u8(&r));
		log_props(j, mqtt_props(&r, t->version));
		break;
	case MQTT_PUBLISH:
		log_publish(tx, j);
		break;
	case MQTT_PUBACK:
	case MQTT_PUBREC:
	case MQTT_PUBREL:
	case MQTT_PUBCOMP:
		json_u64(j, "message_id", rd_u16(&r));
		if (t->version >= 5 && rd_left(&r))
			json_u64(j, "reason_code", rd_u8(&r));
		log_props(j, mqtt_props(&r, t->version));
		break;
	case MQTT_SUBSCRIBE:
	case MQTT_UNSUBSCRIBE:
		log_topics(t, m, &r, j);
		break;
	case MQTT_SUBACK:
	case MQTT_UNSUBACK:
		log_codes(t, m, &r, j);
		break;
	case MQTT_DISCONNECT:
	case MQTT_AUTH:
		if (code_at(t, m, 0, &v))
			json_u64(j, "reason_code", v);
		rd_skip(&r, rd_left(&r) ? 1 : 0);
		log_props(j, mqtt_props(&r, t->version));
		break;
	}
}

void
mqtt_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	static const char *const keys[16] = { "unassigned", "connect", "connack", "publish", "puback", "pubrec", "pubrel", "pubcomp",
		"subscribe", "suback", "unsubscribe", "unsuback", "pingreq", "pingresp", "disconnect", "auth" };

	for (unsigned i = 0; i < of(tx)->n; i++) {
		const struct mqtt_msg *m = &of(tx)->m[i];

		json_object(j, keys[mqtt_type(m)]);
		json_u64(j, "qos", m->first >> 1 & 3);
		json_bool(j, "retain", m->first & 1);
		json_bool(j, "dup", m->first & 8);
		if (m->truncated) {
			json_bool(j, "truncated", true);
			json_u64(j, "skipped_length", m->length);
		} else {
			log_message(tx, m, j);
		}
		json_end(j);
	}
}
