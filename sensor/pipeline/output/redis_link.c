#include "pipeline/output/redis_link.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/err.h"
#include "pipeline/output/redis_batch.h"
#include "pipeline/output/redis_tls.h"

#define BACKOFF_MIN (100 * NS_PER_MS)
#define BACKOFF_MAX (5 * NS_PER_S)
#define REPLY_MAX (64U << 20) /* of an answer that is not yet whole */

struct redis_link {
	struct redis_link_conf conf;
	struct evdns_base *dns;
	struct bufferevent *bev;
	redisReader *reader;
	struct event *retry, *silence;
	uint64_t replies;    /* still to come */
	size_t undecoded;    /* bytes fed since the last whole reply */
	int64_t backoff;
	uint64_t random;
	bool up, stopped, feeding, ended;
};

static struct timeval
timeval_of(int64_t ns)
{
	return (struct timeval) { ns / NS_PER_S, ns % NS_PER_S / NS_PER_US };
}

static void link_connect(struct redis_link *l);

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	link_connect(arg);
}

static void
on_silence(evutil_socket_t fd, short what, void *arg)
{
	struct redis_link *l = arg;

	redis_link_fail(l, l->up ? "no answer in time" : "no connection in time");
}

struct redis_link *
redis_link_new(const struct redis_link_conf *conf)
{
	struct redis_link *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	l->conf = *conf;
	l->stopped = true;
	l->backoff = BACKOFF_MIN;
	l->random = conf->seed | 1;
	l->retry = evtimer_new(conf->loop, on_retry, l);
	l->silence = evtimer_new(conf->loop, on_silence, l);
	if (!l->retry || !l->silence) {
		redis_link_free(l);
		return NULL;
	}
	return l;
}

static void
link_close(struct redis_link *l)
{
	evtimer_del(l->silence);
	if (l->bev)
		bufferevent_free(l->bev);
	l->bev = NULL;
	l->ended = true;
	if (l->reader && !l->feeding)
		redisReaderFree(l->reader);
	if (!l->feeding)
		l->reader = NULL;
	l->up = false;
	l->replies = 0;
	l->undecoded = 0;
}

void
redis_link_free(struct redis_link *l)
{
	if (!l)
		return;
	l->stopped = true;
	if (l->silence)
		link_close(l);
	if (l->retry)
		event_free(l->retry);
	if (l->silence)
		event_free(l->silence);
	if (l->dns)
		evdns_base_free(l->dns, 0);
	free(l);
}

/* Grows by half to double each time, so that many sensors do not come back at once. */
static void
retry_later(struct redis_link *l)
{
	struct timeval tv;
	int64_t wait;

	l->random ^= l->random << 13;
	l->random ^= l->random >> 7;
	l->random ^= l->random << 17;
	wait = l->backoff / 2 + (int64_t) (l->random % (uint64_t) (l->backoff / 2 + 1));
	tv = timeval_of(wait);
	evtimer_add(l->retry, &tv);
	l->backoff = l->backoff * 2 < BACKOFF_MAX ? l->backoff * 2 : BACKOFF_MAX;
}

void
redis_link_fail(struct redis_link *l, const char *why)
{
	char text[256];

	if (l->stopped)
		return;
	snprintf(text, sizeof text, "%s", why); /* it may lie in the reply that goes away */
	link_close(l);
	retry_later(l);
	l->conf.down(l->conf.arg, text);
}

void
redis_link_stop(struct redis_link *l)
{
	l->stopped = true;
	evtimer_del(l->retry);
	link_close(l);
}

void
redis_link_start(struct redis_link *l)
{
	if (!l->stopped)
		return;
	l->stopped = false;
	l->backoff = BACKOFF_MIN;
	link_connect(l);
}

void
redis_link_settled(struct redis_link *l)
{
	l->backoff = BACKOFF_MIN;
}

static void
await(struct redis_link *l)
{
	struct timeval tv = timeval_of(l->up || !l->conf.connect_timeout ? l->conf.timeout : l->conf.connect_timeout);

	if (l->replies || !l->up)
		evtimer_add(l->silence, &tv);
	else
		evtimer_del(l->silence);
}

