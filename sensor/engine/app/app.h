/*
 * app - which protocol a flow speaks, found by content, and its transactions.
 *
 * Thread:    the worker's.
 * Memory:    struct app, states, transactions, carried bytes: the worker's pool.
 * Owns:      transactions from app_tx_new() until both directions are done, looked at and logged.
 * Not here:  TCP order -> ../stream/   rules -> ../detect/
 */
#ifndef ENGINE_APP_H
#define ENGINE_APP_H

#include "base/counters.h"
#include "conf/conf.h"
#include "engine/app/protocol.h"

/* ---- frames: pieces of the stream, or of a datagram, that have a name ---- */
#define FRAME_STREAM 31        /* the type of the whole direction */
#define FRAME_OPEN UINT64_MAX  /* length not known yet */
#define FRAME_NOTES 6
struct app_frame {
	uint64_t id;               /* from 1 in its direction */
	const struct protocol *proto;
	uint64_t offset, len;      /* in the stream of the direction; UDP: in the datagram */
	uint64_t tx_id;            /* has_tx */
	uint64_t seen;             /* detection: so many of its bytes were searched */
	uint32_t generation;       /* detection: of the rules that `note` is about */
	uint32_t note[FRAME_NOTES]; /* detection: rules that were found in a part of it, or matched */
	uint8_t notes, type;       /* type: index into proto->frames, or FRAME_STREAM */
	bool has_tx, looked;       /* looked: detection is through with all of it */
	bool settled;              /* nobody needs it any more */
};
struct app_frames {
	struct app_frame *v;
	uint32_t n, cap;
	uint64_t last_id;
};

enum app_state { APP_PROBING, APP_FOUND, APP_FAILED, APP_STOPPED };

/* Per flow. Parsers use the functions below rather than the members. */
struct app {
	struct apps *engine;
	const struct protocol *proto; /* NULL until found */
	const struct protocol *seen[2]; /* found by the bytes of that direction alone */
	void *state;
	struct tx *first, *last;      /* open transactions, oldest first */
	uint64_t tx_next;             /* id of the next one */
	struct bytes carry[2];        /* bytes probe() or feed() wants more of */
	uint8_t status;               /* enum app_state */
	bool stopped[2];              /* parsing of that direction ended (error, enough seen) */
	bool eof[2];
	bool cut[2];                  /* with eof: bytes follow that nobody reads */
	/* Probe: client and server are the other way round. app has turned itself already; the worker turns flow and
	 * stream, sets this back to false, and from then on `dir` means the new orientation. TCP: only midstream. */
	bool reversed;
	bool no_payload;              /* from here on nothing may be inspected (encrypted) */
	bool flush;                   /* app_flush() was called; the worker sets it back */
	bool bypass;                  /* nor need anything be looked at (encryption-handling: bypass) */
	uint8_t transport;
	uint16_t port[2];             /* client's, server's */
	struct addr addr[2];          /* the same */
	uint64_t events;              /* flow-level events, bit = enum app_flow_event */
	uint64_t events_told;         /* worker: anomaly records are written of these */
	int64_t now;                  /* packet time of the bytes at hand */
	uint64_t num;                 /* and frame number */
	struct event_facts *facts;    /* the session's counts, or NULL: parsers bump them by app_count_*() */
	const struct protocol *upgrade; /* after app_upgrade(): what was expected, or NULL */
	const struct protocol *before; /* what the flow spoke before: EVE's app_proto_orig */
	struct app_past *past;        /* states of protocols spoken before; live as long as their transactions may */
	uint64_t refused[2];          /* probes that said no, by direction: bit = index into protocol_table */
	bool gave_up[2];              /* no probe is left in that direction */
	bool upgrading;               /* app_upgrade() was called, not yet carried out */
	bool midstream;
	bool one_sided;               /* answers to requests are not seen */
	uint8_t upgrades;
	uint8_t index;                /* of proto in protocol_table */
	uint8_t first_dir;            /* which direction sent first */
	bool any;                     /* bytes were seen */
	bool shared;                  /* with flows of which the same is known, see app_settle(): nobody may write here */
	bool storing;                 /* a file of the flow goes to the store */
	uint8_t keep_files;           /* every file of the flow from now on: bit = direction */
	uint32_t tx_open;             /* transactions in the list */
	const struct files_conf *asked; /* what is asked of files; NULL: nothing */
	uint32_t files;               /* so many were begun */
	uint32_t keep_sid;            /* the rule that asks for keep_files */
	uint64_t taken[2];            /* offset in the stream of what the parser takes next */
	struct app_frames frames[2];
};

