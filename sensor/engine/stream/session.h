/*
 * session - what is kept of a TCP session; private to stream/.
 *
 * Thread:    the worker's.
 * Memory:    struct stream, windows, edges and blocks out of the worker's pool, counted against the two memcaps.
 * Owns:      itself.
 * Not here:  what others may know -> stream.h
 */
#ifndef ENGINE_STREAM_SESSION_H
#define ENGINE_STREAM_SESSION_H

#include "base/arena.h"
#include "engine/stream/stream.h"

/* Serial number arithmetic, RFC 1982. */
static inline int32_t
seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t) (a - b);
}

static inline bool
seq_lt(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) < 0;
}

static inline bool
seq_leq(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) <= 0;
}

static inline bool
seq_gt(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) > 0;
}

static inline bool
seq_geq(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) >= 0;
}

/* A segment beyond a hole. */
struct block {
	struct block *next;
	uint64_t off;
	uint32_t n, cap; /* bytes held; size asked of the pool */
	uint8_t data[];
};

enum half_flag {
	HALF_TIMESTAMP = 0x0001,    /* its SYN had the option */
	HALF_ZERO_TIMESTAMP = 0x0002,
	HALF_KEEPALIVE = 0x0004,    /* its last packet was one */
	HALF_FIN = 0x0008,          /* fin_seq is known */
	HALF_RST = 0x0010,
	HALF_RAW_OFF = 0x0040,
	HALF_RAW_TRIGGER = 0x0080,
	HALF_DEPTH = 0x0100,        /* the depth was reached */
	HALF_EOF_TOLD = 0x0200,
	HALF_POLICY = 0x0400,       /* policy was looked up */
	HALF_SACK = 0x0800,
	HALF_ANY_DATA = 0x1000,
	HALF_RAW_ENDS = 0x2000,     /* what comes from raw_end on is not for raw inspection */
	HALF_PASS = 0x4000,         /* pass_to is known */
	HALF_BLANK = 0x8000         /* bytes at the window's front were not kept: see half_blank_end() */
};
#define EDGES_FEW 2

/* One direction: the sequence space of its sender, and the bytes of it that somebody still wants. Offsets count from
 * the byte after the SYN. window_p[head] is offset base, NULL: nothing of the window was kept; what lies beyond a hole is in
 * blocks. */
struct half {
	uint32_t isn, next_seq, last_ack, next_win, window;
	uint32_t last_ts, last_ts_second; /* timestamp option, and packet time in seconds when it was seen */
	uint32_t fin_seq;
	uint8_t wscale, policy;
	uint16_t flags;
	uint16_t urgent_n; /* out-of-band bytes taken out of the stream so far */
	uint16_t block_n;
	uint16_t regions; /* most there were at once; 0 counts as 1 */
	uint16_t edge_n;
	uint32_t cap;     /* of the window */
	uint64_t base, app, raw;
	uint64_t raw_end;  /* with HALF_RAW_ENDS */
	uint64_t kept; /* offset + 1 of bytes that stay for frames; 0 = none */
	uint64_t lost;
	uint8_t *window_p;
	uint32_t head, n;
	/* Where the segments in the window end, low half of their offsets: nearly always there are few. */
	union {
		uint32_t few[EDGES_FEW];
		uint32_t *many;  /* with edge_cap */
	} edges;
	uint16_t edge_cap;
	uint32_t pass_to;    /* low half of the offset up to which the application layer does not look at bytes */
	struct block *blocks, *last_block;
};

/* Of a sequence number; negative: before the first byte. */
static inline int64_t
half_offset(const struct half *h, uint32_t seq)
{
	/* urgent bytes taken out of the stream have a sequence number, but no offset */
	return (int64_t) h->base + seq_diff(seq, h->isn + 1 + (uint32_t) h->base + h->urgent_n);
}

/* Offset after the window. */
static inline uint64_t
half_contiguous(const struct half *h)
{
	return h->base + h->n;
}

static inline const uint32_t *
half_edges(const struct half *h)
{
	return h->edge_cap ? h->edges.many : h->edges.few;
}

