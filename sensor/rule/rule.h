/*
 * rule - the Suricata rule language: text -> struct rule. No matching, no knowledge of protocols.
 *
 * Thread:    a loader thread (main at start); immutable afterwards.
 * Memory:    the rule_set's arena; what alerts say of a rule in its card_texts.
 * Owns:      texts, options, address and port sets of all rules of one load.
 * Not here:  what a keyword means -> engine/detect/keywords/
 *
 * Language: Suricata 8 user guide, chapter Rules (header, options, escaping); classification.config,
 * reference.config and threshold.config as described there.
 */
#ifndef RULE_RULE_H
#define RULE_RULE_H

#include "base/addr.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "event/card.h"

enum rule_action { RULE_ALERT, RULE_PASS, RULE_DROP, RULE_REJECT, RULE_REJECT_SRC, RULE_REJECT_DST, RULE_REJECT_BOTH, RULE_CONFIG };

/* An inclusive, sorted, disjoint list of ports. */
struct port_range {
	uint16_t lo, hi;
};
struct port_set {
	struct port_range *r;
	uint32_t n;
	bool any;
};
bool port_set_has(const struct port_set *s, uint16_t port);

/* "name:value;" exactly as written, blanks around it taken off; quotes and backslashes of the value kept. */
struct rule_option {
	const char *name;  /* lower case */
	char *value;       /* NULL: no colon */
	uint32_t n;        /* bytes of the value */
	uint32_t line, column; /* of the name */
	uint32_t value_column;
	bool meta;         /* says something about the rule itself */
};

struct rule {
	enum rule_action action;
	bool bidirectional;  /* <> : both ways are meant (=> : transactional both) */
	bool transactional;  /* => */
	bool src_any, dst_any; /* the word any, nothing to test */
	const char *proto;   /* lower case, without hook: "tcp", "http", "tcp-pkt", "ip", "pkthdr", "dns" */
	const char *hook;    /* "flow_start" of "tcp:flow_start", "request_body" of "http1:request_body"; NULL */
	const struct addr_set *src, *dst; /* with the variables put in; shared among rules with the same text */
	const struct port_set *sport, *dport;

	uint32_t sid, gid, rev;     /* gid 1 when not given */
	uint32_t priority;          /* of the option, else of the classtype, else 3 */
	bool priority_set;          /* the option priority was given */
	const char *msg;            /* unescaped; "" when not given */
	const char *classtype;      /* short name or NULL */
	const char *category;       /* description of the classtype, "" when none */
	const char *const *references; /* URLs, prefix of reference.config put in front */
	const struct card_meta *metadata; /* in order, keys may repeat */
	uint32_t n_references, n_metadata;
	struct span text;           /* as written, lines joined: the options but for those above, or the whole rule */
	uint32_t options, options_end; /* where in it they are */
	const char *file;
	uint32_t line, column;
	const struct join *joins;   /* where pieces of the text come from */
	uint32_t n_joins;
	uint32_t place;             /* in the rule_set */
};

/* The options of a rule in order, cut out of the text it has. {0} is empty; the memory is used again by the next rule. */
struct rule_options {
	struct rule_option *v; /* heap, as the text that they lie in */
	uint32_t n, cap;
	struct buf text;
};
int rule_options_read(struct rule_options *o, const struct rule *r); /* of a rule in a rule_set: E_NOMEM at most */
void rule_options_clear(struct rule_options *o);

/* Variables: "HOME_NET" -> "[10.0.0.0/8,...]" (text of the configuration). */
struct rule_vars;
struct rule_vars *rule_vars_new(void); /* with Suricata's usual groups and ports as defaults */
void rule_vars_free(struct rule_vars *v);
int rule_vars_set_address(struct rule_vars *v, const char *name, const char *text);
int rule_vars_set_port(struct rule_vars *v, const char *name, const char *text);

struct rule_class {
	const char *name, *description;
	uint32_t priority;
};

