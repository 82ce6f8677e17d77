#include "outputs.h"

#include "base/log.h"
#include "engine/app/app.h"

static bool
yes(const struct yaml *map, const char *key, bool otherwise)
{
	const struct yaml *y = yaml_get(map, key);
	bool v;

	return y && y->text && conf_parse_bool(&v, y->text) == 0 ? v : otherwise;
}

static void
read_xff(const struct yaml *x, struct emit_conf *emit)
{
	const struct yaml *mode = yaml_get(x, "mode"), *way = yaml_get(x, "deployment"), *header = yaml_get(x, "header");

	if (!yes(x, "enabled", false))
		return;
	emit->xff = mode && mode->text && strcmp(mode->text, "overwrite") == 0 ? XFF_OVERWRITE : XFF_EXTRA;
	emit->xff_forward = way && way->text && strcmp(way->text, "forward") == 0;
	snprintf(emit->xff_header, sizeof(emit->xff_header), "%s", header && header->text ? header->text : "X-Forwarded-For");
}

static void
read_references(const struct yaml *t, struct eve_conf *eve)
{
	const struct yaml *rule = yaml_get(yaml_get(t, "metadata"), "rule");

	eve->references = yes(t, "reference", false) || yes(rule, "reference", false);
}

static uint32_t
buffer_size(const struct yaml *t, uint32_t otherwise)
{
	const struct yaml *size = yaml_get(t, "payload-buffer-size");
	uint64_t n;

	if (!size || !size->text || conf_parse_size(&n, size->text) < 0)
		return otherwise;
	return n > 65536 ? 65536 : n < 1 ? 1 : (uint32_t) n;
}

static void
read_alert(const struct yaml *t, struct emit_conf *emit)
{
	const struct yaml *m = yaml_get(t, "metadata");

	emit->payload = yes(t, "payload", false);
	emit->payload_printable = yes(t, "payload-printable", false);
	emit->payload_length = yes(t, "payload-length", false);
	emit->packet = yes(t, "packet", false);
	emit->verdict = yes(t, "verdict", false);
	emit->tagged = yes(t, "tagged-packets", true);
	if (emit->packet)
		emit->text_max = 262144; /* a whole datagram in base64 */
	emit->payload_max = buffer_size(t, emit->payload_max);
	if (m && m->kind == YAML_SCALAR)
		emit->app_layer = emit->flow = yes(t, "metadata", true);
	else if (m && m->kind == YAML_MAP) {
		emit->app_layer = yes(m, "app-layer", true);
		emit->flow = yes(m, "flow", true);
	}
}

/* What the reference leaves out unless it is asked for stays out: decoder and stream. */
static void
read_anomaly(const struct yaml *t, struct emit_conf *emit)
{
	const struct yaml *types = yaml_get(t, "types");

	emit->log_anomaly = true;
	emit->anomaly_app = yes(types, "applayer", true);
	emit->anomaly_decode = yes(types, "decode", false);
	emit->anomaly_stream = yes(types, "stream", false);
	emit->anomaly_packet = yes(t, "packethdr", false);
}

/* force-hash and force-magic: of a file's record, and of the store. */
static void
read_files(const struct yaml *t, struct files_conf *files)
{
	yaml_each(h, yaml_get(t, "force-hash"))
		for (unsigned k = 0; k < HASH_KINDS; k++)
			if (h->text && strcmp(h->text, hash_name[k]) == 0)
				files->want |= FILE_WANT(k);
	if (yes(t, "force-md5", false))
		files->want |= FILE_WANT(HASH_MD5);
	if (yes(t, "force-magic", false))
		files->want |= FILE_WANT_MAGIC;
}

static void
read_type(const char *name, const struct yaml *t, struct emit_conf *emit, struct eve_conf *eve, const char **names, size_t *n, size_t max)
{
	if (t && !yes(t, "enabled", true))
		return;
	if (strcmp(name, "alert") == 0) {
		eve->alert = true;
		if (t) {
			read_alert(t, emit);
			read_references(t, eve);
			if (yaml_get(t, "xff"))
				read_xff(yaml_get(t, "xff"), emit);
		}
	} else if (strcmp(name, "flow") == 0) {
		eve->flow = emit->log_flow = true;
	} else if (strcmp(name, "stats") == 0) {
		eve->stats = true;
	} else if (strcmp(name, "anomaly") == 0) {
		eve->anomaly = true;
		read_anomaly(t, emit);
	} else if (strcmp(name, "files") == 0) {
		eve->fileinfo = emit->log_files = true;
		read_files(t, &emit->files);
	} else if (strcmp(name, "frame") == 0) {
		eve->frame = emit->log_frames = true;
		emit->frame_payload_max = buffer_size(t, emit->frame_payload_max);
	} else if (*n + 2 < max) {
		emit->log_netflow |= strcmp(name, "netflow") == 0;
		emit->log_metadata |= strcmp(name, "metadata") == 0;
		emit->log_arp |= strcmp(name, "arp") == 0;
		names[(*n)++] = name;
		if (strcmp(name, "ftp") == 0) /* with its data connections */
			names[(*n)++] = "ftp_data";
	}
}

