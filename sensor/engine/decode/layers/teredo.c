/*
 * teredo - IPv6 in UDP, behind an optional authentication and origin indication (RFC 4380 section 5.1.1).
 */
#include "engine/decode/layer.h"

static bool
udp(struct decode *d, struct packet *p, struct span in)
{
	struct rd r = rd_of(in);

	if (in.n >= 4 && in.p[0] == 0 && in.p[1] == 1) {
		rd_skip(&r, 2);
		uint8_t id = rd_u8(&r), auth = rd_u8(&r);
		rd_skip(&r, (size_t) id + auth + 8 + 1);
	}
	struct span rest = rd_rest(&r);
	if (rest.n >= 8 && rest.p[0] == 0 && rest.p[1] == 0)
		rest = span_skip(rest, 8);
	if (r.bad || rest.n < 40 || rest.p[0] >> 4 != 6)
		return false;
	/* Any payload may begin with a 6: the length must fit to the byte. */
	r = rd_of(span_skip(rest, 4));
	if (rd_u16(&r) != rest.n - 40)
		return false;
	if (!decode_tunnel(d, p, rest, PKT_SRC_TEREDO, layer_ipv6_decode))
		return false;
	counter_inc(d->cnt, C_DECODE_TEREDO);
	return true;
}

const struct layer layer_teredo = {
	.name = "teredo",
	.udp = udp,
	.udp_enabled = offsetof(struct decode_conf, teredo),
	.udp_ports = offsetof(struct decode_conf, teredo_ports),
	.udp_port = 3544,
};
