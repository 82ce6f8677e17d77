#include "pipeline/output/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/hash.h"

struct seal_key {
	EVP_PKEY *pkey;
};

struct seal_key *
seal_key_read(const char *path, bool private_key, char why[static 128])
{
	struct seal_key *k = calloc(1, sizeof *k);
	FILE *in = fopen(path, "re");
	struct stat st;

	why[0] = 0;
	if (!k || !in || fstat(fileno(in), &st) < 0)
		snprintf(why, 128, "cannot be read: %s", strerror(errno));
	else if (private_key && st.st_mode & 077)
		snprintf(why, 128, "mode %04o lets others read the key; expected 0600 or 0400", st.st_mode & 07777);
	else
		k->pkey = private_key ? PEM_read_PrivateKey(in, NULL, NULL, NULL) : PEM_read_PUBKEY(in, NULL, NULL, NULL);
	if (in)
		fclose(in);
	if (!why[0] && (!k->pkey || EVP_PKEY_get_id(k->pkey) != EVP_PKEY_ED25519))
		snprintf(why, 128, "is no Ed25519 %s key in PEM", private_key ? "private" : "public");
	if (!why[0])
		return k;
	seal_key_free(k);
	return NULL;
}

void
seal_key_free(struct seal_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

int
seal_write(const struct seal *s, const struct seal_key *k, char out[static SEAL_MAX])
{
	char chain[2 * FRAME_HASH + 1], hex[2 * sizeof s->signature + 1];
	uint8_t signature[sizeof s->signature];
	size_t len = sizeof signature;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int n;
	bool ok;

	hash_hex(s->chain, FRAME_HASH, chain);
	n = snprintf(out, SEAL_MAX, "casus-journal 1\nsensor %s\nepoch %s\nsegment %llu\nfirst %llu\nlast %llu\nchain %s\n", s->sensor,
	    s->epoch, (unsigned long long) s->segment, (unsigned long long) s->first, (unsigned long long) s->last, chain);
	ok = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, k->pkey) == 1 &&
	    EVP_DigestSign(ctx, signature, &len, (const uint8_t *) out, (size_t) n) == 1;
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return E_IO;
	hash_hex(signature, sizeof signature, hex);
	return n + snprintf(out + n, (size_t) (SEAL_MAX - n), "signature %s\n", hex);
}

/* The value of the line that begins with `name` and a blank, which is the next one. */
static struct span
line(struct rd *r, const char *name)
{
	struct span left = rd_span(r, rd_left(r)), value;
	const uint8_t *end = left.n ? memchr(left.p, '\n', left.n) : NULL;
	size_t n = strlen(name);

	if (!end || (size_t) (end - left.p) <= n || memcmp(left.p, name, n) != 0 || left.p[n] != ' ') {
		r->bad = true;
		return SPAN_NONE;
	}
	value = span_of(left.p + n + 1, (size_t) (end - left.p) - n - 1);
	*r = rd_of(span_skip(left, (uint32_t) (end - left.p) + 1));
	return value;
}

static void
text(struct rd *r, const char *name, char *out, size_t room)
{
	struct span v = line(r, name);

	if (v.n == 0 || v.n >= room) {
		r->bad = true;
		return;
	}
	memcpy(out, v.p, v.n);
	out[v.n] = 0;
}

static uint64_t
number(struct rd *r, const char *name)
{
	struct span v = line(r, name);
	uint64_t n = 0;

	if (v.n == 0 || v.n > 19)
		r->bad = true;
	for (uint32_t i = 0; i < v.n && !r->bad; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			r->bad = true;
		n = n * 10 + (uint64_t) (v.p[i] - '0');
	}
	return n;
}

static int
digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
bytes(struct rd *r, const char *name, uint8_t *out, uint32_t n)
{
	struct span v = line(r, name);

	if (v.n != 2 * n)
		r->bad = true;
	for (uint32_t i = 0; i < n && !r->bad; i++) {
		int high = digit(v.p[2 * i]), low = digit(v.p[2 * i + 1]);
		if (high < 0 || low < 0)
			r->bad = true;
		else
			out[i] = (uint8_t) (high << 4 | low);
	}
}

int
seal_read(struct seal *s, struct span from)
{
	struct rd r = rd_of(from);

	memset(s, 0, sizeof *s);
	if (!span_eq(line(&r, "casus-journal"), SPAN_LIT("1")))
		return E_BAD;
	text(&r, "sensor", s->sensor, sizeof s->sensor);
	text(&r, "epoch", s->epoch, sizeof s->epoch);
	s->segment = number(&r, "segment");
	s->first = number(&r, "first");
	s->last = number(&r, "last");
	bytes(&r, "chain", s->chain, FRAME_HASH);
	s->signed_n = from.n - rd_left(&r);
	bytes(&r, "signature", s->signature, sizeof s->signature);
	return r.bad || rd_left(&r) ? E_BAD : 0;
}

bool
seal_is_good(const struct seal *s, struct span from, const struct seal_key *k)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx && s->signed_n <= from.n && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, k->pkey) == 1 &&
	    EVP_DigestVerify(ctx, s->signature, sizeof s->signature, from.p, s->signed_n) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}
