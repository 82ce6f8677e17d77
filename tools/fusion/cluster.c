#include "cluster.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "pipeline/output/redis_batch.h"
#include "pipeline/output/redis_tls.h"

#define SLOTS 16384
#define NODES 64
#define REDIRECTIONS 8

struct node {
	char host[64];
	uint16_t port;
	redisContext *link;
	SSL *tls;                /* over the link's socket */
};

struct cluster {
	struct cluster_conf conf;
	struct node node[NODES];
	unsigned n;
	uint8_t owner[SLOTS];    /* node + 1; 0 = not known */
	bool single;             /* no cluster */
	char why[160];
	uint64_t redirected, lost;
	uint64_t held_lost;      /* what lost was when the hold began */
	bool held;
};

/* ---- slots ---- */

static uint16_t
crc16(const uint8_t *p, size_t n)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < n; i++) {
		crc = (uint16_t) (crc ^ (uint16_t) (p[i] << 8));
		for (int k = 0; k < 8; k++)
			crc = (uint16_t) (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
	}
	return crc;
}

unsigned
cluster_slot(struct span key)
{
	const uint8_t *open = key.n ? memchr(key.p, '{', key.n) : NULL, *close;

	if (open) {
		open++;
		close = memchr(open, '}', key.n - (size_t) (open - key.p));
		if (close && close > open)
			return crc16(open, (size_t) (close - open)) % SLOTS;
	}
	return crc16(key.p, key.n) % SLOTS;
}

bool
cluster_redirection(const char *text, bool *ask, unsigned *slot, char host[static 64], uint16_t *port)
{
	char *end;
	const char *colon;
	unsigned long v;

	*ask = strncmp(text, "ASK ", 4) == 0;
	if (!*ask && strncmp(text, "MOVED ", 6) != 0)
		return false;
	v = strtoul(text + (*ask ? 4 : 6), &end, 10);
	colon = strrchr(end, ':');
	if (*end != ' ' || v >= SLOTS || !colon || colon - end - 1 >= 64)
		return false;
	*slot = (unsigned) v;
	memcpy(host, end + 1, (size_t) (colon - end - 1));
	host[colon - end - 1] = '\0';
	v = strtoul(colon + 1, &end, 10);
	*port = (uint16_t) v;
	return v > 0 && v < 65536 && !*end;
}

/* ---- nodes ---- */

static void
node_close(struct node *d)
{
	SSL_free(d->tls);
	d->tls = NULL;
	if (d->link)
		redisFree(d->link);
	d->link = NULL;
}

static unsigned
node_of(struct cluster *c, const char *host, uint16_t port)
{
	for (unsigned i = 0; i < c->n; i++)
		if (c->node[i].port == port && strcmp(c->node[i].host, host) == 0)
			return i;
	if (c->n == NODES) /* one that nobody needs any more has to go */
		node_close(&c->node[--c->n]);
	snprintf(c->node[c->n].host, sizeof c->node[c->n].host, "%s", host);
	c->node[c->n].port = port;
	c->node[c->n].link = NULL;
	c->node[c->n].tls = NULL;
	return c->n++;
}

static void
node_down(struct cluster *c, unsigned k, const char *why)
{
	snprintf(c->why, sizeof c->why, "%s:%u: %s", c->node[k].host, c->node[k].port, why);
	if (c->node[k].link)
		c->lost++;
	node_close(&c->node[k]);
}

/* ---- by TLS: the library's socket and reader, with the session in between ---- */

static bool
tls_write(SSL *ssl, const char *p, size_t n)
{
	size_t done;

	for (; n; p += done, n -= done)
		if (SSL_write_ex(ssl, p, n, &done) != 1)
			return false;
	return true;
}

/* NULL: why the connection cannot go on is told by node_down(). */
static redisReply *
tls_exchange(struct cluster *c, unsigned k, int n, const char **argv, const size_t *lengths)
{
	struct node *d = &c->node[k];
	char *text, bytes[16384], why[256] = "no answer";
	int size = (int) redisFormatCommandArgv(&text, n, argv, lengths);
	void *reply = NULL;
	size_t got;
	bool good;

	if (size < 0)
		return NULL;
	ERR_clear_error();
	good = tls_write(d->tls, text, (size_t) size);
	redisFreeCommand(text);
	while (good && !reply) {
		good = SSL_read_ex(d->tls, bytes, sizeof bytes, &got) == 1 && redisReaderFeed(d->link->reader, bytes, got) == REDIS_OK &&
		    redisReaderGetReply(d->link->reader, &reply) == REDIS_OK;
	}
	if (good)
		return reply;
	if (d->link->reader->err)
		snprintf(why, sizeof why, "%s", d->link->reader->errstr);
	else
		redis_tls_session_why(d->tls, ERR_peek_last_error(), why);
	node_down(c, k, why);
	return NULL;
}

