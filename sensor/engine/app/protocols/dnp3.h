/*
 * dnp3 - one application message of DNP3, and its objects.
 *
 * Thread:    the worker's.
 * Memory:    the message's bytes (without link and transport) are kept in the worker's pool until the transaction ends.
 * Owns:      those bytes.
 * Not here:  link layer and reassembly -> dnp3.c
 */
#ifndef ENGINE_PROTOCOLS_DNP3_H
#define ENGINE_PROTOCOLS_DNP3_H

#include "engine/app/protocols/parse.h"

enum dnp3_event { DNP3_EV_FLOODED, DNP3_EV_LEN_TOO_SMALL, DNP3_EV_BAD_LINK_CRC, DNP3_EV_BAD_TRANSPORT_CRC,
	DNP3_EV_UNKNOWN_OBJECT, DNP3_EV_MALFORMED, DNP3_EV_TOO_MANY_POINTS, DNP3_EV_TOO_MANY_OBJECTS };

enum { DNP3_CONFIRM, DNP3_READ, DNP3_WRITE, DNP3_SELECT, DNP3_OPERATE, DNP3_DIRECT_OPERATE, DNP3_DIRECT_OPERATE_NR,
	DNP3_FREEZE_FIRST, DNP3_FREEZE_LAST = 12, DNP3_COLD_RESTART, DNP3_WARM_RESTART, DNP3_INIT_DATA, DNP3_INIT_APPL,
	DNP3_START_APPL, DNP3_STOP_APPL, DNP3_SAVE_CONFIG, DNP3_ENABLE_UNSOLICITED, DNP3_DISABLE_UNSOLICITED,
	DNP3_ASSIGN_CLASS, DNP3_DELAY, DNP3_RECORD_TIME, DNP3_OPEN_FILE, DNP3_CLOSE_FILE, DNP3_DELETE_FILE, DNP3_FILE_INFO,
	DNP3_AUTH_FILE, DNP3_ABORT_FILE, DNP3_ACTIVATE_CONFIG, DNP3_AUTH_REQ, DNP3_AUTH_REQ_NR,
	DNP3_RESPONSE = 129, DNP3_UNSOLICITED, DNP3_AUTH_RESPONSE };

struct dnp3_tx {
	struct tx tx;
	uint8_t link_control;      /* of the frame that ended the message */
	uint16_t src, dst;
	uint8_t control, function; /* application */
	uint16_t iin;              /* responses: IIN1 << 8 | IIN2 */
	bool complete;             /* all of its objects could be read */
	struct bytes data;         /* from the application control byte on */
};

/* An object header and where its points are; see dnp3_next(). */
struct dnp3_object {
	uint8_t group, variation, qualifier;
	uint32_t start, stop, count;
	const char *form;    /* of a point: dnp3_objects.c; NULL: the size comes before each */
	uint32_t size;       /* bytes of a point without its prefix */
	struct rd points;
};

/* Begins at the first object. */
struct rd dnp3_objects(const struct dnp3_tx *t);
/* The next object header, its points passed over. 1, 0 = no more, -event - 1 = cannot go on. */
int dnp3_next(const struct dnp3_tx *t, struct rd *r, struct dnp3_object *o);
/* The members "objects": [...] of the log. */
void dnp3_log_objects(const struct dnp3_tx *t, struct json *j);
/* For dnp3_obj:group,variation. */
bool dnp3_has_object(const struct tx *tx, uint8_t group, uint8_t variation);

#endif
