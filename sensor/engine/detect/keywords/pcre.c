/*
 * pcre - a regular expression on a buffer.
 */
#include "engine/detect/build.h"

struct flag {
	char letter;
	uint32_t option;
	const char *buffer;
};

static const struct flag flags[] = { { 'i', PCRE2_CASELESS, NULL }, { 'm', PCRE2_MULTILINE, NULL }, { 's', PCRE2_DOTALL, NULL },
	{ 'x', PCRE2_EXTENDED, NULL }, { 'A', PCRE2_ANCHORED, NULL }, { 'E', PCRE2_DOLLAR_ENDONLY, NULL }, { 'G', PCRE2_UNGREEDY, NULL },
	{ 'B', 0, NULL }, { 'O', 0, NULL }, { 'R', 0, NULL }, { 'U', 0, "http.uri" }, { 'I', 0, "http.uri.raw" },
	{ 'P', 0, "http.request_body" }, { 'Q', 0, "http.response_body" }, { 'H', 0, "http.header" }, { 'D', 0, "http.header.raw" },
	{ 'M', 0, "http.method" }, { 'C', 0, "http.cookie" }, { 'S', 0, "http.stat_code" }, { 'Y', 0, "http.stat_msg" },
	{ 'V', 0, "http.user_agent" }, { 'W', 0, "http.host" }, { 'Z', 0, "http.host.raw" } };

static int
letters(struct build *b, const char *text, uint32_t *options, bool *relative, const char **buffer)
{
	for (; *text && *text != ','; text++) {
		const struct flag *f = NULL;
		for (unsigned i = 0; i < sizeof(flags) / sizeof(*flags) && !f; i++)
			if (flags[i].letter == *text)
				f = &flags[i];
		if (!f)
			return build_error(b, 0, "unknown modifier \"%c\"", *text);
		*options |= f->option;
		*relative = *relative || *text == 'R';
		if (f->buffer && *buffer && *buffer != f->buffer)
			return build_error(b, 0, "modifiers for two buffers");
		if (f->buffer)
			*buffer = f->buffer;
	}
	return 0;
}

static const struct {
	const char *word;
	enum var_kind kind;
} kinds[] = { { "flow", VAR_FLOW }, { "pkt", VAR_PACKET }, { "alert", VAR_ALERT } };

static int
name_group(struct build *b, struct op_pcre *o, enum var_kind kind, unsigned group, const char *name, size_t n)
{
	if (o->n_names == sizeof(o->names) / sizeof(*o->names))
		return build_error(b, 0, "more than 8 names for captures");
	o->names[o->n_names].kind = (uint8_t) kind;
	o->names[o->n_names].group = (uint8_t) group;
	o->names[o->n_names].name = arena_printf(build_arena(b), "%.*s", (int) n, name);
	return o->names[o->n_names++].name ? 0 : E_NOMEM;
}

/* Behind the modifiers: ", flow:name, pkt:name, alert:name", for the first group, the second, ... */
static int
listed_names(struct build *b, const char *text, struct op_pcre *o)
{
	unsigned group = 1;

	for (text = strchr(text, ','); text; text = strchr(text, ','), group++) {
		text += 1 + strspn(text + 1, " ");
		for (unsigned i = 0; i < 3; i++) {
			size_t n = strlen(kinds[i].word);
			if (strncmp(text, kinds[i].word, n) != 0 || text[n] != ':')
				continue;
			if (name_group(b, o, kinds[i].kind, group, text + n + 1, strcspn(text + n + 1, ", ")) < 0)
				return E_BAD;
		}
	}
	return 0;
}

