/*
 * thresholds - threshold.config, and the values of the keywords threshold and detection_filter: the same words.
 *
 * Language: Suricata user guide, "Thresholding Keywords" and "Global-Thresholds".
 */
#include <stdio.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "rule/lookup.h"

enum part {
	P_GID = 0x001,
	P_SID = 0x002,
	P_TYPE = 0x004,
	P_TRACK = 0x008,
	P_COUNT = 0x010,
	P_SECONDS = 0x020,
	P_MULTIPLIER = 0x040,
	P_NEW_ACTION = 0x080,
	P_TIMEOUT = 0x100,
	P_IP = 0x200,
	P_UNIQUE = 0x400
};

struct reader {
	struct rule_threshold *t;
	struct rule_set *s;         /* threshold.config only: for addresses */
	const struct rule_vars *v;
	unsigned may;               /* parts that this kind of line can have */
	unsigned have;
	const char *why, *at;
	struct list list;           /* its why[] outlives a failed address */
};

static int
fail(struct reader *q, const char *at, const char *why)
{
	q->at = at;
	q->why = why;
	return E_BAD;
}

/* ---- parts ---- */

struct word {
	const char *name;
	int value;
};

static int
read_word(const struct word *words, const char *text)
{
	for (; words->name; words++)
		if (strcmp(words->name, text) == 0)
			return words->value;
	return -1;
}

static int
read_type(struct reader *q, const char *text)
{
	static const struct word types[] = { { "limit", THRESHOLD_LIMIT }, { "threshold", THRESHOLD_THRESHOLD },
		{ "both", THRESHOLD_BOTH }, { "backoff", THRESHOLD_BACKOFF }, { NULL, 0 } };
	int v = read_word(types, text);

	if (v < 0)
		return fail(q, text, "bad type, expected limit, threshold, both or backoff");
	q->t->type = (enum threshold_type) v;
	return 0;
}

static int
read_track(struct reader *q, const char *text)
{
	static const struct word tracks[] = { { "by_src", TRACK_SRC }, { "by_dst", TRACK_DST }, { "by_both", TRACK_BOTH },
		{ "by_rule", TRACK_RULE }, { "by_flow", TRACK_FLOW }, { NULL, 0 } };
	static const struct word suppress[] = { { "by_src", TRACK_SRC }, { "by_dst", TRACK_DST }, { "by_either", TRACK_EITHER },
		{ NULL, 0 } };
	int v = read_word(q->t->type == THRESHOLD_SUPPRESS ? suppress : tracks, text);

	if (v >= 0 && !(v == TRACK_FLOW && q->t->type == THRESHOLD_RATE)) {
		q->t->track = (enum threshold_track) v;
		return 0;
	}
	return fail(q, text, q->t->type == THRESHOLD_SUPPRESS ? "bad track, expected by_src, by_dst or by_either"
							      : "bad track, expected by_src, by_dst, by_both, by_rule or by_flow");
}

static int
read_new_action(struct reader *q, const char *text)
{
	static const struct word actions[] = { { "alert", RULE_ALERT }, { "drop", RULE_DROP }, { "pass", RULE_PASS },
		{ "reject", RULE_REJECT }, { NULL, 0 } };
	int v = read_word(actions, text);

	if (v < 0)
		return fail(q, text, "bad new_action, expected alert, drop, pass or reject");
	q->t->new_action = (enum rule_action) v;
	return 0;
}

static int
read_unique(struct reader *q, const char *text)
{
	static const struct word sides[] = { { "src_port", 1 }, { "dst_port", 2 }, { NULL, 0 } };
	int v = read_word(sides, text);

	if (v < 0)
		return fail(q, text, "bad unique_on, expected src_port or dst_port");
	q->t->distinct = (uint8_t) v;
	return 0;
}

static int
read_ip(struct reader *q, const char *text)
{
	const struct shared_addrs *a;
	int e = addresses_read(q->s, q->v, span_str(text), &a, &q->list);

	if (e == E_BAD)
		return fail(q, q->list.at, q->list.why);
	if (e == 0)
		q->t->ip = a->any ? NULL : &a->set;
	return e;
}

/* "1m", "2 h" */
static int
read_seconds(const char *text, uint32_t *out)
{
	int64_t ns;

	if (conf_parse_duration(&ns, text) < 0 || ns / NS_PER_S > UINT32_MAX)
		return -1;
	*out = (uint32_t) (ns / NS_PER_S);
	return 0;
}

