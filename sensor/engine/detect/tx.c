/*
 * tx - rules on the fields of transactions, remembered over packets until every part matched or cannot.
 */
#include "base/clock.h"
#include "engine/detect/explain_private.h"

enum verdict { NO, YES, LATER };

#define KEPT_MAX 48
#define KEPT_BYTES (64u << 10)

struct kept { /* fields as they were put together to be scanned: rules look at them next */
	struct {
		uint16_t buffer;
		bool there;
		struct span s;
	} v[KEPT_MAX];
	uint32_t n;
};

struct look { /* one transaction, one direction, now */
	struct tx *tx;
	struct tx_state *state; /* NULL: nothing to remember yet */
	const struct protocol *proto;
	int dir;
	bool over;     /* nothing more comes in this direction */
	bool reloaded; /* by other rules than those in force now it was looked at before */
	const struct kept *kept; /* or NULL */
	struct absent *absent; /* of the rule that is looked at; or NULL */
};

/* ---- memory of a transaction ---- */

static size_t
state_size(uint32_t cap)
{
	return sizeof(struct tx_state) + cap * sizeof(struct tx_note);
}

void
tx_forget(struct detect *d, struct tx *tx)
{
	struct tx_state *st = tx->detect[0];

	if (st)
		pool_give(d->pool, st, state_size(st->cap));
	tx->detect[0] = NULL;
	if (tx->detect[1])
		tx_bits_clear(tx, d->pool);
}

/* Room for one more note; NULL at the pool's ceiling (then this transaction is looked at without memory). */
static struct tx_state *
state_room(struct detect *d, struct look *l)
{
	struct tx_state *old = l->state, *st;
	uint32_t cap = old ? old->cap * 2 : 4;

	if (old && old->n < old->cap)
		return old;
	if (!(st = pool_take(d->pool, state_size(cap))))
		return old && old->n < old->cap ? old : NULL;
	if (old) {
		memcpy(st, old, state_size(old->n));
		pool_give(d->pool, old, state_size(old->cap));
	} else
		*st = (struct tx_state) { .generation = d->rules->generation };
	st->cap = cap;
	l->tx->detect[0] = l->state = st;
	return st;
}

static struct tx_note *
note_find(const struct look *l, uint32_t sig, uint8_t dir)
{
	for (uint32_t i = 0; l->state && i < l->state->n; i++)
		if (l->state->note[i].sig == sig && l->state->note[i].dir == dir)
			return &l->state->note[i];
	return NULL;
}

static struct tx_note *
note_put(struct detect *d, struct look *l, uint32_t sig, uint8_t dir, uint32_t parts, uint8_t state)
{
	struct tx_note *n = note_find(l, sig, dir);

	if (!n) {
		struct tx_state *st = state_room(d, l);
		if (!st)
			return NULL;
		n = &st->note[st->n++];
	}
	*n = (struct tx_note) { .sig = sig, .parts = parts, .dir = dir, .state = state, .file = d->file };
	return n;
}

static bool
is_of(const struct absent *a, const struct part *pt)
{
	return a->op >= pt->ops && a->op < pt->ops + pt->n;
}

static void
absent_put(struct tx_note *n, const struct sig *s, const struct absent *a)
{
	for (uint8_t i = 0; n && a->op && a->to <= UINT32_MAX && i < s->n_parts; i++)
		if (is_of(a, &s->parts[i])) {
			n->absent_part = i;
			n->absent_op = (uint16_t) (a->op - s->parts[i].ops);
			n->absent_to = (uint32_t) a->to;
		}
}

static struct absent
absent_of(const struct tx_note *n, const struct sig *s)
{
	if (!n || !n->absent_to)
		return (struct absent) { 0 };
	return (struct absent) { .op = &s->parts[n->absent_part].ops[n->absent_op], .to = n->absent_to };
}

/* ---- parts ---- */

