/*
 * opcua - OPC UA over TCP (UA Secure Conversation, binary): a transaction is a request and its response.
 *
 * Spec: OPC 10000-6 section 5.2 (binary encoding), 6.7 (secure conversation: OPN, MSG, CLO, chunks), 7.1 (HEL, ACK, ERR, RHE);
 * OPC 10000-4 sections 5 (services) and 7.32, 7.33 (request and response header). Little-endian throughout.
 *
 *   type(3) chunk(1): F, C, A  size(4)
 *   OPN      channel(4) policy, certificate, thumbprint (length(4) bytes)  sequence(4) request(4) body
 *   MSG CLO  channel(4) token(4) sequence(4) request(4) body
 *   body     type id (NodeId), header, parameters; request header: NodeId time(8) handle(4) diagnostics(4) audit id(string)
 *            timeout(4) extension(NodeId, 1); response header: time(8) handle(4) result(4) ...
 *
 * Of a message in several chunks the first is looked into. What is encrypted is a transaction that says only that.
 */
#include "engine/app/protocols/parse.h"

#define BODY_MAX 4096
#define OPEN_MAX 256
#define CHUNK_MAX 262144

enum { T_HELLO, T_ACK, T_ERROR, T_REVERSE_HELLO, T_OPEN, T_MESSAGE, T_CLOSE, T_NONE };
enum { S_FAULT = 397, S_OPEN = 446, S_CLOSE = 452, S_ACTIVATE = 467, S_ADD_NODES = 488, S_ADD_REFERENCES = 494, S_DELETE_NODES = 500,
	S_DELETE_REFERENCES = 506, S_READ = 631, S_WRITE = 673, S_HISTORY_UPDATE = 700, S_CALL = 712, S_PUBLISH = 826 };
enum { POLICY_UNKNOWN, POLICY_NONE, POLICY_SECURED };
enum { TOKEN_ANONYMOUS = 321, TOKEN_USER = 324, TOKEN_CERTIFICATE = 327 };

enum opcua_event { EV_INVALID_HEADER, EV_MALFORMED, EV_ERROR };

struct opcua {
	uint8_t policy;       /* POLICY_* of the channel opened last */
	uint32_t open;
	bool resync[2];
	struct {
		bool on;
		uint32_t channel; /* chunks that follow belong to what was read already */
	} more[2];
};

struct opcua_msg {
	bool present, encrypted, answer;
	uint8_t type;         /* T_* */
	uint8_t policy;       /* of the channel when it was sent */
	uint32_t channel, request;
	uint16_t service;     /* request's type id; 0 = not known */
	bool has_status;
	uint32_t status;      /* service result; error of ERR */
	struct bytes policy_uri, body; /* body: HEL, ERR: parameters; else from the type id on */
};

struct opcua_tx {
	struct tx tx;
	struct opcua_msg msg[2]; /* by direction */
};

static const char type_words[][4] = { "HEL", "ACK", "ERR", "RHE", "OPN", "MSG", "CLO" };
static const char *const type_names[] = { "hello=0", "acknowledge=1", "error=2", "reverse_hello=3", "open=4", "message=5", "close=6", NULL };
static const char *const service_names[] = { "find_servers=422", "get_endpoints=428", "register_server=437", "open_secure_channel=446",
	"close_secure_channel=452", "create_session=461", "activate_session=467", "close_session=473", "cancel=479", "add_nodes=488",
	"add_references=494", "delete_nodes=500", "delete_references=506", "browse=527", "browse_next=533", "translate_browse_paths=554",
	"register_nodes=560", "unregister_nodes=566", "query_first=615", "query_next=621", "read=631", "history_read=664", "write=673",
	"history_update=700", "call=712", "create_monitored_items=751", "modify_monitored_items=763", "set_monitoring_mode=769",
	"set_triggering=775", "delete_monitored_items=781", "create_subscription=787", "modify_subscription=793",
	"set_publishing_mode=799", "publish=826", "republish=832", "transfer_subscriptions=841", "delete_subscriptions=847", NULL };
