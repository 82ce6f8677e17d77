/*
 * dataset - values of a file, for the keywords dataset and datarep, and digests for filemd5 and its kin.
 *
 * Thread:    read while rules load; then constant.
 * Memory:    the ruleset's arena.
 * Owns:      nothing.
 * Not here:  the options of the keywords -> keywords/dataset.c, keywords/datarep.c
 */
#ifndef ENGINE_DETECT_DATASET_H
#define ENGINE_DETECT_DATASET_H

#include "engine/detect/build.h"

enum dataset_type { DATASET_STRING, DATASET_MD5, DATASET_SHA256, DATASET_IP, DATASET_IPV4, DATASET_IPV6 /* as IP */, DATASET_SHA1 /* not in dataset_types */ };
enum dataset_format { DATASET_CSV, DATASET_JSON, DATASET_NDJSON };
extern const char *const dataset_types[], *const dataset_formats[]; /* NULL-ended, in the order of the enums */

struct dataset_value {
	struct span bytes;
	struct span context;  /* the JSON object it came from, as text */
	uint32_t place;       /* in the file: the first of equal ones counts */
	uint16_t reputation;
};

struct dataset {
	struct dataset *next;  /* of the ruleset */
	const char *name;      /* NULL: a list that one rule has for itself */
	struct dataset_value *value; /* sorted by bytes */
	uint32_t n, cap;
	enum dataset_type type;
	enum dataset_format format;
	bool typed;            /* somebody said of which type it is */
	bool reputation;       /* each line ends in ",NUMBER" */
	bool first_word;       /* what follows a blank is not part of the value */
	bool remove_key;
	bool may_lack;         /* the file need not be there */
	bool live;             /* rules change it: live_set.h, `index` of a worker's */
	uint32_t index;
	uint32_t buckets;      /* of the live part; likewise: */
	uint64_t memcap;       /* bytes */
	const char *load, *save, *value_key, *array_key;
};

/* Reads s->load; 0, or build_error(). A path that is not absolute begins where the rule file is. */
int dataset_read(struct build *b, struct dataset *s);
/* NULL: not one of them. */
const struct dataset_value *dataset_find(const struct dataset *s, struct span v);
/* Could v be a value of this type at all? */
bool dataset_fits(const struct dataset *s, struct span v);

/* ---- sets by name (dataset_open.c) ---- */
/* One "word value" of a rule's option that is about the set: 0; E_NOENT: it is about something else; or build_error(). */
int dataset_part(struct build *b, struct dataset *asked, const char *part);
/* The set of that name: an earlier rule's, the configuration's, or a new one as asked; NULL + error. `asked` has what the
 * rule says of it, {0} = nothing. */
struct dataset *dataset_open(struct build *b, const char *name, const struct dataset *asked);
/* A rule puts values into it, or takes them out. */
void dataset_make_live(struct build *b, struct dataset *s);
/* The place of a word in a NULL-ended list; -1. */
int dataset_word(const char *const *words, const char *text);

#endif
