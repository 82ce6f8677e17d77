#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "pipeline/scale/scale.h"

static int
later_first(const void *a, const void *b)
{
	const struct scale_outage *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin > y->begin ? -1 : 1;
	return x->asset->index != y->asset->index ? (x->asset->index < y->asset->index ? -1 : 1) : (x->service > y->service) - (x->service < y->service);
}

static void
add_outages(const struct scale_in *in, const struct health_service *s, struct scale *out)
{
	for (uint32_t k = 0; k < s->n_outages; k++) {
		const struct health_outage *o = &s->outage[k];
		struct scale_outage row = { s->asset, s->service, o->begin, o->end, o->sure, health_share(o, scale_kept(in)) };
		if (!scale_within(in, o))
			continue;
		if (out->n_outages < SCALE_ROWS)
			out->outage[out->n_outages++] = row;
		else if (later_first(&row, &out->outage[SCALE_ROWS - 1]) < 0)
			out->outage[SCALE_ROWS - 1] = row;
		else
			continue;
		qsort(out->outage, out->n_outages, sizeof(out->outage[0]), later_first);
	}
}

static void
add_sector(const struct scale_in *in, const struct asset *a, struct scale *out)
{
	struct scale_sector row = { .owner = a->owner, .sector = a->sector };

	for (uint32_t k = 0; k < out->n_sectors; k++)
		if (strcmp(out->sector[k].owner, a->owner) == 0 && strcmp(out->sector[k].sector, a->sector) == 0)
			return;
	if (out->n_sectors == SCALE_ROWS)
		return;
	for (uint32_t n = 0; n < in->inv->n; n++) {
		const struct asset *x = &in->inv->assets[n];
		if (strcmp(x->owner, a->owner) != 0 || strcmp(x->sector, a->sector) != 0)
			continue;
		row.of++;
		row.touched += scale_is_touched(in->i, x);
		row.most += scale_is_touched(in->i, x) || !x->mirrored;
	}
	out->sector[out->n_sectors++] = row;
}

void
scale_sectors(const struct scale_in *in, struct scale *out)
{
	out->n_sectors = 0;
	for (uint32_t k = 0; k < in->i->n_assets; k++)
		add_sector(in, in->i->assets[k], out);
}

void
scale_rows(const struct scale_in *in, struct scale *out)
{
	out->n_outages = 0;
	for (uint32_t k = 0; k < health_count(in->health); k++)
		if (scale_touches(in, health_at(in->health, k)))
			add_outages(in, health_at(in->health, k), out);
	scale_sectors(in, out);
}

void
scale_write_time(struct json *j, const char *key, int64_t ns)
{
	char t[CLOCK_EVE_LEN];

	clock_print_eve(ns, t);
	json_str(j, key, t);
}

static void
write_share(struct json *j, const char *key, double lo, double likely, double hi)
{
	json_array(j, key);
	json_f64(j, NULL, lo);
	json_f64(j, NULL, likely);
	json_f64(j, NULL, hi);
	json_end(j);
}

void
scale_rows_write(const struct scale *s, struct json *j)
{
	json_array(j, "outages");
	for (uint32_t k = 0; k < s->n_outages; k++) {
		const struct scale_outage *o = &s->outage[k];
		json_object(j, NULL);
		json_str(j, "asset", o->asset->name);
		json_str(j, "service", o->service->name);
		json_u64(j, "proto", o->service->proto);
		json_u64(j, "port", o->service->port);
		scale_write_time(j, "begin", o->begin);
		if (o->end)
			scale_write_time(j, "end", o->end);
		json_bool(j, "certain", o->sure);
		write_share(j, "share", o->share.lo, o->share.likely, o->share.hi);
		json_end(j);
	}
	json_end(j);
	json_array(j, "inventory");
	for (uint32_t k = 0; k < s->n_sectors; k++) {
		const struct scale_sector *r = &s->sector[k];
		json_object(j, NULL);
		json_str(j, "party", r->owner);
		json_str(j, "sector", r->sector);
		json_u64(j, "touched", r->touched);
		json_u64(j, "of", r->of);
		write_share(j, "share", (double) r->touched / r->of, (double) r->touched / r->of, (double) r->most / r->of);
		json_end(j);
	}
	json_end(j);
}