static const char *const mode_names[] = { "invalid=0", "none=1", "sign=2", "sign_and_encrypt=3", NULL };
static const char *const policy_names[] = { "none=1", "secured=2", NULL };
static const char *const token_names[] = { "anonymous=321", "username=324", "certificate=327", NULL };

/* ---- encoding ---- */

/* Length and bytes; a length of -1 is null. */
static struct span
rd_string(struct rd *r)
{
	uint32_t n = rd_u32le(r);

	return n == UINT32_MAX ? SPAN_NONE : rd_span(r, n);
}

struct node {
	uint16_t space;
	uint32_t number;
	struct span name; /* string identifiers; bytes of GUIDs and opaque ones */
	char kind;        /* 'i', 's', 'g', 'b' */
};

static struct node
rd_node(struct rd *r)
{
	struct node n = { .kind = 'i' };
	uint8_t encoding = rd_u8(r);

	if ((encoding & 0x3f) >= 2)
		n.space = rd_u16le(r);
	switch (encoding & 0x3f) {
	case 0:
		n.number = rd_u8(r);
		break;
	case 1:
		n.space = rd_u8(r);
		n.number = rd_u16le(r);
		break;
	case 2:
		n.number = rd_u32le(r);
		break;
	case 3: case 5:
		n.kind = (encoding & 0x3f) == 3 ? 's' : 'b';
		n.name = rd_string(r);
		break;
	case 4:
		n.kind = 'g';
		n.name = rd_span(r, 16);
		break;
	default:
		r->bad = true;
	}
	if (encoding & 0x80)
		rd_string(r);
	if (encoding & 0x40)
		rd_skip(r, 4);
	return n;
}

static void
skip_request_header(struct rd *r)
{
	uint8_t encoding;

	rd_node(r);
	rd_skip(r, 16);
	rd_string(r);
	rd_skip(r, 4);
	rd_node(r);
	encoding = rd_u8(r);
	if (encoding)
		rd_string(r);
}

/* The reader behind type id and request header. */
static struct rd
parameters(const struct opcua_msg *m)
{
	struct rd r = rd_of(bytes_span(&m->body));

	rd_node(&r);
	skip_request_header(&r);
	return r;
}

static bool
known(uint32_t id)
{
	return value_name(service_names, id).n > 0;
}

/* ---- what requests say ---- */

/* The first node that is read, written or called. */
static bool
first_node(const struct opcua_msg *m, struct node *node, struct node *method)
{
	struct rd r;

	if (m->encrypted || m->answer || (m->service != S_READ && m->service != S_WRITE && m->service != S_CALL))
		return false;
	r = parameters(m);
	if (m->service == S_READ)
		rd_skip(&r, 12); /* age, kind of time stamps */
	if ((int32_t) rd_u32le(&r) <= 0)
		return false;
	*node = rd_node(&r);
	if (m->service == S_CALL)
		*method = rd_node(&r);
	return !r.bad;
}

static bool
security_mode(const struct opcua_msg *m, uint32_t *mode)
{
	struct rd r;

	if (m->encrypted || m->answer || m->service != S_OPEN)
		return false;
	r = parameters(m);
	rd_skip(&r, 8); /* version, kind of request */
	*mode = rd_u32le(&r);
	return !r.bad;
}

/* ActivateSession: signature, certificates, locales, token as an extension object. */
static bool
user_token(const struct opcua_msg *m, uint32_t *token, struct span *user)
{
	struct rd r;
	uint32_t n;

	*user = SPAN_NONE;
	if (m->encrypted || m->answer || m->service != S_ACTIVATE)
		return false;
	r = parameters(m);
	rd_string(&r);
	rd_string(&r);
	n = rd_u32le(&r);
	for (uint32_t i = 0; n != UINT32_MAX && i < n && !r.bad; i++) {
		rd_string(&r);
		rd_string(&r);
	}
	n = rd_u32le(&r);
	for (uint32_t i = 0; n != UINT32_MAX && i < n && !r.bad; i++)
		rd_string(&r);
	*token = rd_node(&r).number;
	if (rd_u8(&r) == 1) {
		struct rd body = rd_of(rd_string(&r));

		rd_string(&body); /* policy */
		if (*token == TOKEN_USER)
			*user = rd_string(&body);
	}
	return !r.bad && *token;
}

