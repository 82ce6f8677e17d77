/*
 * stream - TCP segments -> ordered bytes, or a gap of known size.
 *
 * Thread:    the worker's.
 * Memory:    struct stream and segments out of the worker's pool, within memcap.
 * Owns:      the bytes it hands out, until stream_release() of the same stream.
 * Not here:  meaning of the bytes -> ../app/
 *
 * Sources: RFC 9293 (TCP), RFC 7323 (window scale, timestamps), RFC 2018 (SACK), RFC 7413 (Fast Open),
 * RFC 5961 (challenge ACK). Semantics, event names and option names follow Suricata 8's stream engine:
 * passive (the default): bytes of a direction are given out when the other side has acknowledged them;
 * inline: at once, in the packet that brought them.
 */
#ifndef ENGINE_STREAM_H
#define ENGINE_STREAM_H

#include "base/counters.h"
#include "base/pool.h"
#include "conf/conf.h"
#include "engine/decode/packet.h"

enum stream_policy { STREAM_BSD, STREAM_BSD_RIGHT, STREAM_OLD_LINUX, STREAM_LINUX, STREAM_OLD_SOLARIS, STREAM_SOLARIS,
	STREAM_HPUX10, STREAM_HPUX11, STREAM_IRIX, STREAM_MACOS, STREAM_WINDOWS, STREAM_VISTA, STREAM_WINDOWS2K3, STREAM_FIRST, STREAM_LAST };

/* As the option's names are listed; a sensor drops nothing: pass-flow and drop-flow set
 * PACKET_PASS_FLOW, bypass sets PACKET_BYPASS_FLOW, *-packet and reject PACKET_NO_PAYLOAD_INSPECT, the others nothing. */
enum stream_exception { STREAM_EXC_AUTO, STREAM_EXC_IGNORE, STREAM_EXC_PASS_FLOW, STREAM_EXC_PASS_PACKET, STREAM_EXC_BYPASS,
	STREAM_EXC_DROP_FLOW, STREAM_EXC_DROP_PACKET, STREAM_EXC_REJECT };
enum stream_inline_choice { STREAM_INLINE_AUTO, STREAM_INLINE_NO, STREAM_INLINE_FALSE, STREAM_INLINE_OFF, STREAM_INLINE_YES };

struct stream_conf {
	bool midstream, async_oneside, checksum_validation, drop_invalid;
	bool inline_mode;            /* not a key: streams_new() sets it from inline_choice too */
	int inline_choice;           /* enum stream_inline_choice, as "stream.inline" says */
	uint64_t memcap, reassembly_memcap;
	uint64_t depth;              /* bytes of a direction to reassemble; 0 = all */
	uint32_t max_synack_queued, max_syn_queued;
	uint32_t chunk_to_server, chunk_to_client; /* raw inspection chunks, bytes (2560) */
	bool raw;                    /* raw stream inspection at all */
	bool bypass;                 /* nothing more is looked at of a session of which nothing more can be read */
	int urgent_policy;           /* oob, inline, drop, gap */
	int midstream_policy, memcap_policy; /* enum stream_exception */
	enum stream_policy (*policy_of)(void *arg, const struct addr *dst); /* host-os-policy; NULL = BSD */
	void *policy_arg;
};
extern const struct option_table stream_options;
/* exception-policy, the switch for all policies that are not set on their own; after conf_fill(). */
void stream_master_policy(struct stream_conf *conf, const struct conf *c);

enum stream_state { STREAM_NONE, STREAM_SYN_SENT, STREAM_SYN_RECV, STREAM_ESTABLISHED, STREAM_FIN_WAIT1, STREAM_FIN_WAIT2,
	STREAM_TIME_WAIT, STREAM_LAST_ACK, STREAM_CLOSE_WAIT, STREAM_CLOSING, STREAM_CLOSED };

struct stream; /* one TCP session, both directions; opaque */
struct streams; /* the worker's engine: configuration, pool, counters */

struct streams *streams_new(const struct stream_conf *conf, struct pool *pool, struct counters *cnt);
void streams_free(struct streams *e);
/* Off: nobody looks at raw bytes any more, so none are kept for it; on: at those that come from then on. */
void streams_want_raw(struct streams *e, bool wanted);

/* One TCP packet of a session. *s is NULL for the first packet of a flow and is made here when the packet may
 * begin a session. Sets PACKET_STREAM_* flags, events on p, p->dir is given (TO_SERVER = from the client).
 * *swap: the packet shows that client and server are the other way round (SYN/ACK first, with midstream or async): the
 * caller turns the flow with flow_swap(f, NULL), p->dir is already right. false: nothing became ready, stream_next() need not be asked. */
bool stream_push(struct streams *e, struct stream **s, struct packet *p, bool *swap);