static int
read_count(struct reader *q, const char *text, unsigned part)
{
	uint32_t *out = part == P_GID ? &q->t->gid : part == P_SID ? &q->t->sid : part == P_COUNT ? &q->t->count
	    : part == P_SECONDS ? &q->t->seconds : part == P_MULTIPLIER ? &q->t->multiplier : &q->t->timeout;
	uint32_t min = part == P_MULTIPLIER ? 2 : part & (P_COUNT | P_SECONDS) && q->t->type == THRESHOLD_DETECTION ? 1 : 0;

	if (text_u32(text, UINT32_MAX, out) < 0 && (!(part & (P_SECONDS | P_TIMEOUT)) || read_seconds(text, out) < 0))
		return fail(q, text, "bad number, expected decimal digits, for a time perhaps a unit");
	if (*out < min)
		return fail(q, text, "number too small, expected count and seconds of detection_filter of at least 1, a multiplier of at least 2");
	return 0;
}

static int
read_part(struct reader *q, unsigned part, char *text)
{
	switch (part) {
	case P_TYPE:
		return read_type(q, text);
	case P_TRACK:
		return read_track(q, text);
	case P_NEW_ACTION:
		return read_new_action(q, text);
	case P_UNIQUE:
		return read_unique(q, text);
	case P_IP:
		return read_ip(q, text);
	default:
		return read_count(q, text, part);
	}
}

/* "name value" */
static int
read_item(struct reader *q, char *item)
{
	static const struct word names[] = { { "gen_id", P_GID }, { "sig_id", P_SID }, { "type", P_TYPE }, { "track", P_TRACK },
		{ "count", P_COUNT }, { "seconds", P_SECONDS }, { "multiplier", P_MULTIPLIER }, { "new_action", P_NEW_ACTION },
		{ "timeout", P_TIMEOUT }, { "ip", P_IP }, { "unique_on", P_UNIQUE }, { NULL, 0 } };
	char *name = text_next_word(&item);
	int part;

	if (!name)
		return fail(q, item, "empty part, expected NAME VALUE");
	part = read_word(names, name);
	if (part < 0 || !(q->may & (unsigned) part))
		return fail(q, name, "unknown word, expected the parts of this kind of threshold");
	if (q->have & (unsigned) part)
		return fail(q, name, "part given twice, expected it once");
	q->have |= (unsigned) part;
	item = text_trimmed(item);
	return *item ? read_part(q, (unsigned) part, item) : fail(q, name, "part without a value, expected NAME VALUE");
}

static int
check_parts(struct reader *q, const char *at, unsigned need)
{
	static const struct word names[] = { { "expected gen_id", P_GID }, { "expected sig_id", P_SID }, { "expected type", P_TYPE },
		{ "expected track", P_TRACK }, { "expected count", P_COUNT }, { "expected seconds", P_SECONDS },
		{ "expected multiplier", P_MULTIPLIER }, { "expected new_action", P_NEW_ACTION }, { "expected timeout", P_TIMEOUT },
		{ "expected ip with track", P_IP }, { NULL, 0 } };

	for (const struct word *w = names; w->name; w++)
		if (need & (unsigned) w->value & ~q->have)
			return fail(q, at, w->name);
	return 0;
}

static unsigned
needed(const struct reader *q)
{
	switch (q->t->type) {
	case THRESHOLD_SUPPRESS:
		return q->have & (P_TRACK | P_IP) ? P_TRACK | P_IP : 0;
	case THRESHOLD_RATE:
		return P_TRACK | P_COUNT | P_SECONDS | P_NEW_ACTION | P_TIMEOUT;
	case THRESHOLD_DETECTION:
		return P_TRACK | P_COUNT | P_SECONDS;
	case THRESHOLD_BACKOFF:
		return P_TYPE | P_TRACK | P_COUNT | P_MULTIPLIER;
	default:
		return P_TYPE | P_TRACK | P_COUNT | P_SECONDS;
	}
}

static int
read_items(struct reader *q, char *text)
{
	const char *at = text;
	char *item;
	int e;

	while ((item = text_next_item(&text)))
		if ((e = read_item(q, item)) < 0)
			return e;
	if (q->t->type == THRESHOLD_BACKOFF ? q->have & P_SECONDS : q->have & P_MULTIPLIER)
		return fail(q, at, "multiplier belongs to type backoff, and seconds to the others");
	if (q->t->type == THRESHOLD_BACKOFF && q->have & P_COUNT && q->t->count == 0)
		return fail(q, at, "number too small, expected a count of at least 1 for backoff");
	return check_parts(q, at, needed(q) | (q->may & (P_GID | P_SID)));
}