static bool
is_only_body(const struct field *f, const struct look *l)
{
	return !f->bodies || !field_body(f, l->tx, l->dir, 1);
}

static enum verdict
one_body(struct detect *d, const struct part *pt, const struct buffer *b, const struct body *body, const struct look *l)
{
	struct span s;
	uint64_t start;
	bool settled = l->over || body->eof;

	if (pt->waits && !settled && body->inspect_min == 0) /* else: the pieces are large, and the next one is without this */
		return LATER;
	if (!body_instance(d, b, body, l->over, &s, &start))
		return settled ? NO : LATER;
	/* a rule remembers one content, of one part, which was not there when this body was last looked at */
	struct absent *absent = l->absent && !b->n_transforms && is_only_body(b->rows[d->app_index], l) ? l->absent : NULL;
	if (absent && absent->op && !is_of(absent, pt))
		absent = NULL;
	if (absent && absent->to != body->seen)
		absent->op = NULL;
	if (absent && absent->op && content_absent(absent, s, start))
		return settled ? NO : LATER;
	if (absent)
		absent->op = NULL;
	d->in.absent = absent;
	bool yes = content_match(&d->in, pt->ops, pt->n, s, start);
	d->in.absent = NULL;
	return yes ? YES : settled ? NO : LATER;
}

static enum verdict
body_part(struct detect *d, const struct part *pt, const struct buffer *b, const struct field *f, const struct look *l)
{
	enum verdict sum = f->bodies && !l->over ? LATER : NO; /* another one may follow */
	const struct body *body;
	bool any = false;

	for (unsigned i = 0; (body = field_body(f, l->tx, l->dir, i)); i++) {
		if (body->total == 0)
			continue;
		if (pt->absent_only)
			return NO;
		any = true;
		enum verdict v = one_body(d, pt, b, body, l);
		if (v == YES) {
			if (f->of_file && !d->file)
				d->file = (uint16_t) (i + 1);
			return YES;
		}
		if (v == LATER)
			sum = LATER;
	}
	return any ? sum : !l->over ? LATER : pt->absent_ok ? YES : NO;
}

static bool
instance(struct detect *d, uint16_t buffer, const struct look *l, unsigned i, struct span *s, uint64_t *start)
{
	for (uint32_t k = 0; i == 0 && l->kept && k < l->kept->n; k++)
		if (l->kept->v[k].buffer == buffer) {
			*start = 0;
			*s = l->kept->v[k].s;
			return l->kept->v[k].there;
		}
	return buffer_instance(d, &d->rules->buffers[buffer], l->tx, l->dir, i, l->over, s, start);
}

/* Nothing more will be found in it. */
static bool
field_final(const struct field *f, const struct look *l)
{
	uint8_t at = l->tx->progress[l->dir], whole = f->progress[l->dir];

	return l->over || (!f->late && (at > whole || (at == whole && f->whole)));
}

static enum verdict
buffer_part(struct detect *d, const struct part *pt, const struct look *l)
{
	const struct buffer *b = &d->rules->buffers[pt->buffer];
	const struct field *f = b->rows[d->app_index];
	struct span s;
	uint64_t start;
	unsigned i;

	if (!f || !(f->dirs >> l->dir & 1))
		return NO;
	if (l->tx->progress[l->dir] < f->progress[l->dir] && !l->over)
		return LATER;
	if (f->kind == FIELD_BODY)
		return body_part(d, pt, b, f, l);
	bool settled = field_final(f, l);
	for (i = 0; instance(d, pt->buffer, l, i, &s, &start); i++)
		if (!pt->absent_only && content_match(&d->in, pt->ops, pt->n, s, start)) {
			if (f->of_file && !d->file)
				d->file = (uint16_t) (i + 1);
			return YES;
		}
	if (!settled)
		return LATER;
	return i == 0 && pt->absent_ok ? YES : NO;
}

