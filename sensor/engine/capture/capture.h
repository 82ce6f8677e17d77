/*
 * capture - frames out of an interface, a file or a folder of files.
 *
 * Thread:    the worker that owns the handle; capture_break() from any.
 * Memory:    frames borrow libpcap's buffer: valid only inside the callback.
 * Owns:      the libpcap handle.
 * Not here:  what the bytes mean -> ../decode/
 */
#ifndef ENGINE_CAPTURE_H
#define ENGINE_CAPTURE_H

#include "base/counters.h"
#include "base/err.h"
#include "base/span.h"

struct frame {
	uint64_t num;       /* from 1, over all files of the run ("pcap_cnt") */
	int64_t ts;         /* ns */
	struct span bytes;  /* captured */
	uint32_t wire_len;  /* bytes on the wire */
	uint16_t linktype;  /* DLT_* of the source */
	uint16_t iface;     /* index of the interface or 0 */
	bool lasting;       /* the bytes stay until the next capture_read(); else they are gone when the callback returns */
};

struct capture_conf {
	uint32_t snaplen;      /* 262144 */
	uint64_t buffer_size;  /* bytes of the kernel ring */
	const char *bpf;       /* filter text or NULL */
	bool promiscuous;
	uint32_t fanout_group; /* live, workers > 1: joined by a flow-hash fanout; 0 = none */
	uint32_t workers;
	int64_t quiet_after;   /* ns without a frame until a tap counts as silent; 0 = off */
	double replay_speed;   /* offline: 0 = as fast as it goes, 1 = real time */
};

struct capture;

/* A kind of source; registry sources/. */
struct source {
	const char *name;  /* "file", "live" */
	bool live;
	/* target: path, folder, "-" or interface name. On failure a negative err and a sentence in why[256]. */
	int (*open)(struct capture *c, const char *target, char why[static 256]);
	/* Up to max frames to fn. >0 handed on, 0 nothing now (live), E_NOENT end of input, E_BAD damaged (after
	 * everything readable was handed on), E_IO. */
	int (*read)(struct capture *c, unsigned max, void (*fn)(void *, const struct frame *), void *arg);
	void (*stats)(struct capture *c); /* kernel and interface losses into the counters */
	void (*stop)(struct capture *c);  /* async-signal-safe: read returns soon */
	void (*close)(struct capture *c);
};

struct capture *capture_new(const struct source *s, const struct capture_conf *conf, uint16_t iface, struct counters *cnt);
int capture_open(struct capture *c, const char *target, char why[static 256]);
int capture_read(struct capture *c, unsigned max, void (*fn)(void *, const struct frame *), void *arg);
void capture_stats(struct capture *c);
void capture_break(struct capture *c);
void capture_free(struct capture *c);
bool capture_is_quiet(const struct capture *c); /* live: no frame for quiet_after */
/* What is wrong with the file(s), for the operator; "" when nothing ("x.pcap: truncated after frame 17"). */
const char *capture_damage(const struct capture *c);

extern const struct source source_file, source_live;

#endif
