/*
 * tags - flows and hosts whose further packets are logged, each for so many packets, bytes or seconds.
 *
 * Thread:    the worker's.
 * Memory:    of flows: the worker's pool. Of hosts: one table of fixed size, made when rules ask for it; the oldest leave first.
 * Owns:      the tags on struct marks until tags_clear(), which comes before marks_clear().
 * Not here:  the keyword -> keywords/tag.c   the record -> ../emit_alert.c
 */
#ifndef ENGINE_DETECT_TAGS_H
#define ENGINE_DETECT_TAGS_H

#include "engine/detect/detect.h"

enum tag_metric { TAG_PACKETS, TAG_BYTES, TAG_SECONDS };
struct tag_spec {
	bool host, by_src;
	enum tag_metric metric;
	uint32_t count;
};

struct host_tags;
struct host_tags *host_tags_new(void);
void host_tags_free(struct host_tags *t);

/* `p` is the first packet. A tag of the same rule that runs already goes on as it is. */
void tag_flow(struct marks *m, struct pool *pool, const struct tag_spec *s, const struct packet *p);
void tag_host(struct host_tags *t, const struct tag_spec *s, const struct packet *p);
/* Counts the packet; true: a tag that began before it wants it logged. t NULL: no hosts. */
bool tags_count(struct marks *m, struct pool *pool, struct host_tags *t, const struct packet *p);
void tags_clear(struct marks *m, struct pool *pool);

#endif