static enum verdict
number_part(struct detect *d, const struct part *pt, const struct look *l)
{
	const struct field *f = d->rules->buffers[pt->buffer].rows[d->app_index];
	uint64_t v;

	if (!f || !(f->dirs >> l->dir & 1) || !f->number)
		return NO;
	if (l->tx->progress[l->dir] < f->progress[l->dir] && !l->over)
		return LATER;
	for (unsigned i = 0; i < (f->multi ? INSTANCES_MAX : 1) && f->number(l->tx, l->dir, i, &v); i++)
		if (pt->kind == PART_FLAG ? v != 0 : kw_number_has(pt->number, v))
			return YES;
	return field_final(f, l) ? NO : LATER;
}

static enum verdict
tx_part(struct detect *d, const struct part *pt, const struct look *l)
{
	const struct keyword *kw = pt->tx.kw;

	if (l->tx->progress[l->dir] < kw->progress[l->dir] && !l->over)
		return LATER;
	d->ctx.tx = l->tx;
	d->ctx.dir = l->dir;
	bool yes = kw->match(&d->ctx, pt->tx.arg);
	d->ctx.dir = d->now->p->dir;
	d->ctx.tx = NULL;
	return yes ? YES : l->over ? NO : LATER;
}

static enum verdict
part_look(struct detect *d, const struct sig *s, const struct part *pt, const struct look *l, bool *from_stream, struct span *where)
{
	switch (pt->kind) {
	case PART_BUFFER:
		return buffer_part(d, pt, l);
	case PART_NUMBER:
	case PART_FLAG:
		return number_part(d, pt, l);
	case PART_TX:
		return tx_part(d, pt, l);
	default:
		return payload_match(d, s, from_stream, where) ? YES : l->over ? NO : LATER;
	}
}

/* ---- one rule ---- */

static bool
hook_reached(const struct sig *s, const struct look *l)
{
	uint8_t want = s->hook[l->dir];

	return want == 0 || l->over || (want != 255 && l->tx->progress[l->dir] >= want);
}

static enum verdict
parts_look(struct detect *d, const struct sig *s, const struct look *l, uint32_t *done, bool *from_stream, struct span *where)
{
	bool wait = !hook_reached(s, l);
	/* a rule on both directions may be found by its pattern in this one only: what the other has is still there */
	struct look other = { .tx = l->tx, .proto = l->proto, .dir = !l->dir, .over = tx_final(d->now->app, l->tx, !l->dir) };

	for (unsigned i = 0; i < s->n_parts; i++) {
		const struct part *pt = &s->parts[i];
		bool here = pt->dirs >> l->dir & 1;
		if (*done >> i & 1)
			continue;
		if (!here && !(s->flags & SIG_TRANSACTIONAL))
			return NO;
		if (pt->writes && wait) /* it comes last */
			return LATER;
		enum verdict v = part_look(d, s, pt, here ? l : &other, from_stream, where);
		if (v == NO)
			return NO;
		if (v == YES)
			*done |= UINT32_C(1) << i;
		else
			wait = true;
	}
	return wait ? LATER : YES;
}

