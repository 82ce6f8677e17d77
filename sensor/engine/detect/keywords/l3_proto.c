/*
 * l3_proto - the version of IP, as ip4 and ip6 in a rule's header.
 */
#include "engine/detect/build.h"

static int
setup(struct build *b, const union kw_arg *a)
{
	static const struct {
		const char *name;
		uint8_t version;
	} names[] = { { "ip4", 4 }, { "ipv4", 4 }, { "ip6", 6 }, { "ipv6", 6 } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcasecmp(a->text, names[i].name) != 0)
			continue;
		if (b->ip_version && b->ip_version != names[i].version)
			return build_error(b, 0, "the rule is already one for IPv%u", b->ip_version);
		b->ip_version = names[i].version;
		return 0;
	}
	return build_error(b, 0, "\"%s\": ip4, ipv4, ip6 or ipv6 was expected", a->text);
}

const struct keyword keyword_l3_proto = {
	.name = "l3_proto", .help = "the version of IP", .example = "l3_proto:ipv6",
	.scope = KW_PACKET, .arg = ARG_STRING, .flags = KW_IPONLY, .setup = setup,
};
