/*
 * content - runs a rule's program over one buffer, trying further places where that can help.
 *
 * Semantics: Suricata 8 user guide, "Payload Keywords". A match that something later is relative to is tried again
 * from its next occurrence; one that nothing depends on is not. Bounded by inspection-recursion-limit.
 */
#include "engine/detect/engine.h"

enum { NO, YES, GIVE_UP /* no other place can help */ };

static int run(struct inspect *in, const struct op *op, const struct op *end, struct span buf);

static inline int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A depth counted from the beginning of a stream, for a buffer that begins later in it. -1: lies before it. */
static int64_t
depth_in_buffer(const struct inspect *in, int64_t depth, uint32_t n)
{
	if (in->start == 0)
		return depth;
	if ((uint64_t) depth <= in->start)
		return -1;
	if ((uint64_t) depth >= in->start + n)
		return depth;
	return depth - (int64_t) in->start;
}

/* The part [from, to) of the buffer in which the content may be. false: nowhere. */
static bool
window(const struct inspect *in, const struct op_content *c, uint32_t at, uint32_t n, int64_t *from, int64_t *to)
{
	int64_t lo = 0, hi = n;

	if (c->flags & (CO_DISTANCE | CO_WITHIN)) {
		int64_t distance = c->flags & CO_DISTANCE ? bound_get(in, &c->distance) : 0;
		lo = (int64_t) at + distance;
		if (lo < 0)
			lo = 0;
		if (c->flags & CO_WITHIN) {
			hi = least(hi, (int64_t) at + bound_get(in, &c->within) + distance);
			if (at == 0 && (hi = depth_in_buffer(in, hi, n)) < 0)
				return false;
		}
		if (c->flags & CO_DEPTH)
			hi = least(hi, (int64_t) at + bound_get(in, &c->depth));
		if (c->flags & CO_OFFSET && bound_get(in, &c->offset) > lo)
			lo = bound_get(in, &c->offset);
	} else {
		if (c->flags & CO_OFFSET)
			lo = bound_get(in, &c->offset);
		if (c->flags & CO_DEPTH) {
			hi = bound_get(in, &c->depth);
			if (c->offset.var >= 0 || c->depth.var >= 0)
				hi += lo;
			if ((hi = depth_in_buffer(in, hi, n)) < 0)
				return false;
		}
	}
	*from = lo;
	*to = least(hi, n);
	return lo >= 0 && *to > 0 && lo <= *to;
}

/* End of the first occurrence at or after `from`; 0 = none. */
static uint32_t
occurrence(const struct op_content *c, struct span buf, int64_t from, int64_t to)
{
	if (to - from < c->n)
		return 0;
	if (c->flags & CO_ENDS) {
		if (to != buf.n)
			return 0;
		from = (int64_t) buf.n - c->n;
		to = buf.n;
	}
	uint32_t i = content_find(span_of(buf.p + from, to - from), c->p, c->n, c->flags & CO_NOCASE);
	return i == UINT32_MAX ? 0 : (uint32_t) from + i + c->n;
}

static int
run_content(struct inspect *in, const struct op *op, const struct op *end, struct span buf)
{
	const struct op_content *c = op->arg;
	uint32_t at = in->at;
	int64_t from, to;
	int fail = op->relative ? NO : GIVE_UP;

	if (!window(in, c, at, buf.n, &from, &to))
		return op->negated ? run(in, op + 1, end, buf) : fail;
	if (op->negated) {
		if (occurrence(c, buf, from, to))
			return fail;
		return run(in, op + 1, end, buf);
	}
	for (bool first = true;; first = false) {
		uint32_t e = occurrence(c, buf, from, to);
		if (e == 0) {
			if (first && in->absent && !(c->flags & (CO_OFFSET | CO_DEPTH | CO_DISTANCE | CO_WITHIN | CO_ENDS)))
				*in->absent = (struct absent) { op, in->start + buf.n };
			return fail;
		}
		if (op + 1 == end) {
			in->at = e;
			return YES;
		}
		in->at = e;
		int r = run(in, op + 1, end, buf);
		if (r != NO || !op->again)
			return r;
		in->at = at;
		from = (int64_t) e - c->n + 1;
		if (++in->steps > in->steps_max)
			return GIVE_UP;
	}
}

