/*
 * group - who has to be asked when: databases by buffer and direction, lists of rules without a pattern.
 */
#include <stdlib.h>

#include "engine/detect/ruleset.h"

int
list_add(struct list *l, uint32_t v)
{
	if (vec_grow(&l->v, l->n, &l->cap, sizeof(*l->v)) < 0)
		return -1;
	l->v[l->n++] = v;
	return 0;
}

static bool
has_proto(const struct sig *s, uint8_t p)
{
	return s->ip_protos[p / 64] >> (p % 64) & 1;
}

static bool
has_other(const struct sig *s)
{
	uint64_t w = s->ip_protos[0] & ~(UINT64_C(1) << 6 | UINT64_C(1) << 17);

	return w || s->ip_protos[1] || s->ip_protos[2] || s->ip_protos[3];
}

/* In which classes of packets a rule's payload pattern, or the rule itself, has to be looked for. */
static unsigned
classes_of(const struct sig *s, bool pattern)
{
	unsigned set = 0;

	if (has_proto(s, 6)) {
		if (!pattern || s->flags & SIG_NEED_PACKET)
			set |= 1 << CLASS_TCP_PACKET;
		if (pattern && s->flags & SIG_NEED_STREAM)
			set |= 1 << CLASS_TCP_STREAM;
	}
	if (has_proto(s, 17))
		set |= 1 << CLASS_UDP;
	if (has_other(s))
		set |= 1 << CLASS_OTHER;
	return set;
}

/* A pattern that most packets have tells less than the port does. It is then looked at with the packet, in the stream, too. */
static bool
found_by_port(const struct sig *s, const struct fast *f)
{
	return !(s->flags & SIG_TX) && f->bytes.n < PATTERN_SHORT && ports_few(s) && !fast_placed(f);
}

static struct app_group *
app_group(struct ruleset *r, unsigned proto, int dir)
{
	if (!r->app[proto][dir])
		r->app[proto][dir] = calloc(1, sizeof(struct app_group));
	return r->app[proto][dir];
}

static int
add_tx_rest(struct ruleset *r, uint32_t i)
{
	const struct sig *s = &r->sigs[i];

	for (unsigned p = 0; p < protocol_table_n; p++)
		for (int dir = 0; dir < 2; dir++) {
			if (!(s->apps >> p & 1) || !(s->dirs >> dir & 1))
				continue;
			struct app_group *g = app_group(r, p, dir);
			if (!g || list_add(&g->rest, i) < 0)
				return -1;
		}
	return 0;
}

static struct frame_group *
frame_group(struct ruleset *r, const struct buffer *b)
{
	unsigned proto = (unsigned) __builtin_ctzll(b->protocols);
	struct frame_group *g = r->frames[proto];

	r->frame_types[proto] |= UINT32_C(1) << b->frame;
	for (; g; g = g->next)
		if (g->type == b->frame)
			return g;
	if (!(g = calloc(1, sizeof(*g))))
		return NULL;
	*g = (struct frame_group) { .next = r->frames[proto], .type = b->frame };
	return r->frames[proto] = g;
}

static int
add_frame_rest(struct ruleset *r, uint32_t i)
{
	const struct sig *s = &r->sigs[i];
	struct frame_group *g = frame_group(r, &r->buffers[s->frame_parts[0].buffer]);

	for (int dir = 0; dir < 2; dir++)
		if (!g || (s->dirs >> dir & 1 && list_add(&g->of[dir].rest, i) < 0))
			return -1;
	return 0;
}

static int
add_field(struct ruleset *r, struct list (*fields)[2], const struct fast *f, uint32_t i)
{
	uint8_t dirs = r->sigs[i].dirs & r->buffers[f->buffer].dirs;

	if (r->buffers[f->buffer].body)
		r->sigs[i].flags |= SIG_BODY;
	for (int dir = 0; dir < 2; dir++)
		if (dirs >> dir & 1 && list_add(&fields[f->buffer][dir], i) < 0)
			return -1;
	return 0;
}

static int
add_rule(struct ruleset *r, struct list payload[CLASS_N][2], struct list (*fields)[2], const struct fast *f, uint32_t i)
{
	struct sig *s = &r->sigs[i];
	bool pattern = f->content != NULL;

	if (s->flags & SIG_IPONLY)
		return 0;
	if (s->flags & SIG_EVENT && !(s->flags & SIG_TX))
		return list_add(&r->events, i);
	if (pattern)
		s->flags |= SIG_PREFILTERED;
	if (s->flags & SIG_FRAME && !pattern)
		return add_frame_rest(r, i);
	if (s->flags & SIG_TX && !pattern)
		return add_tx_rest(r, i);
	if (pattern && !f->payload)
		return add_field(r, fields, f, i);
	unsigned set = classes_of(s, pattern), few = 0;
	if (!pattern || found_by_port(s, f))
		few = 1 << CLASS_TCP_PACKET | 1 << CLASS_UDP;
	if (pattern && few && set & (1 << CLASS_TCP_PACKET | 1 << CLASS_TCP_STREAM))
		set = (set | 1 << CLASS_TCP_PACKET) & ~(1u << CLASS_TCP_STREAM);
	if (pattern && set & few)
		s->flags |= SIG_BY_PORT;
	for (unsigned c = 0; c < CLASS_N; c++)
		for (int dir = 0; dir < 2; dir++) {
			if (!(set >> c & 1) || !(s->dirs >> dir & 1))
				continue;
			if (list_add(pattern && !(few >> c & 1) ? &payload[c][dir] : &r->rest[c][dir], i) < 0)
				return -1;
		}
	return 0;
}

