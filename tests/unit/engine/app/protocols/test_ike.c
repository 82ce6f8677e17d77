/*
 * test_ike - main mode of version 1, what of it is told later; version 2 with a weak and a good proposal; each message cut everywhere.
 */
#include "protocol_fake.h"

extern const struct protocol protocol_ike;

static const char *const hex[] = {
	"111213141516171800000000000000000110020000000000000000840d00005400000001000000010000004801010002030000280101000080010007800e0080800200028004000280030001800b0001000c000400015180000000180201000080010005800200018004000180030001000000144a131c81070358455c5728f20e95452f",
	"111213141516171821222324252627280110020000000000000000580000003c00000001000000010000003001010001000000280101000080010007800e0080800200028004000280030001800b0001000c000400015180",
	"111213141516171821222324252627280410020000000000000000380a000014000102030405060708090a0b0c0d0e0f0000000889d7c8fb",
	"1112131415161718212223242526272805100201000000000000002c00000000000000000000000000000000",
	"11121314151617180000000000000000212022080000000000000098220000580200002c010100040300000c0100000c800e01000300000802000005030000080300000c000000080400000e0000002801010004030000080100000303000008020000020300000803000002000000080400000228000010000e000000000000000000000000001400000000000000000000000000000000",
	"1112131415161718212223242526272821202220000000000000004c2900002800000024010100030300000c01000014800e01000300000802000005000000080400001f000000080000000e",
};
static const uint8_t dirs[] = { TO_SERVER, TO_CLIENT, TO_SERVER, TO_SERVER, TO_SERVER, TO_CLIENT };

static const char *
told(struct fake *f, unsigned n)
{
	static char log[4096];
	struct tx *t = f->app.first;

	while (n--)
		t = t->next;
	return fake_log(f, t, log, sizeof(log));
}

static bool
has_event(struct fake *f, unsigned n, const char *name)
{
	struct tx *t = f->app.first;

	while (n--)
		t = t->next;
	for (unsigned i = 0; protocol_ike.events[i].name; i++)
		if (strcmp(protocol_ike.events[i].name, name) == 0)
			return t->events >> i & 1;
	fail_msg("no event %s", name);
	return false;
}

static void
test_records(void **state)
{
	uint8_t buf[1024];
	struct fake f;

	fake_begin(&f, &protocol_ike);
	for (unsigned i = 0; i < FAKE_N(dirs); i++) {
		struct span s = unhex(hex[i], buf, sizeof(buf));

		assert_int_equal(protocol_ike.probe(s, dirs[i], APP_UDP), PROBE_YES);
		protocol_ike.feed(&f.app, f.app.state, dirs[i], s);
	}
	assert_non_null(strstr(told(&f, 1), "\"alg_enc\":\"EncAesCbc\",\"alg_enc_raw\":7,\"sa_key_length\":\"Unknown\",\"sa_key_length_raw\":128,"
	    "\"alg_hash\":\"HashSha\",\"alg_hash_raw\":2,\"alg_dh\":\"GroupAlternate1024BitModpGroup\",\"alg_dh_raw\":2,"
	    "\"alg_auth\":\"AuthPreSharedKey\",\"alg_auth_raw\":1,\"sa_life_type\":\"LifeTypeSeconds\",\"sa_life_type_raw\":1,"
	    "\"sa_life_duration\":\"Unknown\",\"sa_life_duration_raw\":86400"));
	assert_non_null(strstr(told(&f, 2), "\"nonce_payload\":\"89d7c8fb\",\"nonce_payload_length\":4"));
	assert_non_null(strstr(told(&f, 2), "\"alg_hash\":\"HashMd5\""));
	assert_non_null(strstr(told(&f, 2), "\"vendor_ids\":[\"4a131c81070358455c5728f20e95452f\"]"));
	assert_non_null(strstr(told(&f, 3), "\"encrypted_payloads\":true"));
	assert_non_null(strstr(told(&f, 4), "\"role\":\"initiator\",\"payload\":[\"SecurityAssociation\",\"KeyExchange\",\"Nonce\",\"NoNextPayload\"]"));
	assert_non_null(strstr(told(&f, 5), "\"alg_enc\":\"ENCR_AES_GCM_16\",\"alg_prf\":\"PRF_HMAC_SHA2_256\",\"alg_dh\":\"curve25519\""));
	assert_non_null(strstr(told(&f, 5), "\"notify\":[\"NO_PROPOSAL_CHOSEN\"],\"errors\":1"));
	assert_true(has_event(&f, 4, "weak_crypto_dh") && has_event(&f, 4, "weak_crypto_enc") && has_event(&f, 4, "weak_crypto_prf"));
	assert_true(has_event(&f, 4, "weak_crypto_auth"));
	assert_int_equal(f.app.last->events, 0);
	fake_end(&f);
}

static void
test_cut(void **state)
{
	uint8_t buf[1024];

	for (unsigned i = 0; i < FAKE_N(dirs); i++) {
		struct span s = unhex(hex[i], buf, sizeof(buf));

		for (uint32_t n = 0; n < s.n; n++) {
			struct fake f;

			fake_begin(&f, &protocol_ike);
			assert_int_equal(protocol_ike.probe(span_head(s, n), dirs[i], APP_UDP), PROBE_NO);
			protocol_ike.feed(&f.app, f.app.state, dirs[i], span_head(s, n));
			told(&f, 0);
			if (i != 3 || n < 28) /* nothing of what is encrypted is read */
				assert_true(has_event(&f, 0, "malformed_data"));
			fake_end(&f);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_records), cmocka_unit_test(test_cut) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
