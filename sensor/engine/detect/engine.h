/*
 * engine - the inside of detection: what a rule became, and what a worker needs to look at packets.
 *
 * Thread:    struct ruleset: one loader while it is built, then read-only for all. struct detect: one worker's.
 * Memory:    ruleset: its arena (and the Hyperscan databases, PCRE2 codes). detect: fixed at start.
 * Owns:      compiled rules, databases, scratch.
 * Not here:  anything for users of detection -> detect.h   for keywords -> keyword.h
 */
#ifndef ENGINE_DETECT_ENGINE_H
#define ENGINE_DETECT_ENGINE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <hs/hs.h>
#include <pcre2.h>

#include "engine/app/file.h"
#include "engine/detect/keyword.h"
#include "engine/detect/marks.h"
#include "engine/detect/tags.h"

/* ---- programs over one buffer (content.c, bytes.c, pcre.c) ---- */
#define DETECT_VARS 32  /* byte_extract / byte_math results a rule */
#define DETECT_PARTS 24 /* buffers a rule */
#define BASE64_MAX 65536
#define INSTANCES_MAX 1024 /* values of one field that are looked at: finding the n-th may take n steps, and a peer chooses how many there are */

enum op_type { OP_CONTENT, OP_PCRE, OP_ISDATAAT, OP_BYTE_TEST, OP_BYTE_JUMP, OP_BYTE_EXTRACT, OP_BYTE_MATH, OP_BASE64, OP_TEST };

struct op {
	uint8_t type;
	bool negated;
	bool relative; /* begins where the one before ended, or uses a variable */
	bool again;    /* what follows depends on where it matched, and may match from a later place where it does not from an earlier one */
	uint16_t opt;  /* which option of the rule it came from, from 1; 0 = none */
	const void *arg;
};
struct live_set;

/* A number, or a variable of byte_extract / byte_math. */
struct operand {
	int64_t value;
	int8_t var; /* -1: none */
};

/* The same where a content may be: a number is small. */
struct bound {
	int32_t value;
	int8_t var;
};

#define CO_NOCASE 0x0001
#define CO_OFFSET 0x0002
#define CO_DEPTH 0x0004
#define CO_DISTANCE 0x0008
#define CO_WITHIN 0x0010
#define CO_STARTS 0x0020
#define CO_ENDS 0x0040
#define CO_FAST 0x0080
#define CO_FAST_ONLY 0x0100
#define CO_FAST_CHOP 0x0200
#define CO_RAW 0x0400
#define CO_NEGATED 0x0800
struct op_content {
	const uint8_t *p; /* lower case when CO_NOCASE */
	uint32_t n;
	uint16_t flags;
	uint16_t chop_at, chop_n;
	int32_t place; /* from the beginning of its buffer: it can be nowhere else; -1: it can */
	struct bound offset, depth, distance, within;
	const struct rule_option *opt; /* for messages */
};

/* What a rule picks up while it matches; it counts only when the whole rule does (vars.c). */
enum var_kind { VAR_FLOW, VAR_PACKET, VAR_ALERT, VAR_CONTEXT /* JSON text */, VAR_ENTROPY };
#define CAPTURES_MAX 16
struct capture {
	enum var_kind kind;
	const char *name;
	struct span value;
	double number;
};
struct packet_var {
	const char *name;
	struct span value;
};
#define PACKET_VARS_MAX 16
int var_setup(struct build *b, const char *text, bool of_packet); /* flowvar, pktvar: "name,value" */
struct op_pcre {
	pcre2_code *re;
	bool jit;
	uint8_t n_names;
	struct {
		uint8_t kind, group;
		const char *name;
	} names[8];
};

struct op_isdataat {
	struct operand at;
	bool relative, raw;
};

