/*
 * conf - casus.yaml (or a suricata.yaml people come over with) against the option tables of the modules.
 *
 * Thread:    main, before anything runs; results are copied by the modules, nobody reads conf later.
 * Memory:    one tree on the heap, freed with conf_free().
 * Owns:      the tree; strings borrowed from it live as long as it does.
 * Not here:  packs and inventory (their own readers over base/yaml.h)
 *
 * A file that begins with the directive "%YAML 1.1" is a suricata.yaml: keys that casus does not know are
 * noted, not errors. Every other file is strict: an unknown key is an error with line and column.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include "base/err.h"
#include "base/yaml.h"

enum option_type {
	OPT_BOOL,     /* bool             yes/no/true/false/on/off */
	OPT_U32,      /* uint32_t */
	OPT_U64,      /* uint64_t */
	OPT_SIZE,     /* uint64_t bytes:  "64mb", "1 GiB", "512kb", plain number */
	OPT_SECONDS,  /* int64_t ns:      "30", "30s", "5m", "2h", "50ms" */
	OPT_STRING,   /* const char *     borrowed from the tree, or the default */
	OPT_PATH,     /* const char *     a relative one is taken from the folder of the file */
	OPT_ENUM      /* int              index into names[] */
};

struct option {
	const char *key;         /* dotted: "stream.reassembly.depth" */
	enum option_type type;
	size_t at;               /* offsetof the field in the module's struct */
	const char *def;         /* as one would write it; NULL = empty */
	uint64_t min, max;       /* 0,0 = no range */
	const char *const *names; /* OPT_ENUM, NULL-ended */
	const char *help;        /* one sentence; goes to casus.yaml(5) */
};

/* Keys whose shape is free (vars.*, outputs.*): read by the module itself through conf_find(). */
struct option_tree {
	const char *prefix;      /* "vars.address-groups": everything below is allowed */
	const char *help;
};

struct option_table {
	const char *module;              /* heading in the manual */
	const struct option *rows;       /* ends with .key = NULL */
	const struct option_tree *trees; /* may be NULL; ends with .prefix = NULL */
};

struct conf;

/* An empty configuration: defaults only. */
struct conf *conf_new(void);
/* Reads a file over what is there. 0, or negative with all problems in d (E_NOENT: no such file). */
int conf_read(struct conf *c, const char *path, struct diag *d);
/* "key=value" as given to --set; list positions are numbers ("outputs.1.eve-log.enabled=yes"). */
int conf_set(struct conf *c, const char *assignment, struct diag *d);
void conf_free(struct conf *c);
bool conf_is_foreign(const struct conf *c); /* a suricata.yaml was read */

/* Fills the module's struct from the tree and the defaults, checks types and ranges. */
int conf_fill(struct conf *c, const struct option_table *t, void *into, struct diag *d);
/* After every module has filled: whatever nobody asked for is an unknown key. */
int conf_check_unknown(struct conf *c, const struct option_table *const tables[], struct diag *d);
/* The node of a dotted key, or NULL. */
const struct yaml *conf_find(const struct conf *c, const char *key);
const char *conf_string(const struct conf *c, const char *key, const char *otherwise);
/* YAML of everything in force, comments from the help texts; secrets are never in conf (only file names). */
void conf_dump(const struct conf *c, const struct option_table *const tables[], FILE *out);
/* Rows of casus.yaml(5) in man(7) markup. */
void conf_manual(const struct option_table *const tables[], FILE *out);

/* Parsers for single values, for other readers: -1 when the text is not one. */
int conf_parse_size(uint64_t *bytes, const char *text);
int conf_parse_duration(int64_t *ns, const char *text);
int conf_parse_bool(bool *v, const char *text);

#endif
