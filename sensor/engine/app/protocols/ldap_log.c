/*
 * ldap_log - records of LDAP: as the reference writes them.
 *
 * Spec: RFC 4511 appendix B.
 */
#include "engine/app/protocols/ldap.h"

const char *const ldap_op_names[] = { "bind_request=0", "bind_response=1", "unbind_request=2", "search_request=3", "search_result_entry=4",
	"search_result_done=5", "modify_request=6", "modify_response=7", "add_request=8", "add_response=9", "del_request=10",
	"del_response=11", "mod_dn_request=12", "mod_dn_response=13", "compare_request=14", "compare_response=15",
	"abandon_request=16", "search_result_reference=19", "extended_request=23", "extended_response=24", "intermediate_response=25",
	NULL };

const char *const ldap_code_names[] = { "success=0", "operations_error=1", "protocol_error=2", "time_limit_exceeded=3",
	"size_limit_exceeded=4", "compare_false=5", "compare_true=6", "auth_method_not_supported=7", "stronger_auth_required=8",
	"referral=10", "admin_limit_exceeded=11", "unavailable_critical_extension=12", "confidentiality_required=13",
	"sasl_bind_in_progress=14", "no_such_attribute=16", "undefined_attribute_type=17", "inappropriate_matching=18",
	"constraint_violation=19", "attribute_or_value_exists=20", "invalid_attribute_syntax=21", "no_such_object=32",
	"alias_problem=33", "invalid_dns_syntax=34", "is_leaf=35", "alias_dereferencing_problem=36", "inappropriate_authentication=48",
	"invalid_credentials=49", "insufficient_access_rights=50", "busy=51", "unavailable=52", "unwilling_to_perform=53",
	"loop_detect=54", "naming_violation=64", "object_class_violation=65", "not_allowed_on_non_leaf=66", "not_allowed_on_rdn=67",
	"entry_already_exists=68", "object_class_mods_prohibited=69", "results_too_large=70", "affects_multiple_dsas=71", "control_error=76", "other=80",
	"e_sync_refresh_required=4096", NULL };

/* The name of a number in such a list. */
static struct span
name_of(const char *const names[], uint32_t v)
{
	for (const char *const *n = names; *n; n++) {
		const char *eq = strchr(*n, '=');
		uint32_t k = 0;

		for (const char *d = eq + 1; *d; d++)
			k = k * 10 + (uint32_t) (*d - '0');
		if (k == v)
			return span_of(*n, (size_t) (eq - *n));
	}
	return SPAN_LIT("unknown");
}

static void
text(struct json *j, const char *key, struct rd *r)
{
	json_span(j, key, der(r, DER_OCTETS, NULL));
}

/* A list of strings, of a SEQUENCE or a SET; left out when it is empty. */
static void
texts(struct json *j, const char *key, struct rd list)
{
	if (!rd_left(&list))
		return;
	json_array(j, key);
	while (rd_left(&list)) {
		struct span s = der(&list, 0, NULL);

		if (!list.bad)
			json_span(j, NULL, s);
	}
	json_end(j);
}

/* { type, SET OF value } */
static void
attribute(struct json *j, const char *type, const char *values, struct rd a)
{
	text(j, type, &a);
	texts(j, values, der_in(&a, DER_SET));
}

static void
attributes(struct json *j, const char *type, struct rd list)
{
	if (!rd_left(&list))
		return;
	json_array(j, "attributes");
	while (rd_left(&list)) {
		json_object(j, NULL);
		attribute(j, type, "values", der_in(&list, DER_SEQUENCE));
		json_end(j);
	}
	json_end(j);
}

static void
log_bind(struct json *j, struct rd r)
{
	struct rd sasl;

	json_u64(j, "version", (uint64_t) der_int(&r, DER_INTEGER));
	text(j, "name", &r);
	if (der_next(&r) != DER_CTX_CONS + 3)
		return; /* a password is not written */
	sasl = der_in(&r, DER_CTX_CONS + 3);
	json_object(j, "sasl");
	text(j, "mechanism", &sasl);
	if (rd_left(&sasl))
		json_hex(j, "credentials", der(&sasl, DER_OCTETS, NULL), 0);
	json_end(j);
}

static void
log_search(struct json *j, struct rd r)
{
	struct span only;

	text(j, "base_object", &r);
	json_u64(j, "scope", (uint64_t) der_int(&r, DER_ENUM));
	json_u64(j, "deref_alias", (uint64_t) der_int(&r, DER_ENUM));
	json_u64(j, "size_limit", (uint64_t) der_int(&r, DER_INTEGER));
	json_u64(j, "time_limit", (uint64_t) der_int(&r, DER_INTEGER));
	only = der(&r, DER_BOOLEAN, NULL);
	json_bool(j, "types_only", only.n == 1 && only.p[0]);
	der(&r, 0, NULL); /* filter */
	texts(j, "attributes", der_in(&r, DER_SEQUENCE));
}

