/*
 * smtp - SMTP: a transaction is a mail with its envelope.
 *
 * Spec: RFC 5321 section 4.1 (commands), 4.2 (replies), 4.5.2 (end of data); RFC 2920 (pipelining); RFC 3030 (BDAT);
 * RFC 3207 (STARTTLS).
 *
 *   client  command line CR LF ... DATA CR LF, lines, "." CR LF    BDAT size [LAST] CR LF, size bytes
 *   server  three digits, '-' when more lines follow, text CR LF
 *
 * Bytes of the mail itself are passed over here.
 */
#include <strings.h>

#include "engine/app/protocols/parse.h"

#define LINE_MAX 8192   /* longer ones cannot be followed */
#define COMMAND_MAX 510
#define KEEP_MAX 2048
#define RCPT_MAX 4096   /* bytes of all recipients of a mail */

extern const struct protocol protocol_tls;

enum { MAIL_START, MAIL_ENVELOPE, MAIL_END };
enum smtp_event { EV_INVALID_REPLY, EV_COMMAND_TOO_LONG, EV_REPLY_TOO_LONG, EV_TLS_REJECTED, EV_DATA_REJECTED };

struct smtp_tx {
	struct tx tx;
	struct bytes from, rcpt; /* rcpt: length(2) then the text, each */
	struct bytes helo;
};

struct smtp {
	struct smtp_tx *tx;      /* the mail at hand */
	struct bytes helo;
	bool greeted, data;
	uint32_t chunk;          /* BDAT: bytes that follow */
	bool last_chunk;
	uint32_t due;            /* replies the server owes */
	uint32_t data_wait, tls_wait; /* replies until the one to DATA, STARTTLS; 0 = none asked */
};

static struct smtp_tx *
mail(struct app *a, struct smtp *st)
{
	if (st->tx)
		return st->tx;
	st->tx = (struct smtp_tx *) app_tx_new(a);
	if (st->tx)
		app_keep(a, &st->tx->helo, bytes_span(&st->helo), KEEP_MAX);
	return st->tx;
}

static void
mail_end(struct app *a, struct smtp *st)
{
	if (st->tx)
		tx_reach(&st->tx->tx, TO_SERVER, MAIL_END);
	st->tx = NULL;
}

/* ---- client ---- */

static bool
verb(struct span line, const char *name)
{
	size_t n = strlen(name);

	return line.n >= n && strncasecmp((const char *) line.p, name, n) == 0 && (line.n == n || line.p[n] == ' ' || name[n - 1] == ':');
}

/* What follows, without blanks in front; up to the next blank when `word`. */
static struct span
rest_of(struct span line, size_t n, bool word)
{
	line = span_skip(line, (uint32_t) n);
	while (line.n && line.p[0] == ' ')
		line = span_skip(line, 1);
	for (uint32_t i = 0; word && i < line.n; i++)
		if (line.p[i] == ' ')
			line.n = i;
	return line;
}

static void
bdat(struct smtp *st, struct span line)
{
	struct rd r = rd_of(rest_of(line, 4, false));
	uint64_t n = 0;

	while (rd_left(&r) && *r.p >= '0' && *r.p <= '9' && n < UINT32_MAX)
		n = n * 10 + (rd_u8(&r) - '0');
	st->chunk = n > UINT32_MAX ? UINT32_MAX : (uint32_t) n;
	st->last_chunk = verb(rest_of(rd_rest(&r), 0, true), "LAST");
}

static void
recipient(struct app *a, struct smtp_tx *t, struct span v)
{
	uint8_t n[2];

	v = span_head(v, KEEP_MAX);
	n[0] = (uint8_t) (v.n >> 8);
	n[1] = (uint8_t) v.n;
	if (t->rcpt.n + 2 + v.n <= RCPT_MAX && app_keep(a, &t->rcpt, span_of(n, 2), RCPT_MAX) == 0)
		app_keep(a, &t->rcpt, v, RCPT_MAX);
}

