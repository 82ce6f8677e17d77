/*
 * detect - facts of a packet, a stream, a transaction against the rules.
 *
 * Thread:    struct ruleset is immutable and shared; struct detect is one worker's.
 * Memory:    ruleset: one arena per generation. detect: fixed at start, plus per-transaction notes from the pool.
 * Owns:      the alerts of the packet at hand.
 * Not here:  reading rules -> ../../rule/   counting alerts over time -> ../../pipeline/threshold.h
 */
#ifndef ENGINE_DETECT_H
#define ENGINE_DETECT_H

#include "engine/app/app.h"
#include "engine/flow/flow.h"
#include "engine/stream/stream.h"
#include "event/card.h"
#include "rule/rule.h"

enum { MPM_AUTO, MPM_HS }; /* in the order of their names */
struct detect_conf {
	uint32_t packet_alert_max;    /* 15 */
	const char *cache_dir;        /* compiled databases, plans of sieves; NULL = none */
	int mpm_algo;                 /* MPM_* */
	const char *geoip_database;   /* NULL = none; likewise: */
	const char *dataset_dir;      /* where sets are saved; not a key */
	const char *reputation_categories, *reputation_path;
	uint32_t pcre_match_limit, pcre_recursion_limit;
	bool pcre_jit;
	bool profile_rules, guess_tx;
	bool keep_fast;               /* for ruleset_analysis(): which pattern each rule is found by */
	uint32_t inspection_recursion_limit; /* 3000 */
	struct explain *explain;      /* somebody asks about one rule (one worker only), see explain.h; NULL */
};
extern const struct option_table detect_options;

/* ---- load time ---- */
struct ruleset;
struct ruleset_in {
	const struct rule_set *rules;
	const struct rule_thresholds *thresholds;
	const struct apps_conf *apps;
	const struct detect_conf *conf;
	const struct conf *tree;       /* for keywords with settings of their own */
	uint32_t generation;
};
/* Never fails as a whole but for memory: a rule that cannot be built is a diag error (file:line:column of the option
 * and why) and counted in the cards' `failed`; a rule that a `requires` leaves out is a note and counted `skipped`. */
struct ruleset *ruleset_build(const struct ruleset_in *in, struct diag *d);
struct ruleset *ruleset_ref(struct ruleset *r);
void ruleset_unref(struct ruleset *r);
struct cards *ruleset_cards(const struct ruleset *r); /* borrowed */
/* Types of frames that rules ask for, by index of the protocol; bit = type. */
#define PROTOCOLS_MAX 64
const uint32_t *ruleset_frames(const struct ruleset *r);
/* What rules ask of files: FILE_WANT bits; *store: to have some of them stored. */
unsigned ruleset_files(const struct ruleset *r, bool *store);
/* Besides, some rule asks for an event of what lies beyond the limit of bodies. */
bool ruleset_whole_bodies(const struct ruleset *r);
/* What the operator sees of the load: counts, groups, database sizes, cold or from the cache. */
struct ruleset_report {
	uint32_t loaded, failed, skipped;
	uint32_t databases, patterns;
	uint64_t database_bytes;
	uint32_t cached;   /* of the databases, what took long to make was in the cache */
	int64_t build_ns;
};
void ruleset_report(const struct ruleset *r, struct ruleset_report *out);
void ruleset_list_keywords(FILE *out, bool csv);
void ruleset_analysis(const struct ruleset *r, FILE *out); /* --engine-analysis */

/* What looking at one rule cost (--rule-profile). */
struct rule_profile {
	uint64_t checks, matches; /* looks at the rule behind the pattern matcher; of them those that matched */
	uint64_t ns, ns_max;      /* time of these looks */
	uint32_t rule;            /* for ruleset_profile() */
};
/* sum: ruleset_size() of them in the order of r; sorts them, the most costly first, and prints at most `most`. */
void ruleset_profile(const struct ruleset *r, struct rule_profile *sum, uint32_t most, bool json, FILE *out);
uint32_t ruleset_size(const struct ruleset *r);

