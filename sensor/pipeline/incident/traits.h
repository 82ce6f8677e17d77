/*
 * traits - what an alert's record tells of the attacker beside addresses: names, certificates, tools, files, as hashes.
 *
 * Thread:    the pipeline's.
 * Memory:    none; one pass over the event's text.
 * Owns:      nothing.
 * Not here:  joining by them -> incident.c
 *
 * A name or a certificate is the attacker's where the victim called out to it, or where it answered the victim; JA3 and JA4
 * (https://github.com/salesforce/ja3, FoxIO JA4) are shared by every program built on one library, so they count only together with
 * the signature. A file is whoever brought it.
 */
#ifndef PIPELINE_TRAITS_H
#define PIPELINE_TRAITS_H

#include "event/event.h"

#define TRAITS_MAX 8

enum trait_kind { TRAIT_NAME, TRAIT_CERTIFICATE, TRAIT_TOOL, TRAIT_FILE };

struct traits {
	uint64_t hash[TRAITS_MAX];
	uint32_t n;
};

/* `outbound`: the attacker is the server. `sid`: of the signature. */
void traits_of(const struct event *e, bool outbound, uint32_t sid, struct traits *out);

#endif
