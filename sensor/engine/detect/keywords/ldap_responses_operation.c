/*
 * ldap.responses.operation - operation of an answer: a name or a number test; of any, of all, or of the one at a place.
 */
#include "engine/detect/keywords/ldap_responses.h"

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	return ldap_responses_parse(b, value, ldap_op_names, out);
}

static bool
operation(const struct ldap_msg *m, uint32_t *out)
{
	*out = m->op;
	return true;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return ldap_responses_match(c, a, operation);
}

const struct keyword keyword_ldap_responses_operation = {
	.name = "ldap.responses.operation", .help = "operation of an LDAP answer: of any, of all, or of the one at a place",
	.example = "ldap.responses.operation:search_result_done,-1", .scope = KW_TX, .arg = ARG_CUSTOM, .parse = parse, .match = match,
	.protocols = "ldap", .dirs = 2, .progress = { 1, 1 },
};
