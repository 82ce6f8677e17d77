/*
 * document - an assessment as JSON: the incident document, the change of bands, the tag on an alert, the explanation.
 *
 * Thread:    the pipeline's.
 * Memory:    none: written into the caller's JSON.
 * Owns:      nothing.
 * Not here:  finding the bands -> bands.h   who gets it -> ../output/
 *
 * Every sentence names a fact, a pack key or a source. Bands are `indicative`, and `if_attributed` unless a person has
 * attributed; instruments are raised for consideration, never met.
 */
#ifndef PIPELINE_DOCUMENT_H
#define PIPELINE_DOCUMENT_H

#include "pipeline/legal/bands.h"
#include "pipeline/legal/context.h"

/* One incident's assessment at one revision. */
struct assessment {
	const struct incident *i;
	struct facts facts;
	struct bands bands;
	bool confirmed;
	uint32_t linked;
	int64_t at;
	uint32_t revision;
};

struct document_in {
	const struct packs *packs;
	const struct effects *effects;
	const struct context *context;
	const struct inventory *inv;
	bool exercise;
	const char *seen_in;     /* of a case: its captures; NULL: none, or a live sensor's own */
};

void document_incident(const struct document_in *in, const struct assessment *a, struct json *j);
/* From the bands told before to the present ones. */
void document_escalation(const struct document_in *in, const struct assessment *a, const struct bands *before, struct json *j);
/* What a person told, as a record of its own; `text`: as it came, signature and all. */
void document_context(const struct document_in *in, const struct statement *s, struct span text, struct json *j);
void document_tag(const struct document_in *in, const struct assessment *a, struct json *j);
void document_explain(const struct document_in *in, const struct assessment *a, const char *party, struct json *j);

/* ---- shared with the picture for the terminal ---- */
/* Instruments worth raising: some party of it has a hi at or above `from` and the territory fits. */
bool instrument_fits(const struct packs *p, const struct instrument *n, const struct assessment *a);
/* The party is one of its own and its hi stands at or above `from`. */
bool instrument_raised_by(const struct instrument *n, const struct party_band *b);
/* "deaths reported" / "outage_s at its upper bound", for change sets. */
void change_describe(const struct packs *p, const struct change *c, struct buf *out);

#endif
