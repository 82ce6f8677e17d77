/*
 * dataset - is the buffer one of the values in a file? Only asked, never changed: set and unset are refused.
 *
 * Language: Suricata user guide, "Datasets". Files: one value a line (strings in base64, hashes in hex, addresses as text;
 * what follows a comma is passed over), or JSON: an array of objects (at array_key), or one object a line (ndjson).
 */
#include <jansson.h>
#include <stdlib.h>

#include "base/buf.h"
#include "engine/detect/build.h"

enum type { STRING, MD5, SHA256, IP, IPV4 };
enum format { CSV, JSON, NDJSON };

struct dataset {
	struct span *value; /* sorted */
	uint32_t n, cap;
	enum type type;
	enum format format;
	bool wanted, subdomain;
	const char *load, *value_key, *array_key;
};

/* ---- values ---- */

static int
compare(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	uint32_t n = x->n < y->n ? x->n : y->n;
	int c = n ? memcmp(x->p, y->p, n) : 0;

	return c ? c : (x->n > y->n) - (x->n < y->n);
}

static int
hex_bytes(const char *text, uint8_t *out, size_t n)
{
	unsigned v;

	if (strlen(text) != 2 * n || strspn(text, "0123456789abcdefABCDEF") != 2 * n)
		return -1;
	for (size_t i = 0; i < n; i++) {
		char pair[3] = { text[2 * i], text[2 * i + 1], 0 };
		v = (unsigned) strtoul(pair, NULL, 16);
		out[i] = (uint8_t) v;
	}
	return 0;
}

/* A value as written to the bytes that the buffer must have; `raw`: a string is not in base64. */
static int
read_value(const struct dataset *s, const char *text, bool raw, uint8_t *out, size_t cap, uint32_t *n)
{
	struct addr a;

	switch (s->type) {
	case MD5:
		*n = 16;
		return hex_bytes(text, out, 16);
	case SHA256:
		*n = 32;
		return hex_bytes(text, out, 32);
	case IP:
	case IPV4:
		if (addr_parse(&a, text) < 0 || (s->type == IPV4 && !addr_is_v4(&a)))
			return -1;
		*n = addr_is_v4(&a) ? 4 : 16;
		memcpy(out, addr_is_v4(&a) ? a.b + 12 : a.b, *n);
		return 0;
	default:
		*n = (uint32_t) strlen(text);
		if (*n == 0 || *n > cap)
			return -1;
		if (raw)
			memcpy(out, text, *n);
		else
			*n = base64_run(span_str(text), out, (uint32_t) cap, true);
		return *n ? 0 : -1;
	}
}

static int
add_value(struct build *b, struct dataset *s, const char *text, bool raw, uint32_t line)
{
	uint8_t bytes[4096];
	struct span copy;
	uint32_t n;

	if (read_value(s, text, raw, bytes, sizeof(bytes), &n) < 0)
		return build_error(b, 0, "%s: bad value in entry %u: \"%.60s\"", s->load, line, text);
	copy = arena_dup(build_arena(b), span_of(bytes, n));
	if (!copy.p || vec_grow(&s->value, s->n, &s->cap, sizeof(*s->value)) < 0)
		return E_NOMEM;
	s->value[s->n++] = copy;
	return 0;
}

/* ---- files ---- */

/* "a.b.c" of a JSON value. */
static json_t *
at_path(json_t *j, const char *path)
{
	char key[128];

	while (j && path && *path) {
		size_t n = strcspn(path, ".");
		if (n >= sizeof(key))
			return NULL;
		memcpy(key, path, n);
		key[n] = 0;
		j = json_object_get(j, key);
		path += n + (path[n] == '.');
	}
	return j;
}

static int
add_object(struct build *b, struct dataset *s, json_t *object, uint32_t place)
{
	const char *text = json_string_value(at_path(object, s->value_key));

	if (!text) {
		build_warning(b, "%s: entry %u has no text at \"%s\", it is passed over", s->load, place, s->value_key);
		return 0;
	}
	return add_value(b, s, text, true, place);
}

static int
read_json(struct build *b, struct dataset *s, const char *text, size_t n)
{
	json_error_t why;
	json_t *root = json_loadb(text, n, 0, &why), *array, *object;
	size_t i;
	int e = 0;

	if (!root)
		return build_error(b, 0, "%s:%d:%d: %s", s->load, why.line, why.column, why.text);
	array = at_path(root, s->array_key);
	if (!json_is_array(array))
		e = build_error(b, 0, "%s: no array at \"%s\"", s->load, s->array_key ? s->array_key : "");
	json_array_foreach(array, i, object)
		if (e == 0)
			e = add_object(b, s, object, (uint32_t) i + 1);
	json_decref(root);
	return e;
}

