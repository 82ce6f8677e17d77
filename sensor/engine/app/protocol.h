/*
 * protocol - what one application protocol tells the engine about itself. Registry: protocols/.
 *
 * Thread:    the worker's; descriptors are constant.
 * Memory:    zeroed state in the worker's pool, given back at clear().
 * Owns:      nothing.
 * Not here:  order of bytes -> ../stream/   what rules make of fields -> ../detect/
 *
 * A member is one file: const struct protocol protocol_NAME. It knows its wire format, its transactions, the fields
 * rules can look at, its events, and how it is written to the log; and nothing of rules or packets.
 *
 * Life of a flow:  probe() says yes -> state is zeroed memory of state_size -> feed()/gap() for each direction, in
 * order, the framework keeps what feed() did not take and offers it again with what follows -> eof() -> clear().
 */
#ifndef ENGINE_PROTOCOL_H
#define ENGINE_PROTOCOL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/pool.h"
#include "base/yaml.h"
#include "conf/conf.h"
#include "engine/decode/packet.h"
#include "event/event.h"

struct app;
struct tx;

#define APP_TCP 1
#define APP_UDP 2

enum app_probe { PROBE_NO, PROBE_MORE, PROBE_YES, PROBE_REVERSED /* yes, but sent by the other side */ };

/* How a rule may look at a field. */
enum field_kind {
	FIELD_BYTES,  /* one byte string a transaction (sticky buffer) */
	FIELD_MULTI,  /* several: index 0, 1, ... until false (multi-buffer) */
	FIELD_BODY,   /* grows while the transaction lives: struct body */
	FIELD_NUMBER, /* an unsigned number (number keyword); MULTI when `multi` */
	FIELD_FLAG    /* yes or no */
};

struct field {
	const char *name;      /* "http.uri" */
	const char *aliases;   /* other spellings of the sticky buffer, blank-separated: "http_raw_uri2" or NULL */
	const char *modifier;  /* old content modifier: "http_uri" or NULL */
	enum field_kind kind;
	bool multi;            /* FIELD_NUMBER with several values */
	uint8_t dirs;          /* bit 0: to server, bit 1: to client: in which direction it is looked at */
	uint8_t progress[2];   /* the transaction must have come this far in that direction; body: may be looked at from here on */
	/* The bytes stay valid until the packet is done: transaction memory, or from the scratch arena. false = absent. */
	bool (*bytes)(const struct tx *tx, int dir, unsigned index, struct arena *scratch, struct span *out);
	bool (*number)(const struct tx *tx, int dir, unsigned index, uint64_t *out);
	struct body *(*body)(struct tx *tx, int dir);
	/* ... or several, by the index file() counts by, until NULL. */
	struct body *(*bodies)(struct tx *tx, int dir, unsigned index);
	uint8_t message;       /* FIELD_BODY: bit = direction in which it is the message's one body, which is then looked through once for all such fields */
	bool of_file;          /* with an index, that of file() */
	bool late;             /* FIELD_MULTI: may come until the direction is over, however far the transaction has come */
	bool whole;            /* with that progress nothing is added to it, unless the parser says renewed */
	const char *const *names; /* FIELD_NUMBER: names for values, "name=value" pairs: "get_request=0", NULL-ended */
	bool bits;             /* FIELD_NUMBER: the names are of bits, of which the rule asks for one or more */
	const char *help;
	const struct field *more; /* of the last row (no name): the table goes on there */
};

static inline const struct field *
field_at(const struct field *f)
{
	while (f && !f->name)
		f = f->more;
	return f;
}
/* Every field of protocol p, which may be NULL. */
#define each_field(f, p) for (const struct field *f = field_at((p) ? (p)->fields : NULL); f; f = field_at(f + 1))

/* The body of that index, or NULL. */
static inline struct body *
field_body(const struct field *f, struct tx *tx, int dir, unsigned index)
{
	return f->bodies ? f->bodies(tx, dir, index) : index == 0 && f->body ? f->body(tx, dir) : NULL;
}

struct app_event {
	const char *name;      /* after the protocol's: "invalid_request_chunk_len" */
	const char *alias;     /* an older name that rules may use, or NULL */
	bool of_bodies;        /* seen as long as a body is decoded, also beyond what rules look into */
};

/* A kind of frame: what rules and the log call a piece of the stream. The parser marks it with app_frame(). */
struct app_frame_type {
	const char *name;      /* "pdu"; after the protocol's name in rules: "frame:tls.pdu" */
	const char *help;
};

