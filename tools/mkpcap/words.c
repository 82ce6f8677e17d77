/*
 * words - what the statements of a script are made of: names, numbers, times, addresses, strings.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "mkpcap.h"

bool
fail(struct script *s, const char *fmt, ...)
{
	const struct token *t = peek(s);
	const struct diag_item *last = s->diag->n ? &s->diag->items[s->diag->n - 1] : NULL;
	va_list ap;

	if (last && last->line == t->line && last->column == t->column)
		return false; /* the same place, in the next turn of a loop */
	va_start(ap, fmt);
	diag_add(s->diag, DIAG_ERROR, s->name, t->line, t->column, fmt, ap);
	va_end(ap);
	return false;
}

const struct token *
peek(const struct script *s)
{
	return &s->tokens[s->at];
}

bool
at_end(const struct script *s)
{
	enum token_kind k = peek(s)->kind;

	return k == TOKEN_END || k == TOKEN_CLOSE || k == TOKEN_EOF;
}

bool
accept(struct script *s, const char *word)
{
	if (peek(s)->kind != TOKEN_WORD || !span_eq(peek(s)->text, span_str(word)))
		return false;
	s->at++;
	return true;
}

/* One escape at text[*i], behind its backslash. */
static bool
escape(struct script *s, struct span t, uint32_t *i, struct buf *b)
{
	static const char from[] = "rnt0\\\"", to[] = "\r\n\t\0\\\"";
	const char *at = strchr(from, t.p[*i]);

	if (t.p[*i] && at) {
		(*i)++;
		buf_add(b, &to[at - from], 1);
		return true;
	}
	if (t.p[*i] == 'x' && *i + 2 < t.n && byte_hex(t.p[*i + 1]) >= 0 && byte_hex(t.p[*i + 2]) >= 0) {
		put_u8(b, (uint32_t) (byte_hex(t.p[*i + 1]) << 4 | byte_hex(t.p[*i + 2])));
		*i += 3;
		return true;
	}
	return fail(s, "unknown escape, expected one of \\r \\n \\t \\0 \\\\ \\\" \\xNN \\{counter}");
}

/* {expression} at text[*i], behind its {. */
static bool
counter(struct script *s, struct span t, uint32_t *i, struct buf *b)
{
	uint32_t start = *i;
	int64_t v;
	const char *why;

	while (*i < t.n && t.p[*i] != '}')
		(*i)++;
	if (*i == t.n)
		return fail(s, "{ without }");
	if (!expression(s, span_of(t.p + start, *i - start), &v, &why))
		return fail(s, "in { }: %s", why);
	(*i)++;
	buf_printf(b, "%" PRId64, v);
	return true;
}

static bool
substitute_into(struct script *s, struct span t, bool escapes, struct buf *b)
{
	for (uint32_t i = 0; i < t.n;) {
		bool slash = escapes && t.p[i] == '\\';
		if (t.p[i] == (escapes ? '\\' : '{') && (!escapes || (i + 1 < t.n && t.p[i + 1] == '{'))) {
			i += escapes ? 2 : 1;
			if (!counter(s, t, &i, b))
				return false;
		} else if (slash) {
			i++;
			if (i == t.n || !escape(s, t, &i, b))
				return i < t.n ? false : fail(s, "\\ at the end of a string");
		} else {
			buf_add(b, &t.p[i++], 1);
		}
	}
	return true;
}

/* Text with its counters put in, NUL after it; lives in the scratch arena. */
struct span
substitute(struct script *s, struct span text, bool escapes, bool *ok)
{
	struct buf b;
	struct span out = SPAN_NONE;

	buf_init(&b, DATA_MAX);
	*ok = substitute_into(s, text, escapes, &b);
	uint8_t *p = arena_alloc(&s->scratch, b.n + 1);
	if (p) {
		if (b.n)
			memcpy(p, b.p, b.n);
		p[b.n] = 0;
		out = span_of(p, b.n);
	} else {
		*ok = fail(s, "too much text in one statement");
	}
	buf_clear(&b);
	return out;
}

bool
take_word(struct script *s, const char *what, const char **out)
{
	bool ok;

	if (peek(s)->kind != TOKEN_WORD)
		return fail(s, "expected %s", what);
	struct span t = substitute(s, peek(s)->text, false, &ok);
	if (!ok)
		return false;
	*out = (const char *) t.p;
	s->at++;
	return true;
}

bool
take_number(struct script *s, const char *what, int64_t lo, int64_t hi, int64_t *out)
{
	const char *text, *why;

	if (!take_word(s, what, &text))
		return false;
	s->at--;
	if (!expression(s, span_str(text), out, &why))
		return fail(s, "\"%s\" is not %s: %s", text, what, why);
	if (*out < lo || *out > hi)
		return fail(s, "%" PRId64 " is not %s, expected %" PRId64 "..%" PRId64, *out, what, lo, hi);
	s->at++;
	return true;
}

/* `word NUMBER` when it is there; *out stays otherwise. */
bool
option_number(struct script *s, const char *word, int64_t lo, int64_t hi, int64_t *out)
{
	return !accept(s, word) || take_number(s, word, lo, hi, out);
}

