/*
 * ip_proto - the IP protocol, by name or number; narrows the rule rather than being looked at for each packet.
 */
#include "engine/detect/keyword.h"

static const struct {
	const char *name;
	uint8_t number;
} names[] = {
	{ "hopopt", 0 }, { "icmp", 1 }, { "igmp", 2 }, { "ggp", 3 }, { "ipencap", 4 }, { "ipip", 4 }, { "st", 5 }, { "tcp", 6 },
	{ "egp", 8 }, { "igp", 9 }, { "pup", 12 }, { "udp", 17 }, { "hmp", 20 }, { "xns-idp", 22 }, { "rdp", 27 }, { "iso-tp4", 29 },
	{ "dccp", 33 }, { "xtp", 36 }, { "ddp", 37 }, { "idpr-cmtp", 38 }, { "ipv6", 41 }, { "ipv6-route", 43 }, { "ipv6-frag", 44 },
	{ "idrp", 45 }, { "rsvp", 46 }, { "gre", 47 }, { "esp", 50 }, { "ah", 51 }, { "skip", 57 }, { "ipv6-icmp", 58 }, { "icmp6", 58 },
	{ "icmpv6", 58 }, { "ipv6-nonxt", 59 }, { "ipv6-opts", 60 }, { "rspf", 73 }, { "vmtp", 81 }, { "eigrp", 88 }, { "ospf", 89 },
	{ "ax.25", 93 }, { "etherip", 97 }, { "encap", 98 }, { "pim", 103 }, { "ipcomp", 108 }, { "vrrp", 112 }, { "l2tp", 115 },
	{ "isis", 124 }, { "sctp", 132 }, { "fc", 133 }, { "mobility-header", 135 }, { "udplite", 136 }, { "mpls-in-ip", 137 },
	{ "hip", 139 }, { "shim6", 140 }, { "wesp", 141 }, { "rohc", 142 },
};

/* The text with a name turned into its number. */
static const char *
numbered(struct build *b, const char *text)
{
	size_t op = strspn(text, "!<> ");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(text + op, names[i].name) == 0)
			return arena_printf(build_arena(b), "%.*s%u", (int) op, text, names[i].number);
	return text;
}

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	const char *text = build_text(b, value);

	text = text ? numbered(b, text) : NULL;
	if (!text || build_number(b, text, 255, &out->number) < 0)
		return build_error(b, 0, "bad protocol, expected a number from 0 to 255 or a name, perhaps with !, < or > before it");
	return 0;
}

static int
setup(struct build *b, const union kw_arg *a)
{
	uint8_t protos[256];
	unsigned n = 0;

	if (a->number->op == NUM_NE)
		return build_ip_proto_not(b, (uint8_t) a->number->a);
	for (unsigned i = 0; i < 256; i++)
		if (kw_number_has(a->number, i))
			protos[n++] = (uint8_t) i;
	if (n == 0)
		return build_error(b, 0, "no protocol passes this test, expected one that leaves some");
	return build_ip_proto(b, protos, n);
}

const struct keyword keyword_ip_proto = {
	.name = "ip_proto", .help = "IP protocol by name or number", .example = "ip_proto:gre",
	.scope = KW_PACKET, .arg = ARG_CUSTOM, .flags = KW_IPONLY, .parse = parse, .setup = setup,
};
