/*
 * ftp - FTP control connection: a transaction is a command and its replies.
 *
 * Spec: RFC 959 section 4.1 (commands), 4.2 (replies), 5.3; RFC 2428 (EPRT, EPSV); RFC 4217 (AUTH TLS).
 *
 *   client  VERB [argument] CR LF      server  three digits, '-' when more lines follow, text CR LF
 *
 * Replies are taken by the oldest command without one; preliminary ones (1xx) leave it open. More commands than max-tx without
 * one end the parsing, as in the reference.
 */
#include <strings.h>

#include "engine/app/protocols/parse.h"

#define LINE_MAX 4096
#define REPLIES_MAX 8192 /* bytes of the replies to one command that are kept */
#define OPEN_MAX 1024    /* max-tx */
#define PRELIMINARY_MAX 16 /* replies of one command that say that another one follows */

extern const struct protocol protocol_tls, protocol_ftp_data;

enum ftp_event { EV_REQUEST_TOO_LONG, EV_RESPONSE_TOO_LONG, EV_TOO_MANY, EV_NO_PORT, EV_NO_NAME, EV_PRELIMINARY };

struct ftp_tx {
	struct tx tx;
	struct bytes line;    /* the command */
	uint32_t verb_n;
	struct app_list replies; /* lines */
	uint16_t port;        /* of the data connection, where told */
	uint8_t mode;         /* 1 active, 2 passive */
	bool cut[2];          /* command, a reply */
	uint8_t odd;          /* events of the command, told with its reply */
	uint32_t preliminary; /* replies 1xx */
};

struct ftp {
	uint16_t port;        /* of the next data connection, 0 = not told */
	uint8_t mode;
	bool skip[2];         /* the rest of a line that was too long */
	uint32_t open;
	bool too_many;
	unsigned multi;       /* code of a reply of several lines; 0 = none */
};

struct ftp_conf {
	uint32_t max_tx;
};

static bool
verb_is(const struct ftp_tx *t, const char *name)
{
	return t->verb_n == strlen(name) && strncasecmp((const char *) t->line.p, name, t->verb_n) == 0;
}

static struct span
argument(const struct ftp_tx *t)
{
	return t->verb_n < t->line.n ? span_skip(bytes_span(&t->line), t->verb_n + 1) : SPAN_NONE;
}

/* The last two of six numbers "h1,h2,h3,h4,p1,p2" (PORT, 227), or the number between bars (EPRT, 229). */
static uint16_t
port_of(struct span s, bool bars)
{
	uint32_t n[6] = { 0 }, k = 0, last = 0;
	bool digits = false;

	for (struct rd r = rd_of(s); rd_left(&r);) {
		uint8_t c = rd_u8(&r);

		if (c >= '0' && c <= '9' && k < 6) {
			n[k] = (n[k] * 10 + (c - '0')) & 0xfffff;
			last = n[k];
			digits = true;
		} else if (c == ',' && digits && k < 5) {
			k++;
			digits = false;
		} else if (digits && (bars || k < 5)) {
			k = 0;
			n[0] = 0;
			digits = false;
		}
	}
	if (bars)
		return last <= 65535 ? (uint16_t) last : 0;
	return k == 5 && n[4] < 256 && n[5] < 256 ? (uint16_t) (n[4] << 8 | n[5]) : 0;
}