static bool
rule_look(struct detect *d, struct look *l, uint32_t i)
{
	const struct sig *s = &d->rules->sigs[i];
	bool both = s->flags & SIG_TRANSACTIONAL, from_stream = false;
	uint8_t dir = both ? 2 : (uint8_t) l->dir;
	const struct tx_note *n = note_find(l, i, dir);
	uint32_t parts = n ? n->parts : 0;
	struct span where = SPAN_NONE;

	d->in.n_captures = 0;
	d->file = n ? n->file : 0;
	if (n && n->state == NOTE_DONE)
		return false;
	if (!n || n->state == NOTE_ASK) {
		if (!header_match(d, s, both && l->dir == TO_CLIENT))
			return false;
		if (!packet_match(d, s)) {
			if (!n && s->flags & SIG_BODY && !l->over)
				note_put(d, l, i, dir, 0, NOTE_ASK);
			return false;
		}
	}
	/* a peer with long headers would use the scratch up before the last rule has looked */
	struct arena_mark mark = arena_mark(&d->scratch);
	struct absent absent = absent_of(n, s);
	l->absent = both ? NULL : &absent; /* a note on both directions would not say of which body */
	enum verdict v = parts_look(d, s, l, &parts, &from_stream, &where);
	l->absent = NULL;
	if (v == YES && !packet_writes(d, s))
		v = NO;
	if (v != YES)
		arena_back(&d->scratch, mark);
	switch (v) {
	case NO:
		if (n)
			note_put(d, l, i, dir, parts, NOTE_DONE);
		break;
	case LATER:
		if (parts || n || s->flags & SIG_PREFILTERED)
			absent_put(note_put(d, l, i, dir, parts, NOTE_OPEN), s, &absent);
		break;
	case YES:
		if (s->n_parts == 0 && s->hook[l->dir] && s->hook[l->dir] != 255) { /* a hook alone: for as long as it is there */
			if (n && l->tx->progress[l->dir] > s->hook[l->dir]) {
				note_put(d, l, i, dir, parts, NOTE_DONE);
				break;
			}
			sig_act(d, s, l->tx);
			queue_alert(d, i, l->tx, from_stream, where, false);
			note_put(d, l, i, dir, parts, l->tx->progress[l->dir] > s->hook[l->dir] ? NOTE_DONE : NOTE_OPEN);
			break;
		}
		sig_act(d, s, l->tx);
		queue_alert(d, i, l->tx, from_stream, where, false);
		if (!l->over || both)
			note_put(d, l, i, dir, parts, NOTE_DONE);
		break;
	}
	return v == YES;
}

static bool
rule_profiled(struct detect *d, struct look *l, uint32_t i)
{
	int64_t begin = clock_monotonic();
	bool matched = rule_look(d, l, i);

	profile_add(d, i, begin, matched);
	return matched;
}

/* ---- the rule somebody asks about ---- */

static bool
explain_part(struct detect *d, const struct sig *s, const struct part *pt, const struct look *l)
{
	struct explain *e = d->explain;
	const char *name = pt->kind <= PART_FLAG ? d->rules->buffers[pt->buffer].name : NULL;
	bool from_stream;
	struct span where;
	enum verdict v;

	if (!(pt->dirs >> l->dir & 1)) {
		explain_check(e, s->flags & SIG_TRANSACTIONAL, pt->opt, "%s exists in this direction", name ? name : "it");
		return s->flags & SIG_TRANSACTIONAL;
	}
	v = part_look(d, s, pt, l, &from_stream, &where);
	if (pt->kind == PART_PAYLOAD && v != YES)
		return explain_payload(d, s);
	if (pt->kind == PART_BUFFER && pt->n && !(v == YES && pt->absent_ok)) {
		if (explain_buffers(d, pt->ops, pt->n, &d->rules->buffers[pt->buffer], l->tx, l->dir, l->over) == (v == YES))
			return v == YES;
		if (!explain_check(e, v == YES, 0, "%s is complete", name))
			explain_got(e, "more of it may come, and the rule needs all of it");
		return v == YES;
	}
	if (!explain_check(e, v == YES, pt->opt, "%s%s", pt->kind == PART_BUFFER ? "absent: " : "", pt->opt ? "" : name ? name : "payload"))
		explain_got(e, v == LATER ? "not yet known at this packet" : "it is not so");
	return v == YES;
}