/* A file that a transaction carries in one direction. */
struct app_file {
	struct span name;      /* as the protocol tells it; valid as long as the transaction */
	uint64_t size;         /* bytes that came so far */
	bool closed;           /* all of it came */
	bool gaps;             /* some of it was lost */
	bool piece;            /* the bytes from start to end of it, both included: a range */
	uint64_t start, end;
	struct file *f;        /* what else is asked of it (file.h); NULL: nothing */
};

struct protocol {
	const char *name;      /* in rules, app_proto and configuration: "http" */
	const char *aliases;   /* blank-separated: "http1" or NULL */
	const char *log_name;  /* event_type and object of the log record; NULL = name */
	const char *spec;      /* "RFC 9110, RFC 9112" */
	uint8_t transport;     /* APP_TCP | APP_UDP */
	uint8_t first_dirs;    /* the first bytes of a flow must come from: bit 0 client, bit 1 server; 0 = either */
	const char *ports[2];  /* likely server ports "80,8080,3128" by transport [TCP, UDP]: tried first there; NULL */
	bool only_ports;       /* content too weak to be found elsewhere */
	bool upper_events;     /* EVE tells its events in capitals, as the reference does for this one */
	bool log_packet;       /* EVE records tell source and destination of the packet, not client and server, as in the reference */
	bool either_opens;     /* over TCP the side that answers may open the connection too: a reversed beginning is still it */
	/* A complete message does not have the stream looked at before a chunk of it is there; as in the reference, or since that
	 * has no parser. What is to be looked at sooner is told by app_flush(). */
	bool keeps_stream;
	bool looks_across;     /* what one side sends has what rules ask of the other direction looked at too, at that packet */
	bool off_by_default;   /* app-layer.protocols.NAME.enabled: no, as in the reference */
	uint32_t probe_min;    /* bytes probe() needs at least */
	uint32_t probe_max;    /* after so many bytes of a direction MORE counts as NO (0 = 64) */
	enum app_probe (*probe)(struct span first, int dir, uint8_t transport);
	/* More lenient, asked instead on the likely ports; NULL = probe() there too. */
	enum app_probe (*probe_likely)(struct span first, int dir, uint8_t transport);

	/* Settings of app-layer.protocols.NAME, read once at start into conf_size zeroed bytes that live as long as the
	 * engine; parsers get them by app_conf(). `node` NULL: nothing is said about the protocol; `tree` NULL: no
	 * configuration at all. Strings in `node` die after the call. */
	size_t conf_size;
	void (*configure)(void *conf, const struct conf *tree, const struct yaml *node, struct diag *d);
	void (*unconfigure)(void *conf);

	size_t state_size, tx_size; /* tx_size includes struct tx, its first member */
	uint8_t done[2];       /* progress at which a transaction is complete in that direction */
	const char *const *progress_names[2]; /* by progress value, for hooks "http1:request_headers"; NULL-ended or NULL */
	uint32_t max_record;   /* feed() may ask for so many bytes at once at most */

	/* The flow is one that app_expect() told of: called once, before anything is fed. NULL = no need. */
	void (*expected)(struct app *app, void *state, struct span note);
	/* Takes bytes from the front; returns how many, 0 = needs more first, negative = the protocol is lost here
	 * (the framework stops parsing the flow, both directions, as the reference does). For UDP: one datagram a call. */
	int (*feed)(struct app *app, void *state, int dir, struct span bytes);
	/* So many bytes from here on feed() would take, but not look at: blanks may stand for them. NULL: it looks at all. */
	uint64_t (*passes_over)(const void *state, int dir);
	/* `n` bytes are missing (with those of a record begun but not complete). Negative: cannot go on in this
	 * direction. NULL = cannot. */
	int (*gap)(struct app *app, void *state, int dir, uint32_t n);
	void (*eof)(struct app *app, void *state, int dir);
	void (*tx_clear)(struct app *app, struct tx *tx); /* gives back what hangs on a transaction */
	void (*clear)(struct app *app, void *state);