/* 'R' a file is fetched, 'S' one is stored, 'L' a listing; 0: no data connection belongs to the command. */
static uint8_t
transfer(const struct ftp_tx *t)
{
	static const char *const verbs[] = { "RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD" };

	for (unsigned i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (verb_is(t, verbs[i]))
			return (uint8_t) "RSSSLLL"[i];
	return 0;
}

/* The data connection of a transfer: note = what it is, name of the file. */
static void
announce(struct app *a, struct ftp *st, const struct ftp_tx *t)
{
	uint8_t note[APP_NOTE_MAX];
	struct span name = span_head(argument(t), sizeof(note) - 1);

	note[0] = transfer(t);
	if (!st->port || !note[0])
		return;
	if (note[0] == 'L')
		name = SPAN_NONE;
	if (name.n)
		memcpy(note + 1, name.p, name.n);
	app_expect(a, st->mode == 1 ? TO_SERVER : TO_CLIENT, st->port, &protocol_ftp_data, span_of(note, name.n + 1));
	st->port = 0;
}

/* The oldest that waits for a reply. */
static struct ftp_tx *
waiting(struct app *a)
{
	each_tx(a, x)
		if (!x->progress[TO_CLIENT])
			return (struct ftp_tx *) x;
	return NULL;
}

static void
command(struct app *a, struct ftp *st, struct span line, bool cut)
{
	const struct ftp_conf *c = app_conf(a);
	struct ftp_tx *t = waiting(a);

	if (t && st->open >= (c ? c->max_tx : OPEN_MAX)) {
		app_event(a, &t->tx, EV_TOO_MANY);
		st->too_many = true;
		return;
	}
	if (!(t = (struct ftp_tx *) app_tx_new(a)))
		return;
	st->open++;
	app_count_request(a);
	app_keep(a, &t->line, line, LINE_MAX);
	while (t->verb_n < t->line.n && t->line.p[t->verb_n] != ' ')
		t->verb_n++;
	if (cut)
		app_event(a, &t->tx, EV_REQUEST_TOO_LONG);
	if (verb_is(t, "PORT") || verb_is(t, "EPRT")) {
		t->mode = 1;
		st->port = t->port = port_of(argument(t), verb_is(t, "EPRT"));
		st->mode = 1;
	}
	t->cut[0] = cut;
	if (transfer(t) && transfer(t) != 'L' && !argument(t).n)
		t->odd = 1 << EV_NO_NAME;
	else if (transfer(t) && !st->port)
		t->odd = 1 << EV_NO_PORT;
	announce(a, st, t);
	tx_reach(&t->tx, TO_SERVER, 1);
}

static void
done(struct app *a, struct ftp *st, struct ftp_tx *t, unsigned code)
{
	app_count_response(a, code >= 500);
	tx_reach(&t->tx, TO_CLIENT, 1);
	if (t->line.n)
		st->open--;
	if (code == 227 || code == 229) {
		struct rd r = app_list_all(&t->replies);
		struct span line = SPAN_NONE;

		while (rd_left(&r))
			app_list_next(&r, &line);
		t->mode = 2;
		st->port = t->port = port_of(span_skip(line, 4), code == 229);
		st->mode = 2;
	}
	if (code == 234 && verb_is(t, "AUTH"))
		app_upgrade(a, &protocol_tls);
}

static void
reply(struct app *a, struct ftp *st, struct span line, bool cut)
{
	struct ftp_tx *t = waiting(a);
	struct rd r = rd_of(line);
	unsigned code = 0;
	bool coded = line.n >= 3, more;

	for (int i = 0; i < 3 && coded; i++) {
		uint8_t c = rd_u8(&r);

		coded = c >= '0' && c <= '9';
		code = code * 10 + (c - '0');
	}
	more = coded && rd_left(&r) && *r.p == '-';
	if (!t && (t = (struct ftp_tx *) app_tx_new(a)))
		t->tx.only_dir = 1 << TO_CLIENT; /* the greeting */
	if (!t)
		return;
	if (cut)
		app_event(a, &t->tx, EV_RESPONSE_TOO_LONG);
	for (unsigned i = EV_NO_PORT; i <= EV_NO_NAME; i++)
		if (t->odd >> i & 1)
			app_event(a, &t->tx, i);
	t->cut[1] |= cut;
	app_list_add(a, &t->replies, line, REPLIES_MAX);
	if (st->multi && !(coded && code == st->multi && !more))
		return;
	st->multi = more ? code : 0;
	if (coded && !more && code < 200 && ++t->preliminary == PRELIMINARY_MAX + 1)
		app_event(a, &t->tx, EV_PRELIMINARY);
	if (coded && !more && code >= 200)
		done(a, st, t, code);
}

static int
ftp_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct ftp *st = state;
	uint32_t taken = 0;

	while (taken < bytes.n && !a->upgrading) {
		struct span s = span_skip(bytes, taken), line;
		const uint8_t *lf = memchr(s.p, '\n', s.n);
		bool cut;

		if (!lf && s.n < LINE_MAX && !st->skip[dir])
			break;
		line = span_head(s, lf ? (uint32_t) (lf - s.p) : s.n);
		taken += lf ? line.n + 1 : line.n;
		cut = line.n >= LINE_MAX;
		if (st->skip[dir]) {
			st->skip[dir] = !lf;
			continue;
		}
		st->skip[dir] = !lf;
		line = span_head(line, LINE_MAX - 1);
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n)
			(dir == TO_SERVER ? command : reply)(a, state, line, cut);
		if (st->too_many)
			return -1;
	}
	return (int) taken;
}