static int
kind_of(const struct opcua_msg *m)
{
	if (m->encrypted || m->answer)
		return -1;
	switch (m->service) {
	case S_WRITE: case S_HISTORY_UPDATE:
		return OT_WRITE;
	case S_CALL:
		return OT_CONTROL;
	case S_ADD_NODES: case S_ADD_REFERENCES: case S_DELETE_NODES: case S_DELETE_REFERENCES:
		return OT_PROGRAM;
	}
	return m->service >= 527 ? OT_READ : -1;
}

/* ---- transactions ---- */

static bool
belong(const struct opcua_msg *q, const struct opcua_msg *r)
{
	if (q->answer || r->encrypted != q->encrypted)
		return false;
	switch (r->type) {
	case T_ACK:
		return q->type == T_HELLO;
	case T_ERROR:
		return q->type == T_HELLO || q->type == T_OPEN;
	case T_OPEN: /* the first has no channel yet */
		return q->type == T_OPEN && (r->encrypted || q->request == r->request);
	}
	return q->type == r->type && !r->encrypted && q->channel == r->channel && q->request == r->request;
}

static struct opcua_tx *
find(struct app *a, const struct opcua_msg *r, int dir)
{
	each_tx(a, x) {
		struct opcua_tx *t = (struct opcua_tx *) x;

		if (!x->only_dir && t->msg[!dir].present && !t->msg[dir].present && belong(&t->msg[!dir], r))
			return t;
	}
	return NULL;
}

static void
count(struct app *a, const struct opcua_msg *m)
{
	if (m->answer) {
		app_count_response(a, m->has_status && m->status >> 31);
	} else if (m->type >= T_OPEN) {
		app_count_request(a);
		if (kind_of(m) >= 0)
			app_count_ot(a, (enum ot_kind) kind_of(m));
	}
}

static void
keep(struct app *a, struct opcua *st, int dir, struct opcua_msg *m, struct span policy, struct span body, bool bad)
{
	struct opcua_tx *t = find(a, m, dir);

	if (t) {
		st->open--;
		m->answer = true;
		if (!m->service)
			m->service = t->msg[!dir].service;
	} else {
		t = (struct opcua_tx *) app_tx_new(a);
		if (!t)
			return;
		if (m->answer || m->type == T_CLOSE || m->type == T_ERROR || m->type == T_REVERSE_HELLO || (m->encrypted && m->type == T_MESSAGE))
			t->tx.only_dir = (uint8_t) (1 << dir);
		else
			txs_bound(a, &st->open, OPEN_MAX);
	}
	app_keep(a, &m->policy_uri, span_head(policy, 256), 256);
	app_keep(a, &m->body, span_head(body, BODY_MAX), BODY_MAX);
	t->msg[dir] = *m;
	tx_reach(&t->tx, dir, 1);
	if (bad)
		app_event(a, &t->tx, EV_MALFORMED);
	if (m->type == T_ERROR)
		app_event(a, &t->tx, EV_ERROR);
	count(a, &t->msg[dir]);
}

/* Type id and what the header tells. Encrypted bytes are no type id that is known. */
static void
read_body(struct opcua_msg *m, struct rd r, bool *bad)
{
	struct node id = rd_node(&r);

	if (r.bad || id.kind != 'i' || id.space || !(known(id.number) || known(id.number - 3) || id.number == S_FAULT)) {
		m->encrypted = m->policy != POLICY_NONE;
		*bad = r.bad && !m->encrypted;
		return;
	}
	m->answer = !known(id.number);
	m->service = (uint16_t) (id.number == S_FAULT ? 0 : m->answer ? id.number - 3 : id.number);
	if (m->answer) {
		rd_skip(&r, 12);
		m->status = rd_u32le(&r);
		m->has_status = !r.bad;
	}
}

