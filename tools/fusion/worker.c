#include <jansson.h>

#include "worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

int
worker_sensors(struct worker *w, const char *list, struct diag *d)
{
	for (const char *p = list ? list : ""; *p;) {
		size_t n = strcspn(p, ", ");
		if (n > 32 || strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789-") < n || w->n_sensors == WORKER_SENSORS) {
			diag_error(d, "sensors", 0, 0, "\"%.*s\": at most %d sensor ids with commas between them were expected", (int) n, p, WORKER_SENSORS);
			return E_ARG;
		}
		if (n)
			snprintf(w->sensor[w->n_sensors++], 40, "%.*s", (int) n, p);
		p += n + strspn(p + n, ", ");
	}
	if (!w->n_sensors)
		diag_error(d, "sensors", 0, 0, "whose streams to read: at least one sensor id was expected");
	return w->n_sensors ? 0 : E_ARG;
}

static struct span
stream_key(const struct worker *w, unsigned k, char out[static 128])
{
	return span_of(out, (size_t) snprintf(out, 128, "%s{%s}:alerts", w->alliance.prefix, w->sensor[k]));
}

/* From the stream's begin on: what is there already is the past of its incidents. */
static bool
group_make(struct worker *w, unsigned k)
{
	char key[128];
	struct span args[6] = { SPAN_LIT("XGROUP"), SPAN_LIT("CREATE"), stream_key(w, k, key), span_str(w->group), SPAN_LIT("0"), SPAN_LIT("MKSTREAM") };
	redisReply *r = cluster_command(w->from, args[2], args, 6);
	bool good = r && (r->type != REDIS_REPLY_ERROR || strncmp(r->str, "BUSYGROUP", 9) == 0);

	if (!good)
		log_warning("fusion", "group of %s: %s", w->sensor[k], r ? r->str : cluster_why(w->from));
	if (r)
		freeReplyObject(r);
	return good;
}

/* Entries that are dealt with, acknowledged many at once. A Redis that was set back to an older state may still have them as pending
 * and no longer what came of them: no connection may have been lost in between. */
struct done {
	struct span args[CLUSTER_ARGS];
	unsigned n;
	uint64_t lost;
	char key[128];
};

static uint64_t
lost(const struct worker *w)
{
	uint64_t redirected, from, to;

	cluster_counts(w->from, &redirected, &from);
	cluster_counts(w->alliance.to, &redirected, &to);
	return from + to;
}

static void
done_begin(struct done *d, const struct worker *w, unsigned k)
{
	d->lost = lost(w);
	d->args[0] = SPAN_LIT("XACK");
	d->args[1] = stream_key(w, k, d->key);
	d->args[2] = span_str(w->group);
	d->n = 3;
}

static bool
done_tell(struct done *d, struct worker *w)
{
	redisReply *r = d->n > 3 && d->lost == lost(w) ? cluster_command_once(w->from, d->args[1], d->args, d->n) : NULL;
	bool good;

	if (r && r->type == REDIS_REPLY_ERROR) { /* a slot that moves: the server stands */
		freeReplyObject(r);
		r = cluster_command(w->from, d->args[1], d->args, d->n);
	}
	good = d->n == 3 || (r && r->type == REDIS_REPLY_INTEGER);

	if (good)
		w->entries += d->n - 3;
	d->n = 3;
	if (r)
		freeReplyObject(r);
	return good;
}

static bool
id_parts(struct span id, uint64_t *ms, uint64_t *n)
{
	char text[48];

	return id.n < sizeof text && snprintf(text, sizeof text, "%.*s", (int) id.n, (const char *) id.p) > 0 &&
	    sscanf(text, "%" SCNu64 "-%" SCNu64, ms, n) == 2;
}

/* 0: it is dealt with. E_AGAIN: later. */
static int
incident(struct worker *w, unsigned k, struct span id, struct span json)
{
	struct record r;
	char why[256] = "";
	uint64_t ms, n;
	int rc = id_parts(id, &ms, &n) ? record_read(&r, json, w->sensor[k], why) : E_BAD;

	if (rc == 0) {
		w->incidents++;
		rc = alliance_take(&w->alliance, w->sensor[k], ms, n, &r, why);
	}
	if (rc == E_AGAIN)
		log_warning("fusion", "%s: later: %s", w->sensor[k], why);
	else if (rc < 0) {
		w->refused++;
		log_warning("fusion", "%s %.*s: refused: %s", w->sensor[k], (int) id.n, (const char *) id.p, why);
	}
	record_clear(&r);
	return rc == E_AGAIN ? rc : 0;
}

