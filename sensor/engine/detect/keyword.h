/*
 * keyword - what one rule keyword tells the detection engine about itself. Registry: keywords/.
 *
 * Thread:    descriptors are constant; setup at load time (one thread), match/act in every worker.
 * Memory:    arguments live in the ruleset's arena.
 * Owns:      nothing.
 * Not here:  fields of protocols (sticky buffers, numbers): rows of ../app/protocol.h become keywords by themselves
 *
 * A member is one file: const struct keyword keyword_NAME. What happens to an option `name:value;` of a rule:
 *   1. the value is read as `arg` says (number, text, custom parse()) into an arena struct: union kw_arg;
 *   2. `requires_flags` are set on the rule;
 *   3. setup(), when there is one, decides: it calls build_match(), build_act(), build_order(), ... itself;
 *      without setup(), `match` and `act` are added to the rule as they are.
 *
 * What happens to a packet, for each candidate rule:
 *   header (protocol, app protocol, direction, addresses, ports) -> all match() in the order of `cost`, then of the
 *   rule text -> payload / stream content -> fields of the transaction -> all act() in the order of the text ->
 *   alert unless `noalert`. match() must have no effect; what writes is act(). Rules of one packet are evaluated in
 *   signature order (action, then those that set flowbits before those that read them, ..., priority, place).
 *   A rule without a fast pattern is evaluated for every packet of its IP protocols and direction, so a keyword that
 *   implies a protocol should say so (build_ip_proto), and cheap tests should have cost 0.
 * A worked example: keywords/dsize.c, keywords/flowbits.c.
 */
#ifndef ENGINE_DETECT_KEYWORD_H
#define ENGINE_DETECT_KEYWORD_H

#include "engine/detect/detect.h"

struct build; /* the rule being built; opaque, use build_*() */
struct inspect; /* a worker's registers, see engine.h */

enum kw_scope {
	KW_META,      /* says something about the rule; nothing to match */
	KW_PACKET,    /* looks at the packet: match() */
	KW_FLOW,      /* looks at the flow, session or marks: match() and/or act() */
	KW_CONTENT,   /* works in the current buffer: setup() adds to its program */
	KW_BUFFER,    /* chooses the current buffer: packet_bytes() or setup() */
	KW_TRANSFORM, /* changes the buffer just chosen: transform() */
	KW_ACTION,    /* after the rule matched: act() */
	KW_TX         /* looks at a transaction: match() with ctx->tx set */
};

enum kw_arg_kind {
	ARG_NONE,      /* a value is an error */
	ARG_U8, ARG_U16, ARG_U32, ARG_U64, /* number test: "5" "!5" "<5" ">5" "<=5" ">=5" "3-9" "3<>9" "!3-9" "&0x10" "!&0x10" "&0x10=0x10"; hex allowed */
	ARG_STRING,    /* arg->text: quotes taken off, never empty */
	ARG_OPTIONAL,  /* as ARG_STRING, arg->text NULL without a value */
	ARG_BRIEF,     /* as ARG_STRING, arg->text until setup() is back */
	ARG_CUSTOM     /* parse() */
};

enum num_op { NUM_EQ, NUM_NE, NUM_LT, NUM_LE, NUM_GT, NUM_GE, NUM_IN /* a < v < b */, NUM_OUT, NUM_MASK /* v & a == b */, NUM_MASK_NOT,
	NUM_ANY /* v & a != 0 */, NUM_NONE };
struct kw_number {
	enum num_op op;
	uint64_t a, b;
};
bool kw_number_has(const struct kw_number *n, uint64_t v);

union kw_arg {
	const struct kw_number *number;
	const char *text;
	const void *p; /* ARG_CUSTOM: the struct that parse() made */
};

/* What match() and act() see. */
struct match_ctx {
	const struct packet *p;
	const struct detect_in *in;   /* flow, stream, app, marks; each may be NULL */
	struct detect *d;             /* the worker: xbits, settings */
	struct tx *tx;                /* KW_TX only (and act() of a transaction rule), else NULL */
	int dir;                      /* of the packet */
	bool has_payload;             /* bytes of the packet's or of its stream are there to be looked at */
};
typedef bool kw_match_fn(const struct match_ctx *c, const union kw_arg *a);
typedef void kw_act_fn(const struct match_ctx *c, const union kw_arg *a);

struct size_range {
	uint32_t least, most;
};

/* What a rule needs so that it can be evaluated; keywords set them by `flags`, setup() by build_require(). */
#define KW_NEEDS_PACKET 0x01  /* on TCP: look at single packets, not at the stream (dsize, tcp.flags, ...) */
#define KW_NEEDS_FLOW 0x02    /* no flow: no match, match() not called */
#define KW_NEEDS_STREAM 0x04  /* no TCP session: no match, match() not called */
#define KW_NOT_PSEUDO 0x08    /* never on packets made by us at the end of a flow */
#define KW_EVENT 0x10         /* decode-event: also on packets without IP, and no other part of the engine needed */
#define KW_IPONLY 0x20        /* a rule that has only such keywords may still be an IP-only rule (flowbits:set, tag, threshold, ...) */
#define KW_NOALERT 0x40       /* the rule never alerts */
#define KW_QUOTED_NEGATE 0x100 /* unused by members so far: '!' in front of a quoted value is kept */

