/*
 * dataset_save - the sets that have a file to be saved in, written when the workers have ended: what any of them put in,
 * and what the file had that none of them took out. Sorted, so that the same packets give the same file.
 */
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/hash.h"
#include "engine/detect/live_set.h"

struct found {
	struct span v;
	bool in;
};

static int
compare(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	uint32_t n = x->v.n < y->v.n ? x->v.n : y->v.n;
	int c = n ? memcmp(x->v.p, y->v.p, n) : 0;

	return c ? c : x->v.n != y->v.n ? (x->v.n > y->v.n) - (x->v.n < y->v.n) : y->in - x->in; /* of equal ones the one that is in */
}

static void
print_value(FILE *out, const struct dataset *s, struct span v)
{
	char text[ADDR_STRLEN + 80];
	struct addr a = { 0 };
	unsigned char *base64;

	switch (s->type) {
	case DATASET_IP:
	case DATASET_IPV4:
	case DATASET_IPV6:
		a = v.n == 4 ? addr_v4(v.p) : addr_v6(v.p);
		addr_print(&a, text);
		break;
	case DATASET_STRING:
		if (!(base64 = malloc(v.n / 3 * 4 + 8)))
			return;
		EVP_EncodeBlock(base64, v.p, (int) v.n);
		fprintf(out, "%s\n", (const char *) base64);
		free(base64);
		return;
	default:
		hash_hex(v.p, v.n, text);
	}
	fprintf(out, "%s\n", text);
}

static int
collect(struct detect *const *workers, unsigned n, const struct dataset *s, struct found **list, uint32_t *count)
{
	uint32_t cap = 0;

	*list = NULL;
	*count = 0;
	for (unsigned w = 0; w < n; w++) {
		enum live_state state;
		struct span v;
		for (uint64_t at = 0; live_set_each(workers[w]->live[s->index], &at, &v, &state);) {
			if (vec_grow(list, *count, &cap, sizeof(**list)) < 0)
				return E_NOMEM;
			(*list)[(*count)++] = (struct found) { v, state == LIVE_IN };
		}
	}
	for (uint32_t i = 0; i < s->n; i++) {
		bool told = false;
		for (unsigned w = 0; w < n && !told; w++)
			told = live_set_get(workers[w]->live[s->index], s->value[i].bytes) != LIVE_UNKNOWN;
		if (told)
			continue;
		if (vec_grow(list, *count, &cap, sizeof(**list)) < 0)
			return E_NOMEM;
		(*list)[(*count)++] = (struct found) { s->value[i].bytes, true };
	}
	if (*count)
		qsort(*list, *count, sizeof(**list), compare);
	return 0;
}

static int
save_one(struct detect *const *workers, unsigned n, const struct dataset *s, const char *dir, struct diag *d)
{
	char path[1024], made[1040];
	struct found *list;
	uint32_t count;
	FILE *out;
	int e = collect(workers, n, s, &list, &count);

	snprintf(path, sizeof(path), "%s/%s", dir, s->save);
	snprintf(made, sizeof(made), "%s.new", path);
	out = e == 0 ? fopen(made, "w") : NULL;
	for (uint32_t i = 0; out && i < count; i++)
		if (list[i].in && (i == 0 || !span_eq(list[i].v, list[i - 1].v)))
			print_value(out, s, list[i].v);
	free(list);
	if (!out || fclose(out) != 0 || rename(made, path) != 0) {
		diag_error(d, path, 0, 0, "the set %s cannot be saved", s->name);
		return E_BAD;
	}
	return 0;
}

int
datasets_save(struct detect *const *workers, unsigned n, const char *dir, struct diag *d)
{
	const struct ruleset *r = n ? workers[0]->rules : NULL;
	int e = 0;

	for (unsigned w = 1; w < n; w++)
		if (workers[w]->rules != r)
			return E_NOMEM; /* it could not take the rules that are in force */
	for (uint32_t i = 0; r && i < r->n_live; i++)
		if (r->live[i]->save && save_one(workers, n, r->live[i], dir, d) < 0)
			e = E_BAD;
	return e;
}