/* One number and its unit; *text moves behind them. */
static bool
duration_part(const char **text, int64_t *out)
{
	static const struct {
		const char *unit;
		double us;
	} units[] = { { "us", 1 }, { "ms", 1e3 }, { "s", 1e6 }, { "m", 60e6 }, { "h", 3600e6 } };
	char *end;
	double v = isdigit((unsigned char) **text) ? strtod(*text, &end) : -1;

	if (v < 0 || v > 1e9)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		size_t n = strlen(units[i].unit);
		if (strncmp(end, units[i].unit, n) == 0 && (!end[n] || isdigit((unsigned char) end[n]))) {
			*out += (int64_t) (v * units[i].us + 0.5);
			*text = end + n;
			return true;
		}
	}
	return false;
}

static bool
duration_of(const char *text, int64_t *out)
{
	uint32_t parts = 0;

	*out = 0;
	do {
		if (++parts > 5 || !duration_part(&text, out))
			return false;
	} while (*text);
	return true;
}

bool
take_duration(struct script *s, int64_t *out)
{
	const char *text;

	if (!take_word(s, "a duration such as 0.5s or 10ms", &text))
		return false;
	if (duration_of(*text == '+' ? text + 1 : text, out))
		return true;
	s->at--;
	return fail(s, "\"%s\" is not a duration, expected a number with us, ms, s, m or h", text);
}

/* 2026-11-20T03:00:00.5Z, or +DURATION after the start of the script. */
bool
take_time(struct script *s, int64_t *out)
{
	const char *text;
	struct tm tm = { 0 };
	int used = 0;
	char *end;

	if (!take_word(s, "a time such as 2026-11-20T03:00:00Z or +90s", &text))
		return false;
	if (*text == '+' && duration_of(text + 1, out)) {
		*out += s->start;
		return true;
	}
	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
		&used) == 6 && tm.tm_year >= 1970 && tm.tm_year < 2100) {
		double part = text[used] == '.' ? strtod(text + used, &end) : 0;
		tm.tm_year -= 1900;
		tm.tm_mon--;
		if (strcmp(text[used] == '.' ? end : text + used, "Z") == 0) {
			*out = (int64_t) timegm(&tm) * 1000000 + (int64_t) (part * 1e6 + 0.5);
			return true;
		}
	}
	s->at--;
	return fail(s, "\"%s\" is not a time, expected YYYY-MM-DDTHH:MM:SS[.fraction]Z or +DURATION", text);
}

bool
take_string(struct script *s, const char *what, struct buf *out)
{
	bool ok;
	struct span t;

	if (peek(s)->kind == TOKEN_STRING)
		t = substitute(s, peek(s)->text, true, &ok);
	else if (peek(s)->kind == TOKEN_WORD)
		t = substitute(s, peek(s)->text, false, &ok);
	else
		return fail(s, "expected %s", what);
	if (!ok)
		return false;
	buf_add(out, t.p, t.n);
	s->at++;
	return true;
}

bool
take_mac(struct script *s, uint8_t out[6])
{
	const char *text;
	unsigned b[6];
	int used = 0;

	if (!take_word(s, "a MAC address", &text))
		return false;
	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &used) != 6 || text[used]) {
		s->at--;
		return fail(s, "\"%s\" is not a MAC address, expected 02:00:0a:00:00:01", text);
	}
	for (int i = 0; i < 6; i++)
		out[i] = (uint8_t) b[i];
	return true;
}

static bool
find_host(struct script *s, const char *name, struct endpoint *out)
{
	for (const struct host *h = s->hosts; h; h = h->next) {
		if (strcmp(h->name, name) == 0) {
			out->a = h->a;
			memcpy(out->mac, h->mac, 6);
			return true;
		}
	}
	if (addr_parse(&out->a, name) != 0)
		return false;
	out->mac[0] = 2;
	out->mac[1] = 0;
	memcpy(out->mac + 2, out->a.b + 12, 4);
	return true;
}

/* Splits "name:port", "[v6]:port" or "v6"; the text is changed. */
static char *
split_port(char *text, char **host)
{
	char *colon = strrchr(text, ':'), *close = strchr(text, ']');

	*host = text;
	if (*text == '[' && close) {
		*host = text + 1;
		*close = 0;
		return close[1] == ':' ? close + 2 : NULL;
	}
	if (!colon || strchr(text, ':') != colon)
		return NULL;
	*colon = 0;
	return colon + 1;
}

/* Without a port the next free one of 49152.. is taken, which is what clients do. */
bool
take_endpoint(struct script *s, bool port, struct endpoint *out)
{
	const char *word, *why;
	char *host, *number;
	int64_t v;

	if (!take_word(s, "a host or address", &word))
		return false;
	s->at--;
	number = split_port(arena_strdup(&s->scratch, word), &host);
	if (!find_host(s, host, out))
		return fail(s, "\"%s\" is no host of this script and no address", host);
	if (number && !port)
		return fail(s, "\"%s\": no port belongs here", word);
	if (number && !expression(s, span_str(number), &v, &why))
		return fail(s, "port \"%s\": %s", number, why);
	if (!number)
		v = port ? 49152 + s->next_port++ % 16000 : 0;
	if (v < 0 || v > 65535)
		return fail(s, "port %" PRId64 " is not in 0..65535", v);
	out->port = (uint16_t) v;
	s->at++;
	return true;
}

bool
take_pair(struct script *s, bool port, struct endpoint side[2])
{
	if (!take_endpoint(s, port, &side[0]))
		return false;
	if (!accept(s, "->"))
		return fail(s, "expected -> and the other host");
	if (!take_endpoint(s, port, &side[1]))
		return false;
	if (addr_is_v4(&side[0].a) != addr_is_v4(&side[1].a))
		return fail(s, "one address is IPv4, the other IPv6");
	return true;
}
