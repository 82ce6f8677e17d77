/*
 * fuzz_signed - who may speak. The first byte chooses what the rest is: a keys file; a statement as it comes, bare or signed (without a good
 * signature none may be taken); the text of a statement that is signed here (then taken, or refused for what it says, and never with a bit
 * changed); the file of what was told.
 */
#include "law_fuzz.h"

#include <openssl/evp.h>
#include <sys/mman.h>

#include "base/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define TEXT_MAX 4096

static struct packs packs;
static struct author_keys keys;
static EVP_PKEY *author;

static void
clean(void)
{
	packs_clear(&packs);
	effects_clear(&effects);
	author_keys_clear(&keys);
	EVP_PKEY_free(author);
}

static void
prepare(void)
{
	static const uint8_t secret[32] = { 7, 7, 7 };
	size_t n = sizeof(keys.key[0].key);
	struct diag d;

	read_effects();
	diag_init(&d, 0);
	author = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, sizeof(secret));
	if (packs_read(&packs, shipped("policy"), &effects, &d) < 0 || !author || EVP_PKEY_get_raw_public_key(author, keys.key[0].key, &n) != 1)
		exit(1);
	arena_init(&keys.arena, 1 << 20);
	keys.key[0].name = "k";
	keys.n = 1;
	diag_clear(&d);
	atexit(clean);
}

static int
tell(struct span text, bool bare_ok)
{
	struct context c = { 0 };
	struct context_trust t = { &keys, bare_ok, NULL, CHANNEL_REDIS };
	const struct statement *s = NULL;
	struct diag d;
	int rc;

	diag_init(&d, 0);
	rc = context_add(&c, "fuzz", text, &packs, &t, &s, &d);
	if ((rc < 0) != (d.errors > 0) || (rc == 0 && (c.n != 1 || !s->id || !s->author || (!bare_ok && !s->signed_by))))
		abort();
	if (rc == 0)
		context_remove(&c, s);
	context_clear(&c);
	diag_clear(&d);
	return rc;
}

static void
sign_and_tell(const uint8_t *data, size_t n)
{
	static char room[6 * TEXT_MAX + 512];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t signature[64], text[TEXT_MAX];
	size_t size = sizeof(signature);
	char hex[129];

	memcpy(text, data, n);
	if (EVP_DigestSignInit(ctx, NULL, NULL, NULL, author) != 1 || EVP_DigestSign(ctx, signature, &size, text, n) != 1)
		abort();
	EVP_MD_CTX_free(ctx);
	hash_hex(signature, sizeof(signature), hex);
	for (int spoilt = 0; spoilt < 2; spoilt++) {
		struct json j;
		json_init(&j, room, sizeof(room) - 1);
		json_object(&j, NULL);
		json_object(&j, "signed");
		json_str(&j, "key", "k");
		json_str(&j, "signature", hex);
		text[n / 2] ^= (uint8_t) spoilt;
		json_span(&j, "text", span_of(text, n));
		if (tell(json_text(&j), false) == 0 && spoilt)
			abort();
	}
}

static void
read_keys(const uint8_t *data, size_t n)
{
	struct author_keys k;
	struct diag d;
	char path[64];
	int fd = memfd_create("keys", 0), rc;

	if (fd >= 0 && write(fd, data, n) == (ssize_t) n) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		diag_init(&d, 0);
		rc = author_keys_read(&k, path, &d);
		if ((rc < 0) != (d.errors > 0) || k.n > KEYS_MAX)
			abort();
		author_keys_clear(&k);
		diag_clear(&d);
	}
	close(fd);
}

static void
read_told(const uint8_t *data, size_t n)
{
	struct told_list l;
	uint32_t count = 0;

	told_init(&l);
	if (told_parse(&l, span_of(data, n)) < 0)
		abort();
	for (const struct told *t = l.first; t; t = t->next)
		count++;
	if (count != l.n || strlen(l.mark) >= sizeof(l.mark))
		abort();
	while (l.first)
		told_remove(&l, l.first);
	if (l.n || l.end != &l.first)
		abort();
	told_clear(&l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (!packs.n_bands)
		prepare();
	if (n < 2 || n > 65536)
		return 0;
	switch (data[0] & 3) {
	case 0:
		read_keys(data + 1, n - 1);
		break;
	case 1:
		tell(span_of(data + 1, n - 1), data[0] & 4);
		break;
	case 2:
		if (n - 1 <= TEXT_MAX)
			sign_and_tell(data + 1, n - 1);
		break;
	default:
		read_told(data + 1, n - 1);
	}
	return 0;
}