static int
read_line(struct build *b, struct dataset *s, char *line, uint32_t number)
{
	json_error_t why;
	json_t *object;
	int e;

	line += strspn(line, " \t\r");
	for (size_t n = strlen(line); n && strchr(" \t\r", line[n - 1]); n--)
		line[n - 1] = 0;
	if (!*line || (s->format == CSV && *line == '#'))
		return 0;
	if (s->format == CSV) {
		line[strcspn(line, ",")] = 0;
		return add_value(b, s, line, false, number);
	}
	object = json_loads(line, 0, &why);
	if (!object)
		return build_error(b, 0, "%s:%u:%d: %s", s->load, number, why.column, why.text);
	e = add_object(b, s, object, number);
	json_decref(object);
	return e;
}

static int
read_lines(struct build *b, struct dataset *s, char *text)
{
	uint32_t number = 0;
	int e = 0;

	while (text && e == 0) {
		char *end = strchr(text, '\n');
		if (end)
			*end = 0;
		e = read_line(b, s, text, ++number);
		text = end ? end + 1 : NULL;
	}
	return e;
}

/* A path that is not absolute begins where the rule file is. */
static int
read_set(struct build *b, struct dataset *s)
{
	const char *rules = build_rule(b)->file, *slash = strrchr(rules, '/');
	const char *path = s->load[0] == '/' || !slash ? s->load
	    : arena_printf(build_arena(b), "%.*s/%s", (int) (slash - rules), rules, s->load);
	struct buf buf;
	int e;

	buf_init(&buf, (size_t) 256 << 20);
	if (!path || buf_read_file(&buf, path) < 0)
		e = build_error(b, 0, "%s cannot be read", path ? path : s->load);
	else
		e = s->format == JSON ? read_json(b, s, buf.p, buf.n) : read_lines(b, s, buf.p);
	buf_clear(&buf);
	return e;
}

/* ---- looking ---- */

static bool
has(const struct dataset *s, struct span v)
{
	return s->n && bsearch(&v, s->value, s->n, sizeof(*s->value), compare) != NULL;
}

/* ".example.org" in the set stands for itself without the dot and for every name below. */
static bool
has_domain(const struct dataset *s, struct span v)
{
	uint8_t dotted[256];

	if (has(s, v))
		return true;
	if (v.n > 0 && v.n < sizeof(dotted)) {
		dotted[0] = '.';
		memcpy(dotted + 1, v.p, v.n);
		if (has(s, span_of(dotted, v.n + 1)))
			return true;
	}
	for (uint32_t i = 0; i < v.n; i++)
		if (v.p[i] == '.' && has(s, span_skip(v, i)))
			return true;
	return false;
}

static bool
test(struct inspect *in, struct span buf, const union kw_arg *a)
{
	const struct dataset *s = a->p;

	return (s->subdomain ? has_domain(s, buf) : has(s, buf)) == s->wanted;
}

/* ---- reading the option ---- */

static int
word_of(const char *const *words, const char *text)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	return -1;
}

static int
read_part(struct build *b, struct dataset *s, const char *part)
{
	static const char *const types[] = { "string", "md5", "sha256", "ip", "ipv4", NULL };
	static const char *const formats[] = { "csv", "json", "ndjson", NULL };
	static const char *const names[] = { "type", "load", "format", "value_key", "array_key", "match", "context_key", "remove_key",
		"memcap", "hashsize", NULL };
	size_t n = strcspn(part, " ");
	const char *name = arena_printf(build_arena(b), "%.*s", (int) n, part), *value = part + n + strspn(part + n, " ");
	int which = name ? word_of(names, name) : -1, v = 0;

	switch (which) {
	case 0:
		s->type = (enum type) (v = word_of(types, value));
		break;
	case 1:
		s->load = value;
		break;
	case 2:
		s->format = (enum format) (v = word_of(formats, value));
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
	struct span *sorted;
	int n = build_split(b, a->text, part, 16), e;

	if (!s)
		return E_NOMEM;
	s->wanted = n > 0 && strcmp(part[0], "isset") == 0;
	if (n < 3 || (!s->wanted && strcmp(part[0], "isnotset") != 0))
		return build_error(b, 0, "isset or isnotset, a name, type and load are expected; set and unset are not supported");
	for (int i = 2; i < n; i++)
		if (read_part(b, s, part[i]) < 0)
			return E_BAD;
	if (!s->load || !*s->load || (s->format != CSV && !s->value_key))
		return build_error(b, 0, "load FILE is missing, or value_key with format json");
	e = read_set(b, s);
	sorted = e == 0 ? arena_alloc(build_arena(b), s->n * sizeof(*sorted)) : NULL;
	if (sorted && s->n) {
		memcpy(sorted, s->value, s->n * sizeof(*sorted));
		qsort(sorted, s->n, sizeof(*sorted), compare);
	}
	free(s->value);
	s->value = sorted;
	if (e < 0 || !sorted)
		return e < 0 ? e : E_NOMEM;
	return build_test(b, test, &(union kw_arg) { .p = s }, "dataset", false, false);
}

const struct keyword keyword_dataset = {
	.name = "dataset", .help = "the buffer is one of the values in a file", .example = "dataset:isset,bad-hosts,type string,load hosts.csv",
	.scope = KW_CONTENT, .arg = ARG_STRING, .setup = setup, .note = "isset and isnotset of a file; no context in alerts",
};
