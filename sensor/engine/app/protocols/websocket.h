/*
 * websocket - what keywords may ask of a frame of WebSocket.
 *
 * Thread:    the worker's.
 * Memory:    the payload of an open frame, from the worker's pool.
 * Owns:      it.
 * Not here:  what others may use -> ../protocol.h
 */
#ifndef ENGINE_APP_WEBSOCKET_H
#define ENGINE_APP_WEBSOCKET_H

#include "engine/app/app.h"

#define WEBSOCKET_FIN 0x80u
#define WEBSOCKET_COMP 0x40u /* RSV1: compressed, RFC 7692 */

struct websocket_tx {
	struct tx tx;
	uint8_t flags;        /* the upper four bits of the first byte */
	uint8_t opcode;
	bool masked;
	uint32_t mask;
	struct bytes payload; /* unmasked, unpacked; of the last fragment: the whole message */
};

#endif
