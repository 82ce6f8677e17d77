/*
 * pop3 - POP3: a transaction is a command and its answer.
 *
 * Spec: RFC 1939 section 3 (form, answers of several lines), 5 to 7 (commands); RFC 2449 (CAPA); RFC 2595 section 4 (STLS);
 * RFC 5034 section 4 (AUTH).
 *
 *   client: command [argument]... CRLF       server: +OK or -ERR, text CRLF [lines CRLF]... . CRLF
 */
#include <strings.h>

#include "engine/app/protocols/parse.h"

#define LINE_MAX 4096u
#define ARGS_MAX 8
#define KEPT_MAX 16384u /* of the lines of an answer */
#define OPEN_MAX 256u

enum pop3_event { EV_TOO_MANY, EV_REQUEST_LONG, EV_ARGUMENTS, EV_UNKNOWN, EV_RESPONSE_LONG };

/* Commands: how many arguments; lines that follow +OK (without arguments only, or always). */
static const struct command {
	char name[5];
	uint8_t min, max;
	enum { ONE_LINE, LINES_BARE, LINES } lines;
} commands[] = {
	{ "APOP", 2, 2, ONE_LINE }, { "AUTH", 0, 2, LINES_BARE }, { "CAPA", 0, 0, LINES }, { "DELE", 1, 1, ONE_LINE }, { "LANG", 0, 1, LINES_BARE },
	{ "LIST", 0, 1, LINES_BARE }, { "NOOP", 0, 0, ONE_LINE }, { "PASS", 1, ARGS_MAX, ONE_LINE }, { "QUIT", 0, 0, ONE_LINE },
	{ "RETR", 1, 1, LINES }, { "RSET", 0, 0, ONE_LINE }, { "STAT", 0, 0, ONE_LINE }, { "STLS", 0, 0, ONE_LINE }, { "TOP", 2, 2, LINES },
	{ "UIDL", 0, 1, LINES_BARE }, { "USER", 1, 1, ONE_LINE }, { "UTF8", 0, 0, ONE_LINE },
};

struct pop3_tx {
	struct tx tx;
	const struct command *command; /* NULL: not one of these */
	uint8_t args;
	bool answered, ok, more_lines;
	struct bytes request, header, data; /* data: lines, each with its \n */
};

struct pop3 {
	struct pop3_tx *lines;  /* the lines that come belong to it */
	bool in_lines;
	bool auth;              /* the client's next line is no command: it answers a challenge */
	bool skip[2];           /* the rest of a line that is too long */
};

static struct span
no_cr(struct span s)
{
	return span_head(s, s.n && s.p[s.n - 1] == '\r' ? s.n - 1 : s.n);
}

/* The next word; false: none is left. */
static bool
word(struct rd *r, struct span *out)
{
	struct span s;
	uint32_t n = 0;

	while (rd_left(r) && *r->p == ' ')
		rd_skip(r, 1);
	s = rd_rest(r);
	while (n < s.n && s.p[n] != ' ')
		n++;
	*out = rd_span(r, n);
	return n > 0;
}

static const struct command *
command_of(struct span s)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (s.n == strlen(commands[i].name) && strncasecmp((const char *) s.p, commands[i].name, s.n) == 0)
			return &commands[i];
	return NULL;
}

/* The oldest command without an answer. */
static struct pop3_tx *
waiting(struct app *a)
{
	each_tx(a, x)
		if (!((struct pop3_tx *) x)->answered)
			return (struct pop3_tx *) x;
	return NULL;
}