/* Offset of the first byte in the window that was kept. */
static inline uint64_t
half_blank_end(const struct half *h)
{
	if (!(h->flags & HALF_BLANK))
		return h->base;
	return h->window_p ? h->base + (half_edges(h)[0] - (uint32_t) h->base) : half_contiguous(h);
}

/* Bytes before this offset were acknowledged; SYN and FIN do not count. */
static inline uint64_t
half_acked(const struct half *h)
{
	int64_t acked = half_offset(h, h->last_ack), fin;

	if (h->flags & HALF_FIN) {
		fin = half_offset(h, h->fin_seq);
		if (acked > fin)
			acked = fin;
	}
	return acked < 0 ? 0 : (uint64_t) acked;
}

/* Offset after the last byte held. */
static inline uint64_t
half_held_end(const struct half *h)
{
	return h->last_block ? h->last_block->off + h->last_block->n : half_contiguous(h);
}

enum stream_flag {
	S_MIDSTREAM = 0x0001,
	S_MIDSTREAM_SYNACK = 0x0002,
	S_ASYNC = 0x0004,
	S_TIMESTAMP = 0x0008,   /* both sides use the option */
	S_4WHS = 0x0010,        /* SYN against SYN: simultaneous open or split handshake */
	S_FAST_OPEN = 0x0020,
	S_EVASION = 0x0040,     /* third packet of the handshake had the right seq and a wrong ack */
	S_CONFIRMED = 0x0080,   /* three-way handshake completed by data or ACK from both sides */
	S_FLUSH = 0x0100,       /* everything held is ready */
	S_SETTLED = 0x0200,     /* it is a struct settled */
	S_SERVER_WSCALE = 0x0400, /* the client's SYN had the option */
	S_SYN_DATA = 0x0800,
	S_FIRST_TOLD_0 = 0x1000, S_FIRST_TOLD_1 = 0x2000,
	S_TOLD_CLOSED = 0x4000
};

/* A further SYN/ACK (or SYN) with other numbers than the first: which one counts shows with the ACK. */
struct queued {
	struct queued *next;
	uint32_t seq, ack, window, tsval, second;
	uint8_t wscale;
	bool sack_ok, has_ts, wscale_given;
};

struct stream {
	uint8_t state, last_dir, queue_n;
	uint8_t first_dir; /* direction of the packet that began it */
	uint16_t flags;
	bool own_depth;    /* it is not the configured one */
	uint64_t depth;    /* bytes of a direction that are reassembled; UINT64_MAX: all */
	struct queued *queue;
	struct half half[2]; /* [TO_SERVER]: what the client sends */
};

/* As configured, where 0 is all, for struct stream. */
static inline uint64_t
stream_depth(uint64_t configured)
{
	return configured ? configured : UINT64_MAX;
}

/* A session that is over, nothing of it held: it begins as struct stream does. */
struct settled {
	uint8_t state, last_dir, queue_n, first_dir;
	uint16_t flags;
	struct settled_half {
		uint32_t isn, next_seq, last_ack, next_win, window, last_ts, last_ts_second, fin_seq;
		uint8_t wscale, policy;
		uint16_t flags, urgent_n, regions;
		uint32_t base, app, raw, raw_end, lost;
	} half[2];
};

struct streams {
	struct arena own;
	struct stream_conf conf;
	struct pool *pool;
	struct counters *cnt;
	bool raw;        /* bytes are kept for raw inspection */
	size_t held;     /* bytes of windows, edges and blocks */
	size_t sessions; /* bytes of struct stream and queues */
};

/* handshake.c, established.c, closing.c: 0, or -1 when the packet is not part of the session. */
struct push {
	struct streams *e;
	struct stream *s;
	struct packet *p;
	struct half *me, *him; /* sender's and receiver's sequence space */
	uint32_t seq, ack, end; /* end = seq + payload, SYN and FIN not counted */
	bool to_server;
	uint64_t began; /* half_take(): offset of the payload */
};
int stream_none(struct streams *e, struct stream **s, struct packet *p, bool *swap);
void stream_queue_clear(struct streams *e, struct stream *s);
int stream_syn_sent(struct push *x);
int stream_syn_recv(struct push *x);
int stream_in_established(struct push *x);
int stream_in_closing(struct push *x); /* FIN_WAIT1 ... CLOSED */
int stream_handle_fin(struct push *x);
int stream_handle_rst(struct push *x);
/* ESTABLISHED's rules for data and ACK, also of CLOSE_WAIT and others: windows, timestamps, next_seq, bytes. */
int stream_accept(struct push *x);