enum byte_oper { BYTE_LT, BYTE_GT, BYTE_EQ, BYTE_LE, BYTE_GE, BYTE_AND, BYTE_OR, BYTE_ADD, BYTE_SUB, BYTE_MUL, BYTE_DIV, BYTE_SHL, BYTE_SHR };
enum byte_endian { BYTE_BIG, BYTE_LITTLE, BYTE_DCE };
struct op_byte {
	struct operand bytes, offset, value; /* value: byte_test's, byte_math's right side */
	uint8_t oper, endian, base;          /* base 0: binary, 8, 10, 16: text */
	bool relative, string, align, from_beginning, from_end, slice;
	uint8_t align_to;                    /* byte_extract: 2 or 4 */
	uint8_t out;                         /* variable written */
	uint32_t multiplier;                 /* 0 = 1 */
	struct operand post_offset;
	uint64_t bitmask;
	uint8_t shift;                       /* trailing zeros of bitmask */
};

struct inspect;
struct op_test { /* a test of the buffer as a whole, or of what is left from a place */
	bool (*test)(struct inspect *in, struct span buf, const union kw_arg *a);
	union kw_arg arg;
	const char *name;
	bool writes; /* it changes a set of values when it holds */
};

struct op_base64 {
	uint32_t bytes, offset;
	bool relative, has_bytes;
	const struct op *ops; /* base64_data */
	uint16_t n;
};

/* A content of a rule that may be anywhere in a body, and was not there when the body was looked at last. */
struct absent {
	const struct op *op; /* NULL: none is known */
	uint64_t to;         /* so far the body went then */
};

/* A worker's registers for one buffer. */
struct inspect {
	bool look_only;          /* somebody asks whether a rule would match: nothing is changed */
	uint64_t var[DETECT_VARS];
	uint32_t at;             /* where the last match ended */
	uint32_t steps, steps_max;
	uint64_t start;          /* offset of the buffer in its stream */
	bool at_end;             /* nothing follows this buffer */
	struct absent *absent;   /* here is told which; NULL: nobody asks */
	const struct match_ctx *ctx;
	struct arena *scratch;
	pcre2_match_data *md;
	pcre2_match_context *mc;
	uint8_t *base64;
	struct capture captures[CAPTURES_MAX];
	uint8_t n_captures;
};
void capture_add(struct inspect *in, enum var_kind kind, const char *name, struct span value, double number);
bool content_match(struct inspect *in, const struct op *ops, unsigned n, struct span buf, uint64_t start);
bool content_absent(struct absent *a, struct span buf, uint64_t start); /* it is not in what is new in the body either: *a says so */
uint32_t content_find(struct span hay, const uint8_t *p, uint32_t n, bool nocase); /* offset, or UINT32_MAX */
bool byte_run(struct inspect *in, const struct op *op, struct span buf);
bool byte_endian_little(const struct inspect *in, const struct op_byte *b);
int pcre_run(struct inspect *in, const struct op_pcre *r, struct span buf, uint32_t from, uint32_t *begin, uint32_t *end);
uint32_t base64_run(struct span in, uint8_t *out, uint32_t cap, bool strict);
static inline int64_t
operand_get(const struct inspect *in, const struct operand *o)
{
	return o->var >= 0 ? (int64_t) in->var[o->var] : o->value;
}

static inline int64_t
bound_get(const struct inspect *in, const struct bound *b)
{
	return b->var >= 0 ? (int64_t) in->var[b->var] : b->value;
}

/* ---- buffers (buffers.c) ---- */
#define TRANSFORMS_MAX 16
struct transform {
	const struct keyword *kw;
	union kw_arg arg;
};
enum buffer_kind { BUF_PAYLOAD, BUF_PACKET, BUF_FIELD, BUF_FRAME };
struct buffer {
	const char *name;
	enum buffer_kind kind;
	const struct keyword *kw;         /* BUF_PACKET */
	const struct field *const *rows;  /* BUF_FIELD: by protocol index; NULL = has none */
	uint64_t protocols;               /* bit per protocol that has it */
	uint8_t dirs;                     /* union of the rows */
	bool multi, body;                 /* of any row */
	uint8_t frame;                    /* BUF_FRAME: its type in the one protocol */
	uint8_t n_transforms;
	const struct transform *transforms;
};

