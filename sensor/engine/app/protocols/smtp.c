/*
 * smtp - SMTP: a transaction is a mail with its envelope.
 *
 * Spec: RFC 5321 section 4.1 (commands), 4.2 (replies), 4.5.2 (end of data); RFC 2920 (pipelining); RFC 3030 (BDAT);
 * RFC 3207 (STARTTLS).
 *
 *   client  command line CR LF ... DATA CR LF, lines, "." CR LF    BDAT size [LAST] CR LF, size bytes
 *   server  three digits, '-' when more lines follow, text CR LF
 *
 * What is in the mail itself: mime.c.
 */
#include <strings.h>

#include "engine/app/protocols/smtp.h"

#define LINE_MAX 4096   /* of a longer one the rest is passed over */
#define COMMAND_MAX 510
#define KEEP_MAX 4096
#define RCPT_MAX 32768  /* bytes of all recipients of a mail */
#define DUE_MAX 32

extern const struct protocol protocol_tls;

enum smtp_event { EV_INVALID_REPLY, EV_COMMAND_TOO_LONG, EV_REPLY_TOO_LONG, EV_TLS_REJECTED, EV_DATA_REJECTED,
	EV_DUPLICATE, EV_UNMATCHED, EV_NO_WELCOME, EV_PIPELINED, EV_CHUNK, EV_INVALID_BDAT, EV_UNPARSABLE, EV_TRUNCATED,
	EV_MIME, /* and those of mime.h, in their order */
	EV_CHANGE = EV_MIME + MIME_EV_N };

/* What the server owes replies for: `n` commands of one mail in a row. */
#define NO_TX UINT64_MAX
struct smtp_due {
	uint64_t tx;             /* or NO_TX */
	uint32_t n;
	enum { DUE_PLAIN, DUE_DATA, DUE_TLS, DUE_QUIT } kind;
	bool ends;               /* the last of them ends the mail */
};

struct smtp {
	struct smtp_tx *tx;      /* the mail at hand */
	struct bytes helo;
	bool greeted, data;
	bool mid_line;           /* of the mail: a line so long that it comes in pieces */
	bool skip[2];            /* the rest of a line that is too long */
	uint32_t chunk;          /* BDAT: bytes that follow */
	bool last_chunk;
	struct smtp_due due[DUE_MAX]; /* a ring */
	uint8_t due_first, due_n;
	bool due_merged;         /* more was asked than is kept apart: replies are no longer told from one another */
};

/* ---- commands that wait for their replies ---- */

static struct smtp_due *
last_due(struct smtp *st)
{
	return st->due_n ? &st->due[(st->due_first + st->due_n - 1) % DUE_MAX] : NULL;
}

static void
owe(struct smtp *st, int kind, const struct smtp_tx *t, bool ends)
{
	struct smtp_due *last = last_due(st);
	uint64_t id = t ? t->tx.id : NO_TX;

	if (last && kind == DUE_PLAIN && last->kind == DUE_PLAIN && !last->ends && last->tx == id) {
		last->n++;
		last->ends = ends;
		return;
	}
	if (st->due_n == DUE_MAX) {
		st->due_merged = true;
		last->n++;
		return;
	}
	st->due_n++;
	*last_due(st) = (struct smtp_due) { .tx = id, .n = 1, .kind = kind, .ends = ends };
}

/* The one that a reply is for. false: nothing was asked. */
static bool
pay(struct smtp *st, struct smtp_due *out)
{
	struct smtp_due *d = &st->due[st->due_first];

	if (!st->due_n)
		return false;
	*out = *d;
	if (--d->n) {
		out->ends = false;
	} else {
		st->due_first = (st->due_first + 1) % DUE_MAX;
		st->due_n--;
	}
	return true;
}

/* ---- the mail ---- */

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

const struct mime_conf *
smtp_settings(const struct app *a)
{
	const struct mime_conf *c = app_conf(a);

	return c && c->set ? c : &mime_defaults;
}

