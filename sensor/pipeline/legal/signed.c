#include "pipeline/legal/signed.h"

#include <openssl/evp.h>

/* Exactly n bytes of hex digits. */
static int
read_hex(const char *text, uint8_t *out, size_t n)
{
	if (!text || strlen(text) != 2 * n)
		return E_BAD;
	for (size_t i = 0; i < n; i++) {
		int a = byte_hex((uint8_t) text[2 * i]), b = byte_hex((uint8_t) text[2 * i + 1]);
		if (a < 0 || b < 0)
			return E_BAD;
		out[i] = (uint8_t) (a << 4 | b);
	}
	return 0;
}

static void
read_key(struct author_keys *k, const struct yaml *y, struct diag *d)
{
	static const char *const keys[] = { "name", "author", "key", "note", NULL };
	struct author_key *x = &k->key[k->n];
	const char *name, *author;

	if (k->n == KEYS_MAX) {
		yaml_error(y, d, "more than %d keys", KEYS_MAX);
		return;
	}
	yaml_only(y, keys, d);
	name = yaml_text(yaml_get(y, "name"), d);
	author = yaml_text(yaml_get(y, "author"), d);
	if (!name)
		yaml_error(y, d, "a key needs a name");
	if (!yaml_get(y, "key") || read_hex(yaml_get(y, "key")->text, x->key, sizeof(x->key)) < 0)
		yaml_error(yaml_get(y, "key") ? yaml_get(y, "key") : y, d, "key: 64 hex digits of an Ed25519 public key were expected");
	x->name = name ? arena_strdup(&k->arena, name) : "";
	x->author = author ? arena_strdup(&k->arena, author) : NULL;
	for (uint32_t i = 0; name && i < k->n; i++)
		if (strcmp(k->key[i].name, name) == 0)
			yaml_error(y, d, "the name %s is there already", name);
	k->n++;
}

int
author_keys_read(struct author_keys *k, const char *path, struct diag *d)
{
	static const char *const keys[] = { "version", "keys", "note", NULL };
	struct yaml_doc doc;
	uint32_t errors = d->errors;
	const struct yaml *list;

	memset(k, 0, sizeof(*k));
	arena_init(&k->arena, 1 << 20);
	if (yaml_read(&doc, path, d) < 0) {
		if (d->errors == errors)
			diag_error(d, path, 0, 0, "keys of authors cannot be read");
		return -1;
	}
	yaml_only(doc.root, keys, d);
	list = yaml_get(doc.root, "keys");
	if (!list || list->kind != YAML_LIST)
		diag_error(d, path, 1, 1, "no list `keys`");
	else
		yaml_each(y, list) read_key(k, y, d);
	yaml_clear(&doc);
	return d->errors > errors ? -1 : 0;
}

void
author_keys_clear(struct author_keys *k)
{
	arena_clear(&k->arena);
	memset(k, 0, sizeof(*k));
}

static bool
is_good(const struct author_key *k, const uint8_t signature[static 64], const char *text)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, k->key, sizeof(k->key));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = key && ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1
	    && EVP_DigestVerify(ctx, signature, 64, (const uint8_t *) text, strlen(text)) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return good;
}

const char *
signed_text(const struct author_keys *k, const struct yaml *map, const struct author_key **by, struct diag *d)
{
	static const char *const keys[] = { "key", "signature", "text", NULL };
	const struct yaml *name = yaml_get(map, "key"), *sig = yaml_get(map, "signature"), *text = yaml_get(map, "text");
	uint8_t signature[64];

	*by = NULL;
	yaml_only(map, keys, d);
	if (!name || !name->text || !sig || !text || !text->text) {
		yaml_error(map, d, "signed: key, signature and text were expected");
		return NULL;
	}
	for (uint32_t i = 0; i < k->n; i++)
		if (strcmp(k->key[i].name, name->text) == 0)
			*by = &k->key[i];
	if (!*by)
		yaml_error(name, d, "no key \"%s\" in the keys file", name->text);
	else if (read_hex(sig->text, signature, sizeof(signature)) < 0)
		yaml_error(sig, d, "signature: 128 hex digits were expected");
	else if (!is_good(*by, signature, text->text))
		yaml_error(sig, d, "the signature does not fit the text and the key %s", (*by)->name);
	else
		return text->text;
	return NULL;
}
