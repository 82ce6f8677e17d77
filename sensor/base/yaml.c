/*
 * yaml - building the tree from libfyaml's events. Aliases are copied where they stand, `<<` is merged at the
 * end of its map; both are bounded, so a small file cannot become a large tree.
 */
#include "base/yaml.h"

#include <errno.h>
#include <libfyaml.h>
#include <stdlib.h>

#include "base/buf.h"

#define DEPTH_MAX 64
#define COPIES_MAX 200000u /* nodes that aliases and merges may add */
#define FILE_MAX ((size_t) 64 * 1024 * 1024)

struct anchor {
	struct anchor *next;
	const char *name;
	const struct yaml *node;
};

struct reader {
	struct yaml_doc *doc;
	const char *file;
	struct diag *d;
	struct fy_parser *fyp;
	struct fy_event *ev; /* the one looked at */
	struct anchor *anchors;
	struct span source;
	uint32_t parent_column; /* of the list or map that is read, 0 = none */
	uint32_t copies;
	unsigned depth;
	bool failed; /* stop: syntax error or a bound */
};

static struct yaml *read_node(struct reader *r);

static void __attribute__((format(printf, 4, 5)))
fail_at(struct reader *r, uint32_t line, uint32_t column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	diag_add(r->d, DIAG_ERROR, r->file, line, column, fmt, ap);
	va_end(ap);
	r->failed = true;
}

static void
next_event(struct reader *r)
{
	if (r->ev)
		fy_parser_event_free(r->fyp, r->ev);
	r->ev = r->failed ? NULL : fy_parser_parse(r->fyp);
}

static enum fy_event_type
peek(const struct reader *r)
{
	return r->ev ? r->ev->type : FYET_NONE;
}

static void *
must(struct reader *r, void *p)
{
	if (!p && !r->failed)
		fail_at(r, 0, 0, "out of memory");
	return p;
}

static void
mark_of(const struct fy_mark *m, uint32_t *line, uint32_t *column)
{
	*line = m ? (uint32_t) m->line + 1 : 0;
	*column = m ? (uint32_t) m->column + 1 : 0;
}

static struct yaml *
new_node(struct reader *r, enum yaml_kind kind)
{
	struct yaml *y = must(r, arena_zalloc(&r->doc->arena, sizeof(*y)));

	if (!y)
		return NULL;
	y->kind = kind;
	y->file = r->file;
	y->text = "";
	mark_of(fy_event_start_mark(r->ev), &y->line, &y->column);
	return y;
}

/* A token's text as a string of the arena; a NUL in it is refused, since texts are C strings. */
static const char *
token_text(struct reader *r, struct fy_token *fyt, uint32_t line, uint32_t column)
{
	size_t n = 0;
	const char *p = fyt ? fy_token_get_text(fyt, &n) : "";
	char *out;

	if (!p)
		n = 0;
	if (n && memchr(p, 0, n)) {
		fail_at(r, line, column, "a NUL character in a text, expected none");
		return NULL;
	}
	out = must(r, arena_alloc(&r->doc->arena, n + 1));
	if (!out)
		return NULL;
	if (n)
		memcpy(out, p, n);
	out[n] = 0;
	return out;
}

