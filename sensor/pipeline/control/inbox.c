#include "pipeline/control/inbox.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/log.h"
#include "pipeline/legal/told.h"
#include "pipeline/output/redis_auth.h"
#include "pipeline/output/redis_batch.h"
#include "pipeline/output/redis_link.h"
#include "pipeline/output/redis_tls.h"

#define ASK_EVERY_S 1
#define TRY_AGAIN_S 30 /* after an answer that is an error */
#define REFUSED_KEPT "1000"

struct inbox {
	const struct output_conf *conf;
	struct assess *assess;
	struct counters *cnt;
	struct redis_link *link;
	struct redis_tls *tls; /* NULL: plain */
	struct event *timer;
	char stream[REDIS_KEY_MAX], refused[REDIS_KEY_MAX];
	char password[REDIS_PASSWORD_MAX];
	unsigned told;   /* refusals under way: their answers come before that to the next question */
	bool greeting;   /* AUTH is under way */
	bool complained; /* once a connection */
};

static void
ask(struct inbox *b)
{
	const char *mark = assess_mark(b->assess);
	struct span args[6] = { SPAN_LIT("XREAD"), SPAN_LIT("COUNT"), SPAN_LIT("16"), SPAN_LIT("STREAMS"), span_str(b->stream),
		span_str(*mark ? mark : "0-0") };

	if (redis_link_command(b->link, args, 6) < 0)
		redis_link_fail(b->link, "cannot send");
}

static void
ask_later(struct inbox *b, int seconds)
{
	struct timeval tv = { seconds, 0 };

	evtimer_add(b->timer, &tv);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	ask(arg);
}

static void
on_up(void *arg)
{
	struct inbox *b = arg;
	struct span args[REDIS_AUTH_ARGS];

	b->told = 0;
	b->complained = false;
	b->greeting = b->password[0] != '\0';
	if (!b->greeting)
		ask(b);
	else if (redis_link_command(b->link, args, redis_auth(args, b->conf, b->password)) < 0)
		redis_link_fail(b->link, "cannot send");
}

static void
on_down(void *arg, const char *why)
{
	struct inbox *b = arg;

	evtimer_del(b->timer);
	log_debug("context", "no Redis: %s", why); /* the records' connection complains of it */
}

static void
refuse(struct inbox *b, struct span entry, const char *why)
{
	struct span args[10] = { SPAN_LIT("XADD"), span_str(b->refused), SPAN_LIT("MAXLEN"), SPAN_LIT("~"), SPAN_LIT(REFUSED_KEPT), SPAN_LIT("*"),
		SPAN_LIT("entry"), entry, SPAN_LIT("why"), span_str(why) };

	counter_inc(b->cnt, C_CONTEXT_REFUSED);
	log_warning("context", "a statement of the Redis stream is refused: entry=%.*s why=%s", (int) entry.n, (const char *) entry.p, why);
	if (redis_link_command(b->link, args, 10) == 0)
		b->told++;
}

/* False: it could not be kept, and is asked for again. */
static bool
take(struct inbox *b, struct span entry, struct span text)
{
	char why[256], mark[TOLD_MARK_MAX];
	struct assess_telling t = { text, false, CHANNEL_REDIS, mark };
	int rc;

	if (entry.n >= sizeof(mark))
		return false;
	memcpy(mark, entry.p, entry.n);
	mark[entry.n] = '\0';
	rc = assess_tell(b->assess, &t, why);
	if (rc == E_IO || rc == E_NOMEM) {
		log_error("context", "a statement waits in the Redis stream: entry=%s why=%s", mark, why);
		return false;
	}
	if (rc == 0) {
		counter_inc(b->cnt, C_CONTEXT_TAKEN);
		log_notice("context", "a statement of the Redis stream is taken: entry=%s", mark);
	} else if (rc != E_EXIST) { /* word for word the same: read twice, or sent twice */
		refuse(b, entry, why);
	}
	return true;
}

static void
take_all(struct inbox *b, const redisReply *r)
{
	struct span entry, text;
	size_t n = 0;

	while (redis_entry(r, n, "y", &entry, &text)) {
		if (!take(b, entry, text)) {
			ask_later(b, TRY_AGAIN_S);
			return;
		}
		n++;
	}
	if (n)
		ask(b);
	else
		ask_later(b, ASK_EVERY_S);
}

static void
on_reply(void *arg, const redisReply *r)
{
	struct inbox *b = arg;

	if (r->type == REDIS_REPLY_ERROR) {
		if (!b->complained)
			log_warning("context", "Redis: %.160s", r->str);
		b->complained = true;
	}
	if (b->told) {
		b->told--;
	} else if (b->greeting && r->type == REDIS_REPLY_ERROR) {
		redis_link_fail(b->link, r->str);
	} else if (b->greeting) {
		b->greeting = false;
		ask(b);
	} else if (r->type == REDIS_REPLY_ERROR) {
		ask_later(b, TRY_AGAIN_S);
	} else {
		redis_link_settled(b->link);
		take_all(b, r);
	}
}

struct inbox *
inbox_new(const struct output_conf *conf, struct event_base *loop, struct assess *assess, struct counters *cnt, struct diag *d)
{
	const struct redis_names names = { .prefix = conf->redis_prefix, .sensor = conf->sensor };
	struct inbox *b = calloc(1, sizeof(*b));
	struct redis_link_conf lc = { .loop = loop, .socket = conf->redis_socket, .host = conf->redis_host, .port = (uint16_t) conf->redis_port,
		.timeout = conf->redis_timeout, .connect_timeout = conf->redis_connect_timeout, .seed = hash_bytes(conf->sensor, strlen(conf->sensor), 2), .arg = b, .up = on_up, .reply = on_reply,
		.down = on_down };

	if (!b)
		return NULL;
	b->conf = conf;
	b->assess = assess;
	b->cnt = cnt;
	b->timer = evtimer_new(loop, on_timer, b);
	if (conf->redis_tls)
		lc.tls = b->tls = redis_tls_new(conf, d);
	b->link = conf->redis_tls && !b->tls ? NULL : redis_link_new(&lc);
	if (b->timer && b->link && redis_key(b->stream, &names, names.sensor, "context") > 0
	    && redis_key(b->refused, &names, names.sensor, "context-refused") > 0 && redis_password(b->password, conf, d) == 0) {
		redis_link_start(b->link);
		return b;
	}
	inbox_free(b);
	return NULL;
}

void
inbox_free(struct inbox *b)
{
	if (!b)
		return;
	redis_link_free(b->link);
	redis_tls_free(b->tls);
	if (b->timer)
		event_free(b->timer);
	explicit_bzero(b->password, sizeof(b->password));
	free(b);
}
