/* An assess that can be looked into: for tests of the pipeline alone. */
#include "fake_assess.h"

#include <stdio.h>

struct fake_assess fake;

struct incident *
assess_event(struct assess *a, const struct event *e, const struct card *card, bool suppressed)
{
	fake.events++;
	fake.suppressed += suppressed;
	return card ? (struct incident *) &fake : NULL;
}

void
assess_forming(struct assess *a, const struct event *e, const struct card *card, uint64_t key, int64_t window)
{
}

void
assess_formed(struct assess *a, struct incident *i, uint64_t key)
{
}

void
assess_coverage(struct assess *a, const struct assess_coverage *cov)
{
}

void
assess_tick(struct assess *a, int64_t now, const struct assess_coverage *cov)
{
	fake.ticks++;
}

void
assess_finish(struct assess *a)
{
	fake.finished = true;
}

void
assess_tag(const struct assess *a, const struct incident *i, struct json *j)
{
	json_str(j, "incident", "i-1");
}

bool
assess_next(struct assess *a, struct assess_record *out)
{
	static const uint64_t hosts[] = { 11, 22 };

	if (!fake.due)
		return false;
	fake.due--;
	*out = (struct assess_record) { .kind = fake.due % 2 ? ASSESS_INCIDENT : ASSESS_ESCALATION, .incident = "i-1",
		.revision = ++fake.revision, .ts = fake.ts, .hosts = hosts, .n_hosts = 2 };
	return true;
}

void
assess_write(const struct assess *a, const struct assess_record *r, struct json *j)
{
	json_object(j, r->kind == ASSESS_INCIDENT ? "incident" : "escalation");
	json_str(j, "id", r->incident);
	json_u64(j, "revision", r->revision);
	json_end(j);
}

const char *
assess_pack_hash(const struct assess *a)
{
	return "packs";
}

void
assess_list(const struct assess *a, struct json *j)
{
	json_array(j, "incidents");
	json_object(j, NULL);
	json_str(j, "id", "i-1");
	json_end(j);
	json_end(j);
}

int
assess_explain(const struct assess *a, const char *id, const char *party, struct json *j)
{
	if (!id || strcmp(id, "i-1") != 0)
		return E_NOENT;
	json_str(j, "explanation", party ? party : "all");
	return 0;
}

int
assess_document(const struct assess *a, const char *id, struct json *j)
{
	if (strcmp(id, "i-1") != 0)
		return E_NOENT;
	json_object(j, "incident");
	json_str(j, "id", id);
	json_end(j);
	return 0;
}