static void
explain_look(struct detect *d, struct look *l)
{
	uint32_t i = explain_sig(d->explain);
	const struct sig *s = &d->rules->sigs[i];
	bool both = s->flags & SIG_TRANSACTIONAL;
	const struct tx_note *n = note_find(l, i, both ? 2 : (uint8_t) l->dir);
	struct arena_mark mark = arena_mark(&d->scratch);
	bool ok;

	if (n && n->state == NOTE_DONE)
		return;
	if (n && n->state == NOTE_ASK)
		n = NULL;
	explain_begin(d, l->tx);
	ok = n ? explain_check(d->explain, true, 0, "header, at an earlier packet") : explain_header(d, s, both && l->dir == TO_CLIENT);
	for (unsigned k = 0; ok && k < s->n_parts; k++)
		if (!n || !(n->parts >> k & 1))
			ok = explain_part(d, s, &s->parts[k], l);
	if (ok && !hook_reached(s, l))
		explain_check(d->explain, false, 0, "the transaction has come as far as the rule's hook");
	explain_end(d);
	arena_back(&d->scratch, mark);
}

/* ---- one transaction ---- */

static bool
field_settled(const struct field *f, const struct look *l)
{
	if (f->kind == FIELD_BODY) {
		const struct body *b = f->bodies ? NULL : f->body(l->tx, l->dir);
		return l->over || (b && b->eof && b->looked);
	}
	return field_final(f, l);
}

/* Of a body that has been looked at before: what is new, and as much before it as a pattern may begin in. */
static struct span
fresh(const struct buffer *b, const struct field *f, const struct look *l, unsigned index, struct span s, uint64_t start)
{
	const struct body *body = f->kind == FIELD_BODY && !b->n_transforms ? body_at(f, l->tx, l->dir, index, l->over) : NULL;

	if (!body || body->seen <= start + LITERAL_MAX)
		return s;
	return span_skip(s, (uint32_t) (body->seen - start - LITERAL_MAX));
}

/* The first scan from k on that has something to do; g->n_scans: none. */
static inline uint32_t
next_scan(const struct app_group *g, unsigned kind, uint64_t scanned, uint32_t k)
{
	uint64_t left = k < 64 ? (g->asked[kind] & ~scanned) >> k : 0;

	if (left)
		return k + (uint32_t) __builtin_ctzll(left);
	return g->n_scans <= 64 ? g->n_scans : k < 64 ? 64 : k;
}

/* How many of the field there are; *s = the last. */
static unsigned
field_scan(struct detect *d, const struct look *l, const struct field_scan *fs, const struct finder *finder, struct span *s)
{
	const struct buffer *b = &d->rules->buffers[fs->buffer];
	const struct field *f = fs->field;
	uint64_t start;
	unsigned i = 0;

	finder_fetch(finder, 0);
	while (field_instance(d, b, f, l->tx, l->dir, i, l->over, s, &start)) {
		finder_field(d, finder, *s, l->reloaded ? *s : fresh(b, f, l, i, *s, start), start, &d->tx);
		i++;
		if (f->kind == FIELD_BYTES)
			break;
	}
	return i;
}

static void
fields_scan(struct detect *d, struct look *l, const struct app_group *g, struct kept *kept)
{
	size_t begin = arena_mark(&d->scratch).used;
	uint64_t scanned = l->state ? l->state->scanned[l->dir] : 0, now = scanned;
	bool unsearched = false;

	for (uint32_t k = next_scan(g, d->kind, scanned, 0), next; k < g->n_scans; k = next) {
		const struct field_scan *fs = &g->scans[k];
		const struct field *f = fs->field;
		const struct finder *finder = fs->finder[d->kind];
		struct arena_mark mark = arena_mark(&d->scratch);
		struct span s;
		next = next_scan(g, d->kind, scanned, k + 1);
		if (next < g->n_scans)
			finder_near(g->scans[next].finder[d->kind]);
		if (l->tx->progress[l->dir] < f->progress[l->dir] && !l->over)
			break;
		if (!finder) {
			unsearched |= f->kind == FIELD_BODY;
			continue;
		}
		bool there = field_scan(d, l, fs, finder, &s) > 0;
		if (f->kind == FIELD_BYTES && !d->rules->buffers[fs->buffer].n_transforms && kept->n < KEPT_MAX &&
		    arena_mark(&d->scratch).used - begin < KEPT_BYTES) {
			kept->v[kept->n].buffer = fs->buffer;
			kept->v[kept->n].there = there;
			kept->v[kept->n++].s = there ? s : SPAN_NONE;
		} else
			arena_back(&d->scratch, mark);
		if (k < 64 && field_settled(f, l))
			now |= UINT64_C(1) << k;
	}
	/* a body that is not searched is told as looked at: other rules, after a reload, have to know that these were not theirs */
	if ((now != scanned || (unsearched && !l->state)) && !l->over && state_room(d, l))
		l->state->scanned[l->dir] = now;
}