static void
request(struct app *a, struct pop3 *st, struct span line)
{
	struct pop3_tx *t;
	struct rd r = rd_of(line);
	struct span name, arg;
	unsigned open = 0, args = 0;

	if (st->auth || !word(&r, &name)) {
		st->auth = false;
		return;
	}
	each_tx(a, x)
		open += !((struct pop3_tx *) x)->answered;
	if (!(t = (struct pop3_tx *) app_tx_new(a)))
		return;
	if (open >= OPEN_MAX)
		app_event(a, &t->tx, EV_TOO_MANY);
	t->command = command_of(name);
	while (args < ARGS_MAX + 1 && word(&r, &arg))
		args++;
	t->args = (uint8_t) args;
	if (!t->command)
		app_event(a, &t->tx, EV_UNKNOWN);
	else if (args < t->command->min || args > t->command->max)
		app_event(a, &t->tx, EV_ARGUMENTS);
	app_keep(a, &t->request, line, LINE_MAX);
	app_count_request(a);
	tx_reach(&t->tx, TO_SERVER, 1);
}

static void
answered(struct pop3 *st, struct pop3_tx *t)
{
	st->in_lines = false;
	st->lines = NULL;
	if (t)
		tx_reach(&t->tx, TO_CLIENT, 1);
}

/* A line of an answer of several. */
static void
more(struct app *a, struct pop3 *st, struct span line)
{
	struct pop3_tx *t = st->lines;

	if (span_eq(line, SPAN_LIT("."))) {
		answered(st, t);
		return;
	}
	if (line.n > 1 && line.p[0] == '.') /* stuffed */
		line = span_skip(line, 1);
	if (t && !t->more_lines && t->data.n + line.n + 1 <= KEPT_MAX) {
		if (line.n)
			app_keep(a, &t->data, line, KEPT_MAX);
		app_keep(a, &t->data, SPAN_LIT("\n"), KEPT_MAX);
	} else if (t) {
		t->more_lines = true;
	}
}

static void
response(struct app *a, struct pop3 *st, struct span line)
{
	bool ok = line.n >= 3 && memcmp(line.p, "+OK", 3) == 0, err = line.n >= 4 && memcmp(line.p, "-ERR", 4) == 0;
	struct pop3_tx *t = waiting(a);
	struct span text = span_skip(line, ok ? 3 : 4);

	if (!t)
		return; /* the greeting, or an answer to what was not seen */
	if (!ok && !err) {
		st->auth = line.n && line.p[0] == '+' && t->command && strcmp(t->command->name, "AUTH") == 0;
		return;
	}
	t->answered = true;
	t->ok = ok;
	app_count_response(a, err);
	if (text.n && text.p[0] == ' ')
		text = span_skip(text, 1);
	app_keep(a, &t->header, text, LINE_MAX);
	if (ok && t->command && (t->command->lines == LINES || (t->command->lines == LINES_BARE && !t->args))) {
		st->lines = t;
		st->in_lines = true;
		return;
	}
	answered(st, t);
	if (ok && t->command && strcmp(t->command->name, "STLS") == 0)
		app_upgrade(a, app_protocol_find("tls"));
}

static int
pop3_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct pop3 *st = state;
	uint32_t taken = 0;

	while (taken < bytes.n && !a->upgrading) {
		struct span s = span_skip(bytes, taken);
		const uint8_t *lf = memchr(s.p, '\n', s.n);
		struct span line = no_cr(span_head(s, lf ? (uint32_t) (lf - s.p) : s.n));

		if (!lf && s.n < LINE_MAX && !st->skip[dir])
			break;
		taken += lf ? (uint32_t) (lf - s.p) + 1 : s.n;
		if (st->skip[dir]) {
			st->skip[dir] = !lf;
			continue;
		}
		st->skip[dir] = !lf;
		if (dir == TO_SERVER)
			request(a, st, line);
		else if (st->in_lines)
			more(a, st, line);
		else
			response(a, st, line);
		if (!lf)
			app_event(a, NULL, dir == TO_SERVER ? EV_REQUEST_LONG : EV_RESPONSE_LONG);
	}
	return (int) taken;
}

/* Within the lines of an answer a hole is no harm; the line it falls into is passed over. */
static int
pop3_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct pop3 *st = state;

	st->skip[dir] = true;
	if (dir == TO_CLIENT && st->lines)
		st->lines->more_lines = true;
	return 0;
}

