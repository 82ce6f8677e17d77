/*
 * dataset - reading the values of a file: one a line (strings in base64, hashes in hex, addresses as text), or JSON: an
 * array of objects (at array_key), or one object a line (ndjson).
 *
 * Language: Suricata user guide, "Datasets".
 */
#include <jansson.h>
#include <stdlib.h>

#include "base/buf.h"
#include "engine/detect/dataset.h"

const char *const dataset_types[] = { "string", "md5", "sha256", "ip", "ipv4", "ipv6", NULL };
const char *const dataset_formats[] = { "csv", "json", "ndjson", NULL };

/* ---- values ---- */

static int
compare(const void *a, const void *b)
{
	const struct span *x = &((const struct dataset_value *) a)->bytes, *y = &((const struct dataset_value *) b)->bytes;
	uint32_t n = x->n < y->n ? x->n : y->n;
	int c = n ? memcmp(x->p, y->p, n) : 0;

	return c ? c : (x->n > y->n) - (x->n < y->n);
}

static int
compare_place(const void *a, const void *b)
{
	const struct dataset_value *x = a, *y = b;
	int c = compare(a, b);

	return c ? c : (x->place > y->place) - (x->place < y->place);
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
	case DATASET_MD5:
		*n = 16;
		return hex_bytes(text, out, 16);
	case DATASET_SHA1:
		*n = 20;
		return hex_bytes(text, out, 20);
	case DATASET_SHA256:
		*n = 32;
		return hex_bytes(text, out, 32);
	case DATASET_IP:
	case DATASET_IPV6:
	case DATASET_IPV4:
		if (addr_parse(&a, text) < 0 || (s->type == DATASET_IPV4 && !addr_is_v4(&a)))
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
add_value(struct build *b, struct dataset *s, const char *text, struct dataset_value v, uint32_t line)
{
	uint8_t bytes[4096];
	uint32_t n;

	if (read_value(s, text, s->format != DATASET_CSV, bytes, sizeof(bytes), &n) < 0)
		return build_error(b, 0, "%s: bad value in entry %u: \"%.60s\"", s->load, line, text);
	v.bytes = arena_dup(build_arena(b), span_of(bytes, n));
	v.place = s->n;
	if (!v.bytes.p || vec_grow(&s->value, s->n, &s->cap, sizeof(*s->value)) < 0)
		return E_NOMEM;
	s->value[s->n++] = v;
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

/* Takes the value out of the object, so that the context tells only the rest. */
static void
remove_path(json_t *j, const char *path)
{
	const char *dot = strrchr(path, '.');
	char parent[128];

	if (dot && (size_t) (dot - path) < sizeof(parent)) {
		memcpy(parent, path, (size_t) (dot - path));
		parent[dot - path] = 0;
		json_object_del(at_path(j, parent), dot + 1);
	} else if (!dot)
		json_object_del(j, path);
}

static int
add_object(struct build *b, struct dataset *s, json_t *object, uint32_t place)
{
	struct dataset_value v = { 0 };
	const char *text = json_string_value(at_path(object, s->value_key));
	const char *value;
	char *dump;
	int e;

	if (!text) {
		build_warning(b, "%s: entry %u has no text at \"%s\", it is passed over", s->load, place, s->value_key);
		return 0;
	}
	value = arena_printf(build_arena(b), "%s", text); /* the object may lose it */
	if (s->remove_key)
		remove_path(object, s->value_key);
	dump = json_dumps(object, JSON_COMPACT);
	if (dump)
		v.context = arena_dup(build_arena(b), span_str(dump));
	e = value && dump ? add_value(b, s, value, v, place) : E_NOMEM;
	free(dump);
	return e;
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
read_csv(struct build *b, struct dataset *s, char *line, uint32_t number)
{
	struct dataset_value v = { 0 };
	char *comma = strchr(line, ','), *end;

	if (s->first_word)
		line[strcspn(line, " \t")] = 0;

	if (comma)
		*comma++ = 0;
	if (s->reputation) {
		unsigned long n = comma ? strtoul(comma, &end, 10) : UINT16_MAX + 1UL;
		if (n > UINT16_MAX)
			return build_error(b, 0, "%s: line %u has no reputation of 0..65535", s->load, number);
		v.reputation = (uint16_t) n;
	}
	return add_value(b, s, line, v, number);
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
	if (!*line || (s->format == DATASET_CSV && *line == '#'))
		return 0;
	if (s->format == DATASET_CSV) {
		return read_csv(b, s, line, number);
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
		e = s->may_lack ? 0 : build_error(b, 0, "%s cannot be read", path ? path : s->load);
	else
		e = s->format == DATASET_JSON ? read_json(b, s, buf.p, buf.n) : read_lines(b, s, buf.p);
	buf_clear(&buf);
	return e;
}

int
dataset_read(struct build *b, struct dataset *s)
{
	struct dataset_value *sorted;
	uint32_t n = 0;
	int e = read_set(b, s);

	sorted = e == 0 ? arena_alloc(build_arena(b), (s->n + 1) * sizeof(*sorted)) : NULL;
	if (sorted && s->n)
		qsort(s->value, s->n, sizeof(*s->value), compare_place);
	for (uint32_t i = 0; sorted && i < s->n; i++)
		if (n == 0 || compare(&sorted[n - 1], &s->value[i]) != 0)
			sorted[n++] = s->value[i];
	free(s->value);
	s->value = sorted;
	s->n = n;
	return e < 0 ? e : sorted ? 0 : E_NOMEM;
}

const struct dataset_value *
dataset_find(const struct dataset *s, struct span v)
{
	struct dataset_value key = { .bytes = v };

	return s->n ? bsearch(&key, s->value, s->n, sizeof(*s->value), compare) : NULL;
}

bool
dataset_fits(const struct dataset *s, struct span v)
{
	switch (s->type) {
	case DATASET_MD5: return v.n == 16;
	case DATASET_SHA1: return v.n == 20;
	case DATASET_SHA256: return v.n == 32;
	case DATASET_IPV4: return v.n == 4;
	case DATASET_IP:
	case DATASET_IPV6: return v.n == 4 || v.n == 16;
	default: return v.n > 0;
	}
}

int
dataset_word(const char *const *words, const char *text)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	return -1;
}
