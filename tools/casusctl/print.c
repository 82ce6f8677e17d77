/* Answers for people: indented lines and tables. */
#include <stdio.h>
#include <string.h>

#include "casusctl.h"

#define COLUMNS_MAX 24
#define CELL_MAX 256

void
print_json(const json_t *v)
{
	json_dumpf(v, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	putchar('\n');
}

/* Control characters of a text must not steer the terminal. */
static void
clean(char *text)
{
	for (; *text; text++) {
		if ((unsigned char) *text < 0x20 || *text == 0x7f)
			*text = '.';
	}
}

/* A scalar as text; "" for objects; the joined elements for arrays of scalars. */
static void
cell(const json_t *v, char out[static CELL_MAX])
{
	size_t n = 0;

	out[0] = 0;
	switch (json_typeof(v)) {
	case JSON_STRING:
		snprintf(out, CELL_MAX, "%s", json_string_value(v));
		break;
	case JSON_INTEGER:
		snprintf(out, CELL_MAX, "%lld", (long long) json_integer_value(v));
		break;
	case JSON_REAL:
		snprintf(out, CELL_MAX, "%g", json_real_value(v));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		snprintf(out, CELL_MAX, "%s", json_is_true(v) ? "yes" : "no");
		break;
	case JSON_NULL:
		snprintf(out, CELL_MAX, "unknown");
		break;
	case JSON_ARRAY:
		for (size_t i = 0; i < json_array_size(v) && n + 2 < CELL_MAX; i++) {
			char one[CELL_MAX];
			cell(json_array_get(v, i), one);
			snprintf(out + n, CELL_MAX - n, "%s%.100s", i ? ", " : "", one);
			n = strlen(out);
		}
		break;
	default:
		break;
	}
	clean(out);
}

static bool
is_scalar(const json_t *v)
{
	return !json_is_object(v) && !json_is_array(v);
}

static bool
all_scalars(const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (!is_scalar(json_array_get(array, i)))
			return false;
	}
	return true;
}

static bool
all_objects(const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (!json_is_object(json_array_get(array, i)))
			return false;
	}
	return json_array_size(array) > 0;
}

static bool
fits_a_cell(const json_t *v)
{
	return is_scalar(v) || (json_is_array(v) && all_scalars(v));
}

struct table {
	const char *name[COLUMNS_MAX];
	int width[COLUMNS_MAX];
	unsigned n;
};

static void
column_add(struct table *t, const char *name, const json_t *v)
{
	char text[CELL_MAX];
	unsigned i = 0;

	while (i < t->n && strcmp(t->name[i], name) != 0)
		i++;
	if (i == COLUMNS_MAX)
		return;
	if (i == t->n) {
		t->name[t->n++] = name;
		t->width[i] = (int) strlen(name);
	}
	cell(v, text);
	if ((int) strlen(text) > t->width[i])
		t->width[i] = (int) strlen(text);
}

static bool
is_table(json_t *array, struct table *t)
{
	t->n = 0;
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *key;
		json_t *v;
		json_object_foreach(json_array_get(array, i), key, v) {
			if (!fits_a_cell(v))
				return false;
			column_add(t, key, v);
		}
	}
	return t->n < COLUMNS_MAX;
}

static void
print_table(const json_t *array, const struct table *t, int indent)
{
	char text[CELL_MAX];

	printf("%*s", indent, "");
	for (unsigned k = 0; k < t->n; k++)
		printf("%-*s  ", t->width[k], t->name[k]);
	putchar('\n');
	for (size_t i = 0; i < json_array_size(array); i++) {
		printf("%*s", indent, "");
		for (unsigned k = 0; k < t->n; k++) {
			json_t *v = json_object_get(json_array_get(array, i), t->name[k]);
			text[0] = 0;
			if (v)
				cell(v, text);
			printf("%-*s  ", t->width[k], text);
		}
		putchar('\n');
	}
}

static void
print_array(const json_t *v, int indent)
{
	struct table t;

	if (all_objects(v) && is_table((json_t *) v, &t)) {
		print_table(v, &t, indent);
		return;
	}
	for (size_t i = 0; i < json_array_size(v); i++) {
		printf("%*s-\n", indent, "");
		print_text(json_array_get(v, i), indent + 2);
	}
}

void
print_text(const json_t *v, int indent)
{
	char text[CELL_MAX];
	const char *key;
	json_t *one;

	if (json_is_array(v) && !fits_a_cell(v)) {
		print_array(v, indent);
		return;
	}
	if (!json_is_object(v)) {
		cell(v, text);
		printf("%*s%s\n", indent, "", text);
		return;
	}
	json_object_foreach((json_t *) v, key, one) {
		if (json_is_string(one)) { /* whole, however long */
			printf("%*s%-24s %s\n", indent, "", key, json_string_value(one));
		} else if (fits_a_cell(one)) {
			cell(one, text);
			printf("%*s%-24s %s\n", indent, "", key, text);
		} else {
			printf("%*s%s\n", indent, "", key);
			print_text(one, indent + 2);
		}
	}
}
