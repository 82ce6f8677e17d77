/*
 * dataset_open - which set of values a rule means: by its name one that an earlier rule or the configuration has told of,
 * or a new one.
 *
 * Language: Suricata user guide, "Datasets".
 */
#include "engine/detect/dataset.h"

#define MEMCAP_DEFAULT ((uint64_t) 100 << 20)
#define BUCKETS_DEFAULT 65536
#define BUCKETS_MAX (1u << 20)

static int
set_type(struct build *b, struct dataset *s, const char *value)
{
	int v = dataset_word(dataset_types, value);

	if (v < 0)
		return build_error(b, 0, "bad type \"%s\", expected string, md5, sha256, ip, ipv4 or ipv6", value);
	s->type = (enum dataset_type) v;
	s->typed = true;
	return 0;
}

static int
set_format(struct build *b, struct dataset *s, const char *value)
{
	int v = dataset_word(dataset_formats, value);

	if (v < 0)
		return build_error(b, 0, "bad format \"%s\", expected csv, json or ndjson", value);
	s->format = (enum dataset_format) v;
	return 0;
}

static int
set_number(struct build *b, const char *name, const char *value, uint64_t most, uint64_t *out)
{
	if (conf_parse_size(out, value) < 0 || *out == 0 || *out > most)
		return build_error(b, 0, "bad %s \"%s\", expected a number up to %llu", name, value, (unsigned long long) most);
	return 0;
}

/* A file we write lies in the folder for logs. */
static int
set_save(struct build *b, struct dataset *s, const char *value)
{
	if (!*value || *value == '/' || strstr(value, ".."))
		return build_error(b, 0, "bad file \"%s\", expected a name in the folder for logs", value);
	s->save = value;
	return 0;
}

static int
set_state(struct build *b, struct dataset *s, const char *value)
{
	const char *dir = b->in->conf->dataset_dir;

	if (set_save(b, s, value) < 0)
		return E_BAD;
	s->load = dir && *dir ? arena_printf(build_arena(b), "%s%s/%s", *dir == '/' ? "" : "./", dir, value) : value;
	s->may_lack = true;
	return s->load ? 0 : E_NOMEM;
}

/* `name value`, from a rule or from the configuration. */
static int
set_one(struct build *b, struct dataset *s, const char *name, const char *value)
{
	static const char *const names[] = { "type", "load", "format", "value_key", "array_key", "remove_key", "memcap", "hashsize",
		"save", "state", NULL };
	uint64_t n = 0;

	switch (dataset_word(names, name)) {
	case 0:
		return set_type(b, s, value);
	case 1:
		s->load = value;
		return *value ? 0 : build_error(b, 0, "load needs the name of a file");
	case 2:
		return set_format(b, s, value);
	case 3:
		s->value_key = value;
		return 0;
	case 4:
		s->array_key = value;
		return 0;
	case 5:
		s->remove_key = true;
		return 0;
	case 6:
		return set_number(b, name, value, UINT64_C(1) << 40, &s->memcap);
	case 7:
		if (set_number(b, name, value, BUCKETS_MAX, &n) < 0)
			return E_BAD;
		s->buckets = (uint32_t) n;
		return 0;
	case 8:
		return set_save(b, s, value);
	case 9:
		return set_state(b, s, value);
	default:
		return E_NOENT;
	}
}

int
dataset_part(struct build *b, struct dataset *asked, const char *part)
{
	size_t n = strcspn(part, " ");
	const char *name = arena_printf(build_arena(b), "%.*s", (int) n, part);

	return name ? set_one(b, asked, name, part + n + strspn(part + n, " ")) : E_NOMEM;
}

/* datasets.NAME of the configuration. */
static int
from_conf(struct build *b, const char *name, struct dataset *s)
{
	const struct yaml *all = build_conf(b) ? conf_find(build_conf(b), "datasets") : NULL, *own = yaml_get(all, name);
	const struct yaml *defaults = yaml_get(all, "defaults");

	for (int i = 0; i < 2; i++)
		yaml_each(y, i ? own : defaults) {
			int e = y->text ? set_one(b, s, y->key, y->text) : 0;
			if (e < 0 && e != E_NOENT)
				return e;
		}
	return 0;
}

static bool
same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What a later rule says of a set must agree with what it is. */
static struct dataset *
agree(struct build *b, struct dataset *s, const struct dataset *asked)
{
	if (asked->typed && asked->type != s->type)
		build_error(b, 0, "%s is of type %s in an earlier rule", s->name, dataset_types[s->type]);
	else if (asked->reputation != s->reputation)
		build_error(b, 0, "%s is a set %s reputations in an earlier rule", s->name, s->reputation ? "with" : "without");
	else if ((asked->load && !same_text(asked->load, s->load)) || (asked->save && !same_text(asked->save, s->save)))
		build_error(b, 0, "%s has another file in an earlier rule", s->name);
	else if (asked->load && (asked->format != s->format || asked->remove_key != s->remove_key || !same_text(asked->value_key, s->value_key) ||
	             !same_text(asked->array_key, s->array_key)))
		build_error(b, 0, "%s is read in another way in an earlier rule", s->name);
	else
		return s;
	return NULL;
}

struct dataset *
dataset_open(struct build *b, const char *name, const struct dataset *asked)
{
	struct dataset *s;

	for (s = b->rs->datasets; s; s = s->next)
		if (strcmp(s->name, name) == 0)
			return agree(b, s, asked);
	if (!(s = arena_alloc(build_arena(b), sizeof(*s))))
		return NULL;
	*s = *asked;
	if (!s->typed && from_conf(b, name, s) < 0)
		return NULL;
	s->name = arena_strdup(build_arena(b), name);
	if (!s->memcap)
		s->memcap = MEMCAP_DEFAULT;
	if (!s->buckets)
		s->buckets = BUCKETS_DEFAULT;
	if (!s->typed) {
		build_error(b, 0, "no earlier rule and no datasets.%s of the configuration tells of this set: type is expected", name);
		return NULL;
	}
	if (s->format != DATASET_CSV && (!s->value_key || !s->load || s->save)) {
		build_error(b, 0, "a set in JSON needs load and value_key, and cannot be saved");
		return NULL;
	}
	if (!s->name || (s->load && dataset_read(b, s) < 0))
		return NULL;
	if (s->save)
		dataset_make_live(b, s);
	s->next = b->rs->datasets;
	b->rs->datasets = s;
	return s;
}

void
dataset_make_live(struct build *b, struct dataset *s)
{
	struct ruleset *r = b->rs;

	if (s->live || vec_grow(&r->live, r->n_live, &r->cap_live, sizeof(*r->live)) < 0)
		return;
	s->live = true;
	s->index = r->n_live;
	r->live[r->n_live++] = s;
}
