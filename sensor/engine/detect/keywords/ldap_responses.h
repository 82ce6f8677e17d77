/*
 * ldap_responses - a number of an answer, by its name or as a number test, and which answer: "success,any", "5,0", "!0,-1", "3,all".
 *
 * Thread:    at load time; match in every worker.
 * Memory:    the ruleset's arena.
 * Owns:      nothing.
 * Not here:  the keywords -> ldap_responses_operation.c, ldap_responses_result_code.c
 */
#ifndef DETECT_KEYWORDS_LDAP_RESPONSES_H
#define DETECT_KEYWORDS_LDAP_RESPONSES_H

#include "engine/app/protocols/ldap.h"
#include "engine/detect/keyword.h"

int ldap_responses_parse(struct build *b, const char *value, const char *const names[], union kw_arg *out);
/* `get`: the number of an answer; false: it has none. */
bool ldap_responses_match(const struct match_ctx *c, const union kw_arg *a, bool (*get)(const struct ldap_msg *m, uint32_t *out));

#endif
