/*
 * datarep - is the buffer a value of a file whose reputation is above, below or equal to a number?
 *
 * Language: Suricata user guide, "Datasets", datarep:NAME,>,200,load FILE,type string. Files: "VALUE,NUMBER" a line.
 */
#include "engine/detect/dataset.h"

struct datarep {
	struct dataset set;
	enum { ABOVE, BELOW, EQUAL } op;
	uint16_t number;
};

static bool
test(struct inspect *in, struct span buf, const union kw_arg *a)
{
	const struct datarep *r = a->p;
	const struct dataset_value *v = dataset_find(&r->set, buf);

	if (!v)
		return false;
	switch (r->op) {
	case ABOVE:
		return v->reputation > r->number;
	case BELOW:
		return v->reputation < r->number;
	default:
		return v->reputation == r->number;
	}
}

static int
read_part(struct build *b, struct dataset *s, const char *part)
{
	size_t n = strcspn(part, " ");
	const char *value = part + n + strspn(part + n, " ");
	int v = 0;

	if (n == 4 && strncmp(part, "load", n) == 0)
		s->load = value;
	else if (n == 4 && strncmp(part, "type", n) == 0)
		s->type = (enum dataset_type) (v = dataset_word(dataset_types, value));
	else if (strncmp(part, "memcap", n) != 0 && strncmp(part, "hashsize", n) != 0)
		v = -1;
	return v < 0 ? build_error(b, 0, "\"%s\" is not a part of datarep that is supported", part) : 0;
}

static int
setup(struct build *b, const union kw_arg *a)
{
	static const char *const ops[] = { ">", "<", "==", NULL };
	struct datarep *r = arena_zalloc(build_arena(b), sizeof(*r));
	const struct kw_number *number;
	const char *part[16];
	int n = build_split(b, a->text, part, 16), op;

	if (!r)
		return E_NOMEM;
	op = n > 3 ? dataset_word(ops, part[1]) : -1;
	if (op < 0 || build_number(b, part[2], UINT16_MAX, &number) < 0 || number->op != NUM_EQ)
		return build_error(b, 0, "a name, one of > < ==, a number up to 65535, load and type are expected");
	r->op = op;
	r->number = (uint16_t) number->a;
	r->set.reputation = true;
	for (int i = 3; i < n; i++)
		if (read_part(b, &r->set, part[i]) < 0)
			return E_BAD;
	if (!r->set.load || !*r->set.load)
		return build_error(b, 0, "load FILE is missing");
	if (dataset_read(b, &r->set) < 0)
		return E_BAD;
	return build_test(b, test, &(union kw_arg) { .p = r }, "datarep", false, false);
}

const struct keyword keyword_datarep = {
	.name = "datarep", .help = "the buffer is a value of a file, and its reputation compares as told",
	.example = "datarep:bad-hosts,>,200,load hosts.rep,type string",
	.scope = KW_CONTENT, .arg = ARG_STRING, .setup = setup,
};
