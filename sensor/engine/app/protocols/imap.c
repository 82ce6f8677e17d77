/*
 * imap - IMAP: found by its greeting or by a command. What is said is not read, as in the reference.
 *
 * Spec: RFC 9051 section 7.1 (greeting), 2.2.1 (commands), 6 (their names).
 */
#include <strings.h>

#include "engine/app/protocols/parse.h"

#define TAG_MAX 32u

static int
imap_feed(struct app *a, void *state, int dir, struct span bytes)
{
	return (int) bytes.n;
}

static int
imap_gap(struct app *a, void *state, int dir, uint32_t n)
{
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
	.tx_size = sizeof(struct tx),
	.feed = imap_feed,
	.gap = imap_gap,
	.log = imap_log,
};
