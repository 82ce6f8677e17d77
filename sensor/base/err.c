/*
 * err - texts of the codes, and the list of problems found in files.
 */
#include "base/err.h"

#include <stdlib.h>
#include <string.h>

#define DIAG_CAP 10000

const char *
err_text(int code)
{
	static const char *const text[] = {
		"success", "out of memory", "bytes end too early", "not what was expected", "a bound was reached",
		"input/output error", "no such file or object", "not permitted", "exists already", "not supported",
		"no such interface", "try again", "wrong argument"
	};

	if (code > 0 || -code >= (int) (sizeof(text) / sizeof(text[0])))
		return "unknown error";
	return text[-code];
}

void
diag_init(struct diag *d, uint32_t cap)
{
	*d = (struct diag) { .cap = cap ? cap : DIAG_CAP };
}

void
diag_clear(struct diag *d)
{
	for (uint32_t i = 0; i < d->n; i++) {
		free(d->items[i].file);
		free(d->items[i].text);
	}
	free(d->items);
	diag_init(d, d->cap);
}

/* The place for one more item, or NULL; the array grows at powers of two. */
static struct diag_item *
new_item(struct diag *d)
{
	struct diag_item *items = d->items;

	if (d->n >= d->cap)
		return NULL;
	if ((d->n & (d->n - 1)) == 0) {
		items = reallocarray(d->items, d->n ? (size_t) d->n * 2 : 1, sizeof(*items));
		if (!items)
			return NULL;
		d->items = items;
	}
	return &d->items[d->n];
}

void
diag_add(struct diag *d, enum severity s, const char *file, uint32_t line, uint32_t column, const char *fmt,
    va_list ap)
{
	struct diag_item *item;
	char *text;

	if (!d)
		return;
	d->errors += s == DIAG_ERROR;
	d->warnings += s == DIAG_WARNING;
	item = new_item(d);
	if (!item || vasprintf(&text, fmt, ap) < 0)
		return;
	*item = (struct diag_item) { s, file ? strdup(file) : NULL, line, column, text };
	d->n++;
}

void
diag_error(struct diag *d, const char *file, uint32_t line, uint32_t column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_add(d, DIAG_ERROR, file, line, column, fmt, ap);
	va_end(ap);
}

void
diag_warning(struct diag *d, const char *file, uint32_t line, uint32_t column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_add(d, DIAG_WARNING, file, line, column, fmt, ap);
	va_end(ap);
}

void
diag_note(struct diag *d, const char *file, uint32_t line, uint32_t column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_add(d, DIAG_NOTE, file, line, column, fmt, ap);
	va_end(ap);
}

void
diag_print(const struct diag *d, FILE *out)
{
	static const char *const name[] = { "error", "warning", "note" };

	for (uint32_t i = 0; i < d->n; i++) {
		const struct diag_item *item = &d->items[i];
		if (item->file)
			fprintf(out, "%s:", item->file);
		if (item->line)
			fprintf(out, "%u:", item->line);
		if (item->line && item->column)
			fprintf(out, "%u:", item->column);
		fprintf(out, "%s%s: %s\n", item->file || item->line ? " " : "", name[item->severity], item->text);
	}
	if (d->n == d->cap)
		fprintf(out, "... and more: %u errors, %u warnings in all\n", d->errors, d->warnings);
}
