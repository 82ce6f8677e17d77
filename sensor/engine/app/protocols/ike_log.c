/*
 * ike_log - the EVE record of an IKE message, with names for numbers of RFC 2409 appendix A and IANA's IKEv2 parameters.
 */
#include "engine/app/protocols/ike.h"

static const struct number_name v1_enc[] = { { 1, "EncDesCbc" }, { 2, "EncIdeaCbc" }, { 3, "EncBlowfishCbc" }, { 4, "EncRc5R16B64Cbc" }, { 5, "Enc3DesCbc" },
	{ 6, "EncCastCbc" }, { 7, "EncAesCbc" }, { 8, "EncCamelliaCbc" }, { 0, NULL } };
static const struct number_name v1_hash[] = { { 1, "HashMd5" }, { 2, "HashSha" }, { 3, "HashTiger" }, { 4, "HashSha2_256" }, { 5, "HashSha2_384" },
	{ 6, "HashSha2_512" }, { 0, NULL } };
static const struct number_name v1_auth[] = { { 1, "AuthPreSharedKey" }, { 2, "AuthDssSignatures" }, { 3, "AuthRsaSignatures" },
	{ 4, "AuthEncryptionWithRsa" }, { 5, "AuthRevisedEncryptionWithRsa" }, { 9, "AuthEcdsa256" }, { 10, "AuthEcdsa384" }, { 11, "AuthEcdsa512" },
	{ 0, NULL } };
static const struct number_name v1_dh[] = { { 1, "GroupDefault768BitModp" }, { 2, "GroupAlternate1024BitModpGroup" }, { 3, "GroupEc2nOnGp2p155" },
	{ 4, "GroupEc2nOnGp2p185" }, { 5, "GroupModp1536Bit" }, { 14, "GroupModp2048Bit" }, { 15, "GroupModp3072Bit" }, { 16, "GroupModp4096Bit" },
	{ 17, "GroupModp6144Bit" }, { 18, "GroupModp8192Bit" }, { 0, NULL } };
static const struct number_name v1_life[] = { { 1, "LifeTypeSeconds" }, { 2, "LifeTypeKilobytes" }, { 0, NULL } };
static const struct number_name *const v1_values[IKE_ATTRIBUTES] = { [IKE_ENC] = v1_enc, [IKE_HASH] = v1_hash, [IKE_AUTH] = v1_auth, [IKE_DH] = v1_dh,
	[IKE_LIFE_TYPE] = v1_life };

static const struct number_name v2_enc[] = { { 1, "ENCR_DES_IV64" }, { 2, "ENCR_DES" }, { 3, "ENCR_3DES" }, { 4, "ENCR_RC5" }, { 5, "ENCR_IDEA" },
	{ 6, "ENCR_CAST" }, { 7, "ENCR_BLOWFISH" }, { 8, "ENCR_3IDEA" }, { 9, "ENCR_DES_IV32" }, { 11, "ENCR_NULL" }, { 12, "ENCR_AES_CBC" },
	{ 13, "ENCR_AES_CTR" }, { 14, "ENCR_AES_CCM_8" }, { 15, "ENCR_AES_CCM_12" }, { 16, "ENCR_AES_CCM_16" }, { 18, "ENCR_AES_GCM_8" },
	{ 19, "ENCR_AES_GCM_12" }, { 20, "ENCR_AES_GCM_16" }, { 21, "ENCR_NULL_AUTH_AES_GMAC" }, { 23, "ENCR_CAMELLIA_CBC" },
	{ 24, "ENCR_CAMELLIA_CTR" }, { 25, "ENCR_CAMELLIA_CCM_8" }, { 26, "ENCR_CAMELLIA_CCM_12" }, { 27, "ENCR_CAMELLIA_CCM_16" },
	{ 28, "ENCR_CHACHA20_POLY1305" }, { 0, NULL } };
static const struct number_name v2_prf[] = { { 1, "PRF_HMAC_MD5" }, { 2, "PRF_HMAC_SHA1" }, { 3, "PRF_HMAC_TIGER" }, { 4, "PRF_AES128_XCBC" },
	{ 5, "PRF_HMAC_SHA2_256" }, { 6, "PRF_HMAC_SHA2_384" }, { 7, "PRF_HMAC_SHA2_512" }, { 8, "PRF_AES128_CMAC" }, { 0, NULL } };
