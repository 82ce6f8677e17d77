/*
 * inner - what the files of app/ share among themselves; nobody else includes this.
 *
 * Thread:    the worker's.
 * Memory:    struct apps comes from the pool.
 * Owns:      the settings of every protocol.
 * Not here:  what others may use -> app.h, protocol.h
 */
#ifndef ENGINE_APP_INNER_H
#define ENGINE_APP_INNER_H

#include <magic.h>

#include "engine/app/range.h"

#define APP_MAX_PROTOCOLS 64    /* a bit each in an uint64_t */
#define APP_MAX_PORTS 32       /* likely ports of one protocol and transport */
#define APP_PROBE_MAX 64       /* bytes of a direction a probe may ask for, when the protocol says nothing */
#define APP_PROBE_HOLD 100000  /* bytes of one direction kept while nobody knows the protocol */
#define APP_RECORD_MAX 131072  /* longest record, when the protocol says nothing */
#define APP_UPGRADES_MAX 4
#define APP_SHARED_MAX 256

struct app_ports {
	uint16_t port[APP_MAX_PORTS];
	uint8_t n;
};

enum app_encryption { ENCRYPTION_TRACK, ENCRYPTION_FULL, ENCRYPTION_BYPASS };

struct apps_protocol {
	bool on[2];        /* by transport: TCP, UDP */
	bool parse;        /* false: detection-only */
	uint8_t encryption; /* enum app_encryption */
	struct app_ports ports[2];
	void *conf;
};

/* Ports in order, and which protocols (bits) each of them stands for. */
struct app_port_map {
	uint16_t port[APP_MAX_PROTOCOLS * APP_MAX_PORTS];
	uint64_t protocols[APP_MAX_PROTOCOLS * APP_MAX_PORTS];
	unsigned n;
};

#define APP_EXPECT_MAX 256     /* flows expected at once; the oldest goes */

/* A flow that another one told of. */
struct app_expected {
	const struct protocol *proto; /* NULL: free */
	struct addr from, to;
	uint16_t port;             /* of `to` */
	uint16_t note_n;
	int64_t until;             /* packet time */
	uint8_t note[APP_NOTE_MAX];
};

struct apps {
	struct pool *pool;
	struct counters *cnt;
	void (*tx_end)(void *arg, struct tx *tx);
	void *tx_end_arg;
	uint64_t memcap, used;
	struct apps_protocol of[APP_MAX_PROTOCOLS];
	struct app_port_map by_port[2];          /* by transport */
	uint64_t probed[2], only_ports;          /* bits: switched on and found by content; asked on their ports only */
	struct app_expected expected[APP_EXPECT_MAX];
	unsigned expected_n, expected_next; /* in use; the next place */
	uint32_t frames[APP_MAX_PROTOCOLS]; /* types of frames that somebody wants: bit = index into protocol->frames, or FRAME_STREAM */
	struct ranges ranges;
	struct files_conf files;
	magic_t magic;             /* NULL: nobody asks */
	const char *magic_file;    /* NULL: libmagic's own */
	bool magic_failed;
	bool (*file_bytes)(void *arg, const struct file *f, struct span bytes);
	void *file_arg;
	struct app_shared *shared[APP_SHARED_MAX]; /* sets of four by hash; NULL: a free place */
	struct span offered;       /* what feed() is looking at; begins at app->taken of its direction */
};

struct app_past {
	struct app_past *next;
	const struct protocol *proto;
	void *state;
	uint64_t num; /* the frame that ended it */
};

/* Gives back what parsing needs: the protocol's state, what it spoke before, bytes, frames. */
void app_clear_state(struct app *a);

/* share.c: a flow less has it; false: it is not shared. */
bool app_share_drop(struct app *a);

/* frame.c: the direction as a whole, the first frame of a protocol that has frames. */
void app_frames_stream(struct app *a, int dir);

/* file.c */
void files_close(struct apps *e);

/* expect.c: takes the entry this new flow was announced by; NULL when there is none. It is valid until the next call. */
const struct app_expected *app_expect_take(struct app *a);

/* Is app-layer.protocols.NAME[.tcp|.udp] switched on; *parse: not detection-only. */
bool app_switched_on(const struct conf *c, const struct protocol *p, unsigned transport_i, bool *parse);
const struct yaml *app_node(const struct conf *c, const struct protocol *p);

/* Which protocol does `first` of direction dir look like? PROBE_NO: none of all; PROBE_MORE: still open. `last`:
 * nothing follows, so nobody may ask for more. */
enum app_probe app_probe(struct app *a, int dir, struct span first, bool last, const struct protocol **found);

#define app_transport_i(a) ((a)->transport == APP_UDP)

#endif
