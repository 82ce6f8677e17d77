/*
 * ldap.responses.result_code - result code of an answer: a name or a number test; of any, of all, or of the one at a place.
 */
#include "engine/detect/keywords/ldap_responses.h"

static int
parse(struct build *b, const char *value, union kw_arg *out)
{
	return ldap_responses_parse(b, value, ldap_code_names, out);
}

static bool
code(const struct ldap_msg *m, uint32_t *out)
{
	struct ldap_result result;

	if (!ldap_result(m, &result))
		return false;
	*out = result.code;
	return true;
}

static bool
match(const struct match_ctx *c, const union kw_arg *a)
{
	return ldap_responses_match(c, a, code);
}

const struct keyword keyword_ldap_responses_result_code = {
	.name = "ldap.responses.result_code", .help = "result code of an LDAP answer: of any, of all, or of the one at a place",
	.example = "ldap.responses.result_code:no_such_object,any", .scope = KW_TX, .arg = ARG_CUSTOM, .parse = parse, .match = match,
	.protocols = "ldap", .dirs = 2, .progress = { 1, 1 },
};
