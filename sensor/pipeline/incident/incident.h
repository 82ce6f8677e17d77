/*
 * incident - what belongs together: the same victim group and family of effects, the same attacker, or a victim that
 * attacks in its turn; close in time.
 *
 * Thread:    the pipeline's.
 * Memory:    at most max incidents; the oldest closed ones leave for new ones, then quiet ones (counted). Inside one everything is bounded: lists
 *            fold, counts and sketches go on.
 * Owns:      incidents until incidents_free().
 * Not here:  how big -> ../scale/   what the law may say -> ../legal/
 */
#ifndef PIPELINE_INCIDENT_H
#define PIPELINE_INCIDENT_H

#include "base/counters.h"
#include "base/crowd.h"
#include "event/event.h"
#include "pipeline/incident/effects.h"
#include "pipeline/incident/inventory.h"
#include "base/hll.h"
#include "base/sample.h"

#define INCIDENT_SIDS 64
#define INCIDENT_HOSTS 64     /* named victims / attackers; more are only counted */
#define INCIDENT_ASSETS 32
#define INCIDENT_SIGN_FLOWS 4
#define INCIDENT_LINKS 4096   /* attackers by whose address more may join; the others are counted */

enum incident_state { INCIDENT_OPEN, INCIDENT_QUIET, INCIDENT_CLOSED, INCIDENT_REOPENED, INCIDENT_MERGED };
extern const char *const incident_state_name[];

struct incident_sid {
	uint32_t gid, sid;
	char msg[96];
	uint8_t effect;
	uint64_t count, suppressed;
	int64_t first, last;
};

struct incident_host {
	struct addr a;
	const struct asset *asset;
	uint32_t effects;  /* bit = effect index */
	uint64_t alerts;
	int64_t first, last;
};

struct volume {
	double packets, bytes, squares; /* squares of the packets' sizes */
};

struct incident {
	char id[40];
	struct incident *next_id;  /* of the same bucket of ids */
	uint32_t number;           /* from 1 in the order they began */
	uint32_t revision;         /* of the last assessment told */
	enum incident_state state;
	struct incident *merged_into;
	int64_t first, last;
	uint64_t alerts, suppressed;
	uint64_t others;           /* alerts between its hosts, of rules that say nothing of an effect: members without weight */
	uint32_t effects;          /* bit = effect index */
	uint64_t by_effect[EFFECTS_MAX];
	int64_t effect_first[EFFECTS_MAX], effect_last[EFFECTS_MAX];
	struct incident_sid sids[INCIDENT_SIDS];
	uint32_t n_sids;
	uint64_t folded_sids;      /* alerts of signatures beyond the list */
	struct incident_host victims[INCIDENT_HOSTS], attackers[INCIDENT_HOSTS];
	uint32_t n_victims, n_attackers;
	struct hll targets, sources;
	struct hll answered;       /* of the sources of a flood, those that had a conversation: perhaps only clients */
	struct sample some_targets, some_sources;
	struct volume volume;      /* of flows that alerted, towards victims */
	struct volume doubt;       /* of those flows of a flood that were conversations */
	struct volume clients;     /* of such conversations what their alerts told, if that joined at all */
	struct volume tail;        /* since the last sign, held back by a threshold: perhaps it goes on */
	int64_t told_last;         /* of the last alert that was told, not only held */
	int64_t sign_at[4];        /* when there were 1, 2, 4, 8 signs */
	uint64_t signs, needed;    /* packets that alerted; packets that had to be seen for them */
	uint64_t last_packet;
	uint32_t formed_sid;       /* the rule whose held back alerts joined last, and until when those were */
	int64_t formed_till;
	int64_t began;             /* the likely begin, where a threshold held back the first ones; 0 = first */
	int64_t from, till;        /* as early and as late as it may have been */
	const struct asset *assets[INCIDENT_ASSETS]; /* touched, in the order of touch */
	uint32_t n_assets;
	bool unlisted;             /* a victim that no inventory names */
	/* growth: victims known at the beginning of doubling intervals */
	int64_t doubled_at[24];
	uint32_t n_doubled;
	uint64_t sign_flows[INCIDENT_SIGN_FLOWS]; /* different flows in which more than an attempt was seen */
	uint32_t n_sign_flows;
	/* measured from flows between its hosts */
	uint64_t bytes_in, bytes_out;   /* towards victims / from victims to attackers */
	uint64_t calls_out;             /* answered flows that victims began towards attackers */
	uint64_t bytes_called_out;      /* what they sent there */
	uint64_t ot[OT_KINDS];          /* of ended flows */
	uint64_t ot_going[OT_KINDS];    /* the largest of one flow so far, told by its alerts: a session may last for months */
	int64_t ot_first, ot_last;
	/* peak of traffic towards its assets, from the services' sums */
	double peak_bps, peak_pps, peak_share; /* share of stated capacity, 0 when none is stated */
	bool capacity_known;
	bool dirty;                /* something changed since the last assessment */
	struct crowd hosts;        /* keyed hashes of targets, for Redis' keys; taken by the record */
	uint32_t n_links;
	bool leaving;
	uint32_t pins;             /* records still to be written: it must not leave */
	void *legal;               /* legal/'s notes: last bands told */
};

/* Control operations known at least. */
static inline double
incident_ot(const struct incident *i, enum ot_kind k)
{
	return (double) (i->ot[k] > i->ot_going[k] ? i->ot[k] : i->ot_going[k]);
}

struct incidents;
struct incidents_conf {
	uint32_t max;
	int64_t join_window;     /* ns: of one victim or victim group */
	int64_t campaign_window; /* of one attacker's infrastructure: addresses, names, certificates, tools, files */
	int64_t quiet_after, close_after;
};
/* `free_notes` (may be NULL) is called before an incident leaves. */
struct incidents *incidents_new(const struct incidents_conf *conf, struct counters *cnt, void (*free_notes)(struct incident *));
void incidents_free(struct incidents *s);

/* The incident an alert belongs to, a new one where none fits and the effect opens one; else NULL. `all` holds f. */
struct incident *incidents_alert(struct incidents *s, const struct inventory *inv, const struct event *e, const struct card *c,
    const struct effect *f, const struct effects *all, bool suppressed);
/* An alert of a rule that says nothing of an effect: it belongs to an incident of its hosts, and changes nothing there. */
struct incident *incidents_company(struct incidents *s, const struct event *e);
/* An alert that a threshold holds back for now (key: what is counted together, over a window); and the incident it became
 * part of after all. */
void incidents_forming(struct incidents *s, const struct inventory *inv, const struct event *e, const struct card *c, const struct effect *f,
    uint64_t key, int64_t window);
void incidents_formed(struct incidents *s, struct incident *i, uint64_t key);
/* A flow ended: bytes and control operations between hosts of an incident are counted there. */
struct incident *incidents_flow(struct incidents *s, const struct effects *all, const struct event *e);
/* With what chance a packet is seen, and how many of the conversations from one side only. */
void incidents_view(struct incidents *s, double kept, double one_sided);
/* Quiet and closed ones; true when a state changed (and that incident is dirty). */
bool incidents_tick(struct incidents *s, int64_t now);
/* In the order they began. */
uint32_t incidents_count(const struct incidents *s);
struct incident *incidents_at(const struct incidents *s, uint32_t i);
struct incident *incidents_find(const struct incidents *s, const char *id);
/* After a reload: assets are looked up anew, effects by their names (was, now). */
void incidents_rebind(struct incidents *s, const struct inventory *inv, const struct effects *was, const struct effects *now);

#endif