/* Spaces before the first line with anything in it, from the byte `at` on; UINT32_MAX when there is none. */
static uint32_t
indentation(struct span text, size_t at)
{
	struct rd r = rd_of(text);
	uint32_t spaces = 0;

	rd_skip(&r, at);
	while (rd_left(&r)) {
		uint8_t c = rd_u8(&r);
		if (c != ' ' && c != '\n' && c != '\r')
			return spaces;
		spaces = c == ' ' ? spaces + 1 : 0;
	}
	return UINT32_MAX;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Is all of the block text's ink in the source, from the byte `at` on, and in the same order? Folding moves blanks only. */
static bool
same_ink(struct span text, size_t at, const char *s)
{
	struct rd r = rd_of(text);

	rd_skip(&r, at);
	for (; *s; s++) {
		uint8_t c = ' ';
		if (is_blank((uint8_t) *s))
			continue;
		while (rd_left(&r) && is_blank(c))
			c = rd_u8(&r);
		if (c != (uint8_t) *s)
			return false;
	}
	return true;
}

/*
 * A block text stands deeper than what it belongs to (YAML 1.2.2 section 8.1). libfyaml 0.7.12 takes others too, up to a wrong
 * end, and then hands on memory it never wrote; the same with some whose mark stands on a line of its own.
 */
static bool
block_is_deeper(struct reader *r, struct fy_token *fyt, const struct yaml *y)
{
	enum fy_scalar_style style = fyt ? fy_token_scalar_style(fyt) : FYSS_PLAIN;
	const struct fy_mark *m = fy_event_start_mark(r->ev);

	if ((style != FYSS_LITERAL && style != FYSS_FOLDED) || !m || !*y->text)
		return true;
	if (indentation(r->source, m->input_pos) >= r->parent_column) {
		if (same_ink(r->source, m->input_pos, y->text))
			return true;
		fail_at(r, y->line, y->column, "a block text whose lines cannot be told apart from what follows, expected it behind its key, "
		    "all lines deeper than the key");
		return false;
	}
	fail_at(r, y->line, y->column, "a block text stands no deeper than what it belongs to, expected at least %u spaces",
	    r->parent_column);
	return false;
}

static bool
is_null(const char *text)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };

	for (unsigned i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
		if (strcmp(text, nulls[i]) == 0)
			return true;
	return false;
}

/* The mark of a quoted text stands one behind its quote. */
static uint32_t
behind_quote(struct fy_token *fyt)
{
	enum fy_scalar_style style = fyt ? fy_token_scalar_style(fyt) : FYSS_PLAIN;

	return style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
}

static struct yaml *
read_scalar(struct reader *r)
{
	struct yaml *y = new_node(r, YAML_SCALAR);
	struct fy_token *fyt = fy_event_get_token(r->ev);

	if (!y)
		return NULL;
	y->quoted = fyt && fy_token_scalar_style(fyt) != FYSS_PLAIN;
	y->column -= behind_quote(fyt);
	y->text = token_text(r, fyt, y->line, y->column);
	if (!y->text || !block_is_deeper(r, fyt, y))
		return NULL;
	if (!y->quoted && is_null(y->text)) {
		y->kind = YAML_NULL;
		y->text = "";
	}
	next_event(r);
	return y;
}

/* A deep copy under the same strings. */
static struct yaml *
copy(struct reader *r, const struct yaml *from)
{
	struct yaml *y, **tail;

	if (++r->copies > COPIES_MAX) {
		if (!r->failed)
			fail_at(r, from->line, from->column, "aliases expand to more than %u values", COPIES_MAX);
		return NULL;
	}
	y = must(r, arena_alloc(&r->doc->arena, sizeof(*y)));
	if (!y)
		return NULL;
	*y = *from;
	y->next = NULL;
	tail = &y->child;
	for (const struct yaml *c = from->child; c; c = c->next) {
		*tail = copy(r, c);
		if (!*tail)
			return NULL;
		tail = &(*tail)->next;
	}
	return y;
}

static struct yaml *
read_alias(struct reader *r)
{
	struct yaml *here = new_node(r, YAML_NULL), *y;
	const char *name;

	if (!here)
		return NULL;
	name = token_text(r, fy_event_get_token(r->ev), here->line, here->column);
	if (!name)
		return NULL;
	for (const struct anchor *a = r->anchors; a; a = a->next) {
		if (strcmp(a->name, name) == 0) {
			y = copy(r, a->node);
			next_event(r);
			return y;
		}
	}
	fail_at(r, here->line, here->column, "alias *%s has no anchor &%s before it", name, name);
	return NULL;
}

static void
add_child(struct yaml *parent, struct yaml ***tail, struct yaml *child)
{
	**tail = child;
	*tail = &child->next;
	parent->n++;
}

static struct yaml *
read_list(struct reader *r)
{
	struct yaml *y = new_node(r, YAML_LIST), **tail;

	if (!y)
		return NULL;
	tail = &y->child;
	next_event(r);
	while (!r->failed && r->ev && peek(r) != FYET_SEQUENCE_END) {
		r->parent_column = y->column;
		struct yaml *c = read_node(r);
		if (!c)
			return NULL;
		add_child(y, &tail, c);
	}
	next_event(r);
	return y;
}

