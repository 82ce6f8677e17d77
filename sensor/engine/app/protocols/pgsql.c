/*
 * pgsql - PostgreSQL 3.0: a transaction is a request and what the server says until it waits again.
 *
 * Spec: PostgreSQL documentation, chapter "Frontend/Backend Protocol", sections "Message Flow", "Message Formats".
 *
 *   first    length(4, with itself) code(4) ...    80877103 SSL, 80877102 cancel, 80877104 GSS, 196608 start-up
 *   then     type(1) length(4, with itself) ...    the server's answer to SSL: one letter, S or N
 */
#include "engine/app/protocols/parse.h"

#define KEEP_MAX 16384u      /* bytes of a request, of a response */
#define OPEN_MAX 1024        /* max-tx */
#define SSL_REQUEST 80877103u
#define CANCEL 80877102u
#define GSS_REQUEST 80877104u
#define VERSION_3 196608u

extern const struct protocol protocol_tls;

enum kind { K_NONE, K_SSL, K_START, K_CANCEL, K_PASSWORD, K_SASL, K_SASL_RESPONSE, K_QUERY, K_COPY, K_OTHER };
enum pgsql_event { EV_MALFORMED_REQUEST, EV_MALFORMED_RESPONSE, EV_TOO_MANY };

struct pgsql_tx {
	struct tx tx;
	uint8_t kind, first_type;
	bool ssl_answer, ssl, passwords, copy_done;
	struct bytes req;        /* body of the request */
	struct bytes res;        /* messages but rows: type(1) length(2) body */
	uint32_t rows, row_bytes, out_rows, out_bytes, in_n, in_bytes;
};

struct pgsql {
	bool started, ssl_asked, copying;
	uint8_t auth;            /* what the server asked for last */
	uint32_t skip[2], open;
};

struct pgsql_conf {
	bool passwords;
	uint32_t max_tx;
};

static struct pgsql_tx *
begin(struct app *a, struct pgsql *st, enum kind kind, struct span body)
{
	const struct pgsql_conf *c = app_conf(a);
	struct pgsql_tx *t = (struct pgsql_tx *) app_tx_new(a);

	if (!t)
		return NULL;
	app_count_request(a);
	t->kind = (uint8_t) kind;
	t->passwords = c && c->passwords;
	app_keep(a, &t->req, span_head(body, KEEP_MAX), KEEP_MAX);
	tx_reach(&t->tx, TO_SERVER, 1);
	if (++st->open <= (c ? c->max_tx : OPEN_MAX))
		return t;
	app_event(a, &t->tx, EV_TOO_MANY);
	each_tx(a, x)
		if (!x->progress[TO_CLIENT]) {
			tx_reach(x, TO_CLIENT, 1);
			st->open--;
			break;
		}
	return t;
}

static struct pgsql_tx *
waiting(struct app *a)
{
	each_tx(a, x)
		if (!x->progress[TO_CLIENT])
			return (struct pgsql_tx *) x;
	return NULL;
}

static void
answered(struct app *a, struct pgsql *st, struct pgsql_tx *t)
{
	tx_reach(&t->tx, TO_CLIENT, 1);
	if (st->open)
		st->open--;
}

/* ---- client ---- */

static bool
known_code(uint32_t code)
{
	return code == SSL_REQUEST || code == GSS_REQUEST || code == CANCEL || code >> 16 == 3;
}

/* A message without a type. Returns what it took; negative = lost. */
static int
untyped(struct app *a, struct pgsql *st, struct span s)
{
	struct rd r = rd_of(s);
	uint32_t n = rd_u32(&r), code = rd_u32(&r);
	struct pgsql_tx *t = NULL;

	if (r.bad)
		return 0;
	if (n < 8 || n > 10000 || !known_code(code)) {
		app_event(a, NULL, EV_MALFORMED_REQUEST);
		return -1;
	}
	if (s.n < n)
		return 0;
	s = span_skip(span_head(s, n), 8);
	if (code == SSL_REQUEST || code == GSS_REQUEST) {
		begin(a, st, K_SSL, s);
		st->ssl_asked = true;
	} else if (code == CANCEL) {
		t = begin(a, st, K_CANCEL, s);
		if (t)
			answered(a, st, t);
	} else {
		begin(a, st, K_START, s);
		st->started = true;
	}
	return (int) n;
}