/* What became ready by the last push: in order, each byte once. */
struct stream_chunk {
	int dir;
	struct span bytes;  /* empty with a gap or at the end */
	uint32_t gap;       /* bytes that never came */
	uint64_t offset;    /* of bytes.p[0] in its direction, 0 = first byte after SYN */
	bool eof;           /* nothing follows in this direction */
	bool first_midstream;
};
bool stream_next(struct streams *e, struct stream *s, struct stream_chunk *out);
/* After each packet, when everybody saw what it brought: bytes that nobody wants any more are given back. s may be NULL. */
void stream_release(struct streams *e, struct stream *s);
/* The flow ends: what is held without a hole becomes ready, acknowledged or not, then eof of both directions; raw
 * inspection also sees what lies beyond holes that nobody acknowledged. Ends the life of bytes handed out before. */
void stream_flush(struct streams *e, struct stream *s);
void stream_clear(struct streams *e, struct stream **s);
/* After stream_release(): a session that is over, of which nothing is held, is put away small. Of one that is, nothing may be asked but
 * stream_reuse(), stream_lost() and what it is, and it may be cleared; any more after stream_wake(), which at the pool's ceiling loses it (*s is NULL then). */
void stream_settle(struct streams *e, struct stream **s);
void stream_wake(struct streams *e, struct stream **s);
bool stream_is_settled(const struct stream *s);
/* Soon stream_push() will want it: fetches it, and later the bytes of the direction that are held, and the place where more are
 * added. true: some are held. */
void stream_fetch(const struct stream *s);
bool stream_fetch_window(const struct stream *s, int dir);

/* app/ does not look at the n bytes that follow those it got of a direction; 0: at all. Told after each chunk. What comes of them is counted,
 * acknowledged and handed out like all, but where nobody else wants it it was not kept, and blanks are handed out. */
void stream_pass(struct stream *s, int dir, uint64_t n);
/* Bytes from this offset on are needed (frames lie there); UINT64_MAX: none are. They count against the memcap like all. */
void stream_keep(struct stream *s, int dir, uint64_t from);
/* Raw bytes of a direction are to be looked at with its next packet, however few they are (app/ saw the end of a message). */
void stream_raw_trigger(struct stream *s, int dir);
/* No raw inspection of what comes from here on in a direction: it is encrypted. What came is looked at with its next packet. */
void stream_raw_disable(struct stream *s, int dir);

/* The raw, reassembled bytes of p's direction that rules on the stream have to look at with this packet: from a bit
 * before what was not yet looked at (so that patterns across segments are found), contiguous, up to what is ready
 * (passive: acknowledged, or everything at a pseudo packet). false: nothing new to look at. After stream_raw_done() there
 * may be more, beyond a hole: call it until it says false. */
struct stream_raw {
	struct span bytes;
	uint64_t offset;   /* in the direction */
	uint32_t fresh;    /* the last `fresh` bytes were never given before */
};
bool stream_raw(struct streams *e, struct stream *s, const struct packet *p, struct stream_raw *out);
/* Detection has looked at them. */
void stream_raw_done(struct streams *e, struct stream *s, int dir, const struct stream_raw *r);

/* Bytes held of a direction, for showing them: the piece at or after *from, which moves behind it; *missing: bytes of the
 * hole before it (those given back are not missing). false: no more. */
bool stream_held(const struct stream *s, int dir, uint64_t *from, struct span *out, uint64_t *missing);

enum stream_state stream_state(const struct stream *s);
/* A SYN (with or without ACK) cannot belong to this session: the flow ends and a new one begins. s may be NULL.
 * dir: the packet's direction in the flow as it is. For flow_on_syn(). */
bool stream_reuse(const struct stream *s, const struct packet *p, int dir);
bool stream_established(const struct stream *s);   /* three-way handshake seen, or picked up midstream */
bool stream_is_midstream(const struct stream *s);
/* Tells its packet whether it is that, and whether one side alone is seen (async-oneside). */
void stream_mark(const struct stream *s, struct packet *p);
/* Client and server are the other way round: from here on `dir` means the new orientation, also in a stream_next() going on. */
void stream_turn(struct stream *s);
bool stream_wants_flush(const struct stream *s, int dir); /* bytes are held that nobody has looked at yet */
bool stream_raw_left(const struct stream *s, int dir);      /* of those, bytes for raw inspection */
uint64_t stream_size(const struct stream *s, int dir);    /* for stream_size: next expected byte - ISN */
uint64_t stream_lost(const struct stream *s, int dir);    /* bytes of gaps */
/* Groups of held bytes with wide holes (more than 256 KiB) between them: the most there were at once. */
unsigned stream_max_regions(const struct stream *s, int dir);
/* Neither direction is read any further: beyond stream.reassembly.depth. */
bool stream_depth_reached(const struct stream *s);
bool stream_cut(const struct stream *s, int dir); /* the same of one */
/* Reads both directions as far as this (0: all) if that is further, whatever the configuration says; once a session. */
void stream_deepen(const struct streams *e, struct stream *s, uint64_t depth);
size_t streams_memory(const struct streams *e);

#endif