static void
message(struct app *a, struct opcua *st, int dir, uint8_t type, struct span s)
{
	struct opcua_msg m = { .present = true, .type = type, .policy = st->policy };
	struct span policy = SPAN_NONE;
	struct rd r = rd_of(s);
	bool bad = false;

	if (type >= T_OPEN) {
		m.channel = rd_u32le(&r);
		if (type == T_OPEN) {
			policy = rd_string(&r);
			rd_string(&r);
			rd_string(&r);
			m.policy = st->policy = policy.n >= 5 && memcmp(policy.p + policy.n - 5, "#None", 5) == 0 ? POLICY_NONE : POLICY_SECURED;
			m.encrypted = m.policy == POLICY_SECURED;
		} else {
			rd_skip(&r, 4); /* token */
		}
		rd_skip(&r, 4);
		m.request = rd_u32le(&r);
		bad = r.bad;
		s = rd_rest(&r);
		if (!m.encrypted && !bad)
			read_body(&m, r, &bad);
	} else if (type == T_ERROR) {
		m.status = rd_u32le(&r);
		m.has_status = true;
		bad = r.bad;
	}
	if (m.encrypted)
		s = SPAN_NONE;
	keep(a, st, dir, &m, policy, s, bad);
}

/* ---- chunks ---- */

/* T_NONE: no message begins here. */
static uint8_t
type_at(struct span s, uint8_t *chunk, uint32_t *size)
{
	struct rd r = rd_of(s);
	struct span word = rd_span(&r, 3);

	*chunk = rd_u8(&r);
	*size = rd_u32le(&r);
	if (r.bad || (*chunk != 'F' && *chunk != 'C' && *chunk != 'A') || *size < 8)
		return T_NONE;
	for (uint8_t t = 0; t < T_NONE; t++)
		if (memcmp(word.p, type_words[t], 3) == 0 && (*chunk == 'F' || t == T_MESSAGE))
			return t;
	return T_NONE;
}

static enum app_probe opcua_probe(struct span s, int dir, uint8_t transport);

static int
opcua_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct opcua *st = state;
	uint32_t taken = 0;

	if (st->resync[dir]) {
		enum app_probe p = opcua_probe(bytes, dir, APP_TCP);

		if (p == PROBE_MORE || p == PROBE_NO)
			return p == PROBE_MORE ? 0 : (int) bytes.n;
		st->resync[dir] = false;
	}
	while (bytes.n - taken >= 8) {
		struct span s = span_skip(bytes, taken);
		uint8_t chunk, type;
		uint32_t size;
		struct rd r = rd_of(span_skip(s, 8));

		type = type_at(s, &chunk, &size);
		if (type == T_NONE || size > CHUNK_MAX) {
			app_event(a, NULL, EV_INVALID_HEADER);
			st->resync[dir] = true;
			return (int) bytes.n;
		}
		if (size > s.n)
			break;
		taken += size;
		if (type == T_MESSAGE && st->more[dir].on && st->more[dir].channel == rd_u32le(&r)) {
			st->more[dir].on = chunk == 'C';
			continue;
		}
		message(a, st, dir, type, span_skip(span_head(s, size), 8));
		r = rd_of(span_skip(s, 8));
		st->more[dir].on = chunk == 'C';
		st->more[dir].channel = rd_u32le(&r);
	}
	return (int) taken;
}

static int
opcua_gap(struct app *a, void *state, int dir, uint32_t n)
{
	((struct opcua *) state)->resync[dir] = true;
	((struct opcua *) state)->more[dir].on = false;
	return 0;
}

static void
opcua_tx_clear(struct app *a, struct tx *tx)
{
	for (int dir = 0; dir < 2; dir++) {
		bytes_release(a, &((struct opcua_tx *) tx)->msg[dir].policy_uri);
		bytes_release(a, &((struct opcua_tx *) tx)->msg[dir].body);
	}
}

