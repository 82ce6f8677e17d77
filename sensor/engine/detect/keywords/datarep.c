/*
 * datarep - is the buffer a value of a file whose reputation is above, below or equal to a number?
 *
 * Language: Suricata user guide, "Datasets", datarep:NAME,>,200,load FILE,type string. Files: "VALUE,NUMBER" a line.
 */
#include "engine/detect/dataset.h"

struct datarep {
	const struct dataset *set;
	enum { ABOVE, BELOW, EQUAL } op;
	uint16_t number;
};

static bool
test(struct inspect *in, struct span buf, const union kw_arg *a)
{
	const struct datarep *r = a->p;
	const struct dataset_value *v = dataset_find(r->set, buf);

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
setup(struct build *b, const union kw_arg *a)
{
	static const char *const ops[] = { ">", "<", "==", NULL };
	struct datarep *r = arena_zalloc(build_arena(b), sizeof(*r));
	struct dataset asked = { .reputation = true };
	const struct kw_number *number;
	const char *part[16];
	int n = build_split(b, a->text, part, 16), op;

	if (!r)
		return E_NOMEM;
	op = n >= 3 ? dataset_word(ops, part[1]) : -1;
	if (op < 0 || build_number(b, part[2], UINT16_MAX, &number) < 0 || number->op != NUM_EQ)
		return build_error(b, 0, "a name, one of > < == and a number up to 65535 are expected");
	r->op = op;
	r->number = (uint16_t) number->a;
	for (int i = 3; i < n; i++) {
		int e = dataset_part(b, &asked, part[i]);
		if (e < 0)
			return e == E_NOENT ? build_error(b, 0, "\"%s\" is not a part of datarep that is supported", part[i]) : e;
	}
	if (!(r->set = dataset_open(b, part[0], &asked)))
		return E_BAD;
	return build_test(b, test, &(union kw_arg) { .p = r }, "datarep", false, false);
}

const struct keyword keyword_datarep = {
	.name = "datarep", .help = "the buffer is a value of a file, and its reputation compares as told",
	.example = "datarep:bad-hosts,>,200,load hosts.rep,type string",
	.scope = KW_CONTENT, .arg = ARG_STRING, .setup = setup,
};
