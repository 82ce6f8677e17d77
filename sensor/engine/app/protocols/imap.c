/*
 * imap - IMAP: found by its greeting or by a command. Read is what commands are called and how the server answers them, for
 * STARTTLS (TLS follows) and for logging in, which counts among the session's facts. Mails and mailboxes are not read and
 * there are no transactions, as in the reference.
 *
 * Spec: RFC 9051 section 2.2 (lines, tags, literals), 4.3 (literals), 6.2.1 (STARTTLS), 7.1 (status), 6 (commands).
 *
 *   client  tag command [arguments] CR LF      server  tag OK|NO|BAD text CR LF, "*" or "+" text CR LF
 *   a line that ends in {n} or {n+} goes on after n bytes of anything
 */
#include <strings.h>

#include "engine/app/protocols/parse.h"

#define TAG_MAX 32u
#define LINE_MAX 4096u
#define WAITING 8 /* commands whose answers matter */

extern const struct protocol protocol_tls;

struct imap_wait {
	uint8_t n; /* 0: free */
	bool tls;  /* else it logs in */
	char tag[TAG_MAX];
};

struct imap {
	uint32_t literal[2];
	bool goes_on[2]; /* what comes is the rest of a line */
	bool skip[2];    /* a line too long: its rest is passed over */
	struct imap_wait wait[WAITING];
	uint8_t next;
};

/* The next word. */
static struct span
word(struct rd *r)
{
	struct span s = rd_rest(r);
	uint32_t n = 0;

	while (n < s.n && s.p[n] != ' ')
		n++;
	rd_skip(r, n < s.n ? n + 1 : n);
	return span_head(s, n);
}

static bool
is(struct span s, const char *what)
{
	return s.n == strlen(what) && strncasecmp((const char *) s.p, what, s.n) == 0;
}

static void
client_says(struct app *a, struct imap *st, struct span line)
{
	struct rd r = rd_of(line);
	struct span tag = word(&r), name = word(&r);
	bool tls = is(name, "STARTTLS");
	struct imap_wait *w = &st->wait[st->next];

	if (!tag.n || tag.n > TAG_MAX || (!tls && !is(name, "LOGIN") && !is(name, "AUTHENTICATE")))
		return;
	if (!tls)
		app_count_request(a);
	w->n = (uint8_t) tag.n;
	w->tls = tls;
	memcpy(w->tag, tag.p, tag.n);
	st->next = (st->next + 1) % WAITING;
}

static void
server_says(struct app *a, struct imap *st, struct span line)
{
	struct rd r = rd_of(line);
	struct span tag = word(&r), status = word(&r);
	bool ok = is(status, "OK");

	if (!ok && !is(status, "NO") && !is(status, "BAD"))
		return;
	for (unsigned i = 0; i < WAITING; i++) {
		struct imap_wait *w = &st->wait[i];

		if (!w->n || !span_eq(span_of(w->tag, w->n), tag))
			continue;
		w->n = 0;
		if (!w->tls)
			app_count_response(a, !ok);
		else if (ok)
			app_upgrade(a, &protocol_tls);
		return;
	}
}

/* {n} or {n+} at the end of a line: n, else 0. */
static uint32_t
literal(struct span line)
{
	uint32_t i = line.n, n = 0, digits = 0;

	if (!i || line.p[--i] != '}')
		return 0;
	if (i && line.p[i - 1] == '+')
		i--;
	for (uint32_t ten = 1; i && line.p[i - 1] >= '0' && line.p[i - 1] <= '9' && digits < 9; digits++, ten *= 10)
		n += ten * (uint32_t) (line.p[--i] - '0');
	return digits && i && line.p[i - 1] == '{' ? n : 0;
}

static void
take_line(struct app *a, struct imap *st, int dir, struct span line)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (!st->goes_on[dir])
		(dir == TO_SERVER ? client_says : server_says)(a, st, line);
	st->literal[dir] = literal(line);
	st->goes_on[dir] = st->literal[dir] > 0;
}

static int
imap_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct imap *st = state;
	uint32_t taken = 0;

	while (taken < bytes.n && !a->upgrading) {
		struct span s = span_skip(bytes, taken);
		const uint8_t *lf;
		uint32_t n;

		if (st->literal[dir]) {
			n = s.n < st->literal[dir] ? s.n : st->literal[dir];
			st->literal[dir] -= n;
			taken += n;
			continue;
		}
		lf = memchr(s.p, '\n', s.n);
		if (!lf && s.n < LINE_MAX && !st->skip[dir])
			break;
		n = lf ? (uint32_t) (lf - s.p) : s.n;
		if (!st->skip[dir])
			take_line(a, st, dir, span_head(s, n));
		st->skip[dir] = !lf;
		taken += lf ? n + 1 : n;
	}
	return (int) taken;
}

/* What is left of a literal shrinks; else the line is lost. */
static int
imap_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct imap *st = state;

	if (n <= st->literal[dir]) {
		st->literal[dir] -= n;
		return 0;
	}
	st->literal[dir] = 0;
	st->goes_on[dir] = false;
	st->skip[dir] = true;
	return 0;
}

/* "* OK ", "* PREAUTH ", "* BYE ". */
static enum app_probe
greeting(struct span s)
{
	static const char *const words[] = { "* OK", "* PREAUTH", "* BYE" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		uint32_t n = (uint32_t) strlen(words[i]);

		if (s.n <= n && memcmp(s.p, words[i], s.n) == 0)
			return PROBE_MORE;
		if (s.n > n && memcmp(s.p, words[i], n) == 0 && (s.p[n] == ' ' || s.p[n] == '\r'))
			return PROBE_YES;
	}
	return PROBE_NO;
}

/* A tag and a command of a client that is not logged in. */
static enum app_probe
command(struct span s)
{
	static const char *const names[] = { "CAPABILITY", "LOGIN", "AUTHENTICATE", "STARTTLS", "NOOP", "LOGOUT", "ID" };
	uint32_t tag = 0, end;

	while (tag < s.n && tag < TAG_MAX && s.p[tag] > ' ' && s.p[tag] <= '~' && !strchr("*+(){%\"\\", s.p[tag]))
		tag++;
	if (tag == s.n)
		return tag < TAG_MAX ? PROBE_MORE : PROBE_NO;
	if (tag == 0 || s.p[tag] != ' ')
		return PROBE_NO;
	end = tag + 1;
	while (end < s.n && s.p[end] != ' ' && s.p[end] != '\r' && s.p[end] != '\n')
		end++;
	if (end == s.n)
		return end - tag < 16 ? PROBE_MORE : PROBE_NO;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == end - tag - 1 && strncasecmp(names[i], (const char *) s.p + tag + 1, end - tag - 1) == 0)
			return PROBE_YES;
	return PROBE_NO;
}

static enum app_probe
imap_probe(struct span s, int dir, uint8_t transport)
{
	return dir == TO_CLIENT ? greeting(s) : PROBE_NO;
}

static enum app_probe
imap_probe_likely(struct span s, int dir, uint8_t transport)
{
	return dir == TO_CLIENT ? greeting(s) : command(s);
}

static void
imap_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
}

const struct protocol protocol_imap = {
	.name = "imap",
	.spec = "RFC 9051",
	.transport = APP_TCP,
	.ports = { "143", NULL },
	.probe_min = 1,
	.probe = imap_probe,
	.probe_likely = imap_probe_likely,
	.state_size = sizeof(struct imap),
	.tx_size = sizeof(struct tx),
	.max_record = LINE_MAX,
	.feed = imap_feed,
	.gap = imap_gap,
	.log = imap_log,
};
