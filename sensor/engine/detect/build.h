/*
 * build - one rule on its way from options to struct sig. For build*.c and the members of the content family.
 *
 * Thread:    the loader's.
 * Memory:    the arena of the ruleset; scratch on the heap while loading.
 * Owns:      nothing.
 * Not here:  looking at packets -> engine.h   the language -> ../../rule/
 */
#ifndef ENGINE_DETECT_BUILD_H
#define ENGINE_DETECT_BUILD_H

#include "engine/detect/engine.h"
#include "rule/map.h"

/* What earlier rules had, by its text. */
struct known {
	struct map regexes;             /* struct regex */
	struct map names[NAME_CLASSES]; /* ids, from 1, as pointers */
};

/* A program being written, and the buffer it is for. lists[0] is the payload's. */
struct draft_list {
	struct buffer buffer;
	uint32_t n; /* operations */
	bool absent, absent_only, instance; /* instance: of a multi buffer; not joined with another one */
	bool sized;                         /* it must have `size` bytes */
	uint32_t size;

	/* What is here from rule to rule. */
	uint32_t cap;
	struct op *ops; /* heap */
	struct transform transforms[TRANSFORMS_MAX]; /* as many as the buffer has */
};

static inline void
list_reset(struct draft_list *l)
{
	memset(l, 0, offsetof(struct draft_list, cap));
}

struct order {
	uint8_t action; /* its place in action-order */
	uint8_t use[ORDER_CLASSES];
	uint32_t priority;
};

struct build {
	struct ruleset *rs;
	struct diag *diag;
	const struct ruleset_in *in;
	const struct rule *rule;
	const struct rule_option *opt;
	const struct keyword *kw;
	bool failed, skipped, alerts;
	char error[256];

	unsigned flags; /* KW_* of all keywords */
	bool not_iponly;
	uint8_t dirs;   /* flow:to_server ... */
	uint8_t only_dir; /* the option at hand says in which direction it is meant; 0: it does not */
	uint64_t apps;  /* 0: any */
	uint64_t ip_protos[4];
	uint8_t ip_version;
	bool tcp_pkt, tcp_stream, no_ip, pdonly, established;
	uint16_t established_opt;
	int hook_dir, hook_progress; /* -1 */

	uint32_t n_lists;
	int cur;          /* current list; -1: `pending` is not yet one */
	bool pending_set; /* a sticky buffer was chosen */
	int content_list, content_op; /* the last content; -1 */
	uint32_t last_list;           /* where the last operation went */
	struct op_base64 *base64;     /* base64_data is the current buffer: */
	bool in_base64;

	uint32_t n_parts, n_matchers, n_actions, n_thresholds, n_vars;
	struct size_range payload_sizes; /* others do not match */
	struct order order;
	uint8_t target;

	/* What is here from rule to rule: memory, and what counts above say how much of is meant. */
	struct draft_list pending, base64_list;
	struct rule_options options;
	struct arena brief;
	struct part parts[DETECT_PARTS]; /* numbers, flags, tx matches */
	struct matcher matchers[64];
	struct action actions[64];
	struct card_threshold thresholds[8];
	const char *vars[DETECT_VARS];
	struct draft_list lists[DETECT_PARTS + 1];
};

/* names.c: keyword_find() and buffer_lookup(), remembered */
const struct keyword *build_keyword(struct build *b, const char *text);
bool build_lookup(struct build *b, const char *text, struct buffer *out, bool *modifier, enum field_kind *kind);
/* Those of blank-separated names; *off: one of them is switched off. */
uint64_t build_protocols(struct build *b, const char *names, bool *off);
/* build_api.c */
int build_error_name(struct build *b, const char *what, const char *name);
/* As build_text() and build_split(), until the next build_brief(). */
const char *build_brief(struct build *b, const char *value);
int build_split_brief(struct build *b, const char *value, const char **out, int max);

/* Which option of the rule is at hand, from 1; 0: none. */
static inline uint16_t
build_option(const struct build *b)
{
	return b->opt ? (uint16_t) (b->opt - b->options.v + 1) : 0;
}

/* build_content.c */
int build_add_op(struct build *b, uint8_t type, const void *arg, bool negated, bool relative); /* to the current list */
struct op_content *build_content(struct build *b); /* the last one, or NULL + error */
struct op *build_content_op(struct build *b);
int build_operand(struct build *b, const char *text, int64_t min, int64_t max, struct operand *out); /* number or variable */
int build_bound(struct build *b, const char *text, int32_t min, int32_t max, struct bound *out);
int build_var(struct build *b, const char *name, uint8_t *out); /* makes one */
int build_test(struct build *b, bool (*test)(struct inspect *, struct span, const union kw_arg *), const union kw_arg *a,
    const char *name, bool negated, bool relative);
void build_size(struct build *b, const struct kw_number *n); /* of the buffer, which the last operation tests */
void build_buffer(struct build *b, const struct buffer *buf); /* sticky from here on */
void build_payload(struct build *b);
int build_transform(struct build *b, const struct keyword *kw, const union kw_arg *a);
int build_modifier(struct build *b, const struct buffer *buf);
/* Old forms that are a content of one field: the pattern is the value. */
int build_content_of(struct build *b, const union kw_arg *a, const char *field, bool nocase);
struct draft_list *build_list(struct build *b); /* the current one, made when needed; NULL + error */
int build_part(struct build *b, const struct part *p);
int build_byte_parse(struct build *b, const char *value, enum op_type type, struct op_byte *out, bool *negated);
bool build_sets_place(const struct op *op);

int build_add_in(struct build *b, const char *buffer, uint8_t type, const void *arg, bool negated, bool relative); /* to a named one */
int xbits_setup_hostbits(struct build *b, const union kw_arg *a);
struct build_event { /* app-layer-event: bits by protocol */
	uint64_t bit[PROTOCOLS_MAX];
};

/* build_sig.c */
#define BUILD_COMPLETE 255 /* a progress: the transaction is complete in that direction */
/* What hooks and app-layer-state call by a name, of the rule's protocols. */
bool build_progress(const struct build *b, const char *name, int *dir, uint8_t *progress);
int build_header(struct build *b);
int build_finish(struct build *b, struct sig *s, struct fast *fast);
const struct op_content *fast_choose(const struct build *b, int *list);
bool fast_error(struct build *b);

#endif
