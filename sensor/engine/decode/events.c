/*
 * events - the names of packet events.
 *
 * Thread:    any; constant tables.
 * Memory:    none.
 * Owns:      nothing.
 * Not here:  who sets them -> layers/, defrag.c, ../stream/
 */
#include "engine/decode/packet.h"

const char *const packet_event_name[PACKET_EVENT_N] = {
#define PACKET_EVENT(id, name) [id] = name,
#include "engine/decode/events.def"
#undef PACKET_EVENT
};

/* Spellings that older rule files use. */
static const struct {
	const char *old;
	enum packet_event id;
} alias[] = {
	{ "stream.3whs_synack_resend_with_diff_ack", EV_STREAM_3WHS_SYNACK_RESEND_WITH_DIFFERENT_ACK },
	{ "stream.est_synack_resend_with_diff_ack", EV_STREAM_EST_SYNACK_RESEND_WITH_DIFFERENT_ACK },
};

int
packet_event_find(const char *name)
{
	for (int i = 0; i < PACKET_EVENT_N; i++)
		if (!strcmp(name, packet_event_name[i]))
			return i;
	for (size_t i = 0; i < sizeof(alias) / sizeof(alias[0]); i++)
		if (!strcmp(name, alias[i].old))
			return (int) alias[i].id;
	return -1;
}