/* predict.c: the packet was an ordinary one of the session, and all is done; *ready: stream_next() may have something to give. */
bool stream_predicted(struct streams *e, struct stream *s, struct packet *p, bool *ready);

/* track.c */
struct push push_of(struct streams *e, struct stream *s, struct packet *p);
void stream_set_state(struct push *x, enum stream_state state);
int stream_event(struct push *x, enum packet_event ev); /* sets it; -1 */
void half_update_next_seq(struct half *h, uint32_t seq, uint32_t end);
bool ack_is_valid(struct push *x);
bool timestamp_is_valid(struct push *x);
void timestamp_update(struct push *x);
bool rst_is_valid(struct push *x);
bool is_retransmission(struct push *x);
enum stream_policy half_policy(struct push *x, bool of_sender);

static inline uint32_t
packet_second(const struct packet *p)
{
	return (uint32_t) (p->ts / INT64_C(1000000000));
}

static inline void
half_update_timestamp(struct half *h, const struct packet *p)
{
	h->last_ts = p->tcp.tsval;
	h->last_ts_second = packet_second(p);
}

static inline void
half_update_ack(struct half *h, uint32_t ack)
{
	if (seq_gt(ack, h->last_ack))
		h->last_ack = ack;
	/* what was acknowledged was sent, seen or not */
	if (seq_gt(ack, h->next_seq))
		h->next_seq = ack;
}

/* The receiver's packet p, an ACK: what it acknowledges, and its window, which bounds what the sender may send. */
static inline void
half_acknowledged(struct half *h, const struct packet *p)
{
	uint32_t win;

	half_update_ack(h, p->tcp.ack);
	h->window = (uint32_t) p->tcp.window << h->wscale;
	win = h->last_ack + h->window;
	if (seq_gt(win, h->next_win))
		h->next_win = win;
}

/* reassembly.c */
void half_begin(struct half *h, uint32_t isn);
void half_take(struct push *x);                          /* the packet's payload */
void half_take_next(struct streams *e, struct half *h, struct packet *p); /* the same, which follows what is in the window */
void half_release_held(struct streams *e, struct stream *s, int dir);
void half_clear(struct streams *e, struct half *h);
bool half_hole_shows(const struct stream *s, int dir);
/* What nobody wants any more goes; called at the start of the next push. */
static inline void
half_release(struct streams *e, struct stream *s, int dir)
{
	const struct half *h = &s->half[dir];

	if (h->blocks || h->app > h->base || (h->flags & (HALF_RAW_ENDS | HALF_RAW_OFF)) == HALF_RAW_ENDS)
		half_release_held(e, s, dir);
}
/* A hole at app's place, acknowledged, not yet told. */
static inline bool
half_gap_shows(const struct stream *s, int dir)
{
	return s->half[dir].blocks && half_hole_shows(s, dir);
}

/* window.c: storage below reassembly; -1 at a memcap or the pool's ceiling. */
int window_append(struct streams *e, struct half *h, struct span s);
int window_pass(struct half *h, uint32_t n);             /* n bytes that nobody wants, where none is kept */
void window_drop(struct streams *e, struct half *h, uint32_t k);
int block_insert(struct streams *e, struct half *h, struct block *after, uint64_t off, struct span s);
void blocks_absorb(struct streams *e, struct half *h);
void blocks_join(struct streams *e, struct half *h);
void blocks_drop_before(struct streams *e, struct half *h, uint64_t off);
void blocks_drop(struct streams *e, struct half *h);
bool overlap_new_wins(enum stream_policy policy, uint64_t ns, uint64_t ne, uint64_t os, uint64_t oe);

#endif
