/*
 * telnet - commands between lines of text, and how logging in went. There are no transactions, as in the reference:
 * rules look into frames.
 *
 * Spec: RFC 854 (commands, "IAC" 255), RFC 855 (options, sub-negotiation), RFC 885 (EOR), RFC 1184 section 2.5 (EOF,
 * SUSP, ABORT); options: IANA "Telnet Options".
 *
 *   IAC command   IAC WILL|WONT|DO|DONT option   IAC SB option bytes ... IAC SE   anything else: text to its line feed
 *
 * Frames are cut as the reference cuts them: a command that comes within a line of text belongs to the line, and the
 * IAC SE after a sub-negotiation is a command of its own. Text is taken as it comes; of a line the end is kept, which
 * is where a prompt is.
 */
#include <strings.h>

#include "engine/app/protocols/parse.h"

#define IAC 255
#define SE 240
#define SB 250
#define COMMAND_MIN 236 /* EOF */
#define PROMPT_MAX 128u /* of a line that is not over */
#define AGAIN UINT32_MAX /* nothing taken, but the same byte means something else now */

enum { BETWEEN, TEXT, SUB };
enum { FRAME_PDU, FRAME_CTL, FRAME_DATA };
static const struct app_frame_type frames[] = {
	[FRAME_PDU] = { "pdu", "a command or a line of text" },
	[FRAME_CTL] = { "ctl", "a command with its option; of a sub-negotiation all but the IAC SE" },
	[FRAME_DATA] = { "data", "a line of text with its end, and commands within it" },
	{ NULL, NULL },
};

struct telnet {
	uint8_t in[2];
	uint8_t skip[2];          /* bytes of a command within a line that are no text */
	bool iac[2];              /* the last byte was an IAC */
	uint8_t n[2];
	char line[2][PROMPT_MAX]; /* the end of the line at hand */
	bool asked;               /* for a password */
	bool given;               /* and it was given: what the server says next tells how it went */
};

static bool
says(struct span s, const char *word)
{
	uint32_t n = (uint32_t) strlen(word);

	for (uint32_t i = 0; i + n <= s.n; i++)
		if (strncasecmp((const char *) s.p + i, word, n) == 0)
			return true;
	return false;
}

/* A line that waits for something to be typed. */
static bool
prompts(struct span s, const char *for_what)
{
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s.n && s.p[s.n - 1] == ':' && says(s, for_what);
}