/* The same but for what its transforms are. */
static inline bool
buffer_alike(const struct buffer *a, const struct buffer *b)
{
	return a->kind == b->kind && a->dirs == b->dirs && a->n_transforms == b->n_transforms && (a->name == b->name || !strcmp(a->name, b->name));
}

/* ---- a rule, compiled ---- */
enum part_kind { PART_BUFFER, PART_NUMBER, PART_FLAG, PART_TX, PART_PAYLOAD };
struct part {
	uint8_t kind;
	uint8_t dirs;
	bool absent_ok;   /* absent */
	bool absent_only; /* absent without or_else: matches only when the buffer is not there */
	bool waits;       /* has a negation: a growing body must be complete first */
	bool at_end;      /* asks for the end of the buffer */
	bool writes;      /* changes a set of values: asked last, when all the others match */
	uint16_t buffer;
	uint16_t n;
	uint16_t opt;     /* as in struct op */
	union {
		const struct op *ops;
		const struct kw_number *number;
		struct {
			const struct keyword *kw;
			const union kw_arg *arg;
		} tx;
	};
};
struct matcher {
	kw_match_fn *fn;
	union kw_arg arg;
	uint16_t cost;
	uint16_t opt; /* as in struct op */
};
struct action {
	kw_act_fn *fn;
	union kw_arg arg;
};

#define SIG_NOALERT 0x0001
#define SIG_NEED_PACKET 0x0002   /* payload: single packets */
#define SIG_NEED_STREAM 0x0004   /* payload: reassembled stream */
#define SIG_STREAM_ONLY 0x0008
#define SIG_NEED_FLOW 0x0010
#define SIG_NEED_TCP 0x0020
#define SIG_NOT_PSEUDO 0x0040
#define SIG_EVENT 0x0080
#define SIG_IPONLY 0x0100
#define SIG_TX 0x0200
#define SIG_BOTH_WAYS 0x0400     /* <> */
#define SIG_TRANSACTIONAL 0x0800 /* => */
#define SIG_PAYLOAD 0x1000       /* has a payload program */
#define SIG_NO_IP 0x2000         /* pkthdr: packets without IP, too */
#define SIG_PREFILTERED 0x4000
#define SIG_ALERTS 0x10000         /* a pass rule that alerts, too */
#define SIG_FRAME 0x20000
#define SIG_WRITES 0x80000       /* packet_parts: one writes */
#define SIG_BY_PORT 0x40000      /* found by the few ports it names, whatever pattern it has */
#define SIG_BODY 0x100000         /* found by a pattern in a body, of which only what is new is searched */
#define SIG_ESTABLISHED 0x200000  /* flow:established, asked of most rules: without a matcher */
#define SIG_PDONLY 0x8000        /* only about which protocol it is: looked at when that becomes known */

struct sig {
	uint32_t flags;
	uint32_t card;
	uint64_t apps;                 /* bit per protocol; 0 = any or none */
	uint64_t ip_protos[4];
	const struct addr_set *src, *dst; /* NULL = any */
	const struct port_set *sport, *dport; /* NULL = any */
	uint8_t dirs;                  /* bit 0 to server, 1 to client */
	uint8_t action;                /* enum rule_action */
	uint8_t ip_version;            /* 0 both */
	uint8_t ends;                  /* bit per kind of packet, by its addresses, that it may match: ends.c */
	uint8_t n_matchers, n_actions, n_parts, n_packet_parts, n_frame_parts;
	uint8_t hook[2];               /* tx rule: progress needed besides the parts' */
	uint16_t n_payload;
	uint16_t established_opt;      /* as in struct op */
	const struct matcher *matchers;
	const struct action *actions;
	const struct op *payload;
	const struct part *packet_parts; /* of the packet: tcp.hdr, ... */
	const struct part *parts;        /* of a transaction */
	const struct part *frame_parts;  /* of one frame */
	const struct rule *rule;       /* load time only */
};

