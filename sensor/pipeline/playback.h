/*
 * playback - a case's capture through the sensor itself: mkpcap makes the packets, casus reads them, and what it measured comes back as facts.
 *
 * Thread:    the caller's; two other programs run meanwhile, one after the other.
 * Memory:    texts in the caller's arena.
 * Owns:      a folder for the time of the call.
 * Not here:  what the facts are used for -> exercise.h
 */
#ifndef PIPELINE_PLAYBACK_H
#define PIPELINE_PLAYBACK_H

#include "pipeline/legal/case.h"

struct playback_in {
	const struct packs *packs;
	const struct effects *effects;
	const char *packs_dir, *effects_file;
};

/* Plays step k's capture (text for mkpcap, or a .pcap, .pcapng), by the shipped rules or its own, with the case's assets as inventory, and
 * gives the step what was seen. -1: why is told in d, at the step. */
int playback(struct case_file *c, uint32_t k, const struct playback_in *in, struct diag *d);

#endif
