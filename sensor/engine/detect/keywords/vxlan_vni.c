/*
 * vxlan_vni - network identifier of a VXLAN header: of the UDP packet that carries it. RFC 7348 section 5.
 */
#include "engine/detect/keyword.h"

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	struct rd r = rd_of(c->p->payload);
	uint8_t flags = rd_u8(&r);
	uint32_t vni;

	rd_skip(&r, 3);
	vni = rd_u24(&r);
	rd_skip(&r, 1);
	return c->p->proto == 17 && !r.bad && flags & 0x08 && kw_number_has(a->number, vni);
}

static int
setup(struct build *b, const union kw_arg *a)
{
	static const uint8_t protos[] = { 17 };
	int e = build_ip_proto(b, protos, sizeof(protos));

	return e < 0 ? e : build_match(b, match, a, 0);
}

const struct keyword keyword_vxlan_vni = {
	.name = "vxlan_vni", .help = "network identifier of a VXLAN header", .example = "vxlan_vni:10",
	.scope = KW_PACKET, .arg = ARG_U32, .flags = KW_NEEDS_PACKET | KW_NOT_PSEUDO, .setup = setup, .match = match,
};