#define PLACE_MAX 1024 /* place in a field or payload up to which patterns are looked up there */
#define FINDER_HEAD (PLACE_MAX + LITERAL_MAX)
#define PATTERN_SHORT 4  /* bytes from which on a pattern tells something wherever it is */
#define PLACE_STRENGTH 4 /* pattern_strength() from which on it does at one place: a byte, two common ones */
#define LITERAL_MAX 64 /* bytes of a pattern that are looked for; the rule itself checks the rest */

/* The pattern a rule is found by. */
struct fast {
	const struct op_content *content;
	struct span bytes;
	bool payload;
	uint16_t buffer;
	struct size_range payload_sizes; /* others do not match the rule */
	uint32_t size;         /* bytes of the field where the rule asks for exactly so many; else UINT32_MAX */
};

struct literal {
	struct span s; /* 1 to LITERAL_MAX bytes, lower case when nocase */
	bool nocase;
	uint32_t sig;
};

/* One database of literals, and what rules each literal stands for. */
struct scan {
	struct runs *runs; /* patterns of one byte over and over, apart from the others; NULL: none */
	uint32_t n_runs;
	hs_database_t *db; /* of the others; NULL: there are none, or sieve has them */
	uint32_t n_patterns, n_rules;
	const uint32_t *first; /* n_patterns + 1 */
	const uint32_t *sigs;
	uint32_t min;          /* shortest literal */
	struct sieve *sieve;   /* has them; NULL: db has, and for short inputs: */
	struct grams *grams;
	uint64_t bytes;
	const char *name;
	bool cached;
};

struct list {
	uint32_t *v;
	uint32_t n, cap;
};

/* What finds the rules that may match in payload or in a field; each may be NULL. */
#define FINDER_SMALL 512u
struct finder {
	struct anchors *fixed; /* patterns at one place: looked up */
	struct anchors *last;  /* fields: patterns that end where the field does */
	struct scan *any;      /* all others */
	struct scan *large;    /* of these, the ones that match payloads of more than FINDER_SMALL bytes; may be the same, or NULL: none does */
	/* Where they look first, to be on its way before they do. */
	struct span first_of_any, first_of_large, first_of_fixed;
};

enum packet_class { CLASS_TCP_PACKET, CLASS_TCP_STREAM, CLASS_UDP, CLASS_OTHER, CLASS_N };

/* Addresses inside and outside of one set, and four kinds of packets: 2 * (source is outside) + (destination is outside). */
#define ENDS 4
struct ends {
	const struct addr_set *inside; /* NULL: rules name none by which to tell; all packets are of kind 0 */
	struct {
		uint32_t lo, span;
	} *v4;                         /* IPv4 addresses in it, sorted */
	uint32_t n_v4;
};

/* What a packet of one class, direction and kind is asked. */
struct packet_group {
	struct finder *payload;
	struct list rest;               /* rules without a pattern; index CLASS_TCP_PACKET for TCP */
	struct size_range *rest_sizes;  /* of each: of payloads that it can match; those with the largest ones first */
	struct port_table *rest_ports;  /* those of them that name few ports; NULL = none */
};
struct field_scan {
	uint16_t buffer;
	const struct field *field;      /* in the group's protocol; NULL: of frames */
	struct finder *finder[ENDS]; /* NULL: no rule */
};
struct app_group { /* of one protocol and direction */
	struct field_scan *scans; /* by progress */
	uint32_t n_scans;
	uint64_t asked[ENDS];     /* a bit for each of the first 64 scans with a finder, or of a body */
	struct list rest[ENDS];   /* without a pattern */
};

struct frame_group { /* rules on one type of frame of a protocol */
	struct frame_group *next;
	uint8_t type;
	struct app_group of[2]; /* by direction */
};

struct address_table;
struct port_table;