static void
bodies_looked(const struct detect *d, const struct look *l)
{
	for (const struct field **at = d->rules->bodies[d->app_index]; *at; at++) {
		const struct field *f = *at;
		struct body *b;
		if (!(f->dirs >> l->dir & 1))
			continue;
		for (unsigned i = 0; (b = field_body(f, l->tx, l->dir, i)); i++) {
			struct span s;
			uint64_t start;
			if (body_view(b, l->over, &s, &start))
				body_looked(b, l->over);
		}
	}
}

static void
tx_look(struct detect *d, struct look *l)
{
	const struct app_group *g = d->rules->app[d->app_index][l->dir];
	bool asked = d->explain && d->rules->sigs[explain_sig(d->explain)].flags & SIG_TX, matched = false;
	struct arena_mark mark = arena_mark(&d->scratch);
	struct kept kept;
	uint32_t sig;

	kept.n = 0;
	l->kept = &kept;
	l->state = l->tx->detect[0];
	if (l->state && l->state->generation != d->rules->generation) {
		tx_forget(d, l->tx);
		l->state = NULL;
		l->reloaded = true;
	}
	if (l->tx->renewed[l->dir]) {
		l->tx->renewed[l->dir] = false;
		if (l->state)
			l->state->scanned[l->dir] = 0;
	}
	if (g) {
		fields_scan(d, l, g, &kept);
		const struct list *rest = &g->rest[d->kind];
		for (uint32_t i = 0; i < rest->n; i++)
			candidates_add(&d->tx, rest->v[i]);
	}
	for (uint32_t i = 0; i < d->n_later; i++)
		candidates_add(&d->tx, d->later[i]);
	for (uint32_t i = 0; l->state && i < l->state->n; i++)
		if (l->state->note[i].state != NOTE_DONE && (l->state->note[i].dir == 2 || l->state->note[i].dir == l->dir))
			candidates_add(&d->tx, l->state->note[i].sig);
	while (candidates_take(&d->tx, &sig)) {
		if (asked && sig >= explain_sig(d->explain)) {
			explain_look(d, l);
			asked = false;
		}
		matched |= d->profile ? rule_profiled(d, l, sig) : rule_look(d, l, sig);
	}
	if (asked)
		explain_look(d, l);
	if (!matched) /* else: what a rule picked up may lie there */
		arena_back(&d->scratch, mark);
	bodies_looked(d, l);
}

void
tx_run(struct detect *d)
{
	struct app *app = d->now->app;
	int index = d->app_index;
	uint64_t bit = d->app_bit;

	for (struct tx *tx = app->first; tx; tx = tx->next) {
		struct look l = { .tx = tx, .dir = d->now->p->dir, .proto = tx->proto ? tx->proto : app->proto };
		if (tx->only_dir && !(tx->only_dir >> l.dir & 1)) /* a message of the other direction alone */
			tx->done_seen[l.dir] = true;
		if (tx->done_seen[l.dir])
			continue;
		if ((d->app_index = app_protocol_index(app, l.proto)) < 0)
			continue;
		d->app_bit = UINT64_C(1) << d->app_index;
		l.over = tx_final(app, tx, l.dir);
		tx_look(d, &l);
		if (l.over)
			tx->done_seen[l.dir] = true;
	}
	d->app_index = index;
	d->app_bit = bit;
}