static enum app_probe
opcua_probe(struct span s, int dir, uint8_t transport)
{
	uint8_t chunk;
	uint32_t size;

	switch (type_at(s, &chunk, &size)) {
	case T_HELLO:
		return size < 32 || size > 32 + 4096 ? PROBE_NO : dir == TO_SERVER ? PROBE_YES : PROBE_REVERSED;
	case T_ACK:
		return size != 28 ? PROBE_NO : dir == TO_CLIENT ? PROBE_YES : PROBE_REVERSED;
	case T_REVERSE_HELLO:
		return size < 16 || size > 8 + 2 * 4100 ? PROBE_NO : PROBE_YES;
	case T_ERROR:
		return size < 16 || size > 16 + 4096 ? PROBE_NO : PROBE_YES;
	case T_OPEN: case T_MESSAGE: case T_CLOSE:
		return size < 24 || size > CHUNK_MAX ? PROBE_NO : PROBE_YES;
	}
	return PROBE_NO;
}

/* ---- fields ---- */

#define NUMBER(name, when, value) \
	static bool \
	name(const struct tx *tx, int dir, unsigned i, uint64_t *out) \
	{ \
		const struct opcua_msg *m = &((const struct opcua_tx *) tx)->msg[dir]; \
		struct span s; \
		uint32_t v = 0; \
\
		(void) v; \
		(void) s; \
		if (i || !m->present || !(when)) \
			return false; \
		*out = (value); \
		return true; \
	}
NUMBER(n_type, true, m->type)
NUMBER(n_service, m->service, m->service)
NUMBER(n_status, m->has_status, m->status)
NUMBER(n_policy, m->type >= T_OPEN && m->policy, m->policy)
NUMBER(n_mode, security_mode(m, &v), v)
NUMBER(n_token, user_token(m, &v, &s), v)

#define BYTES(name, when, value) \
	static bool \
	name(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out) \
	{ \
		const struct opcua_msg *m = &((const struct opcua_tx *) tx)->msg[dir]; \
		uint32_t v; \
\
		(void) v; \
		*out = SPAN_NONE; \
		if (i || !m->present || !(when)) \
			return false; \
		value; \
		return out->n > 0; \
	}
BYTES(f_policy, true, *out = bytes_span(&m->policy_uri))
BYTES(f_user, user_token(m, &v, out), (void) 0)
BYTES(f_data, true, *out = bytes_span(&m->body))

/* "ns=2;s=Pump" */
static void
node_text(struct text *t, const struct node *n)
{
	text_add(t, SPAN_LIT("ns="));
	text_u64(t, n->space);
	text_char(t, ';');
	text_char(t, n->kind);
	text_char(t, '=');
	if (n->kind == 'i')
		text_u64(t, n->number);
	else if (n->kind == 's')
		text_add(t, span_head(n->name, 256));
	else
		for (uint32_t i = 0; i < n->name.n && i < 64; i++)
			text_hex(t, n->name.p[i], 2);
}

static bool
f_node(const struct tx *tx, int dir, unsigned i, struct arena *scratch, struct span *out)
{
	const struct opcua_msg *m = &((const struct opcua_tx *) tx)->msg[dir];
	struct node node[2] = { { .kind = 0 } };
	struct text t;

	if (!m->present || i > 1 || !first_node(m, &node[0], &node[1]) || !node[i].kind)
		return false;
	t = text_of(arena_alloc(scratch, 320), 320);
	if (!t.p)
		return false;
	node_text(&t, &node[i]);
	*out = text_span(&t);
	return true;
}

/* version(4) buffers(8) largest message(4) chunks(4) URL */
static struct span
endpoint_of(const struct opcua_msg *m)
{
	struct rd r = rd_of(bytes_span(&m->body));

	if (m->type != T_HELLO)
		return SPAN_NONE;
	rd_skip(&r, 20);
	return rd_string(&r);
}
BYTES(f_endpoint, true, *out = endpoint_of(m))