static bool
tls_up(struct cluster *c, unsigned k)
{
	struct node *d = &c->node[k];
	char why[256] = "no handshake";

	d->tls = redis_tls_session(c->conf.tls, d->host);
	ERR_clear_error();
	if (d->tls && SSL_set_fd(d->tls, d->link->fd) == 1 && SSL_connect(d->tls) == 1)
		return true;
	if (d->tls)
		redis_tls_session_why(d->tls, ERR_peek_last_error(), why);
	node_down(c, k, why);
	return false;
}

static redisReply *
exchange(struct cluster *c, unsigned k, const struct span *args, unsigned n)
{
	const char *argv[CLUSTER_ARGS];
	size_t lengths[CLUSTER_ARGS];
	redisReply *r;

	for (unsigned i = 0; i < n; i++) {
		argv[i] = args[i].n ? (const char *) args[i].p : "";
		lengths[i] = args[i].n;
	}
	if (c->node[k].tls)
		return tls_exchange(c, k, (int) n, argv, lengths);
	r = redisCommandArgv(c->node[k].link, (int) n, argv, lengths);
	if (!r)
		node_down(c, k, c->node[k].link->errstr[0] ? c->node[k].link->errstr : "no answer");
	return r;
}

static bool
greet(struct cluster *c, unsigned k)
{
	struct span args[3] = { SPAN_LIT("AUTH"), SPAN_NONE, SPAN_NONE };
	unsigned n = 1;
	redisReply *r;
	bool good;

	if (!c->conf.password || !*c->conf.password)
		return true;
	if (c->conf.user && *c->conf.user)
		args[n++] = span_str(c->conf.user);
	args[n++] = span_str(c->conf.password);
	r = exchange(c, k, args, n);
	good = r && r->type != REDIS_REPLY_ERROR;
	if (r && !good)
		node_down(c, k, r->str);
	if (r)
		freeReplyObject(r);
	return good;
}

static bool
node_up(struct cluster *c, unsigned k)
{
	struct node *d = &c->node[k];
	struct timeval tv = { c->conf.timeout / NS_PER_S, c->conf.timeout % NS_PER_S / NS_PER_US };
	redisReader *bounded;

	if (d->link)
		return true;
	if (c->conf.socket && *c->conf.socket && k == 0)
		d->link = redisConnectUnixWithTimeout(c->conf.socket, tv);
	else
		d->link = redisConnectWithTimeout(d->host, d->port, tv);
	bounded = redis_reader_new();
	if (!d->link || d->link->err || !bounded) {
		node_down(c, k, d->link ? d->link->errstr : "no memory");
		if (bounded)
			redisReaderFree(bounded);
		return false;
	}
	redisReaderFree(d->link->reader);
	d->link->reader = bounded;
	redisSetTimeout(d->link, tv);
	return (!c->conf.tls || !d->port || tls_up(c, k)) && greet(c, k);
}

/* An answer of CLUSTER SLOTS: [from, to, [host, port, ...], ...]. */
static void
map_read(struct cluster *c, unsigned asked, const redisReply *r)
{
	for (size_t i = 0; i < r->elements; i++) {
		const redisReply *e = r->element[i], *master = e->type == REDIS_REPLY_ARRAY && e->elements > 2 ? e->element[2] : NULL;
		const char *host;
		unsigned k;
		if (!master || e->element[0]->type != REDIS_REPLY_INTEGER || e->element[1]->type != REDIS_REPLY_INTEGER ||
		    master->type != REDIS_REPLY_ARRAY || master->elements < 2 || master->element[1]->type != REDIS_REPLY_INTEGER ||
		    master->element[1]->integer < 1 || master->element[1]->integer > 65535)
			continue;
		host = master->element[0]->type == REDIS_REPLY_STRING && master->element[0]->len ? master->element[0]->str : c->node[asked].host;
		k = node_of(c, host, (uint16_t) master->element[1]->integer);
		for (long long s = e->element[0]->integer; s >= 0 && s <= e->element[1]->integer && s < SLOTS; s++)
			c->owner[s] = (uint8_t) (k + 1);
	}
}

static void
map_ask(struct cluster *c)
{
	struct span args[2] = { SPAN_LIT("CLUSTER"), SPAN_LIT("SLOTS") };

	memset(c->owner, 0, sizeof c->owner);
	for (unsigned k = 0; k < c->n; k++) {
		redisReply *r = node_up(c, k) ? exchange(c, k, args, 2) : NULL;
		bool array = r && r->type == REDIS_REPLY_ARRAY && r->elements;
		c->single = r && r->type == REDIS_REPLY_ERROR && (strstr(r->str, "cluster support disabled") || strncmp(r->str, "NOPERM", 6) == 0);
		if (array)
			map_read(c, k, r);
		if (r)
			freeReplyObject(r);
		if (array || c->single)
			return;
	}
}