struct ruleset {
	struct arena arena;
	struct cards *cards;
	unsigned refs; /* atomic */
	uint32_t generation;
	bool host_tags;  /* some rule tags hosts */
	bool file_store; /* some rule has files stored */
	bool whole_bodies; /* some rule asks for an event of what lies beyond the limit of bodies */
	uint8_t file_wants; /* FILE_WANT: what rules ask of files */
	struct reputation *reputation; /* NULL: no rule asks for it; likewise: */
	struct dataset *datasets; /* by name */
	const struct dataset **live; /* those that rules change; heap */
	uint32_t n_live, cap_live;
	void *geoip;
	void (*geoip_free)(void *db);
	struct sig *sigs; /* in signature order */
	uint32_t n;
	struct buffer *buffers;
	uint32_t n_buffers, cap_buffers;
	struct ends ends;
	struct packet_group packet[CLASS_N][2][ENDS];
	struct address_table *rest_by[CLASS_N]; /* packet rules without a pattern that name few addresses; NULL = none */
	struct list events;           /* only for packets with an event */
	struct address_table *iponly;
	struct app_group *app[PROTOCOLS_MAX][2];
	const struct field **bodies[PROTOCOLS_MAX]; /* fields that are bodies; NULL-ended */
	struct frame_group *frames[PROTOCOLS_MAX];
	uint32_t frame_types[PROTOCOLS_MAX]; /* asked for: bit = type */
	const char **name[NAME_CLASSES];
	uint32_t n_names[NAME_CLASSES], cap_names[NAME_CLASSES];
	struct scan **scans;
	uint32_t n_scans, cap_scans;
	pcre2_code **codes; /* to be freed */
	uint32_t n_codes, cap_codes;
	struct id_map *copies; /* while building; likewise: */
	struct names *names;
	struct known *known;
	struct plans *plans;
	struct ruleset_report report;
	const struct detect_conf *conf;
	const struct fast *fasts; /* by rule, when they were to be kept; NULL */
};

/* ---- load time ---- */
int vec_grow(void *vec, uint32_t n, uint32_t *cap, size_t size); /* heap */
int list_add(struct list *l, uint32_t v);
/* `fasts`: by rule. */
bool run_is(const struct literal *l);
struct runs *runs_build(struct arena *a, const struct literal *l, uint32_t n);
struct scan *scan_build(struct ruleset *r, const char *name, const struct fast *fasts, const uint32_t *sigs, uint32_t n, struct diag *d);
void scan_free(struct scan *s);
/* What is looked for: bytes that may begin anywhere, that begin where payload does, a whole field, a body that grows. */
enum finder_of { FINDER_PIECES, FINDER_PAYLOAD, FINDER_FIELD, FINDER_BODY };
struct finder *finder_build(struct ruleset *r, const char *name, enum finder_of of, const struct fast *fasts, const struct list *l, struct diag *d);
enum finder_of finder_of_buffer(const struct buffer *b);
/* Where a rule's pattern is looked up, instead of searched for; *at: how many bytes behind the beginning, or before the end. */
enum where { ANYWHERE, FROM_BEGIN, FROM_END };
enum where finder_where(enum finder_of of, const struct fast *f, uint32_t *at);
bool fast_fixed(const struct fast *f, uint32_t *at);    /* its pattern can only be at this place */
bool fast_placed(const struct fast *f);                 /* likewise, and tells something there */
bool fast_last(const struct fast *f, uint32_t *behind); /* its pattern can only be so many bytes before the end */
struct anchors *anchors_build(struct ruleset *r, const struct fast *fasts, const struct list *l, bool from_end);
uint32_t anchors_count(const struct anchors *a); /* rules */
int ends_build(struct ruleset *r); /* sets `ends` of each rule, too */
const char *ends_name(const struct ends *e, unsigned kind); /* ", inside to outside"; "" where there is one kind */
int ruleset_group(struct ruleset *r, const struct fast *fasts, struct diag *d);
struct address_table *iponly_build(struct ruleset *r);
/* Moves out of both lists the rules that name few addresses. NULL in *out: there are none. */
int addresses_take(const struct ruleset *r, struct list lists[2], struct address_table **out);
void iponly_free(struct address_table *t);
bool ports_few(const struct sig *s);
int ports_take(struct ruleset *r, struct list *l, struct port_table **out); /* likewise, by ports */
void ports_free(struct port_table *t);
uint32_t ports_count(const struct port_table *t); /* rules */
uint32_t pattern_strength(const uint8_t *p, uint32_t n); /* how rarely bytes occur by chance: letters and zeros are common; length counts most */
#define COMMON_MAX 128 /* bytes of a common word that count */
extern const char common_words[]; /* of traffic: one behind the other, each with its zero; an empty one ends them */
bool pattern_common(struct span s, bool nocase); /* one of them has it; lower case when nocase */
uint16_t buffer_intern(struct ruleset *r, const struct buffer *b);
const char *sig_kind_name(const struct sig *s); /* "transaction", "packet payload", ... */
/* Bytes for people: quoted, what is not printable as |hex|, ... when there are more than max. */
void excerpt_print(struct span s, uint32_t max, char *out, size_t cap);
bool buffer_lookup(const char *name, struct buffer *out, struct arena *a, bool *modifier, enum field_kind *kind);