	const struct protocol *base;    /* a flow may come to this one from there by app_becomes(): state and transactions are the same */
	/* The message of another protocol that a transaction carries, for that one's fields; NULL: none. */
	const struct tx *(*carried)(const struct tx *tx, int dir);
	const struct field *fields;     /* ends with .name = NULL; see each_field() */
	const struct app_frame_type *frames; /* ends with .name = NULL; at most 30; NULL = none */
	const struct app_event *events; /* ends with .name = NULL; at most 64; number = bit */
	/* Members of the log object. `full`: for the log record; else the short form that alerts carry. */
	void (*log)(const struct app *app, const struct tx *tx, struct json *j, bool full);
	/* A second object besides, in alerts and in a record of its own; false, nothing written: not of this transaction. With j
	 * NULL only that is asked. */
	const char *second_name;
	bool (*second_log)(const struct app *app, const struct tx *tx, struct json *j, bool full);
	/* A header of the request by its name, for addresses that proxies tell; NULL: there are no headers. */
	bool (*header)(const struct tx *tx, const char *name, struct span *out);
	/* The files of a direction, by index until false; NULL: this protocol carries none. */
	bool (*file)(const struct tx *tx, int dir, unsigned index, struct app_file *out);
	/* false: this transaction makes no log record (NULL = always does). */
	bool (*loggable)(const struct tx *tx);
	/* Its record can be written though the transaction is not over (NULL = never). */
	bool (*log_ready)(const struct tx *tx);
};

extern const struct protocol *const protocol_table[];
extern const unsigned protocol_table_n;
int protocol_index(const struct protocol *p); /* into protocol_table; -1 */

/* Every transaction begins with this. */
struct tx {
	struct tx *next, *prev;
	const struct protocol *proto; /* whose it is: a flow may change its protocol */
	uint64_t id;           /* from 0 in the flow */
	uint64_t events;       /* bit = index into protocol->events */
	uint8_t progress[2];
	bool logged;           /* worker: its record is written (or it needs none) */
	bool unlogged;         /* a rule says that it shall have none */
	bool ends_of_flow;     /* its record tells client and server, whatever log_packet says */
	bool done_seen[2];     /* detection: looked at with that direction final (tx_final) */
	bool renewed[2];       /* fields that were whole are to be looked at again; detection takes it back */
	bool guessed;          /* detection: an alert that did not look at it has shown it */
	uint8_t only_dir;      /* 0 both, else bit 0/1: the transaction has just this direction */
	uint8_t keep_files;    /* a rule says that its files are to be stored: bit = direction; whose rule: */
	uint32_t keep_sid;
	void *detect[2];       /* detection's memory of what matched so far, and its bits; detect/ owns them */
	uint64_t events_seen[2];
	uint64_t events_told;  /* worker: anomaly records are written of these */
	uint64_t first_num;    /* frame number when it began */
	int64_t first_ts, last_ts;
};

/*
 * A body that grows and forgets: rules look at it in pieces. Detection asks body_view() for what it should look at
 * now, and says body_looked() when every rule has; nothing else moves `seen`.
 */
struct file;
struct body {
	struct bytes data;     /* what is kept */
	struct file *file;     /* it is a file of which more is asked: file_begin() */
	uint64_t start;        /* offset of data.p[0] in the body */
	uint64_t total;        /* bytes that came, kept or not */
	uint64_t seen;         /* offset up to which detection has looked */
	uint64_t limit;        /* bytes taken in all; 0 = no limit but the pool */
	uint32_t inspect_min;  /* fewer bytes are not looked at unless the body is over; 0 = any */
	uint32_t inspect_window; /* bytes before `seen` that are looked at again */
	bool eof;              /* nothing follows */
	bool truncated;        /* more came than was kept */
	bool stopped;          /* no memory: from here on only counted, a hole would make wrong bytes neighbours */
	bool looked;           /* detection looked at the end too */
	bool gap;              /* some of it never came */
};
/* Appends up to `limit` bytes in all (0 = no limit but the pool); beyond it only counts. */
void body_add(struct body *b, struct app *app, struct span s, uint64_t limit);
/* The same of a body the parser does not look into: where nobody else does either, bytes are counted only. */
void body_take(struct body *b, struct app *app, struct span s, uint64_t limit);
/* `n` bytes never came: what follows is looked at by itself. */
void body_gap(struct body *b, struct app *app, uint64_t n);
void body_clear(struct body *b, struct app *app);
/* What rules are to look at now, and its offset in the body. false: nothing new, or not enough yet.
 * `over`: the direction is final, so look at what there is. */
bool body_view(const struct body *b, bool over, struct span *out, uint64_t *offset);
void body_looked(struct body *b, bool over);

#endif
