/* casusctl context: tells a running sensor what a person says; signs statements. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "casusctl.h"

static EVP_PKEY *
private_key(const char *path)
{
	FILE *f = fopen(path, "r");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

	if (f)
		fclose(f);
	if (key && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519)
		return key;
	EVP_PKEY_free(key);
	fprintf(stderr, "casusctl: %s: no private Ed25519 key in PEM form (openssl genpkey -algorithm ed25519)\n", path);
	return NULL;
}

static int
print_public(const char *path)
{
	EVP_PKEY *key = private_key(path);
	uint8_t raw[32];
	size_t n = sizeof(raw);
	char hex[65];

	if (!key || EVP_PKEY_get_raw_public_key(key, raw, &n) != 1 || n != sizeof(raw)) {
		EVP_PKEY_free(key);
		return CTL_FAILURE;
	}
	EVP_PKEY_free(key);
	hash_hex(raw, sizeof(raw), hex);
	puts(hex);
	return CTL_OK;
}

static int
read_text(struct buf *text, const char *path)
{
	buf_init(text, 60000);
	if (buf_read_file(text, path) == 0 && text->n && memchr(text->p, 0, text->n) == NULL)
		return 0;
	fprintf(stderr, "casusctl: %s: cannot be read, or is no text of 1 to 60000 bytes\n", path);
	buf_clear(text);
	return -1;
}

/* The text as a block of the envelope: what is signed is exactly what a reader gets back, so it ends with one line end. */
static int
sign(const char *pem, const char *name, const char *path)
{
	EVP_PKEY *key = private_key(pem);
	EVP_MD_CTX *ctx = key ? EVP_MD_CTX_new() : NULL;
	uint8_t signature[64];
	size_t n = sizeof(signature);
	char hex[129];
	struct buf text;
	int rc = CTL_FAILURE;

	if (!ctx || read_text(&text, path) < 0) {
		EVP_MD_CTX_free(ctx);
		EVP_PKEY_free(key);
		return CTL_FAILURE;
	}
	while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == ' '))
		text.n--;
	text.p[text.n] = '\0';
	buf_str(&text, "\n");
	if (EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 && EVP_DigestSign(ctx, signature, &n, (const uint8_t *) text.p, text.n) == 1) {
		hash_hex(signature, sizeof(signature), hex);
		printf("signed:\n  key: \"%s\"\n  signature: \"%s\"\n  text: |2\n", name, hex);
		for (char *line = text.p, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
			printf("%s%.*s\n", end > line ? "    " : "", (int) (end - line), line);
		rc = CTL_OK;
	}
	buf_clear(&text);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return rc;
}

static int
add(const struct options *o, const char *path)
{
	struct buf text;
	int rc;

	if (read_text(&text, path) < 0)
		return CTL_FAILURE;
	rc = ask_text_and_print(o, "context", text.p);
	buf_clear(&text);
	return rc;
}

static int
run(const struct options *o, int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "add") == 0)
		return add(o, argv[2]);
	if (argc == 3 && strcmp(argv[1], "key") == 0)
		return print_public(argv[2]);
	if (argc == 5 && strcmp(argv[1], "sign") == 0)
		return sign(argv[2], argv[3], argv[4]);
	return usage(&subcommand_context);
}

const struct subcommand subcommand_context = { "context", "add FILE | sign PEM NAME FILE | key PEM",
	"tell what a person says; sign a statement; print a public key", run };