/* ---- run time ---- */
struct candidates { /* rules to look at: a set that is walked in order */
	uint64_t *word, *summary;
	uint32_t n_words, n_summary;
	uint32_t at; /* word of the summary that the walk has come to; nothing is added before it while it goes on */
	bool any;
};
static inline void
candidates_add(struct candidates *c, uint32_t sig)
{
	c->any = true;
	c->word[sig / 64] |= UINT64_C(1) << (sig % 64);
	c->summary[sig / 4096] |= UINT64_C(1) << (sig / 64 % 64);
}
/* The kind of a packet. */
unsigned ends_of(const struct ends *e, const struct packet *p);
/* Rules whose list has the source or the destination, to be confirmed; false: there are none. */
bool addresses_find(const struct address_table *t, const struct packet *p, struct candidates *into);
void iponly_find(const struct address_table *t, const struct packet *p, struct candidates *into);
bool ports_find(const struct port_table *t, const struct packet *p, struct candidates *into);
void anchors_find(const struct anchors *a, struct span bytes, struct candidates *into);
void runs_find(const struct runs *r, struct span in, struct candidates *into);
const uint8_t *runs_bytes(const struct runs *r); /* 128 of them: not zero where there are runs of a byte with these lower seven bits */
bool runs_close(const struct runs *r); /* so short that three same bytes are to be looked for everywhere: */
/* The same as runs_find() for whom a search for other literals told so (sieve.h): `blocks`, bits from `from` on, are all blocks of 64
 * places in which three same bytes begin of which there are runs. In the order of places; *done, 0 at first, is for the next call. */
void runs_look(const struct runs *r, struct span in, uint32_t from, uint64_t blocks, uint32_t *done, struct candidates *into);
struct span anchors_first(const struct anchors *a); /* what is looked at first */
/* The finder itself is wanted near, before finder_fetch() asks for what it looks at first. NULL is fine. */
static inline void
finder_near(const struct finder *f)
{
	fetch(f, sizeof(*f));
}
/* It is soon asked about a field, or about a payload of so many bytes. */
void finder_fetch(const struct finder *f, uint32_t bytes);
void finder_run(struct detect *d, const struct finder *f, struct span bytes, struct candidates *into);
/* Of a field or body: `whole` is there of it, from byte `start` on; `fresh`, its end, was not looked at before. */
void finder_field(struct detect *d, const struct finder *f, struct span whole, struct span fresh, uint64_t start, struct candidates *into);
bool candidates_take(struct candidates *c, uint32_t *sig); /* the lowest, out of the set */

