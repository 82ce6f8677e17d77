/*
 * dataset - is the buffer in a set of values? Rules may put it in or take it out, too.
 *
 * Language: Suricata user guide, "Datasets". set and unset hold when they change the set; they are asked last, when all the
 * rest of the rule holds but for contents after them in the same buffer.
 */
#include "engine/detect/build.h"
#include "engine/detect/live_set.h"

enum cmd { ISSET, ISNOTSET, SET, UNSET };
struct use { /* what one rule wants of a set */
	const struct dataset *set;
	enum cmd cmd;
	bool subdomain;
	const char *context_key;
};

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
in_file(struct inspect *in, const struct use *u, struct span buf)
{
	const struct dataset_value *v = u->subdomain ? find_domain(u->set, buf) : dataset_find(u->set, buf);

	if (v && u->cmd == ISSET && u->context_key && v->context.n)
		capture_add(in, VAR_CONTEXT, u->context_key, v->context, 0);
	return v != NULL;
}

static bool
test(struct inspect *in, struct span buf, const union kw_arg *a)
{
	const struct use *u = a->p;
	bool has = u->set->live && !u->subdomain ? live_sets_has(in->ctx->d, u->set, buf) : in_file(in, u, buf);

	if (u->cmd <= ISNOTSET)
		return has == (u->cmd == ISSET);
	if (has == (u->cmd == SET) || !dataset_fits(u->set, buf))
		return false;
	return in->look_only || live_sets_put(in->ctx->d, u->set, buf, u->cmd == SET ? LIVE_IN : LIVE_OUT);
}

/* The payload is no buffer to it, in the reference neither. */
static bool
never(const struct match_ctx *c, const union kw_arg *a)
{
	return false;
}

/* ---- reading the option ---- */

static int
read_part(struct build *b, struct use *u, struct dataset *asked, const char *part)
{
	int e = dataset_part(b, asked, part);

	if (e != E_NOENT)
		return e;
	if (strncmp(part, "match ", 6) == 0 && strcmp(part + 6 + strspn(part + 6, " "), "subdomain") == 0)
		u->subdomain = true;
	else if (strncmp(part, "context_key ", 12) == 0)
		u->context_key = part + 12 + strspn(part + 12, " ");
	else
		return build_error(b, 0, "\"%s\" is not a part of dataset that is supported", part);
	return 0;
}

static int
setup(struct build *b, const union kw_arg *a)
{
	static const char *const commands[] = { "isset", "isnotset", "set", "unset", NULL };
	struct use *u = arena_zalloc(build_arena(b), sizeof(*u));
	struct op_test *t = arena_zalloc(build_arena(b), sizeof(*t));
	struct dataset asked = { 0 }, *s;
	const char *part[16];
	int n = build_split(b, a->text, part, 16), cmd = n >= 2 ? dataset_word(commands, part[0]) : -1;

	if (!u || !t)
		return E_NOMEM;
	if (cmd < 0)
		return build_error(b, 0, "isset, isnotset, set or unset and a name are expected");
	u->cmd = (enum cmd) cmd;
	for (int i = 2; i < n; i++)
		if (read_part(b, u, &asked, part[i]) < 0)
			return E_BAD;
	if (!(s = dataset_open(b, part[1], &asked)))
		return E_BAD;
	if (cmd >= SET && (s->format != DATASET_CSV || u->subdomain))
		return build_error(b, 0, "a set in JSON, or of domains, can only be asked");
	if (cmd >= SET)
		dataset_make_live(b, s);
	u->set = s;
	if (b->cur == 0 && !b->in_base64) {
		build_warning(b, "sid %u: dataset looks into no buffer, so the rule never matches; expected a sticky buffer before it", build_rule(b)->sid);
		return build_match(b, never, NULL, 0);
	}
	*t = (struct op_test) { .test = test, .arg.p = u, .name = "dataset", .writes = cmd >= SET };
	return build_add_op(b, OP_TEST, t, false, false);
}

const struct keyword keyword_dataset = {
	.name = "dataset", .help = "the buffer is in a set of values, or is put into it or taken out",
	.example = "dataset:isset,bad-hosts,type string,load hosts.csv", .scope = KW_CONTENT, .arg = ARG_STRING, .setup = setup,
};
