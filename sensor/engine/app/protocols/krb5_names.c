/*
 * krb5_names - names of Kerberos message types, error codes and encryption types.
 *
 * Source: RFC 4120 section 7.5.7 (messages), 7.5.9 (errors), RFC 4556 section 3.1.3 (errors 62 to 76), RFC 6806 section 7 (68);
 * IANA registry Kerberos Encryption Type Numbers.
 */
#include "engine/app/protocols/krb5.h"

#include <strings.h>

const char *
krb5_type_name(uint8_t type)
{
	static const char *const names[] = { [KRB5_AS_REQ] = "KRB_AS_REQ", [KRB5_AS_REP] = "KRB_AS_REP",
		[KRB5_TGS_REQ] = "KRB_TGS_REQ", [KRB5_TGS_REP] = "KRB_TGS_REP", [KRB5_AP_REQ] = "KRB_AP_REQ",
		[KRB5_AP_REP] = "KRB_AP_REP", [KRB5_SAFE] = "KRB_SAFE", [KRB5_PRIV] = "KRB_PRIV", [KRB5_CRED] = "KRB_CRED",
		[KRB5_ERROR] = "KRB_ERROR" };

	return type < sizeof(names) / sizeof(*names) ? names[type] : NULL;
}

const char *
krb5_error_name(int32_t code)
{
	static const char *const names[] = { "KDC_ERR_NONE", "KDC_ERR_NAME_EXP", "KDC_ERR_SERVICE_EXP", "KDC_ERR_BAD_PVNO",
		"KDC_ERR_C_OLD_MAST_KVNO", "KDC_ERR_S_OLD_MAST_KVNO", "KDC_ERR_C_PRINCIPAL_UNKNOWN", "KDC_ERR_S_PRINCIPAL_UNKNOWN",
		"KDC_ERR_PRINCIPAL_NOT_UNIQUE", "KDC_ERR_NULL_KEY", "KDC_ERR_CANNOT_POSTDATE", "KDC_ERR_NEVER_VALID",
		"KDC_ERR_POLICY", "KDC_ERR_BADOPTION", "KDC_ERR_ETYPE_NOSUPP", "KDC_ERR_SUMTYPE_NOSUPP", "KDC_ERR_PADATA_TYPE_NOSUPP",
		"KDC_ERR_TRTYPE_NOSUPP", "KDC_ERR_CLIENT_REVOKED", "KDC_ERR_SERVICE_REVOKED", "KDC_ERR_TGT_REVOKED",
		"KDC_ERR_CLIENT_NOTYET", "KDC_ERR_SERVICE_NOTYET", "KDC_ERR_KEY_EXPIRED", "KDC_ERR_PREAUTH_FAILED",
		"KDC_ERR_PREAUTH_REQUIRED", "KDC_ERR_SERVER_NOMATCH", "KDC_ERR_MUST_USE_USER2USER", "KDC_ERR_PATH_NOT_ACCEPTED",
		"KDC_ERR_SVC_UNAVAILABLE", [31] = "KRB_AP_ERR_BAD_INTEGRITY", "KRB_AP_ERR_TKT_EXPIRED", "KRB_AP_ERR_TKT_NYV",
		"KRB_AP_ERR_REPEAT", "KRB_AP_ERR_NOT_US", "KRB_AP_ERR_BADMATCH", "KRB_AP_ERR_SKEW", "KRB_AP_ERR_BADADDR",
		"KRB_AP_ERR_BADVERSION", "KRB_AP_ERR_MSG_TYPE", "KRB_AP_ERR_MODIFIED", "KRB_AP_ERR_BADORDER",
		[44] = "KRB_AP_ERR_BADKEYVER", "KRB_AP_ERR_NOKEY", "KRB_AP_ERR_MUT_FAIL", "KRB_AP_ERR_BADDIRECTION",
		"KRB_AP_ERR_METHOD", "KRB_AP_ERR_BADSEQ", "KRB_AP_ERR_INAPP_CKSUM", "KRB_AP_PATH_NOT_ACCEPTED",
		"KRB_ERR_RESPONSE_TOO_BIG", [60] = "KRB_ERR_GENERIC", "KRB_ERR_FIELD_TOOLONG", "KDC_ERROR_CLIENT_NOT_TRUSTED",
		"KDC_ERROR_KDC_NOT_TRUSTED", "KDC_ERROR_INVALID_SIG", "KDC_ERR_KEY_TOO_WEAK", "KDC_ERR_CERTIFICATE_MISMATCH",
		"KRB_AP_ERR_NO_TGT", "KDC_ERR_WRONG_REALM", "KRB_AP_ERR_USER_TO_USER_REQUIRED", "KDC_ERR_CANT_VERIFY_CERTIFICATE",
		"KDC_ERR_INVALID_CERTIFICATE", "KDC_ERR_REVOKED_CERTIFICATE", "KDC_ERR_REVOCATION_STATUS_UNKNOWN",
		"KDC_ERR_REVOCATION_STATUS_UNAVAILABLE", "KDC_ERR_CLIENT_NAME_MISMATCH", "KDC_ERR_KDC_NAME_MISMATCH" };

	return code >= 0 && (uint32_t) code < sizeof(names) / sizeof(*names) ? names[code] : NULL;
}

static const struct {
	int32_t etype;
	const char *name;
} etypes[] = {
	{ 1, "des-cbc-crc" }, { 2, "des-cbc-md4" }, { 3, "des-cbc-md5" }, { 5, "des3-cbc-md5" }, { 7, "des3-cbc-sha1" },
	{ 9, "dsawithsha1-cmsoid" }, { 10, "md5withrsaencryption-cmsoid" }, { 11, "sha1withrsaencryption-cmsoid" },
	{ 12, "rc2cbc-envoid" }, { 13, "rsaencryption-envoid" }, { 14, "rsaes-oaep-env-oid" }, { 15, "des-ede3-cbc-env-oid" },
	{ 16, "des3-cbc-sha1-kd" }, { 17, "aes128-cts-hmac-sha1-96" }, { 18, "aes256-cts-hmac-sha1-96" },
	{ 19, "aes128-cts-hmac-sha256-128" }, { 20, "aes256-cts-hmac-sha384-192" }, { 23, "rc4-hmac" }, { 24, "rc4-hmac-exp" },
	{ 25, "camellia128-cts-cmac" }, { 26, "camellia256-cts-cmac" }, { 65, "subkey-keymaterial" },
	{ -128, "rc4-md4" }, { -133, "rc4-hmac-old" }, { -135, "rc4-hmac-old-exp" },
};
#define ETYPES (sizeof(etypes) / sizeof(*etypes))

const char *
krb5_etype_name(int32_t etype)
{
	for (unsigned i = 0; i < ETYPES; i++)
		if (etypes[i].etype == etype)
			return etypes[i].name;
	return NULL;
}

bool
krb5_etype_find(const char *name, int32_t *out)
{
	for (unsigned i = 0; i < ETYPES; i++)
		if (strcasecmp(etypes[i].name, name) == 0) {
			*out = etypes[i].etype;
			return true;
		}
	return false;
}

/* AES and Camellia are not; all others are deprecated (RFC 6649, RFC 8429) or no ciphers. */
bool
krb5_etype_weak(int32_t etype)
{
	return !(etype >= 17 && etype <= 20) && etype != 25 && etype != 26;
}
