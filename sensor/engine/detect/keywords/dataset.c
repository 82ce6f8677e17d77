/*
 * dataset - is the buffer one of the values in a file? Only asked, never changed: set and unset are refused.
 *
 * Language: Suricata user guide, "Datasets".
 */
#include "engine/detect/dataset.h"

/* ".example.org" in the set stands for itself without the dot and for every name below. */
static const struct dataset_value *
find_domain(const struct dataset *s, struct span v)
{
	const struct dataset_value *found = dataset_find(s, v);
	uint8_t dotted[256];

	if (!found && v.n > 0 && v.n < sizeof(dotted)) {
		dotted[0] = '.';
		memcpy(dotted + 1, v.p, v.n);
		found = dataset_find(s, span_of(dotted, v.n + 1));
	}
	for (uint32_t i = 0; !found && i < v.n; i++)
		if (v.p[i] == '.')
			found = dataset_find(s, span_skip(v, i));
	return found;
}

static bool
test(struct inspect *in, struct span buf, const union kw_arg *a)
{
	const struct dataset *s = a->p;
	const struct dataset_value *v = s->subdomain ? find_domain(s, buf) : dataset_find(s, buf);

	if (v && s->wanted && s->context_key && v->context.n)
		capture_add(in, VAR_CONTEXT, s->context_key, v->context, 0);
	return (v != NULL) == s->wanted;
}

/* ---- reading the option ---- */

static int
read_part(struct build *b, struct dataset *s, const char *part)
{
	static const char *const names[] = { "type", "load", "format", "value_key", "array_key", "match", "context_key", "remove_key",
		"memcap", "hashsize", NULL };
	size_t n = strcspn(part, " ");
	const char *name = arena_printf(build_arena(b), "%.*s", (int) n, part), *value = part + n + strspn(part + n, " ");
	int which = name ? dataset_word(names, name) : -1, v = 0;

	switch (which) {
	case 0:
		s->type = (enum dataset_type) (v = dataset_word(dataset_types, value));
		break;
	case 1:
		s->load = value;
		break;
	case 2:
		s->format = (enum dataset_format) (v = dataset_word(dataset_formats, value));
		break;
	case 3:
		s->value_key = value;
		break;
	case 4:
		s->array_key = value;
		break;
	case 5:
		s->subdomain = true;
		v = strcmp(value, "subdomain") == 0 ? 0 : -1;
		break;
	case 6:
		s->context_key = value;
		break;
	case 7:
		s->remove_key = true;
		break;
	default:
		v = which < 0 ? -1 : 0;
	}
	return v < 0 ? build_error(b, 0, "\"%s\" is not a part of dataset that is supported", part) : 0;
}

static int
setup(struct build *b, const union kw_arg *a)
{
	struct dataset *s = arena_zalloc(build_arena(b), sizeof(*s));
	const char *part[16];
	int n = build_split(b, a->text, part, 16);

	if (!s)
		return E_NOMEM;
	s->wanted = n > 0 && strcmp(part[0], "isset") == 0;
	if (n < 3 || (!s->wanted && strcmp(part[0], "isnotset") != 0))
		return build_error(b, 0, "isset or isnotset, a name, type and load are expected; set and unset are not supported");
	for (int i = 2; i < n; i++)
		if (read_part(b, s, part[i]) < 0)
			return E_BAD;
	if (!s->load || !*s->load || (s->format != DATASET_CSV && !s->value_key))
		return build_error(b, 0, "load FILE is missing, or value_key with format json");
	if (dataset_read(b, s) < 0)
		return E_BAD;
	return build_test(b, test, &(union kw_arg) { .p = s }, "dataset", false, false);
}

const struct keyword keyword_dataset = {
	.name = "dataset", .help = "the buffer is one of the values in a file", .example = "dataset:isset,bad-hosts,type string,load hosts.csv",
	.scope = KW_CONTENT, .arg = ARG_STRING, .setup = setup, .note = "isset and isnotset of a file",
};
