#include "settings.h"

#include "pipeline/output/redis_auth.h"
#include "pipeline/output/redis_tls.h"

_Static_assert(SETTINGS_PASSWORD_MAX == REDIS_PASSWORD_MAX, "one size");

#define AT(field) offsetof(struct fusion_conf, field)
static const struct option rows[] = {
	{ "sensors", OPT_STRING, AT(sensors), NULL, 0, 0, NULL, "Whose streams are read: sensor ids with commas between them." },
	{ "name", OPT_STRING, AT(name), "fusion", 0, 0, NULL, "What the records say as their sensor." },
	{ "group", OPT_STRING, AT(group), "fusion", 0, 0, NULL, "The consumer group; its members share the work." },
	{ "consumer", OPT_STRING, AT(consumer), NULL, 0, 0, NULL, "This worker's name in the group, the same after a restart; default: host and process id." },
	{ "packs", OPT_PATH, AT(packs), NULL, 0, 0, NULL, "Folder of policy packs; default: the shipped ones." },
	{ "effects", OPT_PATH, AT(effects), NULL, 0, 0, NULL, "Effect classes; default: the shipped effects.yaml." },
	{ "from.socket", OPT_PATH, AT(from_socket), NULL, 0, 0, NULL, "Unix socket of the Redis that has the sensors' streams." },
	{ "from.nodes", OPT_STRING, AT(from_nodes), NULL, 0, 0, NULL, "Its host:port, or some nodes of a cluster with commas between them." },
	{ "from.user", OPT_STRING, AT(from_user), NULL, 0, 0, NULL, "ACL user there; empty is the default user." },
	{ "from.password-file", OPT_PATH, AT(from_password), NULL, 0, 0, NULL, "File with the password; only its owner may read it." },
	{ "from.tls", OPT_BOOL, AT(from_tls.on), "no", 0, 0, NULL, "TLS 1.2 or newer to from.nodes." },
	{ "from.tls-ca", OPT_PATH, AT(from_tls.ca), NULL, 0, 0, NULL, "PEM file of the CA that its certificates must come from; default: the system's." },
	{ "from.tls-name", OPT_STRING, AT(from_tls.name), NULL, 0, 0, NULL, "Name or address its certificates must be for; default: each node's own." },
	{ "from.tls-cert", OPT_PATH, AT(from_tls.cert), NULL, 0, 0, NULL, "PEM file of the certificate that is shown where it asks for one." },
	{ "from.tls-key", OPT_PATH, AT(from_tls.key), NULL, 0, 0, NULL, "PEM file of its key; only its owner may read it." },
	{ "to.socket", OPT_PATH, AT(to_socket), NULL, 0, 0, NULL, "Unix socket of the Redis that takes the view; neither this nor to.nodes: the same as from." },
	{ "to.nodes", OPT_STRING, AT(to_nodes), NULL, 0, 0, NULL, "Its host:port, or some nodes of a cluster with commas between them." },
	{ "to.user", OPT_STRING, AT(to_user), NULL, 0, 0, NULL, "ACL user there; empty is the default user." },
	{ "to.password-file", OPT_PATH, AT(to_password), NULL, 0, 0, NULL, "File with the password; only its owner may read it." },
	{ "to.tls", OPT_BOOL, AT(to_tls.on), "no", 0, 0, NULL, "TLS 1.2 or newer to to.nodes." },
	{ "to.tls-ca", OPT_PATH, AT(to_tls.ca), NULL, 0, 0, NULL, "PEM file of the CA that its certificates must come from; default: the system's." },
	{ "to.tls-name", OPT_STRING, AT(to_tls.name), NULL, 0, 0, NULL, "Name or address its certificates must be for; default: each node's own." },
	{ "to.tls-cert", OPT_PATH, AT(to_tls.cert), NULL, 0, 0, NULL, "PEM file of the certificate that is shown where it asks for one." },
	{ "to.tls-key", OPT_PATH, AT(to_tls.key), NULL, 0, 0, NULL, "PEM file of its key; only its owner may read it." },
	{ "prefix", OPT_STRING, AT(prefix), "casus:1:", 0, 0, NULL, "Prefix of every key." },
	{ "timeout", OPT_SECONDS, AT(timeout), "5s", 0, 0, NULL, "Time to wait for a connection and for an answer." },
	{ "patience", OPT_SECONDS, AT(patience), "30s", 0, 0, NULL, "How long a command is tried again while a node is away, before its record is put off." },
	{ "claim-after", OPT_SECONDS, AT(claim_after), "60s", 0, 0, NULL, "Records that another worker has not acknowledged for so long are taken over." },
	{ "batch", OPT_U32, AT(batch), "100", 1, 10000, NULL, "Records read at once from a stream." },
	{ "maxlen", OPT_U32, AT(maxlen), "100000", 100, 0, NULL, "Length to which timelines and parties' streams are trimmed." },
	{ "join-window", OPT_SECONDS, AT(join_window), "1h", 0, 0, NULL, "Incidents of different sensors with the same victim join when they are no further apart." },
	{ "campaign-window", OPT_SECONDS, AT(campaign_window), "7d", 0, 0, NULL, "Those with the same attacker join when they are no further apart." },
	{ "keep", OPT_SECONDS, AT(keep), "90d", 0, 0, NULL, "How long after its last record an incident can still be joined." },
	{ "release", OPT_BOOL, AT(release), "no", 0, 0, NULL, "Write for each party into its own stream what the packs' rules of release let it have." },
	{ "user", OPT_STRING, AT(user), NULL, 0, 0, NULL, "Started as root: become this user." },
	{ "seccomp", OPT_BOOL, AT(seccomp), "yes", 0, 0, NULL, "Restrict system calls once everything is set up." },
	{ 0 }
};
static const struct option_table fusion_options = { "fusion", rows, NULL };
static const struct option_table *const tables[] = { &fusion_options, NULL };

int
settings_fill(struct conf *conf, struct fusion_conf *c, struct diag *d)
{
	conf_fill(conf, &fusion_options, c, d);
	conf_check_unknown(conf, tables, d);
	return d->errors ? -1 : 0;
}

void
settings_dump(const struct conf *conf, FILE *out)
{
	conf_dump(conf, tables, out);
}

void
settings_manual(FILE *out)
{
	conf_manual(tables, out);
}

struct conf *
settings_new(void)
{
	return conf_new();
}

void
settings_free(struct conf *conf)
{
	conf_free(conf);
}

int
settings_read(struct conf *conf, const char *path, struct diag *d)
{
	return conf_read(conf, path, d);
}

int
settings_set(struct conf *conf, const char *assignment, struct diag *d)
{
	return conf_set(conf, assignment, d);
}

int
settings_password(const char *path, char out[static SETTINGS_PASSWORD_MAX], struct diag *d)
{
	struct output_conf c = { .redis_password_file = path };

	return redis_password(out, &c, d);
}

struct redis_tls *
settings_tls(const struct fusion_tls *t, struct diag *d)
{
	struct output_conf c = { .redis_host = "its node", .redis_tls_ca = t->ca, .redis_tls_name = t->name, .redis_tls_cert = t->cert, .redis_tls_key = t->key };

	return redis_tls_new(&c, d);
}

void
settings_tls_free(struct redis_tls *t)
{
	redis_tls_free(t);
}
