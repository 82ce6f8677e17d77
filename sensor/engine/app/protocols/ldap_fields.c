/*
 * ldap_fields - what rules can look at in LDAP.
 *
 * What may be asked of one answer by its place (ldap.responses.operation, .result_code) -> ../../detect/keywords/
 */
#include "engine/app/protocols/ldap.h"

static const struct ldap_tx *
of(const struct tx *tx)
{
	return (const struct ldap_tx *) tx;
}

static bool
request(const struct tx *tx, struct ldap_msg *m)
{
	struct rd r = rd_of(bytes_span(&of(tx)->request));

	return ldap_message(&r, m);
}

static bool
n_operation(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	struct ldap_msg m;

	if (i || !request(tx, &m))
		return false;
	*out = m.op;
	return true;
}

static bool
n_count(const struct tx *tx, int dir, unsigned i, uint64_t *out)
{
	*out = of(tx)->n;
	return i == 0;
}

static bool
f_dn(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	struct ldap_msg m;

	return i == 0 && request(tx, &m) && ldap_dn(&m, out);
}

static bool
f_attribute(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	struct ldap_msg m;

	return request(tx, &m) && ldap_attribute(&m, i, out);
}

/* The i-th of what the answers have of something, of one each at most. */
static bool
of_answers(const struct ldap_tx *t, unsigned i, struct span *out, bool (*get)(const struct ldap_msg *m, struct span *out))
{
	struct rd r = rd_of(bytes_span(&t->answers));
	struct ldap_msg m;

	while (rd_left(&r) && ldap_message(&r, &m))
		if (get(&m, out) && i-- == 0)
			return true;
	return false;
}

static bool
message_of(const struct ldap_msg *m, struct span *out)
{
	struct ldap_result result;

	if (!ldap_result(m, &result))
		return false;
	*out = result.message;
	return true;
}

static bool
f_answer_dn(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return of_answers(of(tx), i, out, ldap_dn);
}

static bool
f_message(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return of_answers(of(tx), i, out, message_of);
}

static bool
f_answer_attribute(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	struct rd r = rd_of(bytes_span(&of(tx)->answers));
	struct ldap_msg m;

	while (rd_left(&r) && ldap_message(&r, &m))
		for (unsigned k = 0; m.op == LDAP_ENTRY && ldap_attribute(&m, k, out); k++)
			if (i-- == 0)
				return true;
	return false;
}

#define DONE { 1, 1 }
const struct field ldap_fields[] = {
	{ "ldap.request.operation", NULL, NULL, FIELD_NUMBER, false, 1, DONE, .number = n_operation, .names = ldap_op_names,
	    .help = "operation asked for" },
	{ "ldap.responses.count", NULL, NULL, FIELD_NUMBER, false, 2, DONE, .number = n_count, .help = "answers to a request" },
	{ "ldap.request.dn", NULL, NULL, FIELD_BYTES, false, 1, DONE, f_dn, .help = "name that the request is about" },
	{ "ldap.request.attribute_type", NULL, NULL, FIELD_MULTI, false, 1, DONE, f_attribute, .help = "attributes that the request names" },
	{ "ldap.responses.dn", NULL, NULL, FIELD_MULTI, false, 2, DONE, f_answer_dn, .help = "names that the answers are about" },
	{ "ldap.responses.message", NULL, NULL, FIELD_MULTI, false, 2, DONE, f_message, .help = "diagnostic messages of the answers" },
	{ "ldap.responses.attribute_type", NULL, NULL, FIELD_MULTI, false, 2, DONE, f_answer_attribute,
	    .help = "attributes of entries that were found" },
	{ NULL }
};