struct tx_note {
	uint32_t sig;
	uint32_t parts; /* bits of those that matched */
	uint8_t dir;    /* 2: both (=>) */
	uint8_t state;
	uint16_t file;  /* the one that a part matched in, from 1; 0: none */
	uint16_t absent_op;
	uint8_t absent_part; /* and that op of it: see struct absent */
	uint32_t absent_to;  /* 0: none */
};
enum { NOTE_OPEN, NOTE_DONE, NOTE_ASK /* its pattern was found, what it wants of the packet was not so */ };
struct tx_state {
	uint32_t generation;
	uint32_t n, cap;
	uint64_t scanned[2];    /* bit per field_scan */
	struct tx_note note[];
};

struct queued {
	uint32_t sig;
	struct detect_alert alert;
};

struct detect {
	struct ruleset *rules;
	struct detect_conf conf;
	struct pool *pool;
	struct counters *cnt;
	struct arena scratch;
	hs_scratch_t *hs;
	struct inspect in;
	struct candidates packet, tx;
	struct queued *queue;
	uint32_t n_queue, cap_queue;
	struct detect_alert *out;
	struct addr_bits *bits;
	struct host_tags *host_tags; /* NULL: no rule asks for it */
	struct live_set **live; /* as rules->live */
	uint32_t n_live;
	/* the packet at hand */
	const struct detect_in *now;
	struct match_ctx ctx;
	uint64_t app_bit;
	int app_index;
	struct stream_raw raw;
	bool has_raw;
	unsigned kind;       /* by its addresses */
	struct span payload; /* that may be looked at */
	bool proto_fresh;    /* the direction's first packet after what it speaks became known, or not knowable */
	struct span context; /* of the rule that just matched: members of alert.context */
	struct json packet_vars;
	struct packet_var packet_var[PACKET_VARS_MAX];
	uint8_t n_packet_vars;
	struct rule_profile *profile; /* by rule; NULL: not asked for */
	bool had_rules;          /* of these, or of those before them */
	struct explain *explain; /* NULL: nobody asks about a rule */
	uint16_t file;           /* of the transaction that the rule at hand matched in, from 1; 0: in none alone */
	struct app_frame *frame; /* that the rule at hand matched in, or NULL */
	uint32_t *later;     /* transaction rules found by their payload pattern */
	uint32_t n_later;
};
void vars_begin(struct detect *d);                     /* a packet */
void vars_settle(struct detect *d);                    /* a rule matched: what it picked up goes where it belongs */
void scan_run(struct detect *d, const struct scan *s, struct span bytes, struct candidates *into);
bool port_in(const struct port_set *s, uint16_t port);
bool header_match(const struct detect *d, const struct sig *s, bool turned);
bool packet_match(struct detect *d, const struct sig *s);   /* matchers and packet buffers, but for those that write */
bool packet_writes(struct detect *d, const struct sig *s);  /* the others; true at once without SIG_WRITES */
void sig_act(struct detect *d, const struct sig *s, struct tx *tx);
void tx_forget(struct detect *d, struct tx *tx);
bool payload_match(struct detect *d, const struct sig *s, bool *from_stream, struct span *where);
bool field_instance(struct detect *d, const struct buffer *b, const struct field *f, struct tx *tx, int dir, unsigned index, bool over,
    struct span *out, uint64_t *start); /* likewise, of b's field */
bool buffer_instance(struct detect *d, const struct buffer *b, struct tx *tx, int dir, unsigned index, bool over,
    struct span *out, uint64_t *start);
/* What is to be looked at of a body now. */
/* The index-th body of which there is something to look at; NULL. */
const struct body *body_at(const struct field *f, struct tx *tx, int dir, unsigned index, bool over);
bool body_instance(struct detect *d, const struct buffer *b, const struct body *body, bool over, struct span *out, uint64_t *start);
bool transforms_apply(struct detect *d, const struct buffer *b, struct span *s);
void tx_run(struct detect *d);
void frames_run(struct detect *d);
void profile_add(struct detect *d, uint32_t sig, int64_t begin, bool matched); /* d->profile is set */
void queue_alert(struct detect *d, uint32_t sig, struct tx *tx, bool from_stream, struct span where, bool guessed);
unsigned queue_finish(struct detect *d, const struct detect_alert **out);

#endif
