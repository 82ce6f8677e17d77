/*
 * group - who has to be asked when: databases by buffer, direction and between whom it goes, lists of rules without a pattern.
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

/* To the list of each kind of packets that it may match. */
static int
lists_add(struct list by[ENDS], const struct ruleset *r, uint32_t i)
{
	for (unsigned k = 0; k < ENDS; k++)
		if (r->sigs[i].ends >> k & 1 && list_add(&by[k], i) < 0)
			return -1;
	return 0;
}

static bool
lists_any(const struct list by[ENDS])
{
	for (unsigned k = 0; k < ENDS; k++)
		if (by[k].n)
			return true;
	return false;
}

static void
lists_clear(struct list by[ENDS])
{
	for (unsigned k = 0; k < ENDS; k++)
		free(by[k].v);
}

static bool
lists_equal(const struct list *a, const struct list *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->v, b->v, a->n * sizeof(*a->v)) == 0);
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
			if (!g || lists_add(g->rest, r, i) < 0)
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
		if (!g || (s->dirs >> dir & 1 && lists_add(g->of[dir].rest, r, i) < 0))
			return -1;
	return 0;
}

static int
add_field(struct ruleset *r, struct list (*fields)[2][ENDS], const struct fast *f, uint32_t i)
{
	uint8_t dirs = r->sigs[i].dirs & r->buffers[f->buffer].dirs;

	if (r->buffers[f->buffer].body)
		r->sigs[i].flags |= SIG_BODY;
	for (int dir = 0; dir < 2; dir++)
		if (dirs >> dir & 1 && lists_add(fields[f->buffer][dir], r, i) < 0)
			return -1;
	return 0;
}

struct found_by { /* rules by what finds them */
	struct list payload[CLASS_N][2][ENDS];
	struct list rest[CLASS_N][2];       /* packet rules without a pattern */
	struct list (*fields)[2][ENDS];     /* by buffer */
};

static int
add_rule(struct ruleset *r, struct found_by *by, const struct fast *f, uint32_t i)
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
		return add_field(r, by->fields, f, i);
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
			if (pattern && !(few >> c & 1) ? lists_add(by->payload[c][dir], r, i) < 0 : list_add(&by->rest[c][dir], i) < 0)
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
add_frame_scan(struct ruleset *r, int dir, const struct field_scan *add)
{
	struct frame_group *g = frame_group(r, &r->buffers[add->buffer]);
	struct app_group *of = g ? &g->of[dir] : NULL;
	struct field_scan *v = of ? realloc(of->scans, (of->n_scans + 1) * sizeof(*v)) : NULL;

	if (!v)
		return -1;
	of->scans = v;
	v[of->n_scans++] = *add;
	return 0;
}

static int
add_app_scan(struct ruleset *r, unsigned p, int dir, const struct field_scan *add)
{
	struct app_group *g = app_group(r, p, dir);
	struct field_scan *v = g ? realloc(g->scans, (g->n_scans + 1) * sizeof(*v)) : NULL;

	if (!v)
		return -1;
	g->scans = v;
	uint32_t k = g->n_scans++;
	for (; k > 0 && progress_of(r, p, dir, &v[k - 1]) > progress_of(r, p, dir, add); k--)
		v[k] = v[k - 1];
	v[k] = *add;
	v[k].field = r->buffers[add->buffer].rows[p];
	return 0;
}

static void
mark_asked(struct app_group *g)
{
	for (unsigned kind = 0; kind < ENDS; kind++)
		for (uint32_t k = 0; k < g->n_scans && k < 64; k++)
			if (g->scans[k].finder[kind] || g->scans[k].field->kind == FIELD_BODY)
				g->asked[kind] |= UINT64_C(1) << k;
}

/* One for each kind of packets; kinds that have the same rules share theirs. */
static int
build_finders(struct ruleset *r, const char *name, enum finder_of of, const struct fast *fasts, const struct list by[ENDS],
    struct finder *out[ENDS], struct diag *d)
{
	bool same = true;
	char full[256];