struct keyword {
	const char *name;
	const char *aliases;     /* blank-separated or NULL */
	const char *help;        /* one sentence */
	const char *example;     /* "dsize:300<>400" */
	enum kw_scope scope;
	enum kw_arg_kind arg;
	uint16_t flags;          /* KW_* above */
	/* NULL, or of match(): narrows the sizes of payloads for which it can be true. */
	void (*payload_sizes)(const union kw_arg *a, struct size_range *r);
	uint8_t cost;            /* of match(): 0 = a comparison, 1 = some work, 2 = much */
	const char *note;        /* for --list-keywords: "accepted, no packets logged" or NULL */
	/* ARG_CUSTOM. 0, or build_error(). `value` is as written (quotes kept), NULL without a colon. */
	int (*parse)(struct build *b, const char *value, union kw_arg *out);
	int (*setup)(struct build *b, const union kw_arg *a);
	kw_match_fn *match;
	kw_act_fn *act;
	/* KW_BUFFER that is a piece of the packet ("tcp.hdr"): false = absent, the rule does not match. */
	bool (*packet_bytes)(const struct packet *p, struct span *out);
	/* KW_TRANSFORM: in -> out, out in `scratch` or a part of in; SPAN_NONE when the scratch is full. */
	struct span (*transform)(const union kw_arg *a, struct span in, struct arena *scratch);
	struct span (*transform_inspect)(const union kw_arg *a, struct span in, struct inspect *regs); /* needs PCRE2's registers */
	/* KW_TX: names of the protocols ("ftp" or "http http2"), directions (bit 0 to server, bit 1 to client) and how far
	 * the transaction must have come. */
	const char *protocols;
	uint8_t dirs;
	uint8_t progress[2];
};

extern const struct keyword *const keyword_table[];
extern const unsigned keyword_table_n;
const char *keyword_scope_name(unsigned scope); /* "packet", "flow", ... for people */
const char *field_kind_name(unsigned kind);     /* "sticky buffer", ... */
const struct keyword *keyword_find(const char *name); /* by name or alias, lower case */

/* ---- for parse() and setup() ---- */
const struct rule *build_rule(const struct build *b);
struct arena *build_arena(struct build *b);
const struct conf *build_conf(const struct build *b);
/* One problem with the option at hand; `at` = offset in its value (0: its beginning). Returns E_BAD for `return`. */
int build_error(struct build *b, uint32_t at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void build_warning(struct build *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Text to number test within 0..max; E_BAD without a message. In the arena. */
int build_number(struct build *b, const char *text, uint64_t max, const struct kw_number **out);
/* The value without blanks around it and without quotes, in the arena; NULL when empty. */
const char *build_text(struct build *b, const char *value);
/* Splits at commas (not inside quotes), blanks taken off; returns how many, at most max; in the arena. -1: more. */
int build_split(struct build *b, const char *value, const char **out, int max);

void build_require(struct build *b, unsigned flags);
/* Narrows the rule to an IP protocol (may be called for several in one keyword: the union of one call's list). */
int build_ip_proto(struct build *b, const uint8_t *protos, unsigned n);
int build_ip_proto_not(struct build *b, uint8_t proto);
/* flow:to_server / to_client. E_BAD + message when it contradicts. */
int build_direction(struct build *b, int dir);
int build_match(struct build *b, kw_match_fn *fn, const union kw_arg *a, unsigned cost);
int build_act(struct build *b, kw_act_fn *fn, const union kw_arg *a);
/* A negated app-layer-protocol and the like are matches; this one narrows to application protocols. */
int build_app(struct build *b, const char *protocol);

/* Signature order: a rule that writes a thing goes before those that read it. */
enum order_class { ORDER_FLOWBITS, ORDER_FLOWINT, ORDER_FLOWVAR, ORDER_PKTVAR, ORDER_HOSTBITS, ORDER_XBITS, ORDER_CLASSES };
enum order_use { ORDER_SETS = 1, ORDER_READS = 2 };
void build_order(struct build *b, enum order_class c, enum order_use use);

/* A name to a number, the same for the same (class, name) in this ruleset: flowbits, flowints, xbits, hostbits. */
enum name_class { NAME_FLOWBIT, NAME_FLOWINT, NAME_XBIT, NAME_HOSTBIT, NAME_CLASSES };
uint32_t build_name(struct build *b, enum name_class c, const char *name);
const char *ruleset_name(const struct ruleset *r, enum name_class c, uint32_t id);

/* threshold, detection_filter: goes to the rule's card (struct card_threshold). */
int build_threshold(struct build *b, const struct rule_threshold *t);
void build_target(struct build *b, uint8_t target); /* 1 src_ip, 2 dest_ip */

#endif
