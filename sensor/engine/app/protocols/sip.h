/*
 * sip - what the SIP parser's files share: one message, and the session description in it.
 *
 * Thread:    the worker's.
 * Memory:    the message in the worker's pool until the transaction ends; everything else points into it.
 * Owns:      struct sip_tx.
 * Not here:  the protocol's table row -> sip.c
 */
#ifndef ENGINE_PROTOCOLS_SIP_H
#define ENGINE_PROTOCOLS_SIP_H

#include "engine/app/protocols/parse.h"

struct sip_tx {
	struct tx tx;
	struct bytes msg;
	uint32_t head_n;   /* bytes before the body */
	bool response;
};

/* The first line without its end; *rest goes on after it. */
struct span sip_line(struct span *rest);
struct span sdp_of(const struct tx *tx);
void sdp_log(struct span sdp, struct json *j);

typedef bool sdp_field(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out);
sdp_field sdp_origin, sdp_session_name, sdp_session_info, sdp_uri, sdp_email, sdp_phone, sdp_connection, sdp_bandwidth, sdp_time,
    sdp_repeat, sdp_timezone, sdp_key, sdp_attribute, sdp_m_media, sdp_m_info, sdp_m_connection, sdp_m_key;

#endif