/* ---- per packet ---- */
/* Flowbits, flowints and what detection has settled for one flow. {0} = none. */
struct marks {
	struct marks_kept *kept; /* what rules have set, see marks.h; NULL: nothing */
	uint16_t app_step[2]; /* newest transaction and its progress when last looked at */
	uint16_t asked;       /* ASKED_*: what the rules of a generation say of the flow's ends; 0 = not asked */
	uint8_t flags;        /* MARKS_* */
	uint8_t app_events;   /* flow-level application events already looked at */
};
_Static_assert(APP_EV_N <= 8, "a bit each in app_events");
#define ASKED_GENERATION 0x07ff /* its lower bits */
#define ASKED_STRANGERS 0x0800  /* no address list has an end of the flow */
#define ASKED_PORTLESS 0x1000   /* no list of ports has one that counts; << direction */
#define ASKED_KIND 14           /* place of the kind of its packets to the server, by their addresses: ends.c */
#define MARKS_PASS 0x01       /* a pass rule matched: nothing of this flow is looked at any more */
#define MARKS_IPONLY 0x02     /* rules on addresses were asked; << direction */
#define MARKS_BYPASS 0x08     /* a rule says that the rest of the flow need not be looked at */
#define MARKS_KNOWN 0x10      /* its protocol is known, or not knowable; << direction */
#define MARKS_TOLD 0x40       /* ... and a packet of that direction came after that; << direction */

struct detect_in {
	struct packet *p;
	struct flow *flow;        /* NULL: none */
	struct stream *stream;    /* NULL: not TCP */
	struct streams *streams;
	struct app *app;          /* NULL: none yet */
	struct marks *marks;      /* of the flow */
	bool app_updated;         /* transactions of p->dir are to be looked at with this packet */
	bool established;         /* flow:established */
	bool tagged;              /* out: an earlier packet's alert wants this one logged */
};

struct detect_alert {
	uint32_t card;            /* index into the cards */
	struct tx *tx;            /* the transaction it came from, or NULL */
	struct span matched;      /* payload or stream bytes it was found in, or empty */
	bool from_stream;
	bool blocked;             /* action reject (a drop is an alert of a sensor that drops nothing) */
	struct app_frame *frame;  /* it was found in, or NULL; valid until the next packet */
	bool guessed;             /* tx is the only one open; the rule did not look at it */
	bool passed;              /* a pass rule matched the packet, too */
	uint8_t reject;           /* of the packet: 0 no, 1 the client, 2 the server, 3 both would be told */
	struct span context;      /* JSON members for the alert object; lives until the next packet */
	struct span packet_vars;  /* JSON elements for metadata.pktvars; likewise */
};

struct detect;
/* Adds what this worker's looks at the rules in force have cost; nothing unless conf->profile_rules. n: ruleset_size(). */
void detect_profile(const struct detect *d, struct rule_profile *sum, uint32_t n);
/* Writes the sets of values that have a file for it; dir: where. All workers have ended. */
int datasets_save(struct detect *const *workers, unsigned n, const char *dir, struct diag *d);
struct detect *detect_new(struct ruleset *r, const struct detect_conf *conf, struct pool *pool, struct counters *cnt);
void detect_free(struct detect *d);
/* A new ruleset between two packets; notes of transactions from the old one are forgotten. */
void detect_switch(struct detect *d, struct ruleset *r);
/* No rule is in force, nor was one, nor does anybody ask about one: detect_packet() would find nothing. */
bool detect_idle(const struct detect *d);
/* Alerts in the order of the rules' priority and place; valid until the next call. */
unsigned detect_packet(struct detect *d, struct detect_in *in, const struct detect_alert **out);
/* A flow or transaction ends: gives back what detection hung on it. */
void detect_flow_end(struct detect *d, struct marks *m, struct app *app);
void detect_tx_end(struct detect *d, struct tx *tx);
/* What rules took out of the packet that was looked at last: JSON elements as in struct detect_alert; empty: nothing. */
struct span detect_packet_vars(const struct detect *d);
/* "metadata" and "traffic" of alerts and flows: flowbits, flowints, flowvars; nothing when there are none. */
void detect_log_marks(const struct detect *d, const struct marks *m, struct span packet_vars, struct json *j);

#endif
