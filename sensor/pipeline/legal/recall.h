/*
 * recall - an incident's record read back: the facts it was assessed by, put together again so that packs can be asked anew.
 *
 * Thread:    the caller's.
 * Memory:    one arena; one record's facts.
 * Owns:      the scene, assets and statements in it.
 * Not here:  finding the record -> ../output/scan.h   telling it in words -> explain.h
 */
#ifndef PIPELINE_RECALL_H
#define PIPELINE_RECALL_H

#include "pipeline/legal/scene.h"

struct recalled_band {
	const char *party;
	int lo, likely, hi; /* -1: a band the ladder does not have */
};

struct recall {
	struct arena arena;
	struct inventory inv;
	struct context context;
	struct scene scene;     /* assessed anew */
	const char *pack_hash;  /* of the packs it was assessed by then */
	struct recalled_band band[PARTIES_MAX]; /* as told then */
	uint32_t n_bands;
	bool exercise;
};

/* The object `incident` of a record. -1 with what was wrong in why[]. */
int recall_read(struct recall *r, struct span json, const struct packs *p, const struct effects *e, char why[static 256]);
void recall_clear(struct recall *r);
/* Parties whose interval comes out otherwise than it was told; 0 when packs and facts are the same. */
uint32_t recall_differs(const struct recall *r);

#endif