/* Whole replies, one after the other. A reply() may end the connection: then nothing more is read. */
static void
replies_take(struct redis_link *l)
{
	redisReader *reader = l->reader;
	void *reply = NULL;
	bool bad = false;

	l->feeding = true;
	l->ended = false;
	while (!l->ended) {
		if (redisReaderGetReply(reader, &reply) != REDIS_OK) {
			bad = true;
			break;
		}
		if (!reply)
			break;
		l->undecoded = 0;
		if (l->replies)
			l->replies--;
		l->conf.reply(l->conf.arg, reply);
		freeReplyObject(reply);
	}
	l->feeding = false;
	if (l->ended) {
		redisReaderFree(reader);
		if (l->reader == reader)
			l->reader = NULL;
		return;
	}
	if (bad)
		redis_link_fail(l, reader->errstr);
	else
		await(l);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct redis_link *l = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	char bytes[16384];
	int n;

	while (l->bev == bev && (n = evbuffer_remove(in, bytes, sizeof bytes)) > 0) {
		l->undecoded += (size_t) n;
		if (l->undecoded > REPLY_MAX || redisReaderFeed(l->reader, bytes, (size_t) n) != REDIS_OK) {
			redis_link_fail(l, "answer too long");
			return;
		}
		replies_take(l);
	}
}

static void
options_set(evutil_socket_t fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* refused on unix sockets: no harm */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct redis_link *l = arg;
	int dns = bufferevent_socket_get_dns_error(bev), code = EVUTIL_SOCKET_ERROR();
	char why[256];

	if (what & BEV_EVENT_CONNECTED) {
		options_set(bufferevent_getfd(bev));
		l->up = true;
		await(l);
		l->conf.up(l->conf.arg);
	} else if (l->conf.tls && what & (BEV_EVENT_EOF | BEV_EVENT_ERROR) && redis_tls_why(bev, why)) {
		redis_link_fail(l, why);
	} else if (what & BEV_EVENT_EOF) {
		redis_link_fail(l, "connection closed");
	} else if (what & BEV_EVENT_ERROR) {
		redis_link_fail(l, dns ? evutil_gai_strerror(dns) : evutil_socket_error_to_string(code));
	}
}

static int
connect_socket(struct redis_link *l)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	if (strlen(l->conf.socket) >= sizeof sun.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, l->conf.socket, strlen(l->conf.socket) + 1);
	return bufferevent_socket_connect(l->bev, (struct sockaddr *) &sun, sizeof sun);
}

static int
connect_host(struct redis_link *l)
{
	if (!l->dns)
		l->dns = evdns_base_new(l->conf.loop, EVDNS_BASE_INITIALIZE_NAMESERVERS | EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (!l->dns)
		l->dns = evdns_base_new(l->conf.loop, EVDNS_BASE_DISABLE_WHEN_INACTIVE); /* no resolv.conf: addresses only */
	if (!l->dns)
		return -1;
	return bufferevent_socket_connect_hostname(l->bev, l->dns, AF_UNSPEC, l->conf.host, l->conf.port);
}

static void
link_connect(struct redis_link *l)
{
	bool local = l->conf.socket && *l->conf.socket;

	if (l->stopped || l->bev)
		return;
	l->reader = redis_reader_new();
	if (l->conf.tls && !local)
		l->bev = redis_tls_connection(l->conf.tls, l->conf.loop);
	else
		l->bev = bufferevent_socket_new(l->conf.loop, -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (!l->bev || !l->reader) {
		redis_link_fail(l, "no memory");
		return;
	}
	bufferevent_setcb(l->bev, on_read, NULL, on_event, l);
	bufferevent_enable(l->bev, EV_READ | EV_WRITE);
	await(l);
	if ((local ? connect_socket(l) : connect_host(l)) < 0 && l->bev)
		redis_link_fail(l, strerror(errno));
}

int
redis_format(struct evbuffer *to, const struct span *args, unsigned n)
{
	const char *argv[REDIS_ARGS_MAX];
	size_t lengths[REDIS_ARGS_MAX];
	char *text;
	int size, rc;

	if (n > REDIS_ARGS_MAX)
		return E_LIMIT;
	for (unsigned i = 0; i < n; i++) {
		argv[i] = args[i].n ? (const char *) args[i].p : "";
		lengths[i] = args[i].n;
	}
	size = (int) redisFormatCommandArgv(&text, (int) n, argv, lengths);
	if (size < 0)
		return E_NOMEM;
	rc = evbuffer_add(to, text, (size_t) size) < 0 ? E_NOMEM : 0;
	redisFreeCommand(text);
	return rc;
}

int
redis_link_command(struct redis_link *l, const struct span *args, unsigned n)
{
	int rc;

	if (!l->up)
		return E_AGAIN;
	rc = redis_format(bufferevent_get_output(l->bev), args, n);
	if (rc < 0)
		return rc;
	if (l->replies++ == 0)
		await(l);
	return 0;
}

int
redis_link_send(struct redis_link *l, struct evbuffer *commands, unsigned replies)
{
	if (!l->up)
		return E_AGAIN;
	if (bufferevent_write_buffer(l->bev, commands) < 0)
		return E_NOMEM;
	l->replies += replies;
	await(l);
	return 0;
}