static int
by_key(const void *a, const void *b)
{
	const struct yaml *x = *(struct yaml *const *) a, *y = *(struct yaml *const *) b;
	int c = strcmp(x->key, y->key);

	if (c == 0)
		c = x->key_line != y->key_line ? (x->key_line < y->key_line ? -1 : 1)
		    : x->key_column < y->key_column ? -1 : x->key_column > y->key_column;
	return c;
}

/* Every key of a map must be there once; all that are not are told. */
static void
check_duplicates(struct reader *r, const struct yaml *map)
{
	struct yaml **sorted;
	uint32_t n = 0;

	if (map->n < 2)
		return;
	sorted = must(r, malloc(map->n * sizeof(*sorted)));
	if (!sorted)
		return;
	for (struct yaml *c = map->child; c && n < map->n; c = c->next)
		sorted[n++] = c;
	qsort(sorted, n, sizeof(*sorted), by_key);
	for (uint32_t i = 1; i < n; i++)
		if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
			(r->doc->yaml11 ? diag_warning : diag_error)(r->d, r->file, sorted[i]->key_line,
			    sorted[i]->key_column, "key \"%s\" is a duplicate of the one in line %u", sorted[i]->key,
			    sorted[i - 1]->key_line);
	free(sorted);
}

/* Puts the members of `from` that the map does not have itself behind its own. */
static void
merge_map(struct reader *r, struct yaml *map, const struct yaml *from)
{
	struct yaml **tail = &map->child;

	if (from->kind != YAML_MAP) {
		fail_at(r, from->line, from->column, "\"<<\" merges maps, expected a map or a list of maps");
		return;
	}
	while (*tail)
		tail = &(*tail)->next;
	for (const struct yaml *c = from->child; c && !r->failed; c = c->next) {
		struct yaml *new;
		if (yaml_get(map, c->key))
			continue;
		new = copy(r, c);
		if (new)
			add_child(map, &tail, new);
	}
}

/* Takes one "<<" out of the map and puts what it names in; false when there is none. */
static bool
merge(struct reader *r, struct yaml *map)
{
	struct yaml **at = &map->child, *m;

	while (*at && strcmp((*at)->key, "<<") != 0)
		at = &(*at)->next;
	m = *at;
	if (!m || r->failed)
		return false;
	*at = m->next;
	map->n--;
	if (m->kind != YAML_LIST)
		merge_map(r, map, m);
	else
		yaml_each(c, m)
			if (!r->failed)
				merge_map(r, map, c);
	return true;
}

/* The key of the member that follows. */
static const char *
read_key(struct reader *r, uint32_t *line, uint32_t *column)
{
	const char *key;

	mark_of(fy_event_start_mark(r->ev), line, column);
	if (peek(r) != FYET_SCALAR) {
		fail_at(r, *line, *column, "a key is a text, expected no map, list or alias here");
		return NULL;
	}
	*column -= behind_quote(fy_event_get_token(r->ev));
	key = token_text(r, fy_event_get_token(r->ev), *line, *column);
	next_event(r);
	return key;
}

static struct yaml *
read_map(struct reader *r)
{
	struct yaml *y = new_node(r, YAML_MAP), **tail;
	uint32_t line, column;

	if (!y)
		return NULL;
	tail = &y->child;
	next_event(r);
	while (!r->failed && r->ev && peek(r) != FYET_MAPPING_END) {
		const char *key = read_key(r, &line, &column);
		r->parent_column = y->column;
		struct yaml *c = key && r->ev ? read_node(r) : NULL;
		if (!c)
			return NULL;
		c->key = key;
		c->key_line = line;
		c->key_column = column;
		add_child(y, &tail, c);
	}
	check_duplicates(r, y);
	while (merge(r, y))
		;
	next_event(r);
	return y;
}

static void
add_anchor(struct reader *r, const char *name, const struct yaml *node)
{
	struct anchor *a = must(r, arena_alloc(&r->doc->arena, sizeof(*a)));

	if (!a)
		return;
	*a = (struct anchor) { r->anchors, name, node };
	r->anchors = a;
}