static void
log_modify(struct json *j, struct rd r)
{
	static const char *const operations[] = { "add", "delete", "replace", "increment" };
	struct rd list, change;
	int64_t op;

	text(j, "object", &r);
	list = der_in(&r, DER_SEQUENCE);
	json_array(j, "changes");
	while (rd_left(&list)) {
		change = der_in(&list, DER_SEQUENCE);
		op = der_int(&change, DER_ENUM);
		if (change.bad)
			break;
		json_object(j, NULL);
		json_str(j, "operation", op >= 0 && op < 4 ? operations[op] : "unknown");
		json_object(j, "modification");
		attribute(j, "attribute_type", "attribute_values", der_in(&change, DER_SEQUENCE));
		json_end(j);
		json_end(j);
	}
	json_end(j);
}

static void
log_rename(struct json *j, struct rd r)
{
	struct span old;

	text(j, "entry", &r);
	text(j, "new_rdn", &r);
	old = der(&r, DER_BOOLEAN, NULL);
	json_bool(j, "delete_old_rdn", old.n == 1 && old.p[0]);
	if (rd_left(&r))
		json_span(j, "new_superior", der(&r, DER_CTX, NULL));
}

/* [first]: a name, [first + 1]: a value; both may be missing. */
static void
log_named(struct json *j, struct rd r, unsigned first)
{
	if (der_next(&r) == DER_CTX_CONS + 3) /* referral */
		der(&r, 0, NULL);
	if (der_next(&r) == DER_CTX + first)
		json_span(j, "name", der(&r, 0, NULL));
	if (der_next(&r) == DER_CTX + first + 1)
		json_span(j, "value", der(&r, 0, NULL));
}

static void
log_request(const struct ldap_msg *m, struct json *j)
{
	struct rd r = rd_of(m->body), in;

	switch (m->op) {
	case LDAP_BIND:
		log_bind(j, r);
		break;
	case LDAP_SEARCH:
		log_search(j, r);
		break;
	case LDAP_MODIFY:
		log_modify(j, r);
		break;
	case LDAP_ADD:
		text(j, "entry", &r);
		attributes(j, "name", der_in(&r, DER_SEQUENCE));
		break;
	case LDAP_DELETE:
		json_span(j, "dn", m->body);
		break;
	case LDAP_RENAME:
		log_rename(j, r);
		break;
	case LDAP_COMPARE:
		text(j, "entry", &r);
		in = der_in(&r, DER_SEQUENCE);
		json_object(j, "attribute_value_assertion");
		text(j, "description", &in);
		text(j, "value", &in);
		json_end(j);
		break;
	case LDAP_ABANDON: {
		bool ok;
		int64_t id = der_number(m->body, &ok);

		if (ok)
			json_u64(j, "message_id", (uint64_t) id);
		break;
	}
	case LDAP_EXTENDED:
		log_named(j, r, 0);
		break;
	}
}

static void
log_answer(const struct ldap_msg *m, struct json *j)
{
	struct ldap_result result;
	struct rd r = rd_of(m->body);

	if (ldap_result(m, &result)) {
		json_span(j, "result_code", name_of(ldap_code_names, result.code));
		json_span(j, "matched_dn", result.dn);
		json_span(j, "message", result.message);
		if (m->op == LDAP_EXTENDED_DONE)
			log_named(j, result.rest, 10);
		if (m->op == LDAP_BIND_DONE && der_next(&result.rest) == DER_CTX + 7)
			json_hex(j, "server_sasl_creds", der(&result.rest, 0, NULL), 0);
	} else if (m->op == LDAP_ENTRY) {
		text(j, "base_object", &r);
		attributes(j, "type", der_in(&r, DER_SEQUENCE));
	} else if (m->op == LDAP_REFERENCE) {
		texts(j, "uris", r);
	} else if (m->op == LDAP_INTERMEDIATE) {
		log_named(j, r, 0);
	}
}

static void
log_operation(const struct ldap_msg *m, struct json *j)
{
	struct span name = name_of(ldap_op_names, m->op);
	struct json_mark before;
	char key[32];
	uint32_t n;

	json_span(j, "operation", name);
	memcpy(key, name.p, name.n);
	key[name.n] = 0;
	before = json_mark(j);
	json_object(j, key);
	n = j->n;
	(ldap_is_request(m->op) ? log_request : log_answer)(m, j);
	if (j->n == n)
		json_undo(j, before); /* nothing is in it */
	else
		json_end(j);
}

void
ldap_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct ldap_tx *t = (const struct ldap_tx *) tx;
	struct rd r = rd_of(bytes_span(&t->request));
	struct ldap_msg m;

	if (ldap_message(&r, &m)) {
		json_object(j, "request");
		json_u64(j, "message_id", m.id);
		log_operation(&m, j);
		json_end(j);
	}
	r = rd_of(bytes_span(&t->answers));
	if (!rd_left(&r))
		return;
	json_array(j, "responses");
	while (rd_left(&r) && ldap_message(&r, &m)) {
		json_object(j, NULL);
		log_operation(&m, j);
		if (!t->request.n)
			json_u64(j, "message_id", m.id);
		json_end(j);
	}
	json_end(j);
}
