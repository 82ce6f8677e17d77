/*
 * header - what a rule's header asks of the packet at hand, each question once: header_match() asks them in the cheapest order and stops
 * at the first no, explain_header() in the order of the rule's text and tells each answer.
 *
 * Thread:    the worker's.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  both of those who ask -> match.c, explain.c
 */
#ifndef ENGINE_DETECT_HEADER_H
#define ENGINE_DETECT_HEADER_H

#include "engine/detect/engine.h"

static inline bool
header_flow(const struct sig *s, const struct detect_in *in)
{
	return !(s->flags & SIG_NEED_FLOW) || in->flow;
}

static inline bool
header_direction(const struct sig *s, const struct packet *p)
{
	return s->dirs >> p->dir & 1;
}

static inline bool
header_app(const struct sig *s, const struct detect *d)
{
	return !s->apps || s->apps & d->app_bit;
}

static inline bool
header_protocol(const struct sig *s, const struct packet *p)
{
	if (s->flags & SIG_NO_IP)
		return true;
	return p->ip_version && (!s->ip_version || s->ip_version == p->ip_version) && s->ip_protos[p->proto / 64] >> (p->proto % 64) & 1;
}

static inline bool
header_session(const struct sig *s, const struct detect_in *in)
{
	return !(s->flags & SIG_NEED_TCP) || in->stream;
}

static inline bool
header_wire(const struct sig *s, const struct packet *p)
{
	return !(s->flags & SIG_NOT_PSEUDO && p->flags & PACKET_PSEUDO);
}

static inline bool
header_fresh(const struct sig *s, const struct detect *d)
{
	return !(s->flags & SIG_PDONLY) || d->proto_fresh;
}

static inline bool
header_has_ends(const struct sig *s)
{
	return s->src || s->dst || s->sport || s->dport;
}

/* Ports of a fragment are in another one. */
static inline bool
header_whole(const struct sig *s, const struct packet *p)
{
	return !((s->sport || s->dport) && p->flags & PACKET_FRAGMENT);
}

/* A port is asked of those who have any: TCP, UDP, SCTP. end 0: the rule's source, 1: its destination. */
static inline bool
header_port(const struct sig *s, const struct packet *p, bool turned, int end)
{
	const struct port_set *set = end ? s->dport : s->sport;
	bool ports = p->proto == 6 || p->proto == 17 || p->proto == 132;

	return !set || !ports || port_in(set, (end != 0) != turned ? p->dport : p->sport);
}

static inline bool
header_address(const struct sig *s, const struct packet *p, bool turned, int end)
{
	const struct addr_set *set = end ? s->dst : s->src;

	return !set || addr_set_has(set, (end != 0) != turned ? &p->dst : &p->src);
}

static inline bool
header_ends(const struct sig *s, const struct packet *p, bool turned)
{
	return header_whole(s, p) && header_port(s, p, turned, 0) && header_port(s, p, turned, 1) && header_address(s, p, turned, 0)
	    && header_address(s, p, turned, 1);
}

#endif
