/*
 * reputation - see reputation.h. A table of prefixes; one look for each length that occurs.
 *
 * Formats: Suricata 8 user guide, "IP Reputation Format": categories "NUMBER,name,description", scores
 * "ADDRESS[/LENGTH],CATEGORY,SCORE" a line; '#' begins a comment.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "engine/detect/reputation.h"
#include "rule/lookup.h"

#define CATEGORY_MAX 60
#define SCORE_MAX 127
#define NAME_MAX_N 32

struct entry {
	struct prefix net;
	uint8_t category, score;
	bool used;
};
struct reputation {
	char name[CATEGORY_MAX + 1][NAME_MAX_N];
	uint8_t lengths[129]; /* that occur, longest first */
	unsigned n_lengths;
	struct entry *slot;
	uint32_t n, cap;
};

static struct entry *
slot_of(struct entry *slots, uint32_t cap, const struct prefix *net, uint8_t category)
{
	uint64_t h = hash_bytes(&net->a, sizeof(net->a), (uint64_t) net->len << 8 | category);

	for (uint32_t i = (uint32_t) h & (cap - 1);; i = (i + 1) & (cap - 1)) {
		struct entry *e = &slots[i];
		if (!e->used || (e->category == category && e->net.len == net->len && addr_eq(&e->net.a, &net->a)))
			return e;
	}
}

static int
grow(struct reputation *r)
{
	uint32_t cap = r->cap ? r->cap * 2 : 1024;
	struct entry *slots = calloc(cap, sizeof(*slots));

	if (!slots)
		return E_NOMEM;
	for (uint32_t i = 0; i < r->cap; i++)
		if (r->slot[i].used)
			*slot_of(slots, cap, &r->slot[i].net, r->slot[i].category) = r->slot[i];
	free(r->slot);
	r->slot = slots;
	r->cap = cap;
	return 0;
}

static void
length_add(struct reputation *r, uint8_t len)
{
	unsigned k = 0;

	while (k < r->n_lengths && r->lengths[k] > len)
		k++;
	if (k < r->n_lengths && r->lengths[k] == len)
		return;
	memmove(&r->lengths[k + 1], &r->lengths[k], r->n_lengths - k);
	r->lengths[k] = len;
	r->n_lengths++;
}

static const char *
read_category(struct reputation *r, char *text)
{
	char *number = text_next_item(&text), *name = number ? text_next_item(&text) : NULL;
	uint32_t n;

	if (!name || text_u32(number, CATEGORY_MAX, &n) < 0 || n == 0 || !*name || strlen(name) >= NAME_MAX_N)
		return "a number of 1 to 60, a name of at most 31 letters, a description";
	snprintf(r->name[n], NAME_MAX_N, "%s", name);
	return NULL;
}

static const char *
read_score(struct reputation *r, char *text)
{
	char *net = text_next_item(&text), *category = net ? text_next_item(&text) : NULL, *score = category ? text_next_item(&text) : NULL;
	struct prefix p;
	uint32_t c, s;

	if (!score || prefix_parse(&p, net) < 0 || text_u32(category, CATEGORY_MAX, &c) < 0 || c == 0 || text_u32(score, SCORE_MAX, &s) < 0)
		return "an address or network, a category of 1 to 60, a score of 0 to 127";
	if (s == 0) /* no data */
		return NULL;
	if (r->n * 2 >= r->cap && grow(r) < 0)
		return "memory";
	struct entry *e = slot_of(r->slot, r->cap, &p, (uint8_t) c);
	r->n += !e->used;
	*e = (struct entry) { p, (uint8_t) c, (uint8_t) s, true };
	length_add(r, p.len);
	return NULL;
}

static void
read_file(struct reputation *r, const char *path, const char *(*line)(struct reputation *, char *), struct diag *d)
{
	struct lines l;
	int e = lines_open(&l, path);

	if (e < 0) {
		diag_error(d, path, 0, 0, "%s", err_text(e));
		return;
	}
	while ((e = lines_next(&l)) > 0) {
		char *text = lines_text(&l);
		const char *expected = text ? line(r, text) : "memory for it";
		if (expected)
			diag_error(d, path, l.joins[0].line, 1, "bad line, expected %s", expected);
	}
	if (e < 0)
		diag_error(d, path, 0, 0, "%s", err_text(e));
	lines_clear(&l);
}

struct reputation *
reputation_read(const struct detect_conf *c, const struct conf *tree, struct diag *d)
{
	struct reputation *r = calloc(1, sizeof(*r));
	const struct yaml *files = tree ? conf_find(tree, "reputation-files") : NULL;
	char path[4096];

	if (!r)
		return NULL;
	if (grow(r) < 0) {
		free(r);
		return NULL;
	}
	if (c->reputation_categories && *c->reputation_categories)
		read_file(r, c->reputation_categories, read_category, d);
	if (files && files->kind == YAML_LIST)
		yaml_each(y, files)
		{
			bool in_folder = y->text && y->text[0] != '/' && c->reputation_path && *c->reputation_path;
			if (!y->text)
				continue;
			snprintf(path, sizeof(path), "%s%s%s", in_folder ? c->reputation_path : "", in_folder ? "/" : "", y->text);
			read_file(r, path, read_score, d);
		}
	return r;
}

void
reputation_free(struct reputation *r)
{
	if (!r)
		return;
	free(r->slot);
	free(r);
}

int
reputation_category(const struct reputation *r, const char *name)
{
	for (int i = 1; i <= CATEGORY_MAX; i++)
		if (strcmp(r->name[i], name) == 0)
			return i;
	return -1;
}

/* The first len bits. */
static struct prefix
network(const struct addr *a, uint8_t len)
{
	struct prefix p = { .a = *a, .len = len };

	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = len > i * 8 ? len - i * 8 : 0;
		if (keep < 8)
			p.a.b[i] &= (uint8_t) (0xff00 >> keep);
	}
	return p;
}

int
reputation_score(const struct reputation *r, int category, const struct addr *a)
{
	for (unsigned i = 0; i < r->n_lengths; i++) {
		struct prefix p = network(a, r->lengths[i]);
		const struct entry *e = slot_of(r->slot, r->cap, &p, (uint8_t) category);
		if (e->used)
			return e->score;
	}
	return -1;
}