static int
progress_of(const struct ruleset *r, unsigned proto, int dir, const struct field_scan *f)
{
	const struct field *row = r->buffers[f->buffer].rows[proto];

	return row ? row->progress[dir] : 255;
}

static int
add_frame_scan(struct ruleset *r, uint16_t buffer, int dir, struct finder *s)
{
	struct frame_group *g = frame_group(r, &r->buffers[buffer]);
	struct app_group *of = g ? &g->of[dir] : NULL;
	struct field_scan *v = of ? realloc(of->scans, (of->n_scans + 1) * sizeof(*v)) : NULL;

	if (!v)
		return -1;
	of->scans = v;
	v[of->n_scans++] = (struct field_scan) { buffer, s };
	return 0;
}

static int
add_app_scan(struct ruleset *r, unsigned p, uint16_t buffer, int dir, struct finder *s)
{
	struct app_group *g = app_group(r, p, dir);
	struct field_scan *v = g ? realloc(g->scans, (g->n_scans + 1) * sizeof(*v)) : NULL;
	struct field_scan add = { buffer, s };

	if (!v)
		return -1;
	g->scans = v;
	uint32_t k = g->n_scans++;
	for (; k > 0 && progress_of(r, p, dir, &v[k - 1]) > progress_of(r, p, dir, &add); k--)
		v[k] = v[k - 1];
	v[k] = add;
	return 0;
}

/* ---- fields that are the same bytes: one database for all of them ---- */

#define JOINED_MAX 8

struct joined { /* buffers that are the message's body in one direction of a protocol */
	uint16_t v[JOINED_MAX];
	uint32_t n;
	struct finder *finder;
};

static bool
has_row(const struct ruleset *r, uint32_t buffer, unsigned p, int dir)
{
	const struct buffer *b = &r->buffers[buffer];

	return b->kind == BUF_FIELD && b->rows[p] && b->rows[p]->dirs >> dir & 1;
}

static bool
is_message(const struct ruleset *r, uint32_t buffer, unsigned p, int dir)
{
	return has_row(r, buffer, p, dir) && !r->buffers[buffer].n_transforms && r->buffers[buffer].rows[p]->message >> dir & 1;
}

static struct joined
joined_of(const struct ruleset *r, struct list (*fields)[2], unsigned p, int dir)
{
	struct joined j = { .n = 0 };

	for (uint32_t b = 0; b < r->n_buffers && j.n < JOINED_MAX; b++)
		if (fields[b][dir].n && is_message(r, b, p, dir))
			j.v[j.n++] = (uint16_t) b;
	if (j.n < 2)
		j.n = 0;
	return j;
}

static struct finder *
build_joined(struct ruleset *r, const struct fast *fasts, struct list (*fields)[2], const struct joined *j, int dir, const char *dir_name,
    struct diag *d)
{
	struct list all = { 0 };
	struct finder *s = NULL;
	char name[256];
	int n = 0;

	for (uint32_t i = 0; i < j->n; i++) {
		const struct list *k = &fields[j->v[i]][dir];
		if (n < (int) sizeof(name))
			n += snprintf(name + n, sizeof(name) - (size_t) n, "%s%s", i ? " and " : "", r->buffers[j->v[i]].name);
		for (uint32_t m = 0; m < k->n; m++)
			if (list_add(&all, k->v[m]) < 0)
				goto done;
	}
	if (n < (int) sizeof(name))
		snprintf(name + n, sizeof(name) - (size_t) n, ", %s", dir_name);
	s = finder_build(r, name, FINDER_BODY, fasts, &all, d);
done:
	free(all.v);
	return s;
}

static int
add_joined_scans(struct ruleset *r, const struct fast *fasts, struct list (*fields)[2], int dir, const char *dir_name, struct diag *d)
{
	struct joined made[JOINED_MAX]; /* protocols of one kind have the same */
	uint32_t n = 0;

	for (unsigned p = 0; p < protocol_table_n; p++) {
		struct joined j = joined_of(r, fields, p, dir);
		for (uint32_t i = 0; i < n && !j.finder; i++)
			if (made[i].n == j.n && memcmp(made[i].v, j.v, j.n * sizeof(*j.v)) == 0)
				j.finder = made[i].finder;
		if (!j.n)
			continue;
		if (!j.finder && !(j.finder = build_joined(r, fasts, fields, &j, dir, dir_name, d)))
			return -1;
		if (n < JOINED_MAX)
			made[n++] = j;
		if (add_app_scan(r, p, j.v[0], dir, j.finder) < 0)
			return -1;
	}
	return 0;
}