static int
run_pcre(struct inspect *in, const struct op *op, const struct op *end, struct span buf)
{
	uint32_t at = in->at, from = op->relative ? at : 0, b, e, base = from;

	if (from > buf.n)
		return NO;
	for (;;) {
		int r = pcre_run(in, op->arg, span_skip(buf, base), from - base, &b, &e);
		if (op->negated)
			return r == 0 ? run(in, op + 1, end, buf) : NO;
		if (r != 1)
			return NO;
		in->at = base + e;
		if (op + 1 == end)
			return YES;
		r = run(in, op + 1, end, buf);
		if (r != NO || !op->again)
			return r;
		in->at = at;
		from = base + b + 1;
		if (from > buf.n || ++in->steps > in->steps_max)
			return NO;
	}
}

static bool
run_isdataat(const struct inspect *in, const struct op *op, struct span buf)
{
	const struct op_isdataat *a = op->arg;
	int64_t at = operand_get(in, &a->at);
	bool has;

	if (at < 0 || at >= 100000000)
		has = false;
	else if (a->relative)
		has = (int64_t) in->at + at <= buf.n;
	else
		has = at < buf.n;
	return has != op->negated;
}

static bool
run_base64(struct inspect *in, const struct op *op, struct span buf)
{
	const struct op_base64 *b = op->arg;
	uint64_t from = (b->relative ? in->at : 0) + (uint64_t) b->offset;
	uint32_t at = in->at;

	if (from >= buf.n)
		return false;
	struct span text = span_skip(buf, (uint32_t) from);
	if (b->has_bytes)
		text = span_head(text, b->bytes);
	uint32_t n = base64_run(text, in->base64, BASE64_MAX, false);
	if (n == 0)
		return false;
	if (b->n) {
		in->at = 0;
		uint64_t start = in->start;
		struct absent *absent = in->absent;
		in->start = 0;
		in->absent = NULL;
		int r = run(in, b->ops, b->ops + b->n, span_of(in->base64, n));
		in->absent = absent;
		in->start = start;
		in->at = at;
		return r == YES;
	}
	return true;
}

static bool
run_simple(struct inspect *in, const struct op *op, struct span buf)
{
	switch (op->type) {
	case OP_ISDATAAT:
		return run_isdataat(in, op, buf);
	case OP_BASE64:
		return run_base64(in, op, buf);
	case OP_TEST: {
		const struct op_test *t = op->arg;
		return t->test(in, buf, &t->arg) != op->negated;
	}
	default:
		return byte_run(in, op, buf);
	}
}

static int
run(struct inspect *in, const struct op *op, const struct op *end, struct span buf)
{
	for (; op < end; op++) {
		if (++in->steps > in->steps_max)
			return GIVE_UP;
		if (op->type == OP_CONTENT)
			return run_content(in, op, end, buf);
		if (op->type == OP_PCRE)
			return run_pcre(in, op, end, buf);
		if (!run_simple(in, op, buf))
			return NO;
	}
	return YES;
}

bool
content_absent(struct absent *a, struct span buf, uint64_t start)
{
	const struct op_content *c = a->op->arg;
	uint64_t before = c->n - 1; /* of it, as many bytes may have come before */
	int64_t from = a->to > start + before ? (int64_t) (a->to - start - before) : 0;

	if (occurrence(c, buf, from, buf.n))
		return false;
	a->to = start + buf.n;
	return true;
}

bool
content_match(struct inspect *in, const struct op *ops, unsigned n, struct span buf, uint64_t start)
{
	in->at = 0;
	in->steps = 0;
	in->start = start;
	return run(in, ops, ops + n, buf) == YES;
}