enum app_flow_event { APP_EV_MISMATCH_PROTOCOL, APP_EV_WRONG_DIRECTION_FIRST, APP_EV_DETECT_ONE_DIRECTION_ONLY,
	APP_EV_PROTO_DETECTION_SKIPPED, APP_EV_NO_TLS_AFTER_STARTTLS, APP_EV_UNEXPECTED_PROTOCOL, APP_EV_N };
extern const char *const app_flow_event_name[APP_EV_N]; /* "applayer_mismatch_protocol_both_directions", ... */

struct apps; /* the worker's engine */
struct apps_conf {
	const struct conf *conf;  /* app-layer.protocols.* (enabled, detection-only, ports, limits): read at start only */
	uint64_t memcap;
};
extern const struct option_table app_options;
struct apps *apps_new(const struct apps_conf *conf, struct pool *pool, struct counters *cnt, struct diag *d);
void apps_free(struct apps *e);
/* Called before a transaction's memory goes (detection hangs notes on it). */
void apps_on_tx_end(struct apps *e, void (*fn)(void *arg, struct tx *tx), void *arg);

/* *a is NULL at first and is made here (and stays NULL at the pool's ceiling). The packet gives ports, transport,
 * time and PACKET_MIDSTREAM; bytes of a direction may come with a packet of the other one (p->dir says). `facts`
 * (the session's, or NULL) is kept for the parsers to count in. */
void app_feed(struct apps *e, struct app **a, int dir, struct span bytes, const struct packet *p, struct event_facts *facts);
/* So many bytes of the direction that follow will not be looked at: blanks may be fed in place of them. */
uint64_t app_passes_over(const struct app *a, int dir);
/* `n` bytes of the direction never came; also as the first thing of a flow (*a is made then). */
void app_gap(struct apps *e, struct app **a, int dir, uint32_t n, const struct packet *p);
void app_eof(struct apps *e, struct app *a, int dir);
void app_clear(struct apps *e, struct app **a);
/* Soon app_feed() will want it, and later its newest transactions. */
void app_fetch(const struct app *a);
void app_fetch_tx(const struct app *a);
/* Asked after a packet: where nothing is being read any more (both directions are over, or no probe knows the flow), parsing's
 * memory is given back, and the flow has one struct with all others that told the same. */
void app_settle(struct apps *e, struct app **a);
/* Transactions that are complete, looked at by detection in both directions and logged are freed. */
void app_prune(struct apps *e, struct app *a);
/* The same where nobody looks at transactions and none is logged: once they are complete. */
void app_let_go(struct app *a);
/* More than APP_TX_MANY transactions wait for detection to look at them in this direction, and nothing else: a peer may send
 * requests by the thousand that nobody answers, and no packet comes that way. */
#define APP_TX_MANY 64
bool app_crowded(const struct app *a, int dir);
/* The direction of this transaction has come to its end. */
static inline bool
tx_done(const struct app *a, const struct tx *tx, int dir)
{
	return tx->progress[dir] >= tx->proto->done[dir] || (tx->only_dir && !(tx->only_dir >> dir & 1));
}
/* protocol_index() of a protocol that the flow probably speaks. */
static inline int
app_protocol_index(const struct app *a, const struct protocol *p)
{
	return p && p == a->proto ? a->index : protocol_index(p);
}
/* Is the transaction of the protocol the flow speaks now? */
static inline bool
tx_is_of(const struct app *a, const struct tx *tx)
{
	return tx->proto == a->proto || (a->proto && tx->proto == a->proto->base);
}
/* ... or will never come further: the direction ended, was lost, or the flow speaks something else now. */
static inline bool
tx_final(const struct app *a, const struct tx *tx, int dir)
{
	return tx_done(a, tx, dir) || a->eof[dir] || a->stopped[dir] || !tx_is_of(a, tx);
}

/* Which types of frames are worth keeping, by index of the protocol (bit = type); NULL: none. */
void apps_want_frames(struct apps *e, const uint32_t *types, unsigned n);
/* All of the frame's bytes came, or no more will. */
bool app_frame_final(const struct app *a, int dir, const struct app_frame *f);
uint64_t app_frames_edge(const struct app *a, int dir); /* offset after the last byte that came */
const char *app_frame_name(const struct app_frame *f);
/* Settled ones go; from which offset on the stream's bytes are needed for the others, UINT64_MAX: none. */
uint64_t app_frames_prune(struct app *a, int dir);
void app_frames_clear(struct app *a, int dir);

/* "http", or "failed" / NULL while not known: what EVE's app_proto and rules' protocol see. */
const char *app_name(const struct app *a);
const char *app_name_dir(const struct app *a, int dir); /* by the bytes of that direction: app_proto_ts, app_proto_tc */
const struct protocol *app_protocol_find(const char *name); /* by name or alias; NULL */
/* Is it switched on by configuration? Rules on a protocol that is off do not load. */
bool app_protocol_enabled(const struct apps_conf *conf, const struct protocol *p);