static bool
refuses(struct span s)
{
	static const char *const words[] = { "incorrect", "invalid", "fail", "denied", "wrong", "bad password" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (says(s, words[i]))
			return true;
	if (says(s, "last login")) /* that one is in */
		return false;
	return prompts(s, "login") || prompts(s, "user") || prompts(s, "password");
}

/* What the direction says now: a line, or (not `over`) what there is of one. */
static void
said(struct app *a, struct telnet *st, int dir, bool over)
{
	struct span s = span_of(st->line[dir], st->n[dir]);

	while (s.n && (s.p[0] == '\r' || s.p[0] == ' ' || s.p[0] == 0))
		s = span_skip(s, 1);
	if (dir == TO_SERVER) {
		if (over && st->asked) {
			app_count_request(a);
			st->given = true;
		}
		if (over) { /* what the prompt was for is typed: the rest of its line is the answer */
			st->asked = false;
			st->n[TO_CLIENT] = 0;
		}
		return;
	}
	if (!s.n)
		return;
	if (st->given && (over || refuses(s))) {
		app_count_response(a, refuses(s));
		st->given = false;
	}
	st->asked = !over && prompts(s, "password");
}

/* A letter of text, or of a command within it. */
static void
letter(struct telnet *st, int dir, uint8_t c)
{
	if (st->iac[dir]) {
		st->iac[dir] = false;
		st->skip[dir] = c >= SB + 1 && c != IAC;
		return;
	}
	if (st->skip[dir]) {
		st->skip[dir]--;
		return;
	}
	st->iac[dir] = c == IAC;
	if (c == IAC)
		return;
	if (st->n[dir] == PROMPT_MAX) {
		memmove(st->line[dir], st->line[dir] + PROMPT_MAX / 2, PROMPT_MAX / 2);
		st->n[dir] = PROMPT_MAX / 2;
	}
	st->line[dir][st->n[dir]++] = (char) c;
}

static void
open_frame(struct app *a, int dir, unsigned type, const uint8_t *at, uint64_t len)
{
	app_frame(a, dir, FRAME_PDU, at, len, NULL);
	app_frame(a, dir, type, at, len, NULL);
}

static void
end_frame(struct app *a, int dir, unsigned type, uint64_t offset)
{
	app_frame_end(a, dir, FRAME_PDU, offset);
	app_frame_end(a, dir, type, offset);
}

/* All of the line that is there; its length. */
static uint32_t
text(struct app *a, struct telnet *st, int dir, struct span s, uint64_t offset)
{
	const uint8_t *lf = memchr(s.p, '\n', s.n);
	uint32_t n = lf ? (uint32_t) (lf - s.p) : s.n;

	for (uint32_t i = n > 2 * PROMPT_MAX ? n - 2 * PROMPT_MAX : 0; i < n; i++)
		letter(st, dir, s.p[i]);
	said(a, st, dir, lf != NULL);
	if (!lf)
		return n;
	end_frame(a, dir, FRAME_DATA, offset + n + 1);
	st->in[dir] = BETWEEN;
	st->n[dir] = st->skip[dir] = 0;
	st->iac[dir] = false;
	return n + 1;
}

/* What a sub-negotiation says, up to its IAC SE; 0: the byte that is there may be half of one. */
static uint32_t
sub(struct app *a, struct telnet *st, int dir, struct span s, uint64_t offset)
{
	const uint8_t end[2] = { IAC, SE };
	const uint8_t *at = memmem(s.p, s.n, end, sizeof(end));

	if (!at)
		return s.p[s.n - 1] == IAC ? s.n - 1 : s.n;
	end_frame(a, dir, FRAME_CTL, offset + (uint32_t) (at - s.p));
	st->in[dir] = BETWEEN;
	return at > s.p ? (uint32_t) (at - s.p) : AGAIN;
}

/* The next piece begins here: the bytes of it that are done with; 0: more are needed to tell. */
static uint32_t
begin(struct app *a, struct telnet *st, int dir, struct span s)
{
	if (s.p[0] == IAC && s.n == 1)
		return 0;
	if (s.p[0] != IAC || s.p[1] == IAC) {
		open_frame(a, dir, FRAME_DATA, s.p, FRAME_OPEN);
		st->in[dir] = TEXT;
		return AGAIN;
	}
	if (s.p[1] == SB) {
		open_frame(a, dir, FRAME_CTL, s.p, FRAME_OPEN);
		st->in[dir] = SUB;
		return 2;
	}
	if (s.p[1] > SB && s.n < 3)
		return 0;
	open_frame(a, dir, FRAME_CTL, s.p, s.p[1] > SB ? 3 : 2);
	return s.p[1] > SB ? 3 : 2;
}

static int
telnet_feed(struct app *a, void *state, int dir, struct span bytes)
{
	struct telnet *st = state;
	uint32_t taken = 0;

	while (taken < bytes.n) {
		struct span s = span_skip(bytes, taken);
		uint64_t offset = a->taken[dir] + taken;
		uint32_t n;

		if (st->in[dir] == TEXT)
			n = text(a, st, dir, s, offset);
		else if (st->in[dir] == SUB)
			n = sub(a, st, dir, s, offset);
		else
			n = begin(a, st, dir, s);
		if (n == 0)
			break;
		taken += n == AGAIN ? 0 : n;
	}
	return (int) taken;
}

/* Where a hole ends nobody knows what one is in: text is what does least harm. */
static int
telnet_gap(struct app *a, void *state, int dir, uint32_t n)
{
	struct telnet *st = state;

	if (st->in[dir] == SUB)
		st->in[dir] = BETWEEN;
	st->n[dir] = st->skip[dir] = 0;
	st->iac[dir] = false;
	return 0;
}

/* ---- detection ---- */

static bool
known_option(uint8_t o)
{
	return o <= 49 || (o >= 138 && o <= 140) || o == IAC;
}

static bool
printable(uint8_t c)
{
	return (c >= ' ' && c <= '~') || c == '\r' || c == '\n' || c == '\t' || c == 0x1b || c == '\b' || c == 7;
}

/* Negotiations of options that there are, then nothing, another command, or text. */
static enum app_probe
telnet_probe(struct span s, int dir, uint8_t transport)
{
	uint32_t i = 0;

	while (i < s.n && s.p[i] == IAC) {
		uint8_t c = i + 1 < s.n ? s.p[i + 1] : IAC;

		if (i + 2 >= s.n)
			return i ? PROBE_YES : s.n < 2 || (c > SB && c < IAC) ? PROBE_MORE : PROBE_NO;
		if (c == SB && i && known_option(s.p[i + 2]))
			return PROBE_YES;
		if (c <= SB || c == IAC || !known_option(s.p[i + 2]))
			return PROBE_NO;
		i += 3;
	}
	return i && (i == s.n || printable(s.p[i])) ? PROBE_YES : PROBE_NO;
}

/* On its port a command alone is enough, and so is a server that asks who is there. */
static enum app_probe
telnet_probe_likely(struct span s, int dir, uint8_t transport)
{
	if (s.p[0] == IAC)
		return s.n < 2 ? PROBE_MORE : s.p[1] >= COMMAND_MIN && s.p[1] != IAC ? PROBE_YES : PROBE_NO;
	for (uint32_t i = 0; i < s.n; i++)
		if (s.p[i] == IAC)
			return i + 1 == s.n ? PROBE_MORE : s.p[i + 1] >= COMMAND_MIN ? PROBE_YES : PROBE_NO;
		else if (!printable(s.p[i]) && s.p[i])
			return PROBE_NO;
	if (dir == TO_CLIENT && (says(s, "login:") || says(s, "username:") || says(s, "password:")))
		return PROBE_YES;
	return PROBE_MORE;
}

static void
telnet_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
}

const struct protocol protocol_telnet = {
	.name = "telnet",
	.spec = "RFC 854, RFC 855",
	.transport = APP_TCP,
	.ports = { "23", NULL },
	.probe_min = 1,
	.probe_max = 512,
	.probe = telnet_probe,
	.probe_likely = telnet_probe_likely,
	.state_size = sizeof(struct telnet),
	.tx_size = sizeof(struct tx),
	.max_record = 64,
	.feed = telnet_feed,
	.gap = telnet_gap,
	.frames = frames,
	.log = telnet_log,
};