struct cluster *
cluster_new(const struct cluster_conf *conf)
{
	struct cluster *c = calloc(1, sizeof *c);
	const char *p = conf->nodes ? conf->nodes : "";

	if (!c)
		return NULL;
	c->conf = *conf;
	if (conf->socket && *conf->socket) {
		node_of(c, "unix", 0);
		c->single = true;
		return c;
	}
	while (*p && c->n < NODES) {
		size_t n = strcspn(p, ", ");
		char text[80];
		char *colon;
		if (n && n < sizeof text) {
			memcpy(text, p, n);
			text[n] = '\0';
			colon = strrchr(text, ':');
			if (colon)
				*colon = '\0';
			if (strlen(text) < 64)
				node_of(c, text, (uint16_t) (colon ? strtoul(colon + 1, NULL, 10) : 6379));
		}
		p += n + strspn(p + n, ", ");
	}
	return c;
}

void
cluster_free(struct cluster *c)
{
	for (unsigned i = 0; c && i < c->n; i++)
		node_close(&c->node[i]);
	free(c);
}

const char *
cluster_why(const struct cluster *c)
{
	return c->why;
}

void
cluster_counts(const struct cluster *c, uint64_t *redirected, uint64_t *lost)
{
	*redirected = c->redirected;
	*lost = c->lost;
}

/* Trouble that passes: the same command again, later. */
static bool
passes(const char *error)
{
	static const char *const words[] = { "CLUSTERDOWN", "TRYAGAIN", "LOADING", "MASTERDOWN", "READONLY", "OOM", "BUSY ", "UNKILLABLE" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strncmp(error, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* One try. NULL: again. */
static redisReply *
try(struct cluster *c, unsigned slot, const struct span *args, unsigned n)
{
	const struct span asking[1] = { SPAN_LIT("ASKING") };
	unsigned k = c->single || !c->owner[slot] ? 0 : c->owner[slot] - 1u;
	bool ask = false;

	for (int i = 0; i < REDIRECTIONS; i++) {
		char host[64];
		uint16_t port;
		redisReply *r;
		if (k >= c->n || !node_up(c, k))
			return NULL;
		r = ask ? exchange(c, k, asking, 1) : NULL;
		if (ask && !r)
			return NULL;
		if (r)
			freeReplyObject(r);
		r = exchange(c, k, args, n);
		if (!r || r->type != REDIS_REPLY_ERROR)
			return r;
		if (cluster_redirection(r->str, &ask, &slot, host, &port)) {
			c->redirected++;
			k = node_of(c, host[0] ? host : c->node[k].host, port);
			if (!ask)
				c->owner[slot] = (uint8_t) (k + 1);
		} else if (passes(r->str)) {
			snprintf(c->why, sizeof c->why, "%.150s", r->str);
			freeReplyObject(r);
			return NULL;
		} else {
			return r;
		}
		freeReplyObject(r);
	}
	return NULL;
}

redisReply *
cluster_command_once(struct cluster *c, struct span key, const struct span *args, unsigned n)
{
	unsigned slot = cluster_slot(key), k = c->single || !c->owner[slot] ? 0 : c->owner[slot] - 1u;

	if (n > CLUSTER_ARGS || k >= c->n || !c->node[k].link)
		return NULL;
	return exchange(c, k, args, n);
}

void
cluster_hold(struct cluster *c, bool on)
{
	c->held = on;
	c->held_lost = c->lost;
}

static bool
broken_off(struct cluster *c)
{
	bool off = c->held && c->lost != c->held_lost;

	if (off)
		snprintf(c->why, sizeof c->why, "a connection was lost in the middle; from the beginning");
	return off;
}

redisReply *
cluster_command(struct cluster *c, struct span key, const struct span *args, unsigned n)
{
	int64_t begin = clock_monotonic();
	struct timespec wait = { 0, 20 * NS_PER_MS };
	unsigned slot = cluster_slot(key);
	redisReply *r = NULL;

	if (n > CLUSTER_ARGS) {
		snprintf(c->why, sizeof c->why, "a command of %u arguments", n);
		return NULL;
	}
	if (!c->single && !c->owner[slot])
		map_ask(c);
	while (!broken_off(c) && !(r = try(c, slot, args, n))) {
		if (*c->conf.stop || clock_monotonic() - begin > c->conf.patience)
			return NULL;
		nanosleep(&wait, NULL);
		wait.tv_nsec = wait.tv_nsec < 400 * NS_PER_MS ? wait.tv_nsec * 2 : wait.tv_nsec;
		if (!c->single)
			map_ask(c);
	}
	return r;
}
