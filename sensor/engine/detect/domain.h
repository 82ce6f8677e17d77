/*
 * domain - what of a host name somebody registered, by the Public Suffix List.
 *
 * Thread:    any; the list is libpsl's own, compiled in.
 * Memory:    the arena given.
 * Owns:      nothing.
 * Not here:  the transforms -> keywords/domain.c, keywords/tld.c
 */
#ifndef ENGINE_DETECT_DOMAIN_H
#define ENGINE_DETECT_DOMAIN_H

#include "engine/detect/keyword.h"

/* The end of the name: the domain, or only its public suffix; empty when the name has no domain. A dot at the end stays. */
struct span domain_of(struct span name, bool suffix, struct arena *scratch);

#endif