static const struct number_name v2_auth[] = { { 0, "NONE" }, { 1, "AUTH_HMAC_MD5_96" }, { 2, "AUTH_HMAC_SHA1_96" }, { 3, "AUTH_DES_MAC" },
	{ 4, "AUTH_KPDK_MD5" }, { 5, "AUTH_AES_XCBC_96" }, { 6, "AUTH_HMAC_MD5_128" }, { 7, "AUTH_HMAC_SHA1_160" }, { 8, "AUTH_AES_CMAC_96" },
	{ 9, "AUTH_AES_128_GMAC" }, { 10, "AUTH_AES_192_GMAC" }, { 11, "AUTH_AES_256_GMAC" }, { 12, "AUTH_HMAC_SHA2_256_128" },
	{ 13, "AUTH_HMAC_SHA2_384_192" }, { 14, "AUTH_HMAC_SHA2_512_256" }, { 0, NULL } };
static const struct number_name v2_dh[] = { { 0, "None" }, { 1, "Modp768" }, { 2, "Modp1024" }, { 5, "Modp1536" }, { 14, "Modp2048" }, { 15, "Modp3072" },
	{ 16, "Modp4096" }, { 17, "Modp6144" }, { 18, "Modp8192" }, { 19, "ecp256" }, { 20, "ecp384" }, { 21, "ecp521" }, { 22, "Modp1024s160" },
	{ 23, "Modp2048s224" }, { 24, "Modp2048s256" }, { 25, "ecp192" }, { 26, "ecp224" }, { 31, "curve25519" }, { 32, "curve448" }, { 0, NULL } };
static const struct number_name *const v2_values[] = { [IKE2_ENC] = v2_enc, [IKE2_PRF] = v2_prf, [IKE2_AUTH] = v2_auth, [IKE2_DH] = v2_dh };

static const struct number_name v1_payloads[] = { { 0, "NoNextPayload" }, { 1, "SecurityAssociation" }, { 2, "Proposal" }, { 3, "Transform" },
	{ 4, "KeyExchange" }, { 5, "Identification" }, { 6, "Certificate" }, { 7, "CertificateRequest" }, { 8, "Hash" }, { 9, "Signature" },
	{ 10, "Nonce" }, { 11, "Notification" }, { 12, "Delete" }, { 13, "VendorID" }, { 15, "SaKekPayload" }, { 16, "SaTekPayload" },
	{ 17, "KeyDownload" }, { 18, "SequenceNumber" }, { 19, "ProofOfPossession" }, { 20, "NatDiscovery" }, { 21, "NatOriginalAddress" },
	{ 22, "GroupAssociatedPolicy" }, { 0, NULL } };
static const struct number_name v2_payloads[] = { { 0, "NoNextPayload" }, { 33, "SecurityAssociation" }, { 34, "KeyExchange" }, { 35, "IdentInitiator" },
	{ 36, "IdentResponder" }, { 37, "Certificate" }, { 38, "CertificateRequest" }, { 39, "Authentication" }, { 40, "Nonce" }, { 41, "Notify" },
	{ 42, "Delete" }, { 43, "VendorID" }, { 44, "TrafficSelectorInitiator" }, { 45, "TrafficSelectorResponder" },
	{ 46, "EncryptedAndAuthenticated" }, { 47, "Configuration" }, { 48, "ExtensibleAuthentication" }, { 49, "GenericSecurePasswordMethod" },
	{ 50, "GroupIdentification" }, { 51, "GroupSecurityAssociation" }, { 52, "KeyDownload" }, { 53, "EncryptedAndAuthenticatedFragment" },
	{ 0, NULL } };