static void
command(struct app *a, struct smtp *st, struct span line)
{
	bool ends = verb(line, "RSET") || verb(line, "QUIT");
	struct smtp_tx *t;

	app_count_request(a);
	st->due++;
	if (ends && !st->tx)
		return;
	t = mail(a, st);
	if (!t)
		return;
	if (line.n > COMMAND_MAX)
		app_event(a, &t->tx, EV_COMMAND_TOO_LONG);
	if (verb(line, "HELO") || verb(line, "EHLO")) {
		bytes_release(a, &st->helo);
		app_keep(a, &st->helo, span_head(rest_of(line, 4, true), KEEP_MAX), KEEP_MAX);
		bytes_release(a, &t->helo);
		app_keep(a, &t->helo, bytes_span(&st->helo), KEEP_MAX);
	} else if (verb(line, "MAIL FROM:")) {
		bytes_release(a, &t->from);
		app_keep(a, &t->from, span_head(rest_of(line, 10, true), KEEP_MAX), KEEP_MAX);
	} else if (verb(line, "RCPT TO:")) {
		recipient(a, t, rest_of(line, 8, true));
	} else if (verb(line, "DATA")) {
		st->data = true;
		st->data_wait = st->due;
		tx_reach(&t->tx, TO_SERVER, MAIL_ENVELOPE);
	} else if (verb(line, "BDAT")) {
		bdat(st, line);
		tx_reach(&t->tx, TO_SERVER, MAIL_ENVELOPE);
		if (st->chunk == 0 && st->last_chunk)
			mail_end(a, st);
	} else if (verb(line, "STARTTLS")) {
		st->tls_wait = st->due;
	} else if (ends) {
		mail_end(a, st);
	}
}

static void
client_line(struct app *a, struct smtp *st, struct span line)
{
	if (!st->data) {
		command(a, st, line);
	} else if (line.n == 1 && line.p[0] == '.') {
		st->data = false;
		st->due++;
		mail_end(a, st);
	}
}

/* ---- server ---- */

static void
reply(struct app *a, struct smtp *st, unsigned code)
{
	app_count_response(a, code >= 500);
	if (!st->greeted) {
		st->greeted = true;
		return;
	}
	if (st->due)
		st->due--;
	if (st->data_wait && --st->data_wait == 0 && code >= 400) {
		st->data = false;
		app_event(a, NULL, EV_DATA_REJECTED);
	}
	if (st->tls_wait && --st->tls_wait == 0) {
		if (code == 220) {
			mail_end(a, st);
			app_upgrade(a, &protocol_tls);
		} else {
			app_event(a, NULL, EV_TLS_REJECTED);
		}
	}
	each_tx(a, x)
		if (st->due == 0 && x->progress[TO_SERVER] == MAIL_END)
			tx_reach(x, TO_CLIENT, 1);
}

static void
server_line(struct app *a, struct smtp *st, struct span line)
{
	struct rd r = rd_of(line);
	unsigned code = 0;

	for (int i = 0; i < 3; i++) {
		uint8_t c = rd_u8(&r);

		if (c < '0' || c > '9')
			r.bad = true;
		code = code * 10 + (c - '0');
	}
	if (r.bad || (rd_left(&r) && *r.p != ' ' && *r.p != '-')) {
		app_event(a, NULL, EV_INVALID_REPLY);
		return;
	}
	if (line.n > COMMAND_MAX + 2)
		app_event(a, NULL, EV_REPLY_TOO_LONG);
	if (!rd_left(&r) || *r.p == ' ')
		reply(a, st, code);
}

/* ---- lines ---- */

static int
smtp_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct smtp *st = state;
	uint32_t taken = 0;

	while (taken < bytes.n) {
		struct span s = span_skip(bytes, taken), line;
		const uint8_t *lf;

		if (dir == TO_SERVER && st->chunk) {
			uint32_t n = s.n < st->chunk ? s.n : st->chunk;

			st->chunk -= n;
			taken += n;
			if (st->chunk == 0 && st->last_chunk)
				mail_end(a, st);
			continue;
		}
		lf = memchr(s.p, '\n', s.n);
		if (!lf) {
			if (s.n < LINE_MAX)
				break;
			if (!(dir == TO_SERVER && st->data)) /* a line of a mail may be as long as it likes */
				app_event(a, NULL, dir == TO_SERVER ? EV_COMMAND_TOO_LONG : EV_REPLY_TOO_LONG);
			return (int) bytes.n;
		}
		line = span_head(s, (uint32_t) (lf - s.p));
		taken += line.n + 1;
		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		if (dir == TO_SERVER)
			client_line(a, st, line);
		else
			server_line(a, st, line);
		if (a->upgrading)
			break;
	}
	return (int) taken;
}

static int
smtp_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct smtp *st = state;

	if (dir == TO_SERVER && n <= st->chunk)
		st->chunk -= n;
	else if (dir == TO_SERVER && !st->data)
		return -1;
	return 0;
}

static void
smtp_eof(struct app *a, void *state, int dir)
{
	each_tx(a, x)
		tx_reach(x, dir, dir == TO_SERVER ? MAIL_END : 1);
	if (dir == TO_SERVER)
		((struct smtp *) state)->tx = NULL;
}

