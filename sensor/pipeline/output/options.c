/* The options of output: rows for casus.yaml(5). */
#include "pipeline/output/output.h"

static const char *const on_full[] = { "drop-newest", "stop", NULL };
static const char *const sync_names[] = { "never", "segment", "flush", NULL };

static const char *const compress_names[] = { "never", "live", "always", NULL };

#define AT(field) offsetof(struct output_conf, field)

static const struct option rows[] = {
	{ "eve.file", OPT_STRING, AT(eve_file), "eve.json", 0, 0, NULL, "Name of the EVE file in the log folder; empty writes none." },
	{ "eve.max-bytes", OPT_SIZE, AT(eve_max_bytes), "0", 0, 0, NULL,
	    "When the EVE file grows beyond this it is renamed to .1 and begun anew; 0 leaves rotation to logrotate." },
	{ "journal.dir", OPT_PATH, AT(journal_dir), NULL, 0, 0, NULL, "Folder of the journal; journal/ in the log folder when empty." },
	{ "journal.segment-bytes", OPT_SIZE, AT(journal_segment_bytes), "64 MiB", 1 << 16, 1 << 30, NULL,
	    "Size at which a new segment of the journal is begun." },
	{ "journal.max-bytes", OPT_SIZE, AT(journal_max_bytes), "2 GiB", 1 << 18, 0, NULL,
	    "Size of the whole journal; oldest segments that every output has taken go first." },
	{ "journal.max-age", OPT_SECONDS, AT(journal_max_age), "24h", 0, 0, NULL,
	    "Age at which segments that every output has taken are deleted; 0 keeps them until max-bytes." },
	{ "journal.on-full", OPT_ENUM, AT(journal_on_full), "drop-newest", 0, 0, on_full,
	    "What happens when the journal is full of records no output has taken." },
	{ "journal.sync", OPT_ENUM, AT(journal_sync), "segment", 0, 0, sync_names,
	    "When the journal is forced to the disk: never, at the end of each segment, or with each flush." },
	{ "journal.alarm-at", OPT_U32, AT(journal_alarm_at), "70", 0, 100, NULL,
	    "Percent of journal.max-bytes in records that no output has taken at which an alarm is raised; 0 = never." },
	{ "journal.compress", OPT_ENUM, AT(journal_compress), "live", 0, 0, compress_names,
	    "Closed segments become zstd files: never, of a live sensor, or always (a replay's, too)." },
	{ "journal.sign-key", OPT_PATH, AT(journal_sign_key), NULL, 0, 0, NULL,
	    "PEM file of an Ed25519 private key: each closed segment is signed; only its owner may read it." },
	{ "redis.socket", OPT_PATH, AT(redis_socket), NULL, 0, 0, NULL, "Unix socket of Redis; comes before redis.host." },
	{ "redis.host", OPT_STRING, AT(redis_host), NULL, 0, 0, NULL, "Name or address of Redis; no socket and no host: no Redis." },
	{ "redis.port", OPT_U32, AT(redis_port), "6379", 1, 65535, NULL, "TCP port of Redis." },
	{ "redis.user", OPT_STRING, AT(redis_user), NULL, 0, 0, NULL, "ACL user; empty is the default user." },
	{ "redis.password-file", OPT_PATH, AT(redis_password_file), NULL, 0, 0, NULL,
	    "File with the password; only its owner may read it." },
	{ "redis.password-credential", OPT_STRING, AT(redis_password_credential), NULL, 0, 0, NULL,
	    "Name of the systemd credential (LoadCredential=) with the password, when there is no password-file." },
	{ "redis.tls", OPT_BOOL, AT(redis_tls), "no", 0, 0, NULL, "TLS 1.2 or newer to redis.host." },
	{ "redis.tls-ca", OPT_PATH, AT(redis_tls_ca), NULL, 0, 0, NULL, "PEM file of the CA that Redis' certificate must come from; default: the system's." },
	{ "redis.tls-name", OPT_STRING, AT(redis_tls_name), NULL, 0, 0, NULL, "Name or address the certificate must be for; default: redis.host." },
	{ "redis.tls-cert", OPT_PATH, AT(redis_tls_cert), NULL, 0, 0, NULL, "PEM file of the sensor's own certificate, where Redis asks for one." },
	{ "redis.tls-key", OPT_PATH, AT(redis_tls_key), NULL, 0, 0, NULL, "PEM file of its key; only its owner may read it." },
	{ "redis.prefix", OPT_STRING, AT(redis_prefix), "casus:1:", 0, 0, NULL, "Prefix of every key; 1 is the version of the contract." },
	{ "redis.maxlen", OPT_U32, AT(redis_maxlen), "100000", 1000, 0, NULL, "Length to which the stream of alerts is trimmed." },
	{ "redis.batch", OPT_U32, AT(redis_batch), "500", 1, 10000, NULL, "Records in one transaction at most." },
	{ "redis.flush-after", OPT_SECONDS, AT(redis_flush_after), "50ms", 0, 0, NULL, "Time after which a smaller batch is sent." },
	{ "redis.release", OPT_BOOL, AT(redis_release), "no", 0, 0, NULL,
	    "Write for each party into its own stream what the packs' rules of release let it have." },
	{ "redis.connect-timeout", OPT_SECONDS, AT(redis_connect_timeout), "5s", 0, 0, NULL,
	    "Time to wait for a connection, name look-up and TLS handshake included; 0 = redis.timeout." },
	{ "redis.timeout", OPT_SECONDS, AT(redis_timeout), "10s", 0, 0, NULL,
	    "Time to wait for an answer; a link with nothing to send is tried every 5 s." },
	{ "shutdown-grace", OPT_SECONDS, AT(shutdown_grace), "5s", 0, 0, NULL, "Time for the outputs to take what is left at the end." },
	{ 0 }
};

const struct option_table output_options = { "output", rows, NULL };
