/*
 * lookup - what the files of rule/ share: tables by text, variables, one rule being read.
 *
 * Thread:    a loader thread.
 * Memory:    tables on the heap, freed by rule_set_clear(); what they point to is in the rule_set's arena.
 * Owns:      the interned address sets (their ranges are on the heap).
 * Not here:  anything others may use -> rule.h
 */
#ifndef RULE_LOOKUP_H
#define RULE_LOOKUP_H

#include "base/buf.h"
#include "rule/map.h"
#include "rule/rule.h"

/* ---- variables ---- */
struct rule_vars {
	struct map address, port; /* values: heap strings */
	uint64_t stamp;           /* changes with the content: interned sets of other variables are not reused */
};
const char *rule_vars_address(const struct rule_vars *v, struct span name);
const char *rule_vars_port(const struct rule_vars *v, struct span name);

/* ---- interned sets ---- */
struct shared_addrs {
	struct addr_set set;
	bool any;
	struct shared_addrs *next; /* for freeing */
};
struct rule_lookup {
	struct map classes, references; /* struct rule_class, char (prefix) */
	struct map addrs, ports;        /* struct shared_addrs, struct port_set */
	struct map headers;             /* struct rule with nothing but a header, by its text */
	struct id_map sids;             /* struct rule, by gid and sid */
	struct map urls, metadata;      /* char, struct metadata, by the option's value */
	struct map items;               /* struct card_meta, by the item's text */
	struct shared_addrs *first;
	uint64_t stamp;                 /* of the variables that addrs, ports and headers were made with */
	struct rule_options options;    /* of the rule being read */
};
int lookup_need(struct rule_set *s); /* makes s->lookup */
int lookup_keep(struct rule_set *s, struct map *m, struct span key, void *value); /* map_set(), of a copy of the key */
/* Forgets interned sets when the variables are not the same as before (sets in use stay). */
void lookup_use_vars(struct rule_set *s, const struct rule_vars *v);

/* A list with brackets, commas, '!' and $VARIABLES, told element by element. */
struct list {
	const struct rule_vars *v;
	const char *(*variable)(const struct rule_vars *v, struct span name);
	int (*element)(struct list *l, struct span text, bool negated); /* E_BAD + list_error() */
	const char *start;  /* the outermost text */
	const char *at;     /* where in it; for the message */
	struct span in;     /* name of the variable being read, for the message */
	char why[256];
};
int list_read(struct list *l, struct span text);
int list_error(struct list *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* 0, E_BAD with l->why and l->at, or E_NOMEM. The result is interned in the set. */
int addresses_read(struct rule_set *s, const struct rule_vars *v, struct span text, const struct shared_addrs **out,
    struct list *l);
int ports_read(struct rule_set *s, const struct rule_vars *v, struct span text, const struct port_set **out,
    struct list *l);

/* ---- lines: a backslash at the end of a line joins it with the next ---- */
struct join {
	uint32_t offset; /* in the joined text */
	uint32_t line, column;
};
#define JOINS_MAX 512
struct lines {
	struct rd in;    /* of the text, or of the window */
	int fd;          /* the file; -1: none */
	char *window;    /* heap: what was read of it last */
	uint32_t room;   /* of the window */
	size_t taken;    /* bytes of the file */
	uint32_t line;   /* lines read so far */
	struct span s;   /* the line, until the next one */
	char *joined;    /* heap */
	uint32_t n, cap;
	struct join joins[JOINS_MAX]; /* where pieces of the line come from; at least one */
	uint32_t n_joins;
};
void lines_init(struct lines *l, struct span text); /* the text outlives it */
/* Of a file, read a piece at a time: 0, or E_NOENT, E_PERM, E_LIMIT, E_IO, E_NOMEM with nothing to clear. */
int lines_open(struct lines *l, const char *path);
void lines_clear(struct lines *l);
/* The next line that is neither empty nor a comment: 1, or 0 at the end, or negative as lines_open(). */
int lines_next(struct lines *l);
/* A copy of it to be cut, NUL-terminated, until the next one; NULL: no memory. */
char *lines_text(struct lines *l);
/* Of a byte of the line. */
static inline void
lines_place(const struct join *j, uint32_t n, uint32_t offset, uint32_t *line, uint32_t *column)
{
	while (n > 1 && j[1].offset <= offset) {
		j++;
		n--;
	}
	*line = j->line;
	*column = j->column + offset - j->offset;
}

/* ---- one rule being read ---- */
struct parse {
	struct rule_set *s;
	const struct rule_vars *v;
	struct diag *d;
	const char *file;
	const struct lines *lines;
	char *work;        /* the rule's text, being cut into pieces; in `options` */
	uint32_t n;        /* bytes of it */
	struct rule_options *options;
	struct rule *r;
};
/* Bytes of `work` as they were before they were cut. */
static inline struct span
parse_written(const struct parse *p, const char *s, size_t n)
{
	return span_of(p->lines->s.p + (s - p->work), n);
}
/* A diag error at a place in `work` (or in the text itself). Returns E_BAD. */
int parse_error(const struct parse *p, const char *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void parse_warning(const struct parse *p, const char *at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int header_read(struct parse *p, struct span text, char **options, char **end); /* between the '(' and the ')' */
/* A copy of the text to be cut. */
int options_text(struct rule_options *o, struct span text);
int options_read(struct parse *p, char *from, char *end);
/* What the rule keeps of its text: all of it, or the options that say what to look for. */
int options_keep(struct parse *p, char *from, char *end);
int meta_read(struct parse *p); /* sid, msg, ... out of the options */

/* ---- small texts ---- */
static inline bool
text_blank(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}
struct span text_trim(struct span s);
/* What is between two places, in place; *end becomes the NUL behind it. */
static inline char *
text_trimmed_to(char *s, char **end)
{
	char *e = *end;

	while (s < e && text_blank(*s))
		s++;
	while (e > s && text_blank(e[-1]))
		e--;
	*e = 0;
	*end = e;
	return s;
}
char *text_trimmed(char *s); /* in place */
/* Decimal digits only, blanks around; -1: none, more than max, or something behind. */
int text_u32(const char *s, uint32_t max, uint32_t *out);
/* Cuts `s` at the next comma outside brackets and quotes; NULL at the end. */
char *text_next_item(char **s);
/* Cuts the next word (blanks around it) off; NULL at the end. */
char *text_next_word(char **s);
#define TEXT_FILE_MAX ((size_t) 1 << 30)

#endif