static struct yaml *
read_any(struct reader *r)
{
	switch (peek(r)) {
	case FYET_SCALAR:
		return read_scalar(r);
	case FYET_ALIAS:
		return read_alias(r);
	case FYET_MAPPING_START:
		return read_map(r);
	case FYET_SEQUENCE_START:
		return read_list(r);
	default:
		return NULL; /* the parser has told why */
	}
}

static struct yaml *
read_node(struct reader *r)
{
	struct fy_token *anchor = r->ev ? fy_event_get_anchor_token(r->ev) : NULL;
	struct fy_token *tag = r->ev ? fy_event_get_tag_token(r->ev) : NULL;
	const char *name = NULL, *tag_text = NULL;
	struct yaml *y;

	if (anchor && peek(r) != FYET_ALIAS)
		name = token_text(r, anchor, 0, 0);
	if (tag && peek(r) != FYET_ALIAS)
		tag_text = token_text(r, tag, 0, 0);
	if (r->depth == DEPTH_MAX) {
		uint32_t line, column;
		mark_of(r->ev ? fy_event_start_mark(r->ev) : NULL, &line, &column);
		fail_at(r, line, column, "nested deeper than %d levels", DEPTH_MAX);
		return NULL;
	}
	r->depth++;
	y = read_any(r);
	r->depth--;
	if (y && tag_text)
		y->tag = tag_text;
	if (y && name)
		add_anchor(r, name, y);
	return r->failed ? NULL : y;
}

static void
document_start(struct reader *r)
{
	struct fy_document_state *state = r->ev->document_start.document_state;
	const struct fy_version *v = state ? fy_document_state_version(state) : NULL;

	r->doc->yaml11 = v && fy_document_state_version_explicit(state) && v->major == 1 && v->minor == 1;
	next_event(r);
}

static void
read_stream(struct reader *r)
{
	uint32_t line, column;

	next_event(r);
	while (r->ev && (peek(r) == FYET_STREAM_START))
		next_event(r);
	if (peek(r) != FYET_DOCUMENT_START)
		return;
	document_start(r);
	r->doc->root = read_node(r);
	if (r->doc->root && r->doc->root->kind == YAML_NULL)
		r->doc->root = NULL;
	if (peek(r) == FYET_DOCUMENT_END)
		next_event(r);
	if (peek(r) == FYET_DOCUMENT_START) {
		mark_of(fy_event_start_mark(r->ev), &line, &column);
		fail_at(r, line, column, "a second document, expected one in a file");
	}
}

static void
discard(struct fy_diag *diag, void *user, const char *buf, size_t len)
{
}

/* libfyaml's own errors become ours. */
static void
collect(struct reader *r, struct fy_diag *diag, uint32_t errors_before)
{
	struct fy_diag_error *e;
	void *prev = NULL;

	while ((e = fy_diag_errors_iterate(diag, &prev)))
		if (e->type == FYET_ERROR)
			diag_error(r->d, r->file, e->line > 0 ? (uint32_t) e->line : 0, e->column > 0 ? (uint32_t) e->column : 0,
			    "%s", e->msg);
	if (r->d->errors == errors_before && (r->failed || fy_parser_get_stream_error(r->fyp)))
		diag_error(r->d, r->file, 0, 0, "cannot be read as YAML");
}

static int
run_parser(struct reader *r, struct span text, uint32_t errors_before)
{
	struct fy_diag_cfg dc;
	struct fy_diag *diag;
	struct fy_parse_cfg cfg = { .flags = FYPCF_ALLOW_DUPLICATE_KEYS | FYPCF_DISABLE_MMAP_OPT };

	fy_diag_cfg_default(&dc);
	dc.fp = NULL;
	dc.output_fn = discard;
	diag = fy_diag_create(&dc);
	if (!diag)
		return E_NOMEM;
	fy_diag_set_collect_errors(diag, true);
	cfg.diag = diag;
	r->fyp = fy_parser_create(&cfg);
	if (r->fyp && fy_parser_set_string(r->fyp, text.n ? (const char *) text.p : "", text.n) == 0) {
		read_stream(r);
		collect(r, diag, errors_before);
	}
	if (r->ev)
		fy_parser_event_free(r->fyp, r->ev);
	if (r->fyp)
		fy_parser_destroy(r->fyp);
	fy_diag_destroy(diag);
	return r->fyp ? 0 : E_NOMEM;
}