static enum kind
kind_of(const struct pgsql *st, uint8_t type)
{
	switch (type) {
	case 'Q':
		return K_QUERY;
	case 'p':
		return st->auth == 10 ? K_SASL : st->auth == 11 ? K_SASL_RESPONSE : K_PASSWORD;
	case 'X':
	case 'F':
		return K_OTHER;
	default:
		return K_NONE; /* parts of the extended query protocol: passed over */
	}
}

static void
request(struct app *a, struct pgsql *st, uint8_t type, uint32_t n, struct span body)
{
	struct pgsql_tx *t;
	enum kind kind = kind_of(st, type);

	if (type == 'd' || type == 'c' || type == 'f') {
		t = st->copying && a->last && a->last->proto == a->proto ? (struct pgsql_tx *) a->last : NULL;
		if (!t && !(t = begin(a, st, K_COPY, SPAN_NONE)))
			return;
		st->copying = type == 'd';
		t->copy_done |= type == 'c';
		t->in_n += type == 'd';
		t->in_bytes += type == 'd' ? n : 0;
		return;
	}
	if (kind == K_NONE || !(t = begin(a, st, kind, body)))
		return;
	t->first_type = type;
	if (type == 'X')
		answered(a, st, t);
}

/* ---- server ---- */

static void
keep_response(struct app *a, struct pgsql_tx *t, uint8_t type, struct span body)
{
	uint8_t head[3];

	body = span_head(body, 4096);
	head[0] = type;
	head[1] = (uint8_t) (body.n >> 8);
	head[2] = (uint8_t) body.n;
	if (t->res.n + 3 + body.n <= KEEP_MAX && app_keep(a, &t->res, span_of(head, 3), KEEP_MAX) == 0 &&
	    app_keep(a, &t->res, body, KEEP_MAX) < 0)
		t->res.n -= 3;
}

static void
response(struct app *a, struct pgsql *st, uint8_t type, uint32_t n, struct span body)
{
	struct pgsql_tx *t = waiting(a);
	struct rd r = rd_of(body);
	uint32_t code;

	if (!t)
		return; /* nobody asked: notices */
	switch (type) {
	case 'D':
		t->rows++;
		r = rd_of(body);
		for (uint16_t i = rd_u16(&r); i && !r.bad; i--) {
			uint32_t v = rd_u32(&r);

			t->row_bytes += v == UINT32_MAX ? 0 : v;
			rd_skip(&r, v == UINT32_MAX ? 0 : v);
		}
		return;
	case 'd':
		t->out_rows++;
		t->out_bytes += n;
		return;
	case 'c':
		return;
	}
	keep_response(a, t, type, body);
	if (type == 'R') {
		code = rd_u32(&r);
		st->auth = (uint8_t) code;
		if (code != 0 && code != 12)
			answered(a, st, t);
	} else if (type == 'Z' || type == 'G' || type == 'W') {
		app_count_response(a, false);
		answered(a, st, t);
	} else if (type == 'E') {
		app_count_response(a, true);
	}
}

static int
ssl_answer(struct app *a, struct pgsql *st, uint8_t letter)
{
	struct pgsql_tx *t = waiting(a);

	st->ssl_asked = false;
	if (t) {
		t->ssl_answer = true;
		t->ssl = letter == 'S';
		answered(a, st, t);
	}
	if (letter == 'S')
		app_upgrade(a, &protocol_tls);
	return 1;
}

/* ---- messages ---- */

static bool
known_type(int dir, uint8_t type)
{
	return type && strchr(dir == TO_SERVER ? "QpXFdcfPBEDSCHG" : "RSKZTDCENGHWdcAI123nstVv", type);
}

static int
one(struct app *a, struct pgsql *st, int dir, struct span s)
{
	struct rd r = rd_of(s);
	uint8_t type;
	uint32_t n, seen;
	struct span body;

	if (dir == TO_SERVER && !st->started && s.p[0] == 0)
		return untyped(a, st, s);
	if (dir == TO_CLIENT && st->ssl_asked)
		return ssl_answer(a, st, s.p[0]);
	type = rd_u8(&r);
	n = rd_u32(&r);
	if (r.bad)
		return 0;
	if (!known_type(dir, type) || n < 4) {
		app_event(a, NULL, dir == TO_SERVER ? EV_MALFORMED_REQUEST : EV_MALFORMED_RESPONSE);
		return -1;
	}
	n -= 4;
	seen = n < KEEP_MAX ? n : KEEP_MAX;
	body = rd_span(&r, seen);
	if (r.bad)
		return 0;
	st->skip[dir] = n - seen;
	(dir == TO_SERVER ? request : response)(a, st, type, n, body);
	return (int) (5 + seen);
}

