/*
 * modbus - what keywords may ask of a Modbus transaction.
 *
 * Thread:    the worker's.
 * Memory:    both messages are inside the transaction.
 * Owns:      nothing.
 * Not here:  the parser -> modbus.c
 */
#ifndef ENGINE_PROTOCOLS_MODBUS_H
#define ENGINE_PROTOCOLS_MODBUS_H

#include "engine/app/protocols/parse.h"

/* Access types and categories, bits; the keyword's words and the log's. */
enum { MODBUS_READ = 0x01, MODBUS_WRITE = 0x02, MODBUS_DISCRETES = 0x04, MODBUS_COILS = 0x08, MODBUS_INPUT = 0x10,
	MODBUS_HOLDING = 0x20, MODBUS_SINGLE = 0x40, MODBUS_MULTIPLE = 0x80 };
enum { MODBUS_PUBLIC_ASSIGNED = 1, MODBUS_PUBLIC_UNASSIGNED = 2, MODBUS_USER_DEFINED = 4, MODBUS_RESERVED = 8 };

struct modbus_msg {
	bool present, short_pdu;   /* short_pdu: the PDU ends too early for its function */
	uint16_t transaction, protocol;
	uint8_t unit;
	uint8_t function;          /* without the exception bit */
	bool exception;
	uint8_t code;              /* of the exception */
	uint16_t sub;              /* diagnostics sub-function, MEI type */
	uint8_t access, category;  /* MODBUS_* */
	/* Where the function has them; has_* says so. Quantities count coils or registers. */
	bool has_read, has_write;
	uint16_t read_address, read_quantity, write_address, write_quantity;
	uint16_t and_mask, or_mask; /* function 22 */
	uint8_t pdu_n;
	uint8_t data_off, data_n;  /* values read or written, in pdu[] */
	uint8_t pdu[253];
};

struct modbus_tx {
	struct tx tx;
	struct modbus_msg msg[2]; /* TO_SERVER: request, TO_CLIENT: response */
};

static inline const struct modbus_msg *
modbus_of(const struct tx *tx, int dir)
{
	const struct modbus_msg *m = &((const struct modbus_tx *) tx)->msg[dir];

	return m->present ? m : NULL;
}

/* The value written to register or coil `address` (coils: 0 or 1); false: this message does not write it. */
bool modbus_written(const struct modbus_msg *m, uint16_t address, uint16_t *value);

#endif
