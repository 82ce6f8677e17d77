/*
 * mkpcap - packets from a text that a person can read (mkpcap.1 describes the language).
 *
 * Thread:    one.
 * Memory:    tokens, hosts and packets in arenas of the script; scratch lives as long as one statement.
 * Owns:      everything, until script_clear().
 * Not here:  reading captures -> sensor/engine/capture/
 */
#ifndef MKPCAP_H
#define MKPCAP_H

#include "base/addr.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum token_kind { TOKEN_WORD, TOKEN_STRING, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_END, TOKEN_EOF };

struct token {
	enum token_kind kind;
	struct span text; /* a string: between its quotes, escapes as written */
	uint32_t line, column;
};

struct variable {
	struct span name;
	int64_t value;
};

struct host {
	struct host *next;
	const char *name;
	struct addr a;
	uint8_t mac[6];
};

struct endpoint {
	struct addr a;
	uint16_t port;
	uint8_t mac[6];
};

/* What `set` changes; a block gives the old values back at its end. */
struct settings {
	int64_t gap;       /* microseconds between packets */
	uint32_t ttl, window, segment, fragment; /* bytes of TCP data a packet; bytes of IP payload a fragment, 0 = whole */
	uint32_t vlan[2];  /* 0 = none */
	bool bad_checksum, no_acks;
};

/* What > and < belong to. Side 0 began it. */
struct flow {
	bool tcp, over;
	struct endpoint side[2];
	uint32_t seq[2];
	uint32_t messages[2]; /* numbered application messages so far: IEC 104, Modbus, SMB2 */
};

struct packet {
	int64_t at; /* microseconds since 1970 */
	uint32_t number, n;
	const uint8_t *bytes;
};

#define VARIABLES_MAX 16
#define DATA_MAX (1u << 20)

struct script {
	const char *name; /* of the file, for messages */
	const char *folder; /* of `file`, NULL: reading files is not allowed */
	struct diag *diag;
	struct arena keep, scratch;
	struct token *tokens;
	uint32_t n_tokens, at;
	struct variable variables[VARIABLES_MAX];
	uint32_t n_variables, depth;
	struct host *hosts;
	struct settings set;
	struct flow *flow;
	uint32_t side;     /* who sends the data being read: 0 or 1 */
	int64_t start, now;
	uint32_t next_port, next_flow, next_ip_id;
	uint64_t steps, steps_max;
	struct packet *packets;
	uint32_t n_packets, cap_packets, packets_max;
	bool stopped;      /* a limit was reached: nothing more is run */
};

/* script.c: 0, or E_BAD with the problems in `d`. */
void script_init(struct script *s, struct diag *d);
int script_run(struct script *s, const char *name, struct span text);
void script_write(const struct script *s, struct buf *out); /* the capture file, pcap, microseconds, Ethernet */
void script_clear(struct script *s);
bool run_block(struct script *s); /* from { to }, at the token of { */
void statements_help(FILE *out);

/* lex.c */
bool lex(struct script *s, struct span text);
bool expression(struct script *s, struct span text, int64_t *out, const char **why);

/* words.c: each takes the next token, or says what it expected and returns false. */
bool fail(struct script *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const struct token *peek(const struct script *s);
bool at_end(const struct script *s); /* of the statement */
bool accept(struct script *s, const char *word);
bool take_word(struct script *s, const char *what, const char **out);
bool take_number(struct script *s, const char *what, int64_t lo, int64_t hi, int64_t *out);
bool option_number(struct script *s, const char *word, int64_t lo, int64_t hi, int64_t *out);
bool take_duration(struct script *s, int64_t *out);
bool take_time(struct script *s, int64_t *out);
bool take_string(struct script *s, const char *what, struct buf *out);
bool take_mac(struct script *s, uint8_t out[6]);
bool take_endpoint(struct script *s, bool port, struct endpoint *out);
bool take_pair(struct script *s, bool port, struct endpoint side[2]);
struct span substitute(struct script *s, struct span text, bool escapes, bool *ok);

/* flow.c */
bool statement_tcp(struct script *s);
bool statement_udp(struct script *s);
bool statement_send(struct script *s, uint32_t side);
bool statement_close(struct script *s);
bool statement_reset(struct script *s);
bool statement_open(struct script *s);
bool statement_flags(struct script *s);
bool statement_syn(struct script *s);

/* frame.c */
struct layer4 {
	uint8_t protocol;
	int32_t checksum_at; /* offset in the payload, -1 = has none */
	bool pseudo;         /* the sum covers the addresses too */
};
bool send_ip(struct script *s, const struct endpoint *from, const struct endpoint *to, struct layer4 l, struct span payload);
bool send_frame(struct script *s, struct span bytes);
bool statement_icmp(struct script *s);
bool statement_arp(struct script *s);
bool statement_frame(struct script *s);
bool statement_ip(struct script *s);

/* data.c */
bool take_data(struct script *s, struct buf *out); /* every part up to the end of the statement */
void data_help(FILE *out);
struct message {
	const char *name, *usage;
	bool (*put)(struct script *s, struct buf *out);
};
extern const struct message messages[], control_messages[]; /* end with a NULL name */

void put_u8(struct buf *b, uint32_t v);
void put_u16(struct buf *b, uint32_t v);
void put_u32(struct buf *b, uint32_t v);
void put_le16(struct buf *b, uint32_t v);
void put_le32(struct buf *b, uint32_t v);
void set_u16(struct buf *b, size_t at, uint32_t v);

#endif