/* The event_types that the named protocols write: a list after the names. */
static const char *const *
kinds_of(const char **names, size_t n, size_t max)
{
	const char **kinds = names + n + 1;
	size_t k = 0;

	for (size_t i = 0; i < n && n + k + 4 < max; i++) {
		const struct protocol *p = app_protocol_find(names[i]);

		kinds[k++] = p && p->log_name ? p->log_name : names[i];
		if (p && p->second_name)
			kinds[k++] = p->second_name;
	}
	kinds[k] = NULL;
	return kinds;
}

void
outputs_read(const struct conf *c, struct emit_conf *emit, struct eve_conf *eve, const char **names, size_t max)
{
	const struct yaml *outputs = conf_find(c, "outputs");
	size_t n = 0;

	*emit = (struct emit_conf) { .metadata = true, .app_layer = true, .flow = true, .payload_max = 4096, .frame_payload_max = 4096, .tagged = true, .text_max = 65536, .content = true };
	*eve = (struct eve_conf) { .alert = true, .stats = true, .metadata = true, .references = true, .community_id = true };
	names[0] = NULL;
	emit->log_app = eve->app = names;
	if (!outputs)
		return;
	*eve = (struct eve_conf) { .metadata = true, .app = names };
	yaml_each(o, outputs)
	{
		const struct yaml *log = yaml_get(o, "eve-log"), *types = yaml_get(log, "types");
		if (!log || !yes(log, "enabled", true))
			continue;
		eve->community_id |= yes(log, "community-id", false);
		emit->ethernet |= yes(log, "ethernet", false);
		emit->metadata = yes(log, "metadata", emit->metadata);
		eve->version |= yes(log, "suricata-version", false);
		if (yaml_get(log, "xff"))
			read_xff(yaml_get(log, "xff"), emit);
		eve->pcap_file |= yes(log, "pcap-file", false);
		const struct yaml *seed = yaml_get(log, "community-id-seed");
		uint64_t v;
		if (seed && seed->text && conf_parse_size(&v, seed->text) == 0)
			eve->community_id_seed = (uint16_t) v;
		yaml_each(t, types)
		{
			if (t->kind == YAML_SCALAR)
				read_type(t->text, NULL, emit, eve, names, &n, max / 3);
			else if (t->child)
				read_type(t->child->key, t->child, emit, eve, names, &n, max / 3);
		}
	}
	names[n] = NULL;
	eve->app = kinds_of(names, n, max);
}

/* ---- the store of files ---- */

#define STORE_BYTES (UINT64_C(10) << 30)

static int
size_of(const struct yaml *map, const char *key, uint64_t *v, struct diag *d)
{
	const struct yaml *y = yaml_get(map, key);

	if (!y || (y->text && conf_parse_size(v, y->text) == 0))
		return 0;
	yaml_error(y, d, "a size was expected: bytes, or with kb, mb, gb");
	return -1;
}

static int
read_store(const struct yaml *t, const char *log_dir, uint64_t stream_depth, struct emit_conf *emit, struct store_conf *store, struct diag *d)
{
	const struct yaml *dir = yaml_get(t, "dir"), *depth = yaml_get(t, "stream-depth");
	const char *name = dir && dir->text ? dir->text : "filestore";
	struct files_conf *f = &emit->files;
	uint64_t open = 64;

	if (!yes(t, "enabled", false))
		return 0;
	*store = (struct store_conf) { .enabled = true, .write_fileinfo = yes(t, "write-fileinfo", false), .max_bytes = STORE_BYTES };
	f->store = true;
	f->store_all = yes(t, "force-filestore", false);
	f->depth = stream_depth;
	read_files(t, f);
	if (size_of(t, "stream-depth", &f->depth, d) < 0 || size_of(t, "max-bytes", &store->max_bytes, d) < 0 ||
	    size_of(t, "max-open-files", &open, d) < 0)
		return -1;
	store->max_open = open > 512 ? 512 : (uint32_t) open;
	if (depth && f->depth && f->depth < stream_depth) {
		log_warning("file-store", "file-store.stream-depth value %llu has no effect since it's less than stream.reassembly.depth value",
		    (unsigned long long) f->depth);
		f->depth = stream_depth;
	}
	if (snprintf(store->dir, sizeof(store->dir), "%s%s%s", name[0] == '/' ? "" : log_dir, name[0] == '/' ? "" : "/", name) < (int) sizeof(store->dir))
		return 0;
	yaml_error(dir ? dir : t, d, "the folder's name is too long");
	return -1;
}

int
outputs_store(const struct conf *c, const char *log_dir, uint64_t stream_depth, struct emit_conf *emit, struct store_conf *store,
    struct diag *d)
{
	const struct yaml *t;
	int e = 0;

	yaml_each(o, conf_find(c, "outputs"))
		if ((t = yaml_get(o, "file-store")))
			e |= read_store(t, log_dir, stream_depth, emit, store, d);
	return e;
}