#define DONE { 1, 1 }
static const struct field fields[] = {
	{ "opcua.message_type", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_type, .names = type_names, .help = "kind of message" },
	{ "opcua.service", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_service, .names = service_names,
	    .help = "service, by the type id of its request; of responses too" },
	{ "opcua.status", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_status, .help = "result of a response or an error message" },
	{ "opcua.channel_security", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_policy, .names = policy_names,
	    .help = "is the channel of the message secured? Only where its opening was seen" },
	{ "opcua.security_mode", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_mode, .names = mode_names,
	    .help = "mode that the opening of a channel asks for" },
	{ "opcua.user_token", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_token, .names = token_names,
	    .help = "how ActivateSession tells the user" },
	{ "opcua.security_policy", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_policy, .help = "URI of the policy a channel is opened with" },
	{ "opcua.endpoint", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_endpoint, .help = "URL of the endpoint in the hello" },
	{ "opcua.user", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_user, .help = "name of the user" },
	{ "opcua.node", NULL, NULL, FIELD_MULTI, false, 3, DONE, f_node,
	    .help = "first node read, written or called, such as ns=2;s=Pump; of calls then the method" },
	{ "opcua.data", NULL, NULL, FIELD_BYTES, false, 3, DONE, f_data, .help = "body of the message from its type id on" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_INVALID_HEADER] = { "invalid_header" },
	[EV_MALFORMED] = { "malformed" },
	[EV_ERROR] = { "error" },
	{ NULL }
};

/* ---- log ---- */

static void
log_node(struct json *j, const char *key, const struct node *n)
{
	char buf[320];
	struct text t = text_of(buf, sizeof(buf));

	if (!n->kind)
		return;
	node_text(&t, n);
	json_span(j, key, text_span(&t));
}

static void
log_asked(struct json *j, const struct opcua_msg *m)
{
	struct node node = { .kind = 0 }, method = { .kind = 0 };
	struct span user;
	uint32_t v;

	json_named(j, "type", type_names, m->type);
	if (m->type >= T_OPEN) {
		json_u64(j, "channel", m->channel);
		json_named(j, "channel_security", policy_names, m->policy);
		json_bool(j, "encrypted", m->encrypted);
	}
	if (m->policy_uri.n)
		json_span(j, "security_policy", bytes_span(&m->policy_uri));
	if (endpoint_of(m).n)
		json_span(j, "endpoint", endpoint_of(m));
	if (m->service)
		json_named_always(j, "service", service_names, m->service);
	if (security_mode(m, &v))
		json_named_always(j, "security_mode", mode_names, v);
	if (user_token(m, &v, &user)) {
		json_named_always(j, "user_token", token_names, v);
		if (user.n)
			json_span(j, "user", user);
	}
	if (first_node(m, &node, &method)) {
		log_node(j, "node", &node);
		log_node(j, "method", &method);
	}
}

static void
opcua_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct opcua_tx *t = (const struct opcua_tx *) tx;
	int ask = t->msg[TO_SERVER].present && !(t->msg[TO_SERVER].answer && t->msg[TO_CLIENT].present) ? TO_SERVER : TO_CLIENT;
	const struct opcua_msg *q = &t->msg[ask], *r = &t->msg[!ask];

	if (!q->present)
		return;
	log_asked(j, q);
	if (!r->present)
		r = q;
	if (r->has_status)
		json_u64(j, "status", r->status);
	json_bool(j, "answered", t->msg[!ask].present);
}

/* What a subscription brings comes by itself; what is encrypted says nothing. */
static bool
opcua_loggable(const struct tx *tx)
{
	const struct opcua_tx *t = (const struct opcua_tx *) tx;
	const struct opcua_msg *m = &t->msg[!t->msg[TO_SERVER].present];

	return tx->events || (m->present && m->service != S_PUBLISH && !(m->encrypted && m->type == T_MESSAGE));
}

const struct protocol protocol_opcua = {
	.name = "opcua",
	.keeps_stream = true,
	.spec = "OPC 10000-4, OPC 10000-6",
	.transport = APP_TCP,
	.ports = { "4840", NULL },
	.probe_min = 8,
	.probe = opcua_probe,
	.state_size = sizeof(struct opcua),
	.tx_size = sizeof(struct opcua_tx),
	.done = DONE,
	.max_record = CHUNK_MAX,
	.feed = opcua_feed,
	.gap = opcua_gap,
	.eof = txs_end,
	.tx_clear = opcua_tx_clear,
	.fields = fields,
	.events = events,
	.log = opcua_log,
	.loggable = opcua_loggable,
};
