/*
 * fill - the rows of an option table against the tree: type, range, default, into the module's struct.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

#include "conf/tree.h"

/* A value that was read, before it is stored. */
union value {
	bool b;
	uint64_t u;
	int64_t ns;
	int index;
	const char *text;
};

static int
parse_number(uint64_t *v, const char *text)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	*v = strtoull(text, &end, hex ? 16 : 10);
	return errno || *end ? -1 : 0;
}

static int
parse_enum(int *index, const char *text, const char *const *names)
{
	for (*index = 0; names && names[*index]; ++*index)
		if (strcasecmp(names[*index], text) == 0)
			return 0;
	return -1;
}

static int
parse(const struct option *o, const char *text, union value *v)
{
	switch (o->type) {
	case OPT_BOOL:
		return conf_parse_bool(&v->b, text);
	case OPT_U32:
		return parse_number(&v->u, text) < 0 || v->u > UINT32_MAX ? -1 : 0;
	case OPT_U64:
		return parse_number(&v->u, text);
	case OPT_SIZE:
		return conf_parse_size(&v->u, text);
	case OPT_SECONDS:
		return conf_parse_duration(&v->ns, text);
	case OPT_ENUM:
		return parse_enum(&v->index, text, o->names);
	case OPT_STRING:
	case OPT_PATH:
		v->text = text;
		return 0;
	}
	return -1;
}

/* The range of OPT_SECONDS is in nanoseconds, of OPT_SIZE in bytes. */
static bool
in_range(const struct option *o, const union value *v)
{
	uint64_t n = o->type == OPT_SECONDS ? (uint64_t) v->ns : v->u;

	if ((o->min == 0 && o->max == 0) || o->type == OPT_BOOL || o->type == OPT_STRING || o->type == OPT_PATH ||
	    o->type == OPT_ENUM)
		return true;
	return n >= o->min && (o->max == 0 || n <= o->max);
}

static void
store(const struct option *o, void *into, const union value *v)
{
	char *at = (char *) into + o->at;
	uint32_t u32 = (uint32_t) v->u;

	switch (o->type) {
	case OPT_BOOL:
		memcpy(at, &v->b, sizeof(v->b));
		break;
	case OPT_U32:
		memcpy(at, &u32, sizeof(u32));
		break;
	case OPT_U64:
	case OPT_SIZE:
		memcpy(at, &v->u, sizeof(v->u));
		break;
	case OPT_SECONDS:
		memcpy(at, &v->ns, sizeof(v->ns));
		break;
	case OPT_STRING:
	case OPT_PATH:
		memcpy(at, &v->text, sizeof(v->text));
		break;
	case OPT_ENUM:
		memcpy(at, &v->index, sizeof(v->index));
		break;
	}
}

/* "one of a, b, c" and the like: what the row expects. */
static const char *
expected(struct conf *c, const struct option *o)
{
	static const char *const what[] = { "yes or no", "a number", "a number", "a size such as 64mb",
		"a duration such as 30s", "a text", "a file name", "one of" };
	const char *text = what[o->type];

	if (o->type == OPT_ENUM)
		for (int i = 0; o->names && o->names[i] && text; i++)
			text = arena_printf(&c->arena, "%s%s %s", text, i ? "," : "", o->names[i]);
	else if (o->min || o->max)
		text = o->max ? arena_printf(&c->arena, "%s from %" PRIu64 " to %" PRIu64 "%s", text, o->min, o->max,
				o->type == OPT_SECONDS ? " ns" : "")
		    : arena_printf(&c->arena, "%s from %" PRIu64 " on", text, o->min);
	return text ? text : "another value";
}

/* A bad value is an error; in a suricata.yaml, which knows more spellings than we do, a warning. */
static int
refuse(struct conf *c, const struct option *o, const struct yaml *y, struct diag *d)
{
	static const char *const kind[] = { "nothing", "a value", "a map", "a list" };
	bool lenient = c->foreign && y->file != tree_from_set;
	void (*tell)(struct diag *, const char *, uint32_t, uint32_t, const char *, ...) =
	    lenient ? diag_warning : diag_error;

	if (y->kind == YAML_SCALAR)
		tell(d, y->file, y->line, y->column, "%s is \"%s\", expected %s%s", o->key, y->text, expected(c, o),
		    lenient ? "; the default is used" : "");
	else
		tell(d, y->file, y->line, y->column, "%s is %s, expected %s%s", o->key, kind[y->kind], expected(c, o),
		    lenient ? "; the default is used" : "");
	return lenient ? 0 : E_BAD;
}

static int
fill_default(const struct option *o, void *into, struct diag *d)
{
	union value v = { 0 };

	if (o->def && (parse(o, o->def, &v) < 0 || !in_range(o, &v))) {
		diag_error(d, "built-in", 0, 0, "default \"%s\" of %s does not fit its type or range", o->def, o->key);
		return E_BAD;
	}
	store(o, into, &v);
	return 0;
}

static int
fill_row(struct conf *c, const struct option *o, void *into, struct diag *d)
{
	const struct yaml *y = conf_find(c, o->key);
	union value v = { 0 };
	int rc = fill_default(o, into, d);

	if (rc < 0 || !y || y->kind == YAML_NULL)
		return rc;
	if (y->kind != YAML_SCALAR || parse(o, y->text, &v) < 0 || !in_range(o, &v))
		return refuse(c, o, y, d);
	if (o->type == OPT_PATH)
		v.text = tree_path(&c->arena, y->file, v.text);
	if ((o->type == OPT_PATH || o->type == OPT_STRING) && !v.text)
		return E_NOMEM;
	store(o, into, &v);
	return 0;
}

int
conf_fill(struct conf *c, const struct option_table *t, void *into, struct diag *d)
{
	int rc = 0;

	for (const struct option *o = t->rows; o && o->key; o++) {
		int one = fill_row(c, o, into, d);
		rc = one < 0 ? one : rc;
	}
	return rc;
}
