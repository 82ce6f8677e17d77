/*
 * yaml - a YAML file as a tree that knows where each value stands, over libfyaml.
 *
 * Thread:    any; immutable after reading.
 * Memory:    an arena of its own.
 * Owns:      the tree and all strings in it.
 * Not here:  what keys mean -> conf/, pipeline/legal, pipeline/incident
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/arena.h"
#include "base/err.h"

enum yaml_kind { YAML_NULL, YAML_SCALAR, YAML_MAP, YAML_LIST };

struct yaml {
	enum yaml_kind kind;
	const char *key;    /* in a map: the key's text; in a list NULL */
	const char *text;   /* YAML_SCALAR: its text ("" for an empty quoted string) */
	const char *tag;    /* "!include" and the like, NULL = none */
	bool quoted;        /* the scalar was quoted: never a number, bool or null */
	struct yaml *child; /* first member or element */
	struct yaml *next;  /* sibling */
	uint32_t n;         /* children */
	const char *file;
	uint32_t line, column;     /* of the value */
	uint32_t key_line, key_column;
};

struct yaml_doc {
	struct arena arena;
	struct yaml *root;  /* NULL for an empty file */
	bool yaml11;        /* the file has the directive %YAML 1.1 */
};

/* Duplicate keys (only a warning under %YAML 1.1), tabs and syntax errors are reported with file:line:column. 0 or negative (E_NOENT, E_BAD). */
int yaml_read(struct yaml_doc *doc, const char *path, struct diag *d);
int yaml_read_text(struct yaml_doc *doc, const char *name, struct span text, struct diag *d);
void yaml_clear(struct yaml_doc *doc);
/* UTF-8 without control characters but tab and line ends; if not, an error with its line and column. */
bool yaml_is_text(const char *name, struct span text, struct diag *d);

const struct yaml *yaml_get(const struct yaml *map, const char *key); /* NULL: no such member (or not a map) */
const struct yaml *yaml_path(const struct yaml *root, const char *dotted); /* numbers index lists */
#define yaml_each(c, node) for (const struct yaml *c = (node) ? (node)->child : NULL; c; c = c->next)

/* Typed reads: -1 and a diag_error ("what, and what was expected") when the node is not one; NULL node = -1 silently. */
int yaml_bool(const struct yaml *y, bool *v, struct diag *d);
int yaml_u64(const struct yaml *y, uint64_t *v, uint64_t max, struct diag *d);
int yaml_f64(const struct yaml *y, double *v, struct diag *d);
int yaml_time(const struct yaml *y, int64_t *ns, struct diag *d);
const char *yaml_text(const struct yaml *y, struct diag *d); /* scalar's text or NULL */
/* 0: a map, or nothing (NULL), which has no members; -1 and a diag_error: something else. */
int yaml_is_map(const struct yaml *y, struct diag *d);
/* An error for every member of a map whose key is not in the NULL-ended list, naming the nearest known key. */
int yaml_only(const struct yaml *map, const char *const keys[], struct diag *d);
/* The word of a NULL-ended list that is spelt most like it, or NULL when none is near. */
const char *yaml_nearest(const char *word, const char *const words[]);
void yaml_error(const struct yaml *y, struct diag *d, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