/* ---- keywords ---- */

int
rule_threshold_keyword(const char *value, bool detection_filter, struct rule_threshold *out, const char **why,
    uint32_t *at)
{
	char text[512];
	struct reader q = { .t = out, .may = P_TRACK | P_COUNT | P_SECONDS };
	size_t n = value ? strlen(value) : 0;
	int e;

	*out = (struct rule_threshold) { .type = detection_filter ? THRESHOLD_DETECTION : THRESHOLD_LIMIT };
	q.may |= detection_filter ? P_UNIQUE : P_TYPE | P_MULTIPLIER;
	*at = 0;
	*why = "expected type limit, track by_src, count 1, seconds 60 and the like";
	if (n == 0 || n >= sizeof(text))
		return E_BAD;
	memcpy(text, value, n + 1);
	e = read_items(&q, text);
	if (e < 0) {
		*why = q.why;
		*at = (uint32_t) (q.at - text);
	}
	return e;
}

/* ---- threshold.config ---- */

static const struct line_kind {
	const char *name;
	enum threshold_type type;
	unsigned may;
} kinds[] = {
	{ "suppress", THRESHOLD_SUPPRESS, P_GID | P_SID | P_TRACK | P_IP },
	{ "threshold", THRESHOLD_LIMIT, P_GID | P_SID | P_TYPE | P_TRACK | P_COUNT | P_SECONDS | P_MULTIPLIER },
	{ "event_filter", THRESHOLD_LIMIT, P_GID | P_SID | P_TYPE | P_TRACK | P_COUNT | P_SECONDS | P_MULTIPLIER },
	{ "rate_filter", THRESHOLD_RATE, P_GID | P_SID | P_TRACK | P_COUNT | P_SECONDS | P_NEW_ACTION | P_TIMEOUT },
};

static int
read_line(struct reader *q, char *text)
{
	char *word = text_next_word(&text);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(word, kinds[i].name) != 0)
			continue;
		*q->t = (struct rule_threshold) { .type = kinds[i].type };
		q->may = kinds[i].may;
		q->have = 0;
		int e = read_items(q, text);
		if (e == 0 && q->t->gid == 0 && q->t->sid != 0)
			return fail(q, text, "gen_id 0 means every rule, expected sig_id 0 with it");
		return e;
	}
	return fail(q, word, "unknown line, expected suppress, threshold, event_filter or rate_filter");
}

static int
append(struct rule_set *s, struct rule_thresholds *out, uint32_t *cap, const struct rule_threshold *t)
{
	if (out->n == *cap) {
		uint32_t bigger = *cap ? *cap * 2 : out->n + 64;
		struct rule_threshold *p = arena_alloc(&s->arena, bigger * sizeof(*p));
		if (!p)
			return E_NOMEM;
		if (out->n)
			memcpy(p, out->t, out->n * sizeof(*p));
		out->t = p;
		*cap = bigger;
	}
	out->t[out->n++] = *t;
	return 0;
}

static int
read_all(struct reader *q, struct lines *l, const char *path, struct rule_thresholds *out, struct diag *d)
{
	uint32_t cap = 0, line, column;
	char *first;
	int e;

	if (out->n)
		cap = out->n; /* full: the next one makes a new list */
	while ((e = lines_next(l)) > 0) {
		if (!(first = lines_text(l)))
			return E_NOMEM;
		e = read_line(q, first);
		if (e == E_BAD) {
			lines_place(l->joins, l->n_joins, (uint32_t) (q->at - first), &line, &column);
			diag_error(d, path, line, column, "%s", q->why);
		} else if (e < 0 || (e = append(q->s, out, &cap, q->t)) < 0) {
			return e;
		}
	}
	return e;
}

int
rule_thresholds_read(struct rule_set *s, const char *path, const struct rule_vars *v, struct rule_thresholds *out,
    struct diag *d)
{
	struct rule_threshold t;
	struct reader q = { .t = &t, .s = s, .v = v };
	struct lines l;
	int e;

	if (lookup_need(s) < 0)
		return E_NOMEM;
	if ((e = lines_open(&l, path)) < 0)
		return e;
	lookup_use_vars(s, v);
	e = read_all(&q, &l, path, out, d);
	lines_clear(&l);
	return e;
}