/* Length of the UTF-8 sequence that r begins with, by the table of RFC 3629 section 4: neither the long form of a shorter one, nor
 * a surrogate, nor beyond U+10FFFF; 0: it is none. */
static unsigned
utf8_next(struct rd *r)
{
	uint8_t c = rd_u8(r), from = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80, to = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	unsigned more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xf0 && c < 0xf5 ? 3 : 4;

	if (more == 4)
		return 0;
	for (unsigned i = 0; i < more; i++) {
		uint8_t next = rd_u8(r);
		if (next < from || next > to)
			return 0;
		from = 0x80;
		to = 0xbf;
	}
	return r->bad ? 0 : more + 1;
}

/* Does the line begin with a directive of YAML 1.2.2 section 6.8? The library may hang on others. */
static bool
is_directive(struct rd r)
{
	return rd_left(&r) >= 6 && (memcmp(r.p, "%YAML ", 6) == 0 || memcmp(r.p, "%TAG ", 5) == 0);
}

/* YAML 1.2.2 section 5.1: UTF-8 without control characters. The library neither ends on a directive that has others
 * nor gives back what it took for a key that does. */
bool
yaml_is_text(const char *file, struct span text, struct diag *d)
{
	struct rd r = rd_of(text);
	uint32_t line = 1, column = 1;
	bool body = false; /* something but directives, comments and empty lines was seen */

	while (rd_left(&r)) {
		if (column == 1 && *r.p == '%' && body) {
			diag_error(d, file, line, column, "a directive (%%) after the beginning of the text");
			return false;
		}
		if (column == 1 && *r.p == '%' && !is_directive(r)) {
			diag_error(d, file, line, column, "a directive that is neither %%YAML nor %%TAG");
			return false;
		}
		body |= column == 1 && !strchr("%#\r\n", *r.p);
		bool end = *r.p == '\n', control = (*r.p < ' ' && *r.p != '\t' && *r.p != '\r' && !end) || *r.p == 0x7f;

		if (control) {
			diag_error(d, file, line, column, "a control character (0x%02x), expected text", *r.p);
			return false;
		}
		if (!utf8_next(&r)) {
			diag_error(d, file, line, column, "a byte that is no UTF-8, expected text");
			return false;
		}
		line += end;
		column = end ? 1 : column + 1;
	}
	return true;
}

int
yaml_read_text(struct yaml_doc *doc, const char *name, struct span text, struct diag *d)
{
	struct reader r = { .doc = doc, .d = d, .source = text };
	uint32_t errors = d->errors;
	int rc;

	*doc = (struct yaml_doc) { 0 };
	arena_init(&doc->arena, 0);
	r.file = arena_strdup(&doc->arena, name);
	rc = yaml_is_text(r.file, text, d) ? run_parser(&r, text, errors) : E_BAD;
	if (rc == 0 && d->errors != errors)
		rc = E_BAD;
	if (rc < 0)
		yaml_clear(doc);
	return rc;
}

int
yaml_read(struct yaml_doc *doc, const char *path, struct diag *d)
{
	struct buf b;
	int rc;

	*doc = (struct yaml_doc) { 0 };
	buf_init(&b, FILE_MAX);
	if (buf_read_file(&b, path) < 0) {
		rc = errno == ENOENT || errno == ENOTDIR ? E_NOENT : errno == EACCES ? E_PERM : E_IO;
		diag_error(d, path, 0, 0, "cannot be read: %s", strerror(errno));
	} else {
		rc = yaml_read_text(doc, path, span_of(b.p, b.n), d);
	}
	buf_clear(&b);
	return rc;
}

void
yaml_clear(struct yaml_doc *doc)
{
	arena_clear(&doc->arena);
	doc->root = NULL;
}
