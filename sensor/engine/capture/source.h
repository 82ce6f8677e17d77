/*
 * source - what the kinds of source share: the inside of struct capture.
 *
 * Thread:    the worker that owns the handle; stop() from any.
 * Memory:    one struct and its libpcap handle, taken when it is opened.
 * Owns:      the handle.
 * Not here:  the interface for everybody else -> capture.h
 */
#ifndef ENGINE_CAPTURE_SOURCE_H
#define ENGINE_CAPTURE_SOURCE_H

#include "engine/capture/capture.h"

#include <pcap/pcap.h>

#define CAPTURE_DAMAGE_LEN 2048

struct capture {
	const struct source *source;
	struct capture_conf conf;
	struct counters *cnt;
	pcap_t *pcap;
	void *state;          /* of the source */
	void (*fn)(void *arg, const struct frame *f);
	void *arg;
	uint64_t num;         /* of the last frame */
	int64_t last_seen;    /* monotonic ns of the last read that brought frames */
	volatile bool stop;
	bool lasting;         /* frames' bytes stay until the next read */
	uint16_t iface, linktype;
	int64_t ts_scale;     /* ns in a unit of the handle's tv_usec */
	unsigned drops, if_drops; /* libpcap's totals at the last stats */
	int64_t not_before;   /* live: frames older than this came before we joined the fanout group */
	char damage[CAPTURE_DAMAGE_LEN];
};

/* Compiles conf.bpf for the open handle. E_BAD and a sentence in why when it is no filter. */
int capture_filter(struct capture *c, char why[static 256]);
/* libpcap's callback: numbers and hands on. arg is the struct capture. Whoever takes the frame counts it: offline every
 * worker reads every frame and takes its share. */
void capture_frame(u_char *arg, const struct pcap_pkthdr *h, const u_char *bytes);
/* Adds a sentence to damage. */
void capture_damaged(struct capture *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

extern const struct source *const source_table[];
extern const unsigned source_table_n;

#endif
