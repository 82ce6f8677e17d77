/*
 * exchange - one incident in the forms of partners: what STIX and MISP share.
 */
#ifndef CASUSCTL_EXCHANGE_H
#define CASUSCTL_EXCHANGE_H

#include <jansson.h>

#include "casusctl.h"
#include "pipeline/legal/release.h"
#include "records.h"

#define UUID_LEN 37

/* What is exported: the last (or the asked) record of an incident, whole or as a party is let have it. */
struct export {
	struct shelf shelf;
	const char *dir, *party, *id;
	long revision, found;    /* -1: the last one */
	json_t *record;          /* the whole one; then what the party gets */
	const json_t *incident;  /* in it */
	const char *marking;     /* id of a marking; of the whole record the packs' most closed one that is told to somebody */
	bool extensions;
};

/* Options, journal, release. CTL_OK, or what to exit with (told). */
int export_begin(struct export *e, const struct subcommand *s, int argc, char **argv);
void export_clear(struct export *e);

/* Version 5 of RFC 4122: SHA-1 of namespace and name. */
void uuid5(const char *space, const char *name, char out[static UUID_LEN]);
/* Our own namespace: ids that stay the same in a second export. */
extern const char export_space[];

/* "" when there is none. */
const char *export_text(const json_t *o, const char *key);
/* "2026-11-20T03:04:01.800Z" of an EVE time; *out stays "" when it is none. */
void export_time(const char *eve, char out[static 32]);
/* Base64 of the record's text; heap. */
char *export_base64(const char *text);

#endif