/* What is odd about the mail so far becomes events of it. */
static void
mail_events(struct app *a, struct smtp_tx *t)
{
	for (unsigned i = 0; t->mime->events >> i; i++)
		if (t->mime->events >> i & 1)
			app_event(a, &t->tx, EV_MIME + i);
	t->mime->events = 0;
}

/* Bytes of the mail. */
static void
contents(struct app *a, struct smtp *st, struct span s, struct span wire)
{
	struct smtp_tx *t = st->tx;

	if (!t)
		return;
	if (!t->mime && bodies_unread(a))
		t->unread = true;
	if (!t->mime && !t->unread && (t->mime = app_take(a, sizeof(*t->mime))))
		t->mime->tx = &t->tx;
	if (!t->mime)
		return;
	mime_feed(a, t->mime, smtp_settings(a), s, wire);
	mail_events(a, t);
	if (t->mime->inner)
		tx_reach(&t->tx, TO_SERVER, MAIL_HEADERS);
}

static void
mail_end(struct app *a, struct smtp *st)
{
	if (st->tx && st->tx->mime) {
		mime_end(a, st->tx->mime, smtp_settings(a));
		mail_events(a, st->tx);
	}
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

/* "BDAT size [LAST]", and nothing more. */
static bool
bdat(struct smtp *st, struct span line)
{
	struct rd r = rd_of(rest_of(line, 4, false));
	uint64_t n = 0;
	uint32_t digits = 0;
	struct span tail;

	for (; rd_left(&r) && *r.p >= '0' && *r.p <= '9' && n <= UINT32_MAX; digits++)
		n = n * 10 + (rd_u8(&r) - '0');
	tail = rd_rest(&r);
	if (!digits || n > UINT32_MAX || (tail.n && tail.p[0] != ' '))
		return false;
	tail = rest_of(tail, 0, false);
	while (tail.n && tail.p[tail.n - 1] == ' ')
		tail.n--;
	if (tail.n && (tail.n != 4 || !verb(tail, "LAST")))
		return false;
	st->chunk = (uint32_t) n;
	st->last_chunk = tail.n > 0;
	return true;
}

static void
recipient(struct app *a, struct smtp_tx *t, struct span v)
{
	app_list_add(a, &t->rcpt, span_head(v, KEEP_MAX), RCPT_MAX);
}

/* Does the name end what there is of a mail, as RSET does? RFC 5321 section 4.1.4. */
static struct smtp_tx *
hello(struct app *a, struct smtp *st, struct smtp_tx *t, struct span line)
{
	if (t->helo.n)
		app_event(a, &t->tx, EV_DUPLICATE);
	if (t->from.n || t->rcpt.bytes.n || t->tried) {
		mail_end(a, st);
		if (!(t = mail(a, st)))
			return NULL;
	}
	bytes_release(a, &st->helo);
	app_keep(a, &st->helo, span_head(rest_of(line, 4, true), KEEP_MAX), KEEP_MAX);
	bytes_release(a, &t->helo);
	app_keep(a, &t->helo, bytes_span(&st->helo), KEEP_MAX);
	return t;
}

/* DATA, or a chunk of a mail. */
static struct smtp_tx *
transfer(struct app *a, struct smtp *st, struct smtp_tx *t, struct span line, int *kind, bool *ends)
{
	if (verb(line, "BDAT")) {
		if (!bdat(st, line)) {
			app_event(a, &t->tx, EV_INVALID_BDAT);
			return t;
		}
		*ends = st->last_chunk;
	} else {
		if (t->mime) { /* the end of another mail was missed */
			app_event(a, &t->tx, EV_UNPARSABLE);
			mail_end(a, st);
			if (!(t = mail(a, st)))
				return NULL;
		}
		*kind = DUE_DATA;
		st->data = true;
	}
	t->tried = true;
	tx_reach(&t->tx, TO_SERVER, MAIL_ENVELOPE);
	return t;
}

static void
command(struct app *a, struct smtp *st, struct span line)
{
	bool ends = verb(line, "RSET"), quits = verb(line, "QUIT"), over = ends;
	const struct smtp_due *before = last_due(st);
	struct smtp_tx *t;
	int kind = quits ? DUE_QUIT : DUE_PLAIN;

	app_count_request(a);
	if ((ends || quits) && !st->tx) {
		owe(st, DUE_PLAIN, NULL, false);
		return;
	}
	t = mail(a, st);
	if (t && before && before->kind == DUE_TLS) /* RFC 3207 section 4: nothing may follow before the reply */
		app_event(a, &t->tx, EV_PIPELINED);
	if (t && line.n > COMMAND_MAX)
		app_event(a, &t->tx, EV_COMMAND_TOO_LONG);
	if (t && (verb(line, "HELO") || verb(line, "EHLO"))) {
		t = hello(a, st, t, line);
	} else if (t && verb(line, "MAIL FROM:")) {
		if (t->from.n)
			app_event(a, &t->tx, EV_DUPLICATE);
		bytes_release(a, &t->from);
		app_keep(a, &t->from, span_head(rest_of(line, 10, true), KEEP_MAX), KEEP_MAX);
	} else if (t && verb(line, "RCPT TO:")) {
		recipient(a, t, rest_of(line, 8, true));
	} else if (t && (verb(line, "DATA") || verb(line, "BDAT"))) {
		t = transfer(a, st, t, line, &kind, &ends);
		over = ends && st->chunk == 0;
	} else if (verb(line, "STARTTLS")) {
		kind = DUE_TLS;
	}
	owe(st, kind, t, ends);
	if (over)
		mail_end(a, st);
}

/* `eol`: bytes of the line's end. */
static void
client_line(struct app *a, struct smtp *st, struct span line, uint32_t eol)
{
	if (!st->data) {
		command(a, st, line);
	} else if (line.n == 1 && line.p[0] == '.' && !st->mid_line) {
		st->data = false;
		owe(st, DUE_PLAIN, st->tx, true);
		mail_end(a, st);
	} else {
		struct span wire = span_of(line.p, line.n + eol);

		if (line.n && line.p[0] == '.' && !st->mid_line) /* RFC 5321 section 4.5.2 */
			line = span_skip(line, 1);
		contents(a, st, span_of(line.p, line.n + eol), wire);
		st->mid_line = false;
	}
}

/* ---- server ---- */

/* The mail is not wanted: what follows are commands again. */
static void
rejected(struct app *a, struct smtp *st, uint64_t id)
{
	struct tx *t = app_tx_find(a, id);

	if (t)
		app_event(a, t, EV_DATA_REJECTED);
	if (st->tx && st->tx->tx.id == id)
		st->data = false;
}

/* Replies come in order: mails before that of `d` have had theirs, and it has when that was its last command. */
static void
settle(struct app *a, const struct smtp *st, const struct smtp_due *d)
{
	each_tx(a, x)
		if (x->progress[TO_SERVER] == MAIL_END && (!st->due_n || (d->tx != NO_TX && (x->id < d->tx || (x->id == d->tx && d->ends)))))
			tx_reach(x, TO_CLIENT, 1);
}

static void
reply(struct app *a, struct smtp *st, unsigned code)
{
	struct smtp_due d;

	app_count_response(a, code >= 500);
	if (!st->greeted) {
		st->greeted = true;
		if (code == 220 || code == 421 || code == 554)
			return;
		if (!a->midstream)
			app_event(a, NULL, EV_NO_WELCOME);
	}
	if (!pay(st, &d)) {
		if (code != 421 && !a->midstream) /* which a server may say at any time: RFC 5321 section 3.8 */
			app_event(a, NULL, EV_UNMATCHED);
		return;
	}
	if (d.kind == DUE_DATA && code != 354 && !st->due_merged)
		rejected(a, st, d.tx);
	if (d.kind == DUE_TLS && code != 220)
		app_event(a, NULL, EV_TLS_REJECTED);
	if (d.kind == DUE_TLS && code == 220) {
		mail_end(a, st);
		app_upgrade(a, &protocol_tls);
	}
	if (d.kind == DUE_QUIT && code == 221)
		mail_end(a, st);
	settle(a, st, &d);
	if (!st->due_n)
		st->due_merged = false;
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

/* TLS was to begin after the reply that has just been read, and the next one, to a further STARTTLS, says the same. */
static bool
goes_again(const struct smtp *st, struct span rest)
{
	return st->due_n && st->due[st->due_first].kind == DUE_TLS && rest.n > 3 && memcmp(rest.p, "220 ", 4) == 0;
}

/* ---- frames ---- */

enum { FRAME_COMMAND_LINE, FRAME_DATA, FRAME_RESPONSE_LINE };
static const struct app_frame_type frames[] = {
	[FRAME_COMMAND_LINE] = { "command_line", "a command; once with its end and once without" },
	[FRAME_DATA] = { "data", "a mail, from after DATA to the line with the dot" },
	[FRAME_RESPONSE_LINE] = { "response_line", "a line of a reply" },
	{ NULL, NULL },
};

/* What a reply is about: the mail whose command it answers. */
static const struct tx *
answered(struct app *a, const struct smtp *st)
{
	const struct tx *t = st->due_n ? app_tx_find(a, st->due[st->due_first].tx) : NULL;

	return t ? t : a->last;
}

/* A line, its end in `eol` bytes after it. */
static void
mark(struct app *a, const struct smtp *st, int dir, struct span line, uint32_t eol)
{
	const struct tx *t = st->tx ? &st->tx->tx : NULL;

	if (dir == TO_CLIENT) {
		app_frame(a, dir, FRAME_RESPONSE_LINE, line.p, line.n + eol, answered(a, st));
	} else if (!st->data) {
		app_frame(a, dir, FRAME_COMMAND_LINE, line.p, line.n + eol, t);
		app_frame(a, dir, FRAME_COMMAND_LINE, line.p, line.n, t);
	}
}

/* ---- lines ---- */

/* A line without an end; what is taken of it. Of a mail it may be as long as it likes. */
static uint32_t
long_line(struct app *a, struct smtp *st, int dir, struct span s)
{
	if (dir == TO_SERVER && st->data) {
		s = span_head(s, s.p[s.n - 1] == '\r' ? s.n - 1 : s.n);
		client_line(a, st, s, 0);
		st->mid_line = true;
		return s.n;
	}
	st->skip[dir] = true;
	if (dir == TO_SERVER)
		client_line(a, st, s, 0);
	else
		server_line(a, st, s);
	app_event(a, NULL, EV_TRUNCATED);
	return s.n;
}

static int
smtp_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct smtp *st = state;
	uint32_t taken = 0;

	while (taken < bytes.n) {
		struct span s = span_skip(bytes, taken), line;
		const uint8_t *lf;
		uint32_t eol;

		if (dir == TO_SERVER && st->chunk) {
			uint32_t n = s.n < st->chunk ? s.n : st->chunk;

			st->chunk -= n;
			taken += n;
			contents(a, st, span_head(s, n), SPAN_NONE);
			if (st->chunk == 0 && st->last_chunk)
				mail_end(a, st);
			continue;
		}
		if (st->skip[dir]) {
			lf = memchr(s.p, '\n', s.n);
			st->skip[dir] = !lf;
			taken += lf ? (uint32_t) (lf - s.p) + 1 : s.n;
			continue;
		}
		lf = memchr(s.p, '\n', s.n < LINE_MAX ? s.n : LINE_MAX);
		if (!lf) {
			if (s.n < LINE_MAX)
				break;
			taken += long_line(a, st, dir, span_head(s, LINE_MAX));
			continue;
		}
		line = span_head(s, (uint32_t) (lf - s.p));
		taken += line.n + 1;
		eol = 1;
		if (line.n && line.p[line.n - 1] == '\r') {
			line.n--;
			eol = 2;
		}
		bool data = st->data;
		mark(a, st, dir, line, eol);
		if (dir == TO_SERVER)
			client_line(a, st, line, eol);
		else
			server_line(a, st, line);
		if (dir == TO_CLIENT || !data)
			app_flush(a);
		if (dir == TO_SERVER && st->data && !data)
			app_frame(a, dir, FRAME_DATA, bytes.p + taken, FRAME_OPEN, st->tx ? &st->tx->tx : NULL);
		else if (dir == TO_SERVER && data && !st->data)
			app_frame_end(a, dir, FRAME_DATA, a->taken[dir] + taken);
		if (a->upgrading) {
			if (dir == TO_CLIENT && goes_again(st, span_skip(bytes, taken)))
				app_event(a, NULL, EV_CHANGE);
			break;
		}
	}
	return (int) taken;
}

static int
smtp_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct smtp *st = state;

	if (dir == TO_SERVER && st->tx && st->tx->mime)
		mime_gap(a, st->tx->mime, n);
	if (dir == TO_SERVER && n <= st->chunk) {
		st->chunk -= n;
		if (st->chunk == 0 && st->last_chunk)
			mail_end(a, st);
	} else if (dir == TO_SERVER && !st->data) {
		return -1;
	}
	return 0;
}