static int
pgsql_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct pgsql *st = state;
	uint32_t taken = 0;

	while (taken < bytes.n && !a->upgrading) {
		struct span s = span_skip(bytes, taken);
		int n;

		if (st->skip[dir]) {
			n = (int) (s.n < st->skip[dir] ? s.n : st->skip[dir]);
			st->skip[dir] -= (uint32_t) n;
		} else {
			n = one(a, st, dir, s);
		}
		if (n < 0)
			return n;
		if (n == 0)
			break;
		taken += (uint32_t) n;
	}
	return (int) taken;
}

static int
pgsql_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct pgsql *st = state;

	if (n > st->skip[dir])
		return -1;
	st->skip[dir] -= n;
	return 0;
}

static void
pgsql_tx_clear(struct app *a, struct tx *tx)
{
	bytes_release(a, &((struct pgsql_tx *) tx)->req);
	bytes_release(a, &((struct pgsql_tx *) tx)->res);
}

static enum app_probe
pgsql_probe(struct span s, int dir, uint8_t transport)
{
	struct rd r = rd_of(s);
	uint32_t n = rd_u32(&r), code = rd_u32(&r);

	if (r.bad)
		return s.p[0] == 0 ? PROBE_MORE : PROBE_NO;
	if (!(((code == SSL_REQUEST || code == GSS_REQUEST) && n == 8) || (code == CANCEL && n == 16) ||
	    (code == VERSION_3 && n > 9 && n < 10000 && (s.n < 13 || memcmp(s.p + 8, "user", 5) == 0 || s.p[8] >= 'a'))))
		return PROBE_NO;
	return dir == TO_SERVER ? PROBE_YES : PROBE_REVERSED;
}

/* On its port also what a server says first: the letter for SSL, an authentication request, an error. */
static enum app_probe
pgsql_probe_likely(struct span s, int dir, uint8_t transport)
{
	struct rd r = rd_of(s);
	uint8_t type;
	uint32_t n;

	if (dir == TO_SERVER)
		return pgsql_probe(s, dir, transport);
	if (s.n == 1)
		return s.p[0] == 'N' || s.p[0] == 'S' ? PROBE_YES : s.p[0] == 'R' || s.p[0] == 'E' ? PROBE_MORE : PROBE_NO;
	type = rd_u8(&r);
	n = rd_u32(&r);
	if (r.bad)
		return type == 'R' || type == 'E' ? PROBE_MORE : PROBE_NO;
	return (type == 'R' && n >= 8 && n < 1024) || (type == 'E' && n > 8 && n < 8192) ? PROBE_YES : PROBE_NO;
}

/* ---- rules, log ---- */

static bool
f_query(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	const struct pgsql_tx *t = (const struct pgsql_tx *) tx;

	*out = bytes_span(&t->req);
	if (out->n && out->p[out->n - 1] == 0)
		out->n--;
	return i == 0 && t->kind == K_QUERY;
}

static const struct field fields[] = {
	{ "pgsql.query", NULL, NULL, FIELD_BYTES, false, 1, { 1, 1 }, f_query, .help = "text of a simple query" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_MALFORMED_REQUEST] = { "malformed_request" },
	[EV_MALFORMED_RESPONSE] = { "malformed_response" },
	[EV_TOO_MANY] = { "too_many_transactions" },
	{ NULL }
};

static struct span
string(struct rd *r)
{
	struct span s = rd_rest(r);
	const uint8_t *nul = s.n ? memchr(s.p, 0, s.n) : NULL;

	s = span_head(s, nul ? (uint32_t) (nul - s.p) : s.n);
	rd_skip(r, nul ? s.n + 1 : s.n);
	return s;
}