static void
smtp_tx_clear(struct app *a, struct tx *tx)
{
	struct smtp_tx *t = (struct smtp_tx *) tx;
	struct smtp *st = a->state;

	bytes_release(a, &t->from);
	bytes_release(a, &t->rcpt);
	bytes_release(a, &t->helo);
	if (a->proto == tx->proto && st && st->tx == t)
		st->tx = NULL;
}

static void
smtp_clear(struct app *a, void *state)
{
	bytes_release(a, &((struct smtp *) state)->helo);
}

/* A client says HELO or EHLO; a server greets with 220 and, nearly always, the word SMTP. */
static enum app_probe
smtp_probe(struct span s, int dir, uint8_t transport)
{
	const uint8_t *lf = memchr(s.p, '\n', s.n);
	uint32_t n = lf ? (uint32_t) (lf - s.p) : s.n;

	if (verb(span_head(s, n), "HELO") || verb(span_head(s, n), "EHLO"))
		return n < 6 ? PROBE_NO : dir == TO_SERVER ? PROBE_YES : PROBE_REVERSED;
	if (s.n < 4 || memcmp(s.p, "220", 3) != 0 || (s.p[3] != ' ' && s.p[3] != '-'))
		return PROBE_NO;
	if (memmem(s.p, n, "SMTP", 4) || memmem(s.p, n, "smtp", 4))
		return dir == TO_CLIENT ? PROBE_YES : PROBE_REVERSED;
	return lf ? PROBE_NO : PROBE_MORE;
}

/* ---- fields, log ---- */

static bool
kept(const struct bytes *b, unsigned i, struct span *out)
{
	*out = bytes_span(b);
	return i == 0 && out->n > 0;
}

static bool
f_helo(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return kept(&((const struct smtp_tx *) tx)->helo, i, out);
}

static bool
f_from(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return kept(&((const struct smtp_tx *) tx)->from, i, out);
}

static bool
f_rcpt(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	struct rd r = rd_of(bytes_span(&((const struct smtp_tx *) tx)->rcpt));

	do
		*out = rd_span(&r, rd_u16(&r));
	while (!r.bad && i--);
	return !r.bad;
}

#define ENVELOPE { MAIL_ENVELOPE, 0 }
static const struct field fields[] = {
	{ "smtp.helo", NULL, NULL, FIELD_BYTES, false, 1, ENVELOPE, f_helo, .help = "name the client gave with HELO or EHLO" },
	{ "smtp.mail_from", NULL, NULL, FIELD_BYTES, false, 1, ENVELOPE, f_from, .help = "sender of the envelope, with its brackets" },
	{ "smtp.rcpt_to", NULL, NULL, FIELD_MULTI, false, 1, ENVELOPE, f_rcpt, .help = "each recipient of the envelope" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_INVALID_REPLY] = { "invalid_reply" },
	[EV_COMMAND_TOO_LONG] = { "max_command_line_len_exceeded" },
	[EV_REPLY_TOO_LONG] = { "max_reply_line_len_exceeded" },
	[EV_TLS_REJECTED] = { "tls_rejected" },
	[EV_DATA_REJECTED] = { "data_command_rejected" },
	{ NULL }
};

static void
smtp_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct smtp_tx *t = (const struct smtp_tx *) tx;
	struct span v;

	if (t->helo.n)
		json_span(j, "helo", bytes_span(&t->helo));
	if (t->from.n)
		json_span(j, "mail_from", bytes_span(&t->from));
	if (!f_rcpt(tx, TO_SERVER, 0, NULL, &v))
		return;
	json_array(j, "rcpt_to");
	for (unsigned i = 0; f_rcpt(tx, TO_SERVER, i, NULL, &v); i++)
		json_span(j, NULL, v);
	json_end(j);
}

const struct protocol protocol_smtp = {
	.name = "smtp",
	.spec = "RFC 5321, RFC 3030, RFC 3207",
	.transport = APP_TCP,
	.ports = { "25,587", NULL },
	.probe_min = 5,
	.probe_max = 512,
	.probe = smtp_probe,
	.state_size = sizeof(struct smtp),
	.tx_size = sizeof(struct smtp_tx),
	.done = { MAIL_END, 1 },
	.max_record = LINE_MAX,
	.feed = smtp_feed,
	.gap = smtp_gap,
	.eof = smtp_eof,
	.tx_clear = smtp_tx_clear,
	.clear = smtp_clear,
	.fields = fields,
	.events = events,
	.log = smtp_log,
};