/* (?P<flow_name>...), (?P<pkt_name>...), (?P<alert_name>...) */
static int
named_groups(struct build *b, struct op_pcre *o)
{
	uint32_t count = 0, size = 0;
	PCRE2_SPTR table = NULL;

	pcre2_pattern_info(o->re, PCRE2_INFO_NAMECOUNT, &count);
	pcre2_pattern_info(o->re, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(o->re, PCRE2_INFO_NAMETABLE, &table);
	for (uint32_t k = 0; k < count; k++) {
		const unsigned char *row = table + (size_t) k * size;
		const char *name = (const char *) row + 2;
		for (unsigned i = 0; i < 3; i++) {
			size_t n = strlen(kinds[i].word);
			if (strncmp(name, kinds[i].word, n) == 0 && name[n] == '_' && (row[0] << 8 | row[1]) < 64 &&
			    name_group(b, o, kinds[i].kind, row[1], name + n + 1, strlen(name + n + 1)) < 0)
				return E_BAD;
		}
	}
	return 0;
}

/* Rules say the same things in many words: an expression with the same options is compiled once. */
struct regex {
	pcre2_code *re;
	bool jit;
	uint32_t options;
	struct regex *next; /* the same text with other options */
};

static int
compile(struct build *b, const char *pattern, uint32_t options, struct op_pcre *o)
{
	struct map *known = &b->rs->known->regexes;
	struct regex *first = map_find(known, span_str(pattern)), *x = first;
	int code;
	PCRE2_SIZE at;
	PCRE2_UCHAR text[200];

	while (x && x->options != options)
		x = x->next;
	if (!x) {
		if (!(x = arena_alloc(build_arena(b), sizeof(*x))) ||
		    vec_grow(&b->rs->codes, b->rs->n_codes, &b->rs->cap_codes, sizeof(*b->rs->codes)) < 0)
			return E_NOMEM;
		*x = (struct regex) { .options = options, .next = first,
			.re = pcre2_compile((PCRE2_SPTR) pattern, PCRE2_ZERO_TERMINATED, options, &code, &at, NULL) };
		if (!x->re) {
			pcre2_get_error_message(code, text, sizeof(text));
			return build_error(b, (uint32_t) at + 2, "%s", (const char *) text);
		}
		b->rs->codes[b->rs->n_codes++] = x->re;
		x->jit = b->rs->conf->pcre_jit && pcre2_jit_compile(x->re, PCRE2_JIT_COMPLETE) == 0;
		if (map_set(known, span_str(pattern), x) < 0)
			return E_NOMEM;
	}
	o->re = x->re;
	o->jit = x->jit;
	return 0;
}

static int
setup(struct build *b, const union kw_arg *a)
{
	struct op_pcre *o = arena_zalloc(build_arena(b), sizeof(*o));
	const char *pattern, *text, *buffer = NULL;
	uint32_t options = 0;
	bool negated = false, relative = false;

	if (!o)
		return E_NOMEM;
	if (!b->opt->value || rule_regex(build_arena(b), b->opt->value, &pattern, &text, &negated) < 0)
		return build_error(b, 0, "not an expression: \"/pattern/modifiers\" was expected");
	if (letters(b, text, &options, &relative, &buffer) < 0 || compile(b, pattern, options, o) < 0 ||
	    listed_names(b, text, o) < 0 || named_groups(b, o) < 0)
		return E_BAD;
	for (unsigned i = 0; i < o->n_names && b->cur == 0 && !buffer; i++)
		if (o->names[i].kind != VAR_ALERT)
			build_order(b, o->names[i].kind == VAR_FLOW ? ORDER_FLOWVAR : ORDER_PKTVAR, ORDER_SETS);
	if (buffer && b->cur == 0 && !b->in_base64)
		return build_add_in(b, buffer, OP_PCRE, o, negated, relative);
	return build_add_op(b, OP_PCRE, o, negated, relative);
}

const struct keyword keyword_pcre = {
	.name = "pcre", .help = "a regular expression on the current buffer", .example = "pcre:\"/^GET .{5,}/Ri\"",
	.scope = KW_CONTENT, .arg = ARG_CUSTOM, .setup = setup,
};