static void
pop3_tx_clear(struct app *a, struct tx *tx)
{
	struct pop3_tx *t = (struct pop3_tx *) tx;
	struct pop3 *st = a->state;

	bytes_release(a, &t->request);
	bytes_release(a, &t->header);
	bytes_release(a, &t->data);
	if (tx->proto == a->proto && st && st->lines == t)
		st->lines = NULL;
}

/* The server's greeting. Commands alone could be those of FTP. */
static enum app_probe
pop3_probe(struct span s, int dir, uint8_t transport)
{
	uint32_t n = s.n < 3 ? s.n : 3;

	if (dir == TO_SERVER || memcmp(s.p, "+OK", n) != 0)
		return PROBE_NO;
	if (s.n < 4)
		return PROBE_MORE;
	return s.p[3] == ' ' || s.p[3] == '\r' || s.p[3] == '\n' ? PROBE_YES : PROBE_NO;
}

static enum app_probe
pop3_probe_likely(struct span s, int dir, uint8_t transport)
{
	uint32_t n = 0;

	if (dir == TO_CLIENT)
		return s.n < 4 || memcmp(s.p, "-ERR", 4) != 0 ? pop3_probe(s, dir, transport) : PROBE_YES;
	while (n < s.n && n < 5 && s.p[n] != ' ' && s.p[n] != '\r' && s.p[n] != '\n')
		n++;
	if (n == s.n && n < 5)
		return PROBE_MORE;
	return command_of(span_head(s, n)) ? PROBE_YES : PROBE_NO;
}

static const struct app_event events[] = {
	[EV_TOO_MANY] = { "too_many_transactions" },
	[EV_REQUEST_LONG] = { "request_too_long" },
	[EV_ARGUMENTS] = { "incorrect_argument_count" },
	[EV_UNKNOWN] = { "unknown_command" },
	[EV_RESPONSE_LONG] = { "response_too_long" },
	{ NULL }
};

static void
log_request(struct json *j, const struct pop3_tx *t)
{
	struct rd r = rd_of(bytes_span(&t->request));
	struct span s;

	json_object(j, "request");
	if (word(&r, &s))
		json_span(j, "command", t->command ? span_str(t->command->name) : s);
	json_array(j, "args");
	while (word(&r, &s))
		json_span(j, NULL, s);
	json_end(j);
	json_end(j);
}

static void
log_response(struct json *j, const struct pop3_tx *t)
{
	struct span s = bytes_span(&t->data);

	json_object(j, "response");
	json_bool(j, "success", t->ok);
	json_str(j, "status", t->ok ? "OK" : "ERR");
	json_span(j, "header", bytes_span(&t->header));
	json_array(j, "data");
	while (s.n) {
		const uint8_t *lf = memchr(s.p, '\n', s.n);
		uint32_t n = lf ? (uint32_t) (lf - s.p) : s.n;

		json_span(j, NULL, span_head(s, n));
		s = span_skip(s, n + 1);
	}
	json_end(j);
	json_end(j);
}

static void
pop3_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct pop3_tx *t = (const struct pop3_tx *) tx;

	if (t->request.n)
		log_request(j, t);
	if (t->answered)
		log_response(j, t);
}

const struct protocol protocol_pop3 = {
	.name = "pop3",
	.spec = "RFC 1939, RFC 2449, RFC 2595, RFC 5034",
	.transport = APP_TCP,
	.ports = { "110", NULL },
	.probe_min = 1,
	.probe = pop3_probe,
	.probe_likely = pop3_probe_likely,
	.state_size = sizeof(struct pop3),
	.tx_size = sizeof(struct pop3_tx),
	.done = { 1, 1 },
	.max_record = LINE_MAX,
	.feed = pop3_feed,
	.gap = pop3_gap,
	.eof = txs_end,
	.tx_clear = pop3_tx_clear,
	.events = events,
	.log = pop3_log,
};
