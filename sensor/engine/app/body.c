/*
 * body - a byte string that grows and forgets, with one place that says what rules look at.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool; at most BODY_KEEP bytes of a body that has no limit.
 * Owns:      the kept bytes, until body_clear().
 * Not here:  which limits are in force -> the protocol's settings
 */
#include "engine/app/file.h"
#include "engine/app/inner.h"

#define BODY_KEEP 524288u
#define BODY_GROWS 49152u /* bytes that are kept for the asking */

/* What was looked at need not be kept in ever more memory. */
static bool
grows_in_vain(const struct body *b, uint64_t seen, uint64_t n)
{
	return n > BODY_GROWS && n > b->data.cap && seen > b->inspect_window && seen - b->inspect_window >= b->data.n / 2;
}

/* Room for n more: what rules have seen goes first, then the oldest. */
static void
make_room(struct body *b, uint32_t n)
{
	uint64_t seen = b->seen > b->start ? b->seen - b->start : 0;
	uint32_t drop;

	if (b->data.n + (uint64_t) n <= BODY_KEEP && !grows_in_vain(b, seen, b->data.n + (uint64_t) n))
		return;
	drop = seen > b->inspect_window ? (uint32_t) (seen - b->inspect_window) : 0;
	if (b->data.n - drop + (uint64_t) n > BODY_KEEP) {
		drop = b->data.n + n - BODY_KEEP;
		b->truncated |= drop > seen;
	}
	bytes_drop(&b->data, drop);
	b->start += drop;
}

/* What comes is counted, and is the file's; that of it which is within the limit. */
static struct span
within_limit(struct body *b, struct span s, uint64_t limit)
{
	uint64_t kept = b->start + b->data.n;
	uint32_t take = s.n;

	if (b->file)
		file_take(b->file, s, limit);
	b->limit = limit;
	if (limit && kept + take > limit)
		take = limit > kept ? (uint32_t) (limit - kept) : 0;
	b->truncated |= take < s.n;
	b->total += s.n;
	return span_head(s, take);
}

void
body_add(struct body *b, struct app *app, struct span s, uint64_t limit)
{
	s = within_limit(b, s, limit);
	while (s.n && !b->stopped) {
		struct span part = span_head(s, BODY_KEEP / 2);

		make_room(b, part.n);
		if (app_keep(app, &b->data, part, limit && limit < BODY_KEEP ? (uint32_t) limit : BODY_KEEP) < 0) {
			b->truncated = b->stopped = true;
			return;
		}
		s = span_skip(s, part.n);
	}
}

void
body_take(struct body *b, struct app *app, struct span s, uint64_t limit)
{
	if (!bodies_unlooked(app)) {
		body_add(b, app, s, limit);
		return;
	}
	s = within_limit(b, s, limit);
	b->start += b->data.n + s.n;
	b->seen = b->start;
	app_drop(app, &b->data);
}

/* Bytes on both sides of a hole must not become neighbours: what was looked at goes, and what was not yet ends the body. */
void
body_gap(struct body *b, struct app *app, uint64_t n)
{
	uint64_t end = b->start + b->data.n;

	b->gap = b->truncated = true;
	b->total += n;
	if (b->data.n && b->seen < end) {
		b->stopped = true;
		return;
	}
	app_drop(app, &b->data);
	b->start = b->seen = end + n;
}

void
body_clear(struct body *b, struct app *app)
{
	app_drop(app, &b->data);
	file_free(app, b->file);
	*b = (struct body) { .total = 0 };
}

bool
body_view(const struct body *b, bool over, struct span *out, uint64_t *offset)
{
	uint64_t end = b->start + b->data.n, from;
	bool last = over || b->eof || (b->limit && end >= b->limit);

	if (b->total == 0 || (b->looked && b->seen >= end))
		return false;
	if (!last && (b->seen >= end || end < b->inspect_min))
		return false;
	if (last && b->seen >= end && b->seen && !over && !b->eof)
		return false;
	from = b->seen > b->inspect_window ? b->seen - b->inspect_window : 0;
	if (from < b->start)
		from = b->start;
	*out = span_skip(bytes_span(&b->data), (uint32_t) (from - b->start));
	*offset = from;
	return true;
}

void
body_looked(struct body *b, bool over)
{
	b->seen = b->start + b->data.n;
	b->looked = over || b->eof;
}