/* One database for the buffer in the protocols that have it by itself. */
static int
add_field_scan(struct ruleset *r, const struct fast *fasts, struct list (*fields)[2], uint16_t buffer, int dir, const char *name, struct diag *d)
{
	const struct list *k = &fields[buffer][dir];
	enum finder_of of = finder_of_buffer(&r->buffers[buffer]);
	struct finder *s = NULL;

	if (r->buffers[buffer].kind == BUF_FRAME)
		return (s = finder_build(r, name, of, fasts, k, d)) ? add_frame_scan(r, buffer, dir, s) : -1;
	for (unsigned p = 0; p < protocol_table_n; p++) {
		if (!has_row(r, buffer, p, dir) || (is_message(r, buffer, p, dir) && joined_of(r, fields, p, dir).n))
			continue;
		if (!s && !(s = finder_build(r, name, of, fasts, k, d)))
			return -1;
		if (add_app_scan(r, p, buffer, dir, s) < 0)
			return -1;
	}
	return 0;
}

static int
build_scans(struct ruleset *r, const struct fast *fasts, struct list payload[CLASS_N][2], struct list (*fields)[2], struct diag *d)
{
	static const char *const class_name[] = { "tcp packet", "tcp stream", "udp payload", "other payload" };
	static const char *const dir_name[] = { "to server", "to client" };
	char name[128];

	for (unsigned c = 0; c < CLASS_N; c++)
		for (int dir = 0; dir < 2; dir++) {
			const struct list *k = &payload[c][dir];
			snprintf(name, sizeof(name), "%s, %s", class_name[c], dir_name[dir]);
			if (k->n && !(r->payload[c][dir] = finder_build(r, name, FINDER_PAYLOAD, fasts, k, d)))
				return -1;
		}
	for (uint32_t b = 0; b < r->n_buffers; b++)
		for (int dir = 0; dir < 2; dir++) {
			if (!fields[b][dir].n)
				continue;
			snprintf(name, sizeof(name), "%s%s, %s", r->buffers[b].name, r->buffers[b].n_transforms ? " (transformed)" : "", dir_name[dir]);
			if (add_field_scan(r, fasts, fields, (uint16_t) b, dir, name, d) < 0)
				return -1;
		}
	for (int dir = 0; dir < 2; dir++)
		if (add_joined_scans(r, fasts, fields, dir, dir_name[dir], d) < 0)
			return -1;
	return 0;
}

/* Rules on small payloads (dsize) go to the end: a packet is done with them where the first is for smaller ones. */
static int
sort_rest(struct list *l, const struct fast *fasts, struct size_range **out)
{
	struct size_range *sizes = l->n ? malloc(l->n * sizeof(*sizes)) : NULL;

	*out = sizes;
	if (l->n && !sizes)
		return -1;
	for (uint32_t i = 0; i < l->n; i++) {
		uint32_t v = l->v[i], k = i;
		for (; k > 0 && sizes[k - 1].most < fasts[v].payload_sizes.most; k--) {
			sizes[k] = sizes[k - 1];
			l->v[k] = l->v[k - 1];
		}
		sizes[k] = fasts[v].payload_sizes;
		l->v[k] = v;
	}
	return 0;
}

int
ruleset_group(struct ruleset *r, const struct fast *fasts, struct diag *d)
{
	struct list payload[CLASS_N][2] = { 0 };
	struct list (*fields)[2] = calloc(r->n_buffers + 1, sizeof(*fields));
	int e = fields ? 0 : -1;

	for (uint32_t i = 0; e == 0 && i < r->n; i++)
		e = add_rule(r, payload, fields, &fasts[i], i);
	for (unsigned c = 0; e == 0 && c < CLASS_N; c++)
		e = addresses_take(r, r->rest[c], &r->rest_by[c]);
	for (unsigned c = 0; c < CLASS_OTHER; c++)
		for (int dir = 0; e == 0 && dir < 2; dir++)
			e = ports_take(r, &r->rest[c][dir], &r->rest_ports[c][dir]);
	for (unsigned c = 0; c < CLASS_N; c++)
		for (int dir = 0; e == 0 && dir < 2; dir++)
			e = sort_rest(&r->rest[c][dir], fasts, &r->rest_sizes[c][dir]);
	if (e == 0)
		e = build_scans(r, fasts, payload, fields, d);
	for (unsigned c = 0; c < CLASS_N; c++)
		for (int dir = 0; dir < 2; dir++)
			free(payload[c][dir].v);
	for (uint32_t b = 0; fields && b < r->n_buffers; b++)
		for (int dir = 0; dir < 2; dir++)
			free(fields[b][dir].v);
	free(fields);
	return e;
}