static void
smtp_eof(struct app *a, void *state, int dir)
{
	if (dir == TO_SERVER)
		mail_end(a, state);
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
	bytes_release(a, &t->rcpt.bytes);
	bytes_release(a, &t->helo);
	if (t->mime) {
		mime_clear(a, t->mime);
		app_give(a, t->mime, sizeof(*t->mime));
	}
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

static const struct app_event events[] = {
	[EV_INVALID_REPLY] = { "invalid_reply" },
	[EV_COMMAND_TOO_LONG] = { "max_command_line_len_exceeded" },
	[EV_REPLY_TOO_LONG] = { "max_reply_line_len_exceeded" },
	[EV_TLS_REJECTED] = { "tls_rejected" },
	[EV_DATA_REJECTED] = { "data_command_rejected" },
	[EV_DUPLICATE] = { "duplicate_fields" },
	[EV_UNMATCHED] = { "unable_to_match_reply_with_request" },
	[EV_NO_WELCOME] = { "no_server_welcome_message" },
	[EV_PIPELINED] = { "invalid_pipelined_sequence" },
	[EV_CHUNK] = { "bdat_chunk_len_exceeded" }, /* never here: what follows a chunk's last byte is the next command */
	[EV_INVALID_BDAT] = { "invalid_bdat" },
	[EV_UNPARSABLE] = { "unparsable_content" },
	[EV_TRUNCATED] = { "truncated_line" },
	[EV_MIME + MIME_EV_BASE64] = { "mime_invalid_base64" },
	[EV_MIME + MIME_EV_QP] = { "mime_invalid_qp" },
	[EV_MIME + MIME_EV_LINE] = { "mime_long_line" },
	[EV_MIME + MIME_EV_ENCODED_LINE] = { "mime_long_enc_line" },
	[EV_MIME + MIME_EV_HEADER_NAME] = { "mime_long_header_name" },
	[EV_MIME + MIME_EV_HEADER_VALUE] = { "mime_long_header_value" },
	[EV_MIME + MIME_EV_BOUNDARY] = { "mime_long_boundary" },
	[EV_MIME + MIME_EV_FILE_NAME] = { "mime_long_filename" },
	[EV_MIME + MIME_EV_MALFORMED] = { "mime_malformed_msg" },
	[EV_MIME + MIME_EV_FAILED] = { "mime_parse_failed" },
	[EV_CHANGE] = { "failed_protocol_change" },
	{ NULL }
};

const struct protocol protocol_smtp = {
	.name = "smtp",
	.keeps_stream = true,
	.upper_events = true,
	.spec = "RFC 5321, RFC 3030, RFC 3207",
	.transport = APP_TCP,
	.ports = { "25,587", NULL },
	.probe_min = 5,
	.probe_max = 512,
	.probe = smtp_probe,
	.conf_size = sizeof(struct mime_conf),
	.configure = mime_configure,
	.state_size = sizeof(struct smtp),
	.tx_size = sizeof(struct smtp_tx),
	.done = { MAIL_END, 1 },
	.max_record = LINE_MAX,
	.feed = smtp_feed,
	.frames = frames,
	.gap = smtp_gap,
	.eof = smtp_eof,
	.tx_clear = smtp_tx_clear,
	.clear = smtp_clear,
	.file = smtp_file,
	.fields = smtp_fields,
	.events = events,
	.log = smtp_log,
};