struct rule_set {
	struct arena arena;
	bool whole;          /* set before reading: rules keep all of their text, to be shown */
	struct rule **rules; /* in the order of the files */
	uint32_t n, cap;
	uint32_t failed;     /* rules that could not be read (each one is in the diag) */
	uint32_t duplicates; /* same gid:sid again: the higher rev wins, told as a warning */
	struct rule_lookup *lookup; /* classification, references, shared sets */
	struct card_texts *texts;   /* shared with the cards of rulesets */
	struct hash_stream sum;     /* of the rules' texts */
};

void rule_set_init(struct rule_set *s);
void rule_set_clear(struct rule_set *s);
/* Both may be called more than once; E_NOENT when there is no such file. A bad line is a diag warning. */
int rule_set_classification(struct rule_set *s, const char *path, struct diag *d);
int rule_set_references(struct rule_set *s, const char *path, struct diag *d);
/* Reads every rule of a file; commented and empty lines are passed over, a backslash at the end joins lines.
 * A rule that cannot be read is a diag error with its line and column and is counted in `failed`; a file that cannot be read to its
 * end is one too, what came before stays. */
int rule_set_read(struct rule_set *s, const char *path, const struct rule_vars *v, struct diag *d);
int rule_set_read_text(struct rule_set *s, const char *name, struct span text, const struct rule_vars *v, struct diag *d);
/* SHA-256 in hex of the rules that were read, each as it is written, lines joined, with a newline behind it. */
void rule_set_hash(const struct rule_set *s, char out[static 65]);

/* ---- helpers for keywords that read their own value ---- */

/* content "..." : quotes, |hex|, backslash escapes. Result in the arena; `negated` for !"...". E_BAD + *at = offset. */
int rule_pattern(struct arena *a, const char *value, struct span *out, bool *negated, uint32_t *at);
/* pcre:"/.../flags": pattern without slashes, flags text; handles escaped slashes and '!'. */
int rule_regex(struct arena *a, const char *value, const char **pattern, const char **flags, bool *negated);

/* threshold.config lines (and the keywords threshold / detection_filter share the last struct). */
enum threshold_type { THRESHOLD_LIMIT, THRESHOLD_THRESHOLD, THRESHOLD_BOTH, THRESHOLD_DETECTION, THRESHOLD_RATE, THRESHOLD_SUPPRESS, THRESHOLD_BACKOFF };
enum threshold_track { TRACK_NONE, TRACK_SRC, TRACK_DST, TRACK_BOTH, TRACK_RULE, TRACK_FLOW, TRACK_EITHER };
struct rule_threshold {
	enum threshold_type type;
	enum threshold_track track;
	uint32_t gid, sid;        /* from threshold.config; 0 = every one */
	uint32_t count, seconds;
	uint32_t timeout;         /* rate_filter */
	enum rule_action new_action; /* rate_filter */
	uint32_t multiplier;      /* backoff */
	uint8_t distinct;         /* detection_filter unique_on: 0 none, 1 src_port, 2 dst_port */
	const struct addr_set *ip; /* suppress ... ip; NULL = any */
};
struct rule_thresholds {
	struct rule_threshold *t;
	uint32_t n;
};
/* The value of the keyword threshold ("type limit, track by_src, count 1, seconds 60") or detection_filter. E_BAD:
 * *why says what was expected, *at is the offset in the value. */
int rule_threshold_keyword(const char *value, bool detection_filter, struct rule_threshold *out, const char **why,
    uint32_t *at);
/* threshold.config: suppress, threshold, event_filter and rate_filter lines. A bad line is a diag error and is passed over;
 * E_NOENT when there is no such file. *out is in the set's arena; may be called again (lines are added). */
int rule_thresholds_read(struct rule_set *s, const char *path, const struct rule_vars *v, struct rule_thresholds *out,
    struct diag *d);

#endif
