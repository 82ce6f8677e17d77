/*
 * eve - an event as an EVE JSON record: the envelope that every reader of Suricata's logs knows.
 *
 * Thread:    the pipeline's.
 * Memory:    the caller's JSON buffer.
 * Owns:      nothing.
 * Not here:  the `casus` object -> pipeline/record.h   protocol members -> made by the engine, in event text
 *
 * Names and order as in the Suricata 8 user guide, "EVE JSON Format".
 */
#ifndef EVENT_EVE_H
#define EVENT_EVE_H

#include "base/json.h"
#include "event/card.h"
#include "event/event.h"

struct eve_options {
	const char *const *ifaces; /* names by in_iface, NULL-ended; NULL = offline, no in_iface */
	const char *pcap_name;     /* "pcap_filename"; NULL = leave it out */
	bool pcap_cnt;             /* offline: number of the packet in the file */
	bool community_id;
	uint16_t community_id_seed;
	bool metadata;             /* alert.metadata */
	bool references;           /* alert.references */
	const char *version;       /* "suricata_version": what wrote the record, by the name readers know; NULL = leave it out */
};

/* "alert", "http", "flow" ...: the record's event_type, or NULL for events that are never printed. */
const char *eve_type(const struct event *e);
/* Opens the root object and writes all of the record but the `casus` object; the caller closes it (json_text).
 * `card` may be NULL for everything but alerts; action: 0 allowed, 1 blocked (a rate filter may have changed the event's). */
void eve_begin(struct json *j, const struct event *e, const struct card *card, uint8_t action, const struct eve_options *o);
/* What the store made of a file. */
struct eve_stored {
	bool stored;
	uint64_t id;
	const uint8_t *sha256;     /* 32 bytes; NULL = not known */
};
/* "fileinfo" of an EVENT_FILEINFO, after eve_begin(). */
void eve_file(struct json *j, const struct event *e, const struct eve_stored *s);
/* The same beginning for records without packet: stats, incident, escalation. */
void eve_begin_plain(struct json *j, const char *type, int64_t ts);

#endif
