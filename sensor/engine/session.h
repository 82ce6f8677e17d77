/*
 * session - what the engine keeps of a flow: put together here and nowhere else.
 *
 * Thread:    the worker's.
 * Memory:    struct flow's user bytes, for every flow; what few flows have is in a slab of as many places as there are flows.
 * Owns:      what hangs on a session, until session_end().
 * Not here:  what packets do to it -> worker.c
 */
#ifndef ENGINE_SESSION_H
#define ENGINE_SESSION_H

#include "base/slab.h"
#include "engine/detect/detect.h"
#include "engine/macs.h"

struct session {
	struct stream *stream;    /* TCP only; NULL until a packet may begin a session */
	struct app *app;          /* NULL until there were bytes */
	struct marks marks;
	uint64_t bytes[2];        /* from layer 3 on */
	uint64_t squares[2];      /* of the packets' sizes, since its alerts have told them */
	uint32_t rest;            /* number of its struct session_rest; 0: none */
	uint16_t service;         /* where its service's sum was last, from 1; 0: not known */
	uint8_t app_next : 2;     /* bit = direction: its transactions wait for the next packet of it */
	bool answer_first : 1;    /* the first packet seen was the server's SYN/ACK: ends are turned round for the service's sums */
	bool passed : 1;          /* rules do not look at it any more */
	bool bypassed : 1;        /* nobody does: its packets are only counted */
	bool established : 1;     /* the flow was, before the packet at hand */
	bool alerted : 1;
	bool exc_midstream : 1, exc_memcap : 1; /* policies that were asked about it */
	bool syn : 1, synack : 1, rst : 1, fin : 1;
};

/* What a flow is told of by alerts, by requests and answers; of most flows there is none. */
struct session_rest {
	uint32_t requests, responses, failures, ot[OT_KINDS];
	uint32_t told_packets[2]; /* by alerts */
	uint64_t told_bytes[2];
	struct mac_set *macs;     /* with `ethernet` */
};

struct sessions {
	struct slab rests;
	struct pool *pool;
};

static inline struct session *
session_of(struct flow *f)
{
	return (struct session *) f->user;
}

static inline const struct session_rest *
session_rest(const struct sessions *e, const struct session *s)
{
	return slab_at(&e->rests, s->rest);
}

/* n: flows at most. */
int sessions_init(struct sessions *e, uint32_t n, struct pool *pool);
void sessions_clear(struct sessions *e);
size_t sessions_memory(const struct sessions *e);
/* Has the packet added more than its size? Most do not. */
static inline bool
facts_are_more(const struct event_facts *now)
{
	const uint64_t *w = (const uint64_t *) (const void *) &now->syn; /* and all counts behind it, two at a time */

	_Static_assert(offsetof(struct event_facts, syn) % 8 == 0 && offsetof(struct event_facts, syn) + 7 * 8 == sizeof(*now), "seven words");
	return (w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6]) != 0;
}

void session_count_flags(struct session *s, const struct flow *f, const struct packet *p, struct event_facts *now);
/* Counts the packet, in the session, and its flags in `now`, what this packet adds to the totals. */
static inline void
session_count(struct session *s, const struct flow *f, const struct packet *p, struct event_facts *now)
{
	int d = p->dir;

	s->bytes[d] += p->l3.n;
	s->squares[d] += (uint64_t) p->l3.n * p->l3.n;
	if (p->proto == 6 && p->tcp.flags & (TCP_SYN | TCP_RST | TCP_FIN))
		session_count_flags(s, f, p, now);
}
/* What parsers have counted in `now` belongs to the session from here on. */
void session_add(struct sessions *e, struct session *s, const struct event_facts *now);
/* Client and server change places. */
void session_turn(struct sessions *e, struct session *s);
void session_macs(struct sessions *e, struct session *s, const struct packet *p);
/* Totals of the flow, and what of them its alerts have not told. */
void session_facts(const struct sessions *e, const struct session *s, const struct flow *f, struct event_facts *out);
void session_since(const struct sessions *e, const struct session *s, const struct flow *f, struct event_volume *out);
/* Alerts have told it. */
void session_told(struct sessions *e, struct session *s, const struct flow *f);
void session_end(struct sessions *e, struct session *s);
/* What hangs on it will soon be wanted. */
void session_fetch(const struct sessions *e, const struct session *s);
/* A packet without bytes, so that detection can look at what came last in a direction. */
void session_pseudo_packet(struct packet *p, const struct flow *f, int dir);

#endif