/* ---- for parsers ---- */
struct tx *app_tx_new(struct app *a);         /* zeroed, tx_size; NULL at the pool's ceiling (counted) */
struct tx *app_tx_find(struct app *a, uint64_t id);
void app_tx_free(struct app *a, struct tx *tx);
/* From the bytes after those feed() takes now, the flow speaks something else: probed anew in both directions.
 * `expected` NULL = no idea (CONNECT); anything else than the expected is an event. */
void app_upgrade(struct app *a, const struct protocol *expected);
/* feed(): the stream's bytes so far, of the direction fed, are looked at without waiting for a chunk of them. */
void app_flush(struct app *a);
/* What the flow spoke when that frame came, if it is the newest one. */
const struct protocol *app_spoke(const struct app *a, uint64_t num);
/* What the flow speaks turns out to be `p`, which has the present protocol as its base: so do all transactions from now on,
 * and `tx`, unless rules have begun with it. Nothing happens where `p` is switched off. */
void app_becomes(struct app *a, const struct protocol *p, struct tx *tx);
/* Is `p` switched on for this flow's transport? */
bool app_speaks(const struct app *a, const struct protocol *p);
/* The state of the protocol of that name when the flow spoke it before; NULL: it did not. */
const void *app_state_before(const struct app *a, const char *name);
const void *app_conf(const struct app *a);    /* the protocol's settings; NULL when it has none */
/* A TCP flow between the two ends of this one, to `port` of the client (side TO_SERVER) or of the server (TO_CLIENT), will
 * speak `p`; `note` (at most APP_NOTE_MAX bytes) is given to its expected(). One flow, within APP_EXPECT_NS of packet time. */
#define APP_NOTE_MAX 300
#define APP_EXPECT_NS INT64_C(60000000000)
void app_expect(struct app *a, int side, uint16_t port, const struct protocol *p, struct span note);
void app_event(struct app *a, struct tx *tx, unsigned event); /* tx NULL: the newest one, made when there is none */
/* `len` bytes at `at`, which lies in what feed() was given, are a frame (FRAME_OPEN: app_frame_end() will say); they may reach
 * beyond what came so far. `tx` NULL: none, or app_frame_tx() tells it later. Elsewhere than in feed(): by offset. */
void app_frame(struct app *a, int dir, unsigned type, const uint8_t *at, uint64_t len, const struct tx *tx);
void app_frame_from(struct app *a, int dir, unsigned type, uint64_t offset, uint64_t len, const struct tx *tx);
void app_frame_end(struct app *a, int dir, unsigned type, uint64_t offset); /* the newest of its type, where it is open */
void app_frame_tx(struct app *a, int dir, unsigned type, const struct tx *tx); /* likewise */
/* Does anybody want frames of the flow's protocol? Parsing that serves nothing else may go without. */
bool app_frames_wanted(const struct app *a);
/* Count in the session's facts. */
static inline void
app_count_request(struct app *a)
{
	if (a->facts)
		a->facts->requests++;
}
static inline void
app_count_response(struct app *a, bool failure)
{
	if (a->facts) {
		a->facts->responses++;
		a->facts->failures += failure;
	}
}
static inline void
app_count_ot(struct app *a, enum ot_kind kind)
{
	if (a->facts)
		a->facts->ot[kind]++;
}
/* What follows is encrypted: app-layer.protocols.NAME.encryption-handling says whether anybody still looks at it. */
void app_encrypted(struct app *a);
void *app_take(struct app *a, size_t n);      /* zeroed; from the pool */
void *app_take_raw(struct app *a, size_t n);  /* likewise, not zeroed */
void app_give(struct app *a, void *p, size_t n);
int app_keep(struct app *a, struct bytes *b, struct span s, uint32_t max);
void app_drop(struct app *a, struct bytes *b); /* gives all of them back */
/* Texts behind each other, the length (2 bytes) before each. {0} is an empty one; app_drop(&bytes) ends it. */
struct app_list {
	struct bytes bytes;
	uint32_t i, at; /* a text, and where its length is: those behind it are found from there */
};
/* What does not fit any more (max: bytes in all) is left out. */
void app_list_add(struct app *a, struct app_list *list, struct span s, uint32_t max);
/* Takes a step for the next one, else as many as there are before it. */
bool app_list_at(const struct app_list *list, unsigned i, struct span *out);
struct rd app_list_all(const struct app_list *list); /* for app_list_next() */
bool app_list_next(struct rd *r, struct span *out);

#endif
