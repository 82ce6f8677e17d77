/*
 * records - a journal's records, and the packs and effects they are looked at with.
 */
#ifndef CASUSCTL_RECORDS_H
#define CASUSCTL_RECORDS_H

#include "base/datadir.h"
#include "base/err.h"
#include "pipeline/legal/pack.h"
#include "pipeline/output/scan.h"

/* Every whole record in order, until fn returns other than 0. CTL_OK, or CTL_FAILURE with the reason told. */
int records_each(const char *dir, int (*fn)(void *arg, const struct journal_record *r), void *arg);

struct shelf {
	char packs_dir[DATADIR_LEN + 16], effects_path[DATADIR_LEN + 16];
	const char *packs_from, *effects_from; /* the shipped ones, or what the user named */
	struct effects effects;
	struct packs packs;
};

void shelf_paths(struct shelf *s); /* the shipped ones */
int shelf_read(struct shelf *s);   /* CTL_FAILURE: problems are told */
void shelf_clear(struct shelf *s);

#endif