static const struct number_name v2_notify[] = { { 1, "UNSUPPORTED_CRITICAL_PAYLOAD" }, { 4, "INVALID_IKE_SPI" }, { 5, "INVALID_MAJOR_VERSION" },
	{ 7, "INVALID_SYNTAX" }, { 9, "INVALID_MESSAGE_ID" }, { 11, "INVALID_SPI" }, { 14, "NO_PROPOSAL_CHOSEN" }, { 17, "INVALID_KE_PAYLOAD" },
	{ 24, "AUTHENTICATION_FAILED" }, { 34, "SINGLE_PAIR_REQUIRED" }, { 35, "NO_ADDITIONAL_SAS" }, { 36, "INTERNAL_ADDRESS_FAILURE" },
	{ 37, "FAILED_CP_REQUIRED" }, { 38, "TS_UNACCEPTABLE" }, { 39, "INVALID_SELECTORS" }, { 43, "TEMPORARY_FAILURE" }, { 44, "CHILD_SA_NOT_FOUND" },
	{ 16384, "INITIAL_CONTACT" }, { 16385, "SET_WINDOW_SIZE" }, { 16386, "ADDITIONAL_TS_POSSIBLE" }, { 16387, "IPCOMP_SUPPORTED" },
	{ 16388, "NAT_DETECTION_SOURCE_IP" }, { 16389, "NAT_DETECTION_DESTINATION_IP" }, { 16390, "COOKIE" }, { 16391, "USE_TRANSPORT_MODE" },
	{ 16392, "HTTP_CERT_LOOKUP_SUPPORTED" }, { 16393, "REKEY_SA" }, { 16394, "ESP_TFC_PADDING_NOT_SUPPORTED" },
	{ 16395, "NON_FIRST_FRAGMENTS_ALSO" }, { 16396, "MOBIKE_SUPPORTED" }, { 16404, "MULTIPLE_AUTH_SUPPORTED" }, { 16406, "REDIRECT_SUPPORTED" },
	{ 16418, "CHILDLESS_IKEV2_SUPPORTED" }, { 16430, "IKEV2_FRAGMENTATION_SUPPORTED" }, { 16431, "SIGNATURE_HASH_ALGORITHMS" }, { 0, NULL } };

static const struct number_name v1_exchanges[] = { { 0, "None" }, { 1, "Base" }, { 2, "Identity Protection" }, { 3, "Authentication Only" },
	{ 4, "Aggressive" }, { 5, "Informational" }, { 6, "Transaction (Config Mode)" }, { 32, "Quick Mode" }, { 33, "New Group Mode" }, { 0, NULL } };

const char *
ike_attribute_name(unsigned kind)
{
	static const char *const names[IKE_ATTRIBUTES] = { NULL, "alg_enc", "alg_hash", "alg_auth", "alg_dh", "sa_group_type", "sa_group_prime",
		"sa_group_generator_one", "sa_group_generator_two", "sa_group_curve_a", "sa_group_curve_b", "sa_life_type", "sa_life_duration",
		"alg_prf", "sa_key_length", "sa_field_size", "sa_group_order" };

	return kind < IKE_ATTRIBUTES ? names[kind] : NULL;
}

/* One transform of version 1: each attribute by name and as a number. Of several with one name the first is told. */
static void
log_transform1(struct json *j, struct span body)
{
	struct rd r = rd_of(body);
	uint32_t told = 0, value;
	uint16_t type;
	bool number;

	rd_skip(&r, 4);
	while (ike_attribute(&r, &type, &value, &number)) {
		const char *key = ike_attribute_name(type), *name = NULL;
		char raw[40];

		if (!key || told >> type & 1)
			continue;
		told |= 1u << type;
		if (number && v1_values[type])
			name = number_name(v1_values[type], value);
		json_str(j, key, name ? name : "Unknown");
		if (number) {
			struct text t = text_of(raw, sizeof(raw) - 1);

			text_add(&t, span_str(key));
			text_add(&t, SPAN_LIT("_raw"));
			raw[t.n] = '\0';
			json_u64(j, raw, value);
		}
	}
}

/* The algorithms of a proposal of version 2: the responder's. */
static void
log_chosen2(struct json *j, const struct ike_tx *t)
{
	static const char *const keys[] = { NULL, "alg_enc", "alg_prf", "alg_auth", "alg_dh" };
	struct ike_transforms it = ike_transforms(t->sa);
	struct span body;
	uint32_t told = 0;

	while (ike_transform(&it, &body) && it.proposal == 1) {
		struct rd r = rd_of(body);
		uint8_t type = rd_u8(&r);
		uint16_t id;
		const char *name;

		rd_skip(&r, 1);
		id = rd_u16(&r);
		if (type < IKE2_ENC || type > IKE2_DH || told >> type & 1)
			continue;
		told |= 1u << type;
		name = number_name(v2_values[type], id);
		json_str(j, keys[type], name ? name : "Unknown");
	}
}