/* -1: Redis is away; the rest stays pending and comes again. */
static int
entries(struct worker *w, unsigned k, const redisReply *list)
{
	struct done d;
	int n = 0;

	done_begin(&d, w, k);
	for (size_t i = 0; list->type == REDIS_REPLY_ARRAY && i < list->elements && !*w->stop; i++) {
		struct span id, json, type;
		bool whole = record_entry(list->element[i], &id, &json, &type), incidents = whole && span_eq(type, SPAN_LIT("incident"));
		if (!id.n)
			continue;
		if (incidents && incident(w, k, id, json) < 0) {
			done_tell(&d, w);
			return -1;
		}
		d.args[d.n++] = id;
		n++;
		if ((incidents || d.n == CLUSTER_ARGS) && !done_tell(&d, w))
			return -1;
	}
	return done_tell(&d, w) ? n : -1;
}

/* New entries (">"), or those that this name did not acknowledge ("0"). */
static int
read_stream(struct worker *w, unsigned k, bool own)
{
	char key[128], count[16];
	struct span args[9] = { SPAN_LIT("XREADGROUP"), SPAN_LIT("GROUP"), span_str(w->group), span_str(w->name), SPAN_LIT("COUNT"),
		span_of(count, (size_t) snprintf(count, sizeof count, "%u", w->batch)), SPAN_LIT("STREAMS"), stream_key(w, k, key),
		own ? SPAN_LIT("0") : SPAN_LIT(">") };
	redisReply *r = cluster_command(w->from, args[7], args, 9);
	const redisReply *stream = NULL;
	int done = 0;

	if (!r || r->type == REDIS_REPLY_ERROR) {
		bool none = r && strncmp(r->str, "NOGROUP", 7) == 0;
		if (!none && !*w->stop)
			log_warning("fusion", "%s: %s", w->sensor[k], r ? r->str : cluster_why(w->from));
		done = none && group_make(w, k) ? 0 : -1;
	} else if (r->type == REDIS_REPLY_ARRAY && r->elements == 1 && r->element[0]->type == REDIS_REPLY_ARRAY && r->element[0]->elements == 2) {
		stream = r->element[0]->element[1];
		done = entries(w, k, stream);
	}
	if (own && done == 0 && !(stream && stream->elements))
		w->own_done[k] = true;
	if (r)
		freeReplyObject(r);
	return done;
}

/* What a dead worker left: taken over once it has been idle for long enough. */
static int
claim(struct worker *w, unsigned k)
{
	char key[128], idle[24], count[16];
	struct span args[8] = { SPAN_LIT("XAUTOCLAIM"), stream_key(w, k, key), span_str(w->group), span_str(w->name),
		span_of(idle, (size_t) snprintf(idle, sizeof idle, "%lld", (long long) (w->claim_after / NS_PER_MS))), SPAN_LIT("0"), SPAN_LIT("COUNT"),
		span_of(count, (size_t) snprintf(count, sizeof count, "%u", w->batch)) };
	redisReply *r = cluster_command(w->from, args[1], args, 8);
	int done = 0;

	if (r && r->type == REDIS_REPLY_ARRAY && r->elements >= 2)
		done = entries(w, k, r->element[1]);
	if (done > 0)
		w->claimed += (uint64_t) done;
	if (r)
		freeReplyObject(r);
	return r ? done : -1;
}

int
worker_round(struct worker *w)
{
	int64_t now = clock_monotonic();
	bool claims = now - w->claimed_at >= w->claim_after / 2;
	int all = 0;

	if (claims)
		w->claimed_at = now;
	for (unsigned k = 0; k < w->n_sensors && !*w->stop; k++) {
		bool own = !w->own_done[k];
		int n = read_stream(w, k, own);
		if (n < 0) {
			w->own_done[k] = false; /* what was cut off is this name's own */
			return -1;
		}
		all += n + (own && w->own_done[k]); /* the new ones are still to be looked at */
		if (claims && w->own_done[k] && (n = claim(w, k)) < 0)
			return -1;
		all += claims && n > 0 && w->own_done[k] ? n : 0;
	}
	return all;
}
