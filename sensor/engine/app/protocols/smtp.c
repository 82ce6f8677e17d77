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

#include "engine/app/protocols/mime.h"

#define LINE_MAX 8192   /* longer ones cannot be followed */
#define COMMAND_MAX 510
#define KEEP_MAX 2048
#define RCPT_MAX 4096   /* bytes of all recipients of a mail */

extern const struct protocol protocol_tls;

enum { MAIL_START, MAIL_ENVELOPE, MAIL_HEADERS, MAIL_END };
enum smtp_event { EV_INVALID_REPLY, EV_COMMAND_TOO_LONG, EV_REPLY_TOO_LONG, EV_TLS_REJECTED, EV_DATA_REJECTED,
	EV_DUPLICATE };

struct smtp_tx {
	struct tx tx;
	struct bytes from, rcpt; /* rcpt: length(2) then the text, each */
	struct bytes helo;
	struct mime *mime;       /* from the first byte of the mail on */
	struct body file;
};

struct smtp {
	struct smtp_tx *tx;      /* the mail at hand */
	struct bytes helo;
	bool greeted, data;
	bool mid_line;           /* of the mail: a line so long that it comes in pieces */
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

static const struct mime_conf *
settings(const struct app *a)
{
	const struct mime_conf *c = app_conf(a);

	return c && c->set ? c : &mime_defaults;
}

/* Bytes of the mail. */
static void
contents(struct app *a, struct smtp *st, struct span s)
{
	struct smtp_tx *t = st->tx;

	if (!t)
		return;
	if (!t->mime && (t->mime = app_take(a, sizeof(*t->mime)))) {
		t->mime->file = &t->file;
		t->file.inspect_min = (uint32_t) settings(a)->inspect_min;
		t->file.inspect_window = (uint32_t) settings(a)->inspect_window;
	}
	if (!t->mime)
		return;
	mime_feed(a, t->mime, settings(a), s);
	if (t->mime->inner)
		tx_reach(&t->tx, TO_SERVER, MAIL_HEADERS);
}

static void
mail_end(struct app *a, struct smtp *st)
{
	if (st->tx && st->tx->mime)
		mime_end(a, st->tx->mime, settings(a));
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
		if (t->helo.n)
			app_event(a, &t->tx, EV_DUPLICATE);
		if (t->from.n || t->rcpt.n) { /* RFC 5321 section 4.1.4: as RSET */
			mail_end(a, st);
			if (!(t = mail(a, st)))
				return;
		}
		bytes_release(a, &st->helo);
		app_keep(a, &st->helo, span_head(rest_of(line, 4, true), KEEP_MAX), KEEP_MAX);
		bytes_release(a, &t->helo);
		app_keep(a, &t->helo, bytes_span(&st->helo), KEEP_MAX);
	} else if (verb(line, "MAIL FROM:")) {
		if (t->from.n)
			app_event(a, &t->tx, EV_DUPLICATE);
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

/* `eol`: bytes of the line's end. */
static void
client_line(struct app *a, struct smtp *st, struct span line, uint32_t eol)
{
	if (!st->data) {
		command(a, st, line);
	} else if (line.n == 1 && line.p[0] == '.' && !st->mid_line) {
		st->data = false;
		st->due++;
		mail_end(a, st);
	} else {
		if (line.n && line.p[0] == '.' && !st->mid_line) { /* RFC 5321 section 4.5.2 */
			line = span_skip(line, 1);
		}
		contents(a, st, span_of(line.p, line.n + eol));
		st->mid_line = false;
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

/* ---- frames ---- */

enum { FRAME_COMMAND_LINE, FRAME_DATA, FRAME_RESPONSE_LINE };
static const struct app_frame_type frames[] = {
	[FRAME_COMMAND_LINE] = { "command_line", "a command; once with its end and once without" },
	[FRAME_DATA] = { "data", "a mail, from after DATA to the line with the dot" },
	[FRAME_RESPONSE_LINE] = { "response_line", "a line of a reply" },
	{ NULL, NULL },
};

/* What a reply is about: the oldest mail that waits for one. */
static const struct tx *
answered(const struct app *a)
{
	each_tx(a, x)
		if (x->progress[TO_CLIENT] < 1)
			return x;
	return a->last;
}

/* A line, its end in `eol` bytes after it. */
static void
mark(struct app *a, const struct smtp *st, int dir, struct span line, uint32_t eol)
{
	const struct tx *t = st->tx ? &st->tx->tx : NULL;

	if (dir == TO_CLIENT) {
		app_frame(a, dir, FRAME_RESPONSE_LINE, line.p, line.n + eol, answered(a));
	} else if (!st->data) {
		app_frame(a, dir, FRAME_COMMAND_LINE, line.p, line.n + eol, t);
		app_frame(a, dir, FRAME_COMMAND_LINE, line.p, line.n, t);
	}
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
		uint32_t eol;

		if (dir == TO_SERVER && st->chunk) {
			uint32_t n = s.n < st->chunk ? s.n : st->chunk;

			st->chunk -= n;
			taken += n;
			contents(a, st, span_head(s, n));
			if (st->chunk == 0 && st->last_chunk)
				mail_end(a, st);
			continue;
		}
		lf = memchr(s.p, '\n', s.n);
		if (!lf) {
			if (s.n < LINE_MAX)
				break;
			if (!(dir == TO_SERVER && st->data)) {
				app_event(a, NULL, dir == TO_SERVER ? EV_COMMAND_TOO_LONG : EV_REPLY_TOO_LONG);
				return (int) bytes.n;
			}
			/* a line of a mail may be as long as it likes */
			line = span_head(s, s.p[s.n - 1] == '\r' ? s.n - 1 : s.n);
			if (line.n > 1) {
				client_line(a, st, line, 0);
				st->mid_line = true;
			}
			taken += line.n;
			break;
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
		if (dir == TO_SERVER && st->data && !data)
			app_frame(a, dir, FRAME_DATA, bytes.p + taken, FRAME_OPEN, st->tx ? &st->tx->tx : NULL);
		else if (dir == TO_SERVER && data && !st->data)
			app_frame_end(a, dir, FRAME_DATA, a->taken[dir] + taken);
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
	bytes_release(a, &t->rcpt);
	bytes_release(a, &t->helo);
	if (t->mime) {
		mime_clear(a, t->mime);
		app_give(a, t->mime, sizeof(*t->mime));
	}
	body_clear(&t->file, a);
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

static bool
header(const struct tx *tx, const char *name, unsigned i, struct span *out)
{
	const struct mime *m = ((const struct smtp_tx *) tx)->mime;

	return m && mime_header(m, name, i, out);
}

#define MAIL_FIELD(fn, name, several) \
	static bool \
	fn(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out) \
	{ \
		return (several || i == 0) && header(tx, name, i, out); \
	}
MAIL_FIELD(f_mail_from, "from", false)
MAIL_FIELD(f_mail_to, "to", false)
MAIL_FIELD(f_mail_cc, "cc", false)
MAIL_FIELD(f_mail_subject, "subject", false)
MAIL_FIELD(f_mail_date, "date", false)
MAIL_FIELD(f_mail_id, "message-id", false)
MAIL_FIELD(f_mail_mailer, "x-mailer", false)
MAIL_FIELD(f_mail_received, "received", true)

static bool
f_url(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	const struct mime *m = ((const struct smtp_tx *) tx)->mime;

	return m && mime_list_at(&m->urls, i, out);
}

static bool
f_file_name(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	const struct mime *m = ((const struct smtp_tx *) tx)->mime;

	return m && mime_list_at(&m->names, i, out);
}

static struct body *
b_file(struct tx *tx, int dir)
{
	return &((struct smtp_tx *) tx)->file;
}

#define ENVELOPE { MAIL_ENVELOPE, 0 }
#define HEADERS { MAIL_HEADERS, 0 }
#define MAIL { MAIL_END, 0 }
static const struct field fields[] = {
	{ "smtp.helo", NULL, NULL, FIELD_BYTES, false, 1, ENVELOPE, f_helo, .help = "name the client gave with HELO or EHLO" },
	{ "smtp.mail_from", NULL, NULL, FIELD_BYTES, false, 1, ENVELOPE, f_from, .help = "sender of the envelope, with its brackets" },
	{ "smtp.rcpt_to", NULL, NULL, FIELD_MULTI, false, 1, ENVELOPE, f_rcpt, .help = "each recipient of the envelope" },
	{ "email.from", NULL, NULL, FIELD_BYTES, false, 1, HEADERS, f_mail_from, .help = "From of the mail" },
	{ "email.to", NULL, NULL, FIELD_BYTES, false, 1, HEADERS, f_mail_to, .help = "To of the mail" },
	{ "email.cc", NULL, NULL, FIELD_BYTES, false, 1, HEADERS, f_mail_cc, .help = "Cc of the mail" },
	{ "email.subject", NULL, NULL, FIELD_BYTES, false, 1, HEADERS, f_mail_subject, .help = "Subject of the mail" },
	{ "email.date", NULL, NULL, FIELD_BYTES, false, 1, HEADERS, f_mail_date, .help = "Date of the mail" },
	{ "email.message_id", NULL, NULL, FIELD_BYTES, false, 1, HEADERS, f_mail_id, .help = "Message-Id of the mail" },
	{ "email.x_mailer", NULL, NULL, FIELD_BYTES, false, 1, HEADERS, f_mail_mailer, .help = "X-Mailer of the mail" },
	{ "email.received", NULL, NULL, FIELD_MULTI, false, 1, HEADERS, f_mail_received, .help = "each Received of the mail" },
	{ "email.url", NULL, NULL, FIELD_MULTI, false, 1, MAIL, f_url, .help = "each address of the web in the mail's text" },
	{ "file.name", NULL, NULL, FIELD_MULTI, false, 1, MAIL, f_file_name, .help = "name of each attachment" },
	{ .name = "file.data", .aliases = "file_data", .kind = FIELD_BODY, .dirs = 1, .progress = ENVELOPE, .body = b_file,
	    .help = "attachments, decoded, one after the other" },
	{ NULL }
};

static const struct app_event events[] = {
	[EV_INVALID_REPLY] = { "invalid_reply" },
	[EV_COMMAND_TOO_LONG] = { "max_command_line_len_exceeded" },
	[EV_REPLY_TOO_LONG] = { "max_reply_line_len_exceeded" },
	[EV_TLS_REJECTED] = { "tls_rejected" },
	[EV_DATA_REJECTED] = { "data_command_rejected" },
	[EV_DUPLICATE] = { "duplicate_fields" },
	{ NULL }
};

static void
envelope_log(const struct tx *tx, struct json *j)
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

/* The mail is an object of its own beside that of the envelope, as in the reference. */
static void
smtp_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct mime *m = ((const struct smtp_tx *) tx)->mime;

	envelope_log(tx, j);
	if (!m)
		return;
	json_end(j);
	json_object(j, "email");
	mime_log(m, app->proto == tx->proto ? settings(app) : &mime_defaults, j);
}

const struct protocol protocol_smtp = {
	.name = "smtp",
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
	.fields = fields,
	.events = events,
	.log = smtp_log,
};