	for (unsigned k = 1; k < ENDS; k++)
		same = same && lists_equal(&by[0], &by[k]);
	for (unsigned k = 0; k < ENDS; k++) {
		out[k] = NULL;
		for (unsigned m = 0; m < k && !out[k]; m++)
			if (lists_equal(&by[m], &by[k]))
				out[k] = out[m];
		if (out[k] || !by[k].n)
			continue;
		snprintf(full, sizeof(full), "%s%s", name, same ? "" : ends_name(&r->ends, k));
		if (!(out[k] = finder_build(r, full, of, fasts, &by[k], d)))
			return -1;
	}
	return 0;
}

/* ---- fields that are the same bytes: one database for all of them ---- */

#define JOINED_MAX 8

struct joined { /* buffers that are the message's body in one direction of a protocol */
	uint16_t v[JOINED_MAX];
	uint32_t n;
	struct field_scan scan;
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
joined_of(const struct ruleset *r, struct list (*fields)[2][ENDS], unsigned p, int dir)
{
	struct joined j = { .n = 0 };

	for (uint32_t b = 0; b < r->n_buffers && j.n < JOINED_MAX; b++)
		if (lists_any(fields[b][dir]) && is_message(r, b, p, dir))
			j.v[j.n++] = (uint16_t) b;
	if (j.n < 2)
		j.n = 0;
	return j;
}

static int
build_joined(struct ruleset *r, const struct fast *fasts, struct list (*fields)[2][ENDS], struct joined *j, int dir, const char *dir_name,
    struct diag *d)
{
	struct list all[ENDS] = { 0 };
	char name[128];
	int n = 0, e = -1;

	j->scan.buffer = j->v[0];
	for (uint32_t i = 0; i < j->n; i++) {
		const struct list *by = fields[j->v[i]][dir];
		if (n < (int) sizeof(name))
			n += snprintf(name + n, sizeof(name) - (size_t) n, "%s%s", i ? " and " : "", r->buffers[j->v[i]].name);
		for (unsigned k = 0; k < ENDS; k++)
			for (uint32_t m = 0; m < by[k].n; m++)
				if (list_add(&all[k], by[k].v[m]) < 0)
					goto done;
	}
	if (n < (int) sizeof(name))
		snprintf(name + n, sizeof(name) - (size_t) n, ", %s", dir_name);
	e = build_finders(r, name, FINDER_BODY, fasts, all, j->scan.finder, d);
done:
	lists_clear(all);
	return e;
}

static int
add_joined_scans(struct ruleset *r, const struct fast *fasts, struct list (*fields)[2][ENDS], int dir, const char *dir_name, struct diag *d)
{
	struct joined made[JOINED_MAX]; /* protocols of one kind have the same */
	uint32_t n = 0;

	for (unsigned p = 0; p < protocol_table_n; p++) {
		struct joined j = joined_of(r, fields, p, dir);
		uint32_t i = 0;
		if (!j.n)
			continue;
		while (i < n && (made[i].n != j.n || memcmp(made[i].v, j.v, j.n * sizeof(*j.v)) != 0))
			i++;
		if (i < n)
			j.scan = made[i].scan;
		else if (build_joined(r, fasts, fields, &j, dir, dir_name, d) < 0)
			return -1;
		if (i == n && n < JOINED_MAX)
			made[n++] = j;
		if (add_app_scan(r, p, dir, &j.scan) < 0)
			return -1;
	}
	return 0;
}

/* One database for the buffer in the protocols that have it by itself. */
static int
add_field_scan(struct ruleset *r, const struct fast *fasts, struct list (*fields)[2][ENDS], uint16_t buffer, int dir, const char *name,
    struct diag *d)
{
	const struct list *by = fields[buffer][dir];
	enum finder_of of = finder_of_buffer(&r->buffers[buffer]);
	struct field_scan add = { .buffer = buffer };
	bool built = false;

