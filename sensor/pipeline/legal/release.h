/*
 * release - which party may see which field of a record: markings (TLP 2.0) and releasability, as the packs' file of kind
 * `release` says. What no rule names stays here.
 *
 * Thread:    the pipeline's; the rules are immutable between reloads.
 * Memory:    the packs' arena; a view is on the heap, a released record a text of its own.
 * Owns:      nothing.
 * Not here:  sending it -> ../output/sinks/release.c   other forms of it -> tools/casusctl/stix.c
 *
 * A field is told when its own rule and every rule of its record allow the party. Of two markings the more closed one counts.
 * A condition that cannot be decided counts as met: it can only close.
 */
#ifndef PIPELINE_RELEASE_H
#define PIPELINE_RELEASE_H

#include <jansson.h>

#include "pipeline/legal/pack.h"

#define RELEASE_PATH 8  /* members of a path */
#define RELEASE_TERMS 6 /* kinds of a condition */

/* Whom a marking lets have it. NAMED: those that `to` of the record or the field names. */
enum release_audience { AUDIENCE_EVERYBODY, AUDIENCE_COMMUNITY, AUDIENCE_NAMED, AUDIENCE_NOBODY };

struct release_marking {
	const char *id, *stix, *say; /* "TLP:AMBER"; its marking-definition in STIX 2.1; what it means */
	enum release_audience audience;
	bool clients;            /* a party that is named brings its clients */
	struct cite cite[CITES_MAX];
	uint32_t n_cite;
};

/* Parties by place in the packs; the words `owner` (of an asset touched), `its-owner` (of the asset this list element is about),
 * `unowned` (whoever the marking lets, where the element is about nobody's asset). */
struct release_to {
	uint32_t parties;
	bool given, owner, its_owner, unowned;
};

/* One of the words of a list is told by the incident: "class: [military]". */
struct release_term {
	const char *of;          /* class, owner, territory, sector, zone, criticality, effect, exercise */
	const char *const *words;
	uint32_t n;
};

struct release_record {
	const char *const *types;
	uint32_t n_types;
	struct release_term term[RELEASE_TERMS]; /* all of them; none: always */
	uint32_t n_terms;
	uint8_t marking;
	struct release_to to;
	const char *say;
};

struct release_field {
	const char *part[RELEASE_PATH]; /* a member's name, "*" for any, "{party}" for the receiver's own id */
	uint8_t n, rank;                /* rank: of two equally long ones the more exact one counts */
	uint8_t marking;
	struct release_to to;
};

struct release {
	struct release_marking *marking; /* from open to closed */
	uint32_t n_markings;
	uint32_t community, streams;     /* parties: of the community; those that are sent something at all */
	uint32_t clients[PARTIES_MAX];   /* by party: whom it brings */
	struct release_record *record;
	uint32_t n_records;
	struct release_field *field;
	uint32_t n_fields;
};

/* A record made ready to be told to many parties. `about`: the incident's document that decides conditions and owners; NULL: the record's
 * own, or none. Record and document must stay while the view does. NULL: nothing of it is for anybody, or no memory. */
struct release_view;
struct release_view *release_view_new(const struct packs *p, const json_t *record, const json_t *about);
void release_view_free(struct release_view *v);
/* The record as it is sent: with `release` in its `casus`, that says for whom, under which marking, and whether it is partial.
 * Heap, to be freed by the caller; NULL: nothing for this party. */
char *release_view_text(const struct release_view *v, const struct party *party);
/* The same for one party alone. */
char *release_text(const struct packs *p, const struct party *party, const json_t *record, const json_t *about);
/* Does some rule speak of records of this type? */
bool release_is_about(const struct packs *p, struct span type);
/* Is something sent to this party at all? */
bool release_has_stream(const struct packs *p, const struct party *party);

/* ---- for pack.c ---- */
struct pack_reader;
void release_read(struct pack_reader *r, const struct yaml *root);

#endif
