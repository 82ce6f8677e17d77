/*
 * mqtt - what the MQTT parser's files share: the messages of one transaction.
 *
 * Thread:    the worker's.
 * Memory:    bodies of messages in the worker's pool until the transaction ends; fields and log read them anew.
 * Owns:      struct mqtt_tx.
 * Not here:  the protocol's table row -> mqtt.c
 */
#ifndef ENGINE_PROTOCOLS_MQTT_H
#define ENGINE_PROTOCOLS_MQTT_H

#include "engine/app/protocols/parse.h"

#define MQTT_MESSAGES 4 /* PUBLISH PUBREC PUBREL PUBCOMP */
#define MQTT_LENGTH_MAX 524288u

enum mqtt_type { MQTT_UNASSIGNED, MQTT_CONNECT, MQTT_CONNACK, MQTT_PUBLISH, MQTT_PUBACK, MQTT_PUBREC, MQTT_PUBREL, MQTT_PUBCOMP,
	MQTT_SUBSCRIBE, MQTT_SUBACK, MQTT_UNSUBSCRIBE, MQTT_UNSUBACK, MQTT_PINGREQ, MQTT_PINGRESP, MQTT_DISCONNECT, MQTT_AUTH };

struct mqtt_msg {
	uint8_t first;      /* type << 4 | flags */
	bool truncated;     /* too long: `length` bytes were passed over */
	uint32_t length;
	struct bytes body;
};
#define mqtt_type(m) ((m)->first >> 4)

struct mqtt_tx {
	struct tx tx;
	struct mqtt_msg m[MQTT_MESSAGES];
	uint8_t n, version;
	uint16_t id;
	uint32_t text_max;  /* of strings in the log */
};

/* CONNECT, taken apart. */
struct mqtt_connect {
	struct span protocol, client, will_topic, will_message, user, password, props, will_props;
	uint8_t version, flags;
};
bool mqtt_connect(const struct mqtt_msg *m, struct mqtt_connect *c);
/* The properties of version 5: their bytes, and past them; SPAN_NONE for older versions. */
struct span mqtt_props(struct rd *r, uint8_t version);
uint32_t mqtt_props_count(struct span props); /* mqtt_fields.c */
uint32_t mqtt_varint(struct rd *r);
struct span mqtt_text(struct rd *r);
void mqtt_log(const struct app *app, const struct tx *tx, struct json *j, bool full);
extern const struct field mqtt_fields[];

#endif