static void
ftp_tx_clear(struct app *a, struct tx *tx)
{
	bytes_release(a, &((struct ftp_tx *) tx)->line);
	bytes_release(a, &((struct ftp_tx *) tx)->replies.bytes);
}

/* USER and its kin from a client; a greeting with FTP in it from a server. */
static enum app_probe
ftp_probe(struct span s, int dir, uint8_t transport)
{
	static const char *const first[] = { "USER ", "FEAT\r\n", "AUTH TLS", "AUTH SSL", "PASS ", "PORT ", "SYST\r\n" };
	const uint8_t *lf = memchr(s.p, '\n', s.n);
	uint32_t n = lf ? (uint32_t) (lf - s.p) + 1 : s.n;

	if (dir == TO_SERVER) {
		for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++)
			if (n >= strlen(first[i]) && memcmp(s.p, first[i], strlen(first[i])) == 0 &&
			    !(lf && memmem(s.p, n, " :", 2))) /* not IRC's USER */
				return PROBE_YES;
		return PROBE_NO;
	}
	if (s.n < 4 || memcmp(s.p, "220", 3) != 0 || (s.p[3] != ' ' && s.p[3] != '-'))
		return PROBE_NO;
	if (memmem(s.p, n, "FTP", 3) || memmem(s.p, n, "ftp", 3) || memmem(s.p, n, "FileZilla", 9))
		return PROBE_YES;
	return lf ? PROBE_NO : PROBE_MORE;
}

/* ---- fields, log ---- */

static const struct ftp_tx *
of(const struct tx *tx)
{
	return (const struct ftp_tx *) tx;
}

static bool
f_command(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	*out = span_head(bytes_span(&of(tx)->line), of(tx)->verb_n);
	return i == 0 && out->n;
}

static bool
f_data(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	*out = argument(of(tx));
	return i == 0 && out->n;
}

static bool
has_code(struct span line)
{
	return line.n >= 3 && line.p[0] >= '0' && line.p[0] <= '9' && line.p[1] >= '0' && line.p[1] <= '9' && line.p[2] >= '0' &&
	    line.p[2] <= '9';
}

static struct span
code_of(struct span line)
{
	return span_head(line, has_code(line) ? 3 : 0);
}

static struct span
behind_code(struct span line)
{
	return has_code(line) ? span_skip(line, 4) : line;
}

static bool
f_reply(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	if (!app_list_at(&of(tx)->replies, i, out))
		return false;
	*out = behind_code(*out);
	return true;
}

static bool
f_code(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	if (!app_list_at(&of(tx)->replies, i, out))
		return false;
	*out = code_of(*out);
	return true;
}

static bool
n_received(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->replies.bytes.n > 0;
	return i == 0 && of(tx)->line.n;
}

