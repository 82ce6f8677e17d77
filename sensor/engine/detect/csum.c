/*
 * csum - reading and testing what the checksum keywords ask for.
 */
#include "engine/decode/decode.h"
#include "engine/detect/csum.h"

int
csum_parse(struct build *b, const char *value, union kw_arg *out)
{
	static const bool wanted[] = { false, true };
	const char *text = value ? build_text(b, value + (*value == '!')) : NULL;
	bool negated = value && *value == '!', valid;

	if (!text || (strcasecmp(text, "valid") != 0 && strcasecmp(text, "invalid") != 0))
		return build_error(b, 0, "expected valid or invalid");
	valid = strcasecmp(text, "valid") == 0;
	out->p = &wanted[valid != negated];
	return 0;
}

bool
csum_l4(const struct match_ctx *c, const union kw_arg *a, int ip_version, uint8_t proto)
{
	const struct packet *p = c->p;

	if (p->ip_version != ip_version || p->proto != proto || !p->l4_header.n)
		return false;
	return packet_checksum_l4_ok(p) == *(const bool *) a->p;
}
