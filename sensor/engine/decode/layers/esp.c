/*
 * esp - Encapsulating Security Payload (RFC 4303): index and sequence number; the rest is encrypted.
 */
#include "engine/decode/layer.h"

static bool
decode(struct decode *d, struct packet *p, struct span in)
{
	if (in.n < 8)
		return decode_bad(p, EV_ESP_PKT_TOO_SMALL);
	counter_inc(d->cnt, C_DECODE_ESP);
	p->l4_header = span_head(in, 8);
	p->payload = span_skip(in, 8);
	return true;
}

const struct layer layer_esp = {
	.name = "esp",
	.decode = decode,
	.protocols = (const uint16_t[]) { 50, LAYER_END },
};