	if (r->buffers[buffer].kind == BUF_FRAME)
		return build_finders(r, name, of, fasts, by, add.finder, d) == 0 ? add_frame_scan(r, dir, &add) : -1;
	for (unsigned p = 0; p < protocol_table_n; p++) {
		if (!has_row(r, buffer, p, dir) || (is_message(r, buffer, p, dir) && joined_of(r, fields, p, dir).n))
			continue;
		if (!built && build_finders(r, name, of, fasts, by, add.finder, d) < 0)
			return -1;
		built = true;
		if (add_app_scan(r, p, dir, &add) < 0)
			return -1;
	}
	return 0;
}

static int
build_payload_scans(struct ruleset *r, const struct fast *fasts, struct found_by *by, unsigned c, int dir, const char *name, struct diag *d)
{
	struct finder *made[ENDS];

	if (build_finders(r, name, FINDER_PAYLOAD, fasts, by->payload[c][dir], made, d) < 0)
		return -1;
	for (unsigned k = 0; k < ENDS; k++)
		r->packet[c][dir][k].payload = made[k];
	return 0;
}

static int
build_scans(struct ruleset *r, const struct fast *fasts, struct found_by *by, struct diag *d)
{
	static const char *const class_name[] = { "tcp packet", "tcp stream", "udp payload", "other payload" };
	static const char *const dir_name[] = { "to server", "to client" };
	char name[128];

	for (unsigned c = 0; c < CLASS_N; c++)
		for (int dir = 0; dir < 2; dir++) {
			snprintf(name, sizeof(name), "%s, %s", class_name[c], dir_name[dir]);
			if (build_payload_scans(r, fasts, by, c, dir, name, d) < 0)
				return -1;
		}
	for (uint32_t b = 0; b < r->n_buffers; b++)
		for (int dir = 0; dir < 2; dir++) {
			if (!lists_any(by->fields[b][dir]))
				continue;
			snprintf(name, sizeof(name), "%s%s, %s", r->buffers[b].name, r->buffers[b].n_transforms ? " (transformed)" : "", dir_name[dir]);
			if (add_field_scan(r, fasts, by->fields, (uint16_t) b, dir, name, d) < 0)
				return -1;
		}
	for (int dir = 0; dir < 2; dir++)
		if (add_joined_scans(r, fasts, by->fields, dir, dir_name[dir], d) < 0)
			return -1;
	for (unsigned p = 0; p < protocol_table_n; p++)
		for (int dir = 0; dir < 2; dir++)
			if (r->app[p][dir])
				mark_asked(r->app[p][dir]);
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

/* Packet rules without a pattern: by addresses where they name few of them, else by kind of packet, then by ports. */
static int
group_rest(struct ruleset *r, const struct fast *fasts, struct list rest[2], unsigned c)
{
	if (addresses_take(r, rest, &r->rest_by[c]) < 0)
		return -1;
	for (int dir = 0; dir < 2; dir++) {
		struct list by[ENDS] = { 0 };
		int e = 0;
		for (uint32_t i = 0; i < rest[dir].n && e == 0; i++)
			e = lists_add(by, r, rest[dir].v[i]);
		for (unsigned k = 0; k < ENDS; k++) {
			struct packet_group *g = &r->packet[c][dir][k];
			g->rest = by[k];
			if (e == 0 && c < CLASS_OTHER)
				e = ports_take(r, &g->rest, &g->rest_ports);
			if (e == 0)
				e = sort_rest(&g->rest, fasts, &g->rest_sizes);
		}
		if (e < 0)
			return -1;
	}
	return 0;
}

int
ruleset_group(struct ruleset *r, const struct fast *fasts, struct diag *d)
{
	struct found_by by = { .fields = calloc(r->n_buffers + 1, sizeof(*by.fields)) };
	int e = by.fields ? 0 : -1;

	for (uint32_t i = 0; e == 0 && i < r->n; i++)
		e = add_rule(r, &by, &fasts[i], i);
	for (unsigned c = 0; e == 0 && c < CLASS_N; c++)
		e = group_rest(r, fasts, by.rest[c], c);
	if (e == 0)
		e = build_scans(r, fasts, &by, d);
	for (unsigned c = 0; c < CLASS_N; c++)
		for (int dir = 0; dir < 2; dir++) {
			lists_clear(by.payload[c][dir]);
			free(by.rest[c][dir].v);
		}
	for (uint32_t b = 0; by.fields && b < r->n_buffers; b++)
		for (int dir = 0; dir < 2; dir++)
			lists_clear(by.fields[b][dir]);
	free(by.fields);
	return e;
}