static bool
n_mode(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->mode;
	return i == 0 && *out;
}

static bool
n_port(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->port;
	return i == 0 && *out;
}

#define DONE { 1, 1 }
static const char *const modes[] = { "active=1", "passive=2", NULL };
static const char *const yes_no[] = { "yes=1", "on=1", "true=1", "no=0", "off=0", "false=0", NULL };
static const struct field fields[] = {
	{ "ftp.command", NULL, NULL, FIELD_BYTES, false, 1, DONE, f_command, .help = "verb of the command" },
	{ "ftp.command_data", NULL, NULL, FIELD_BYTES, false, 1, DONE, f_data, .help = "argument of the command" },
	{ "ftp.reply", NULL, NULL, FIELD_MULTI, false, 2, DONE, f_reply, .help = "each line of the replies without its code" },
	{ "ftp.completion_code", NULL, NULL, FIELD_MULTI, false, 2, DONE, f_code, .help = "code of each line of the replies" },
	{ "ftp.reply_received", NULL, NULL, FIELD_NUMBER, false, 2, DONE, .number = n_received, .names = yes_no, .help = "yes or no" },
	{ "ftp.mode", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_mode, .names = modes, .help = "active or passive" },
	{ "ftp.dynamic_port", NULL, NULL, FIELD_NUMBER, false, 3, DONE, .number = n_port, .help = "port of the data connection" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_REQUEST_TOO_LONG] = { "request_command_too_long" },
	[EV_RESPONSE_TOO_LONG] = { "response_command_too_long" },
	[EV_TOO_MANY] = { "too_many_transactions" },
	[EV_NO_PORT] = { "file_before_port" },
	[EV_NO_NAME] = { "file_without_name" },
	[EV_PRELIMINARY] = { "too_many_preliminary_responses" },
	{ NULL }
};

static void
ftp_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct ftp_tx *t = of(tx);
	struct span v;
	struct rd r;

	if (t->line.n) {
		json_span(j, "command", span_head(bytes_span(&t->line), t->verb_n));
		if (argument(t).n)
			json_span(j, "command_data", argument(t));
		json_bool(j, "command_truncated", t->cut[0]);
	}
	if (t->replies.bytes.n) {
		json_array(j, "completion_code");
		for (r = app_list_all(&t->replies); app_list_next(&r, &v);)
			if (has_code(v))
				json_span(j, NULL, code_of(v));
		json_end(j);
		json_array(j, "reply");
		for (r = app_list_all(&t->replies); app_list_next(&r, &v);)
			json_span(j, NULL, behind_code(v));
		json_end(j);
	}
	if (t->port)
		json_u64(j, "dynamic_port", t->port);
	if (t->mode)
		json_str(j, "mode", t->mode == 1 ? "active" : "passive");
	json_str(j, "reply_received", t->replies.bytes.n ? "yes" : "no");
	json_bool(j, "reply_truncated", t->cut[1]);
}

static void
ftp_configure(void *conf, const struct conf *tree, const struct yaml *node, struct diag *d)
{
	struct ftp_conf *c = conf;

	c->max_tx = OPEN_MAX;
	read_max_tx(node, &c->max_tx, d);
}

const struct protocol protocol_ftp = {
	.name = "ftp",
	.keeps_stream = true,
	.spec = "RFC 959, RFC 2428, RFC 4217",
	.transport = APP_TCP,
	.ports = { "21", NULL },
	.probe_min = 5,
	.probe_max = 512,
	.probe = ftp_probe,
	.conf_size = sizeof(struct ftp_conf),
	.configure = ftp_configure,
	.state_size = sizeof(struct ftp),
	.tx_size = sizeof(struct ftp_tx),
	.done = DONE,
	.max_record = LINE_MAX,
	.feed = ftp_feed,
	.eof = txs_end,
	.tx_clear = ftp_tx_clear,
	.fields = fields,
	.events = events,
	.log = ftp_log,
};