/* "DateStyle" as "date_style". */
static void
log_named(struct json *j, struct span name, struct span value)
{
	char key[64];
	uint32_t n = 0;

	for (uint32_t i = 0; i < name.n && n < sizeof(key) - 2; i++) {
		uint8_t c = name.p[i];

		if (c >= 'A' && c <= 'Z' && i)
			key[n++] = '_';
		key[n++] = (char) (c >= 'A' && c <= 'Z' ? c | 0x20 : (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_');
	}
	key[n] = 0;
	json_span(j, key, value);
}

static void
log_start(struct rd *r, struct json *j)
{
	bool open = false;

	json_str(j, "protocol_version", "3.0");
	json_object(j, "startup_parameters");
	for (struct rd u = *r; rd_left(&u);) {
		struct span name = string(&u), value = string(&u);

		if (span_eq(name, SPAN_LIT("user")))
			json_span(j, "user", value);
	}
	while (rd_left(r)) {
		struct span name = string(r), value = string(r);

		if (!name.n || span_eq(name, SPAN_LIT("user")))
			continue;
		if (!open)
			json_array(j, "optional_parameters");
		open = true;
		json_object(j, NULL);
		log_named(j, name, value);
		json_end(j);
	}
	if (open)
		json_end(j);
	json_end(j);
}

static void
log_sasl(struct rd *r, struct json *j)
{
	struct span name = string(r);

	if (span_eq(name, SPAN_LIT("SCRAM-SHA-256")))
		json_str(j, "sasl_authentication_mechanism", "scram_SHA256");
	else if (span_eq(name, SPAN_LIT("SCRAM-SHA-256-PLUS")))
		json_str(j, "sasl_authentication_mechanism", "scram_SHA256_plus");
	else
		json_span(j, "sasl_authentication_mechanism", name);
	rd_skip(r, 4);
	json_span(j, "sasl_param", rd_rest(r));
}

static void
log_request(const struct pgsql_tx *t, struct json *j)
{
	struct rd r = rd_of(bytes_span(&t->req));
	struct span s;

	json_object(j, "request");
	switch (t->kind) {
	case K_SSL:
		json_str(j, "message", "SSL Request");
		break;
	case K_START:
		log_start(&r, j);
		break;
	case K_CANCEL:
		json_str(j, "message", "cancel_request");
		json_u64(j, "process_id", rd_u32(&r));
		json_u64(j, "secret_key", rd_u32(&r));
		break;
	case K_PASSWORD:
		if (t->passwords)
			json_span(j, "password", string(&r));
		else
			json_bool(j, "password_redacted", true);
		break;
	case K_SASL:
		log_sasl(&r, j);
		break;
	case K_SASL_RESPONSE:
		json_span(j, "sasl_response", rd_rest(&r));
		break;
	case K_QUERY:
		if (f_query(&t->tx, 0, 0, NULL, &s))
			json_span(j, "simple_query", s);
		break;
	case K_COPY:
		json_object(j, "copy_data_in");
		json_u64(j, "msg_count", t->in_n);
		json_u64(j, "data_size", t->in_bytes);
		json_end(j);
		json_str(j, "message", t->copy_done ? "copy_done" : "copy_fail");
		break;
	default:
		json_str(j, "message", t->first_type == 'X' ? "termination_message" : "function_call");
		break;
	}
	json_end(j);
}

static void
log_failure(struct rd *r, struct json *j)
{
	static const struct {
		char type;
		const char *key;
	} keys[] = { { 'S', "severity_localizable" }, { 'V', "severity_non_localizable" }, { 'C', "code" }, { 'M', "message" },
		{ 'F', "file" }, { 'L', "line" }, { 'R', "routine" } };

	while (rd_left(r)) {
		uint8_t type = rd_u8(r);
		struct span v = string(r);

		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (type && keys[i].type == type)
				json_span(j, keys[i].key, v);
	}
}

/* Bytes beyond ASCII as \\x and two digits. */
static void
log_bytes(struct json *j, const char *key, struct span s)
{
	char buf[64];
	struct text t = text_of(buf, sizeof(buf));

	for (uint32_t i = 0; i < s.n; i++) {
		if (s.p[i] < 0x80) {
			text_char(&t, (char) s.p[i]);
			continue;
		}
		text_add(&t, SPAN_LIT("\\x"));
		text_hex(&t, s.p[i], 2);
	}
	json_span(j, key, text_span(&t));
}

static void
log_auth(struct rd *r, struct json *j)
{
	uint32_t code = rd_u32(r);

	if (code == 5)
		log_bytes(j, "authentication_md5_password", rd_rest(r));
	else if (code == 12)
		json_span(j, "authentication_sasl_final", rd_rest(r));
	else
		json_str(j, "message", code == 0 ? "authentication_ok" : code == 3 ? "authentication_cleartext_password" :
		    code == 10 ? "authentication_sasl" : code == 11 ? "authentication_sasl_continue" : "authentication_other");
}

static void
log_one(uint8_t type, struct rd *r, struct json *j)
{
	switch (type) {
	case 'R':
		log_auth(r, j);
		break;
	case 'K':
		json_u64(j, "process_id", rd_u32(r));
		json_u64(j, "secret_key", rd_u32(r));
		break;
	case 'T':
		json_u64(j, "field_count", rd_u16(r));
		break;
	case 'C':
		json_span(j, "command_completed", string(r));
		break;
	case 'G':
		json_object(j, "copy_in_response");
		rd_skip(r, 1);
		json_u64(j, "columns", rd_u16(r));
		json_end(j);
		break;
	case 'E':
		log_failure(r, j);
		break;
	}
}

static void
log_parameters(const struct pgsql_tx *t, struct json *j)
{
	bool open = false;

	for (struct rd r = rd_of(bytes_span(&t->res)); rd_left(&r) && !r.bad;) {
		uint8_t type = rd_u8(&r);
		struct rd m = rd_of(rd_span(&r, rd_u16(&r)));
		struct span name;

		if (type != 'S')
			continue;
		if (!open)
			json_array(j, "parameter_status");
		open = true;
		name = string(&m);
		json_object(j, NULL);
		log_named(j, name, string(&m));
		json_end(j);
	}
	if (open)
		json_end(j);
}

static void
log_response(const struct pgsql_tx *t, struct json *j)
{
	json_object(j, "response");
	if (t->ssl_answer)
		json_bool(j, "ssl_accepted", t->ssl);
	for (struct rd r = rd_of(bytes_span(&t->res)); rd_left(&r) && !r.bad;) {
		uint8_t type = rd_u8(&r);
		struct rd m = rd_of(rd_span(&r, rd_u16(&r)));

		log_one(type, &m, j);
	}
	log_parameters(t, j);
	if (t->rows) {
		json_u64(j, "data_rows", t->rows);
		json_u64(j, "data_size", t->row_bytes);
	}
	if (t->out_rows) {
		json_object(j, "copy_data_out");
		json_u64(j, "row_count", t->out_rows);
		json_u64(j, "data_size", t->out_bytes);
		json_end(j);
	}
	json_end(j);
}

static void
pgsql_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct pgsql_tx *t = (const struct pgsql_tx *) tx;

	json_u64(j, "tx_id", tx->id + 1);
	log_request(t, j);
	if (t->ssl_answer || t->res.n || t->rows || t->out_rows)
		log_response(t, j);
}

static void
pgsql_configure(void *conf, const struct conf *tree, const struct yaml *node, struct diag *d)
{
	struct pgsql_conf *c = conf;
	const struct yaml *y;

	c->max_tx = OPEN_MAX;
	read_max_tx(node, &c->max_tx, d);
	if ((y = yaml_get(log_settings(tree, "pgsql"), "passwords")) && y->text)
		conf_parse_bool(&c->passwords, y->text);
}

const struct protocol protocol_pgsql = {
	.name = "pgsql",
	.keeps_stream = true,
	.spec = "PostgreSQL documentation, Frontend/Backend Protocol",
	.transport = APP_TCP,
	.ports = { "5432", NULL },
	.off_by_default = true,
	.probe_min = 1,
	.probe = pgsql_probe,
	.probe_likely = pgsql_probe_likely,
	.conf_size = sizeof(struct pgsql_conf),
	.configure = pgsql_configure,
	.state_size = sizeof(struct pgsql),
	.tx_size = sizeof(struct pgsql_tx),
	.done = { 1, 1 },
	.max_record = KEEP_MAX + 5,
	.feed = pgsql_feed,
	.gap = pgsql_gap,
	.eof = txs_end,
	.tx_clear = pgsql_tx_clear,
	.fields = fields,
	.events = events,
	.log = pgsql_log,
};
