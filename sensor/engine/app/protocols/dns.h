/*
 * dns - a DNS message and its names, for the parser, its fields and its log.
 *
 * Thread:    the worker's.
 * Memory:    the message as it came and where its records begin: the worker's pool.
 * Owns:      both, with the transaction.
 * Not here:  what others may use -> ../protocol.h
 */
#ifndef ENGINE_APP_DNS_H
#define ENGINE_APP_DNS_H

#include "engine/app/app.h"

#define DNS_NAME_MAX 1025u /* as printed, with dots; longer ones are cut and marked */
#define DNS_NAME_STEPS 255u

enum dns_section { DNS_QUERIES, DNS_ANSWERS, DNS_AUTHORITIES, DNS_ADDITIONALS, DNS_SECTIONS };
enum dns_type { DNS_A = 1, DNS_NS = 2, DNS_CNAME = 5, DNS_SOA = 6, DNS_NULL = 10, DNS_PTR = 12, DNS_MX = 15, DNS_TXT = 16,
	DNS_AAAA = 28, DNS_SRV = 33, DNS_OPT = 41, DNS_SSHFP = 44 };
enum dns_event { DNS_EV_MALFORMED, DNS_EV_NOT_REQUEST, DNS_EV_NOT_RESPONSE, DNS_EV_Z, DNS_EV_OPCODE, DNS_EV_LONG,
	DNS_EV_LOOP, DNS_EV_LABELS, DNS_EV_AUTHORITIES, DNS_EV_ADDITIONALS, DNS_EV_N };

#define DNS_QR 0x8000u
#define DNS_Z 0x0040u

struct dns_header {
	uint16_t id, flags;
	uint16_t count[DNS_SECTIONS];
};

struct dns_name {
	uint32_t n;
	bool cut, loop, labels; /* too long, pointers going round, too many labels */
	uint8_t p[DNS_NAME_MAX];
};

struct dns_record {
	uint16_t type, class;
	uint32_t ttl;
	uint32_t name_at; /* offsets in the message */
	uint32_t data_at, data_n;
	uint32_t next;
};

/* What the configuration says of the dns records of EVE. */
struct dns_conf {
	bool v2;                 /* the shape of Suricata 7 */
	bool quiet[2];           /* by direction: no records of requests, of responses */
	bool no_answers, no_grouped;
	bool some_types;         /* only where one of these is asked for: bit = type */
	uint64_t types[5];
};

struct dns_tx {
	struct tx tx;
	struct dns_header header;
	const struct dns_conf *conf; /* NULL: nothing is said */
	bool response;
	bool tcp;
	struct bytes msg;
	uint16_t *at;         /* offset of each record */
	uint32_t n_at, cap_at;
	uint32_t first[DNS_SECTIONS + 1]; /* index into at[] */
};

int dns_header(struct span msg, struct dns_header *h);
/* The name at `at`; *next is what follows it (pointers do not move it further). -1: not a name. */
int dns_name(struct span msg, uint32_t at, struct dns_name *out, uint32_t *next);
/* A question (no TTL, no data) or record. -1: it does not fit in the message. */
int dns_record(struct span msg, uint32_t at, bool question, struct dns_record *out);
/* Record i of a section. */
bool dns_at(const struct dns_tx *t, enum dns_section s, unsigned i, struct dns_record *out);
/* The name inside the data of NS, CNAME, PTR, MX, SOA, SRV: where it begins; 0 = such a record has none. */
uint32_t dns_data_name(const struct dns_record *r);
/* What a message begins with, when one begins here: over TCP two bytes of length come first. false: not even a header yet. */
bool dns_message_of(struct span first, uint8_t transport, struct span *msg, uint32_t *length);
/* Could the records that the header counts fit into n bytes? */
bool dns_header_fits(const struct dns_header *h, uint32_t n);
/* A transaction of the message, its records found and its events told; NULL: it is none, or no memory. */
struct dns_tx *dns_take(struct app *a, int dir, struct span msg);
void dns_tx_clear(struct app *a, struct tx *tx);
void dns_configure(void *conf, const struct conf *tree, const struct yaml *node, struct diag *d);
bool dns_wants_record(const struct tx *tx);
/* A message by itself, for protocols that carry one; NULL: it is none, or no memory. */
struct dns_tx *dns_apart(struct app *a, struct span msg);
void dns_apart_free(struct app *a, struct dns_tx *t); /* NULL is fine */
void dns_log(const struct app *app, const struct tx *tx, struct json *j, bool full);
void dns_log_message(const struct dns_tx *t, struct json *j);
extern const struct field dns_fields[], dns_carried_fields[], mdns_fields[]; /* of DNS; of DNS over HTTP/2; of mDNS */
extern const struct app_event dns_events[];
extern const struct app_frame_type dns_frames[];
extern const char *const dns_type_names[], *const dns_rcode_names[], *const dns_opcode_names[]; /* "A=1", ... */

#endif
