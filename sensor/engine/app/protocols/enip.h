/*
 * enip - a message of EtherNet/IP as it was kept, and the CIP messages in it.
 *
 * Thread:    the worker's.
 * Memory:    the bytes behind the encapsulation header are kept in the worker's pool until the transaction ends.
 * Owns:      those bytes.
 * Not here:  framing, transactions, fields -> enip.c   CIP -> enip_cip.c   names and the log -> enip_log.c
 */
#ifndef ENGINE_PROTOCOLS_ENIP_H
#define ENGINE_PROTOCOLS_ENIP_H

#include "engine/app/protocols/parse.h"

enum { ENIP_NOP = 0x00, ENIP_LIST_SERVICES = 0x04, ENIP_LIST_IDENTITY = 0x63, ENIP_LIST_INTERFACES = 0x64, ENIP_REGISTER = 0x65,
	ENIP_UNREGISTER = 0x66, ENIP_RR_DATA = 0x6f, ENIP_UNIT_DATA = 0x70, ENIP_INDICATE_STATUS = 0x72, ENIP_CANCEL = 0x73 };

enum { CIP_GET_ALL = 0x01, CIP_SET_ALL, CIP_GET_LIST, CIP_SET_LIST, CIP_RESET, CIP_START, CIP_STOP, CIP_CREATE, CIP_DELETE,
	CIP_MULTIPLE, CIP_GET_SINGLE = 0x0e, CIP_SET_SINGLE = 0x10, CIP_UNCONNECTED_SEND = 0x52 };
enum { CLASS_IDENTITY = 0x01, CLASS_CONNECTION_MANAGER = 0x06, CLASS_FILE = 0x37, CLASS_PCCC = 0x67 };

struct enip_msg {
	bool present;
	uint16_t command;
	uint32_t session, status;
	uint64_t context;
	struct bytes data; /* behind the header, at most ENIP_KEPT_MAX */
};

struct enip_tx {
	struct tx tx;
	struct enip_msg msg[2]; /* by direction */
};

/* One item of the common packet format, and the first of a type. */
bool enip_item(const struct enip_msg *m, unsigned i, uint16_t *type, struct span *data);
bool enip_item_of(const struct enip_msg *m, uint16_t type, struct span *data);

/* A CIP message: a request has a path, a response a status. */
struct cip {
	bool response, embedded;
	uint8_t service, status;
	struct span path, extended; /* extended status, in words */
	struct span data, whole;
};

/* The messages of m: the outer one, then what a Multiple Service Packet or an Unconnected Send holds. */
struct cip_iter {
	struct span next;  /* a message to come first */
	struct span table; /* of a multiple service packet: number, offsets, messages */
	uint16_t k, n;
	bool inner;        /* what comes is embedded */
};
struct cip_iter cip_begin(const struct enip_msg *m);
bool cip_next(struct cip_iter *it, struct cip *out);

enum cip_segment { SEG_CLASS, SEG_INSTANCE, SEG_MEMBER, SEG_CONNECTION_POINT, SEG_ATTRIBUTE, SEG_OTHER };
/* The next segment of a path; false: no more, or not to be read. */
bool cip_segment(struct rd *path, enum cip_segment *type, uint32_t *value);
/* The *i-th value of that type in the path; attributes: then those that the list services name. false: *i is less by as many
 * as there were. */
bool cip_path_value(const struct cip *c, enum cip_segment type, unsigned *i, uint32_t *value);
bool cip_class(const struct cip *c, uint32_t *value); /* the first class */
/* What a request does; -1: nothing to a device (connections, discovery of paths). */
int cip_kind(const struct cip *c);
/* For cip_service:service,class,attribute; `n` of them are given. */
bool enip_has_service(const struct tx *tx, int dir, const uint32_t *want, unsigned n);

/* A reply to ListIdentity. */
struct enip_identity {
	uint16_t protocol, vendor, type, code, revision, status;
	uint32_t serial;
	struct span name;
	uint8_t state;
};
bool enip_identity(const struct enip_msg *m, struct enip_identity *out);
struct enip_service {
	uint16_t protocol, capabilities;
	struct span name;
};
bool enip_service(const struct enip_msg *m, struct enip_service *out);
/* RegisterSession: protocol version and options. */
bool enip_registration(const struct enip_msg *m, uint16_t *protocol, uint16_t *options);

extern const char *const enip_command_names[], *const enip_status_names[];
void enip_log(const struct app *app, const struct tx *tx, struct json *j, bool full);

#endif