static void
log_payloads(struct json *j, const struct ike_tx *t)
{
	const struct number_name *names = t->major == 1 ? v1_payloads : v2_payloads;
	struct ike_payloads p = ike_payloads(t);
	struct span body;
	const char *name;
	uint8_t type;

	json_array(j, "payload");
	while (ike_payload(&p, &type, &body)) {
		name = number_name(names, type);
		json_str(j, NULL, name ? name : "Unknown");
	}
	if (t->major == 2 && !p.r.bad)
		json_str(j, NULL, "NoNextPayload");
	json_end(j);
}

static void
log_notify(struct json *j, const struct ike_tx *t)
{
	struct ike_payloads p = ike_payloads(t);
	struct span body;
	const char *name;
	uint64_t errors = 0;
	uint8_t type;

	json_object(j, "ikev2");
	json_array(j, "notify");
	while (ike_payload(&p, &type, &body)) {
		struct rd r = rd_of(body);
		uint16_t kind;

		if (type != 41)
			continue;
		rd_skip(&r, 2);
		kind = rd_u16(&r);
		errors += !r.bad && kind < 16384;
		name = number_name(v2_notify, kind);
		if (!r.bad)
			json_str(j, NULL, name ? name : "Unknown");
	}
	json_end(j);
	json_u64(j, "errors", errors);
	json_end(j);
}

static void
log_side(struct json *j, const char *key, const struct ike_side *s, bool proposals)
{
	struct ike_transforms it = ike_transforms(bytes_span(&s->sa));
	struct span body;

	json_object(j, key);
	if (s->ke.n) {
		json_hex(j, "key_exchange_payload", bytes_span(&s->ke), 0);
		json_u64(j, "key_exchange_payload_length", s->ke.n);
	}
	if (s->nonce.n) {
		json_hex(j, "nonce_payload", bytes_span(&s->nonce), 0);
		json_u64(j, "nonce_payload_length", s->nonce.n);
	}
	if (proposals && s->sa.n) {
		json_array(j, "proposals");
		while (ike_transform(&it, &body)) {
			json_object(j, NULL);
			log_transform1(j, body);
			json_end(j);
		}
		json_end(j);
	}
	json_end(j);
}

static void
log_version1(const struct ike *st, const struct ike_tx *t, struct json *j, bool full)
{
	struct rd r = app_list_all(&st->vendors);
	struct span v;

	json_object(j, "ikev1");
	if (st->doi)
		json_u64(j, "doi", st->doi);
	json_bool(j, "encrypted_payloads", t->encrypted);
	if (!t->encrypted && full) {
		log_side(j, "client", &st->side[TO_SERVER], true);
		log_side(j, "server", &st->side[TO_CLIENT], false);
		json_array(j, "vendor_ids");
		while (app_list_next(&r, &v))
			json_hex(j, NULL, v, 0);
		json_end(j);
	}
	json_end(j);
}

static void
log_chosen1(struct json *j, const struct ike_tx *t)
{
	struct ike_transforms it = ike_transforms(t->sa);
	struct span body;

	if (ike_transform(&it, &body))
		log_transform1(j, body);
}

void
ike_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct ike_tx *t = (const struct ike_tx *) tx;
	struct rd id = rd_of(span_skip(bytes_span(&t->msg), 20));
	const char *name = number_name(v1_exchanges, t->exchange);

	if (!t->major)
		return;
	json_u64(j, "version_major", t->major);
	json_u64(j, "version_minor", t->minor);
	json_u64(j, "exchange_type", t->exchange);
	if (t->major == 1 && name)
		json_str(j, "exchange_type_verbose", name);
	json_u64(j, "message_id", rd_u32(&id));
	json_hex(j, "init_spi", t->init_spi, 0);
	json_hex(j, "resp_spi", t->resp_spi, 0);
	if (t->major == 2)
		json_str(j, "role", t->flags & IKE_INITIATOR ? "initiator" : "responder");
	if (t->has_sa && t->dir == TO_CLIENT) {
		if (t->major == 1)
			log_chosen1(j, t);
		else
			log_chosen2(j, t);
	}
	log_payloads(j, t);
	if (t->major == 2)
		log_notify(j, t);
	else if (app->proto == tx->proto)
		log_version1(app->state, t, j, full);
}
