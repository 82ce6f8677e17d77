#include "pipeline/output/redis_tls.h"

#include <arpa/inet.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct redis_tls {
	SSL_CTX *ctx;
	char name[256]; /* that the certificate must be for */
	bool fixed;     /* whatever host is connected to */
};

static bool
is_set(const char *s)
{
	return s && *s;
}

static int
refused(struct diag *d, const char *path, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	diag_error(d, path, 0, 0, "%s: %s", what, reason ? reason : "not readable");
	ERR_clear_error();
	return E_BAD;
}

static int
files_read(struct redis_tls *t, const struct output_conf *c, struct diag *d)
{
	struct stat st;

	if (is_set(c->redis_tls_ca) && SSL_CTX_load_verify_locations(t->ctx, c->redis_tls_ca, NULL) != 1)
		return refused(d, c->redis_tls_ca, "holds no CA certificate");
	if (!is_set(c->redis_tls_ca) && SSL_CTX_set_default_verify_paths(t->ctx) != 1)
		return refused(d, "redis.tls-ca", "is not set, and the system has no CA certificates");
	if (!is_set(c->redis_tls_cert) && !is_set(c->redis_tls_key))
		return 0;
	if (!is_set(c->redis_tls_cert) || !is_set(c->redis_tls_key)) {
		diag_error(d, "redis.tls-cert", 0, 0, "a certificate needs its key and a key its certificate; expected both or none");
		return E_BAD;
	}
	if (SSL_CTX_use_certificate_chain_file(t->ctx, c->redis_tls_cert) != 1)
		return refused(d, c->redis_tls_cert, "holds no certificate");
	if (stat(c->redis_tls_key, &st) == 0 && st.st_mode & 077) {
		diag_error(d, c->redis_tls_key, 0, 0, "mode %04o lets others read the key; expected 0600 or 0400", st.st_mode & 07777);
		return E_PERM;
	}
	if (SSL_CTX_use_PrivateKey_file(t->ctx, c->redis_tls_key, SSL_FILETYPE_PEM) != 1)
		return refused(d, c->redis_tls_key, "holds no key of this certificate");
	return 0;
}

struct redis_tls *
redis_tls_new(const struct output_conf *c, struct diag *d)
{
	struct redis_tls *t = calloc(1, sizeof *t);
	const char *name = is_set(c->redis_tls_name) ? c->redis_tls_name : c->redis_host;

	if (!t)
		return NULL;
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (!is_set(name) || strlen(name) >= sizeof t->name) {
		diag_error(d, "redis.tls", 0, 0, "needs redis.host (or redis.tls-name): a name to check the certificate by");
	} else if (t->ctx && files_read(t, c, d) == 0) {
		SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
		SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
		memcpy(t->name, name, strlen(name) + 1);
		t->fixed = is_set(c->redis_tls_name);
		return t;
	}
	redis_tls_free(t);
	return NULL;
}

void
redis_tls_free(struct redis_tls *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->ctx);
	free(t);
}

SSL *
redis_tls_session(const struct redis_tls *t, const char *host)
{
	SSL *ssl = SSL_new(t->ctx);
	const char *name = host && !t->fixed ? host : t->name;
	uint8_t address[16];
	bool named;

	if (!ssl)
		return NULL;
	if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1)
		named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
	else
		named = SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
	if (named)
		return ssl;
	SSL_free(ssl);
	return NULL;
}

struct bufferevent *
redis_tls_connection(const struct redis_tls *t, struct event_base *loop)
{
	SSL *ssl = redis_tls_session(t, NULL);
	struct bufferevent *bev;

	bev = ssl ? bufferevent_openssl_socket_new(loop, -1, ssl, BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS) : NULL;
	if (!bev)
		SSL_free(ssl);
	else
		bufferevent_openssl_set_allow_dirty_shutdown(bev, 1); /* a killed Redis says no goodbye */
	return bev;
}

bool
redis_tls_session_why(const SSL *ssl, unsigned long e, char why[static 256])
{
	long verify = ssl ? SSL_get_verify_result(ssl) : X509_V_OK;

	if (verify != X509_V_OK)
		snprintf(why, 256, "its certificate is refused: %s", X509_verify_cert_error_string(verify));
	else if (e)
		snprintf(why, 256, "TLS: %s", ERR_reason_error_string(e) ? ERR_reason_error_string(e) : "failed");
	return verify != X509_V_OK || e;
}

bool
redis_tls_why(struct bufferevent *bev, char why[static 256])
{
	SSL *ssl = bufferevent_openssl_get_ssl(bev);

	return redis_tls_session_why(ssl, ssl ? bufferevent_get_openssl_error(bev) : 0, why);
}
