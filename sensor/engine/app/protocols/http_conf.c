/*
 * http_conf - settings of app-layer.protocols.http, and what they mean to libhtp.
 *
 * Thread:    start only.
 * Memory:    libhtp's configuration, from the heap.
 * Owns:      the htp_cfg_t.
 * Not here:  what is done with limits -> http.c
 *
 * Keys as in Suricata's suricata.yaml under libhtp.default-config. Without a suricata.yaml the values of the file
 * Suricata ships apply; with one, what its default-config leaves out takes Suricata's built-in value.
 */
#include "engine/app/protocols/http.h"

#include <strings.h>

static const struct {
	const char *name;
	enum htp_server_personality_t of;
} personalities[] = {
	{ "Minimal", HTP_SERVER_MINIMAL }, { "Generic", HTP_SERVER_GENERIC }, { "IDS", HTP_SERVER_IDS },
	{ "IIS_4_0", HTP_SERVER_IIS_4_0 }, { "IIS_5_0", HTP_SERVER_IIS_5_0 }, { "IIS_5_1", HTP_SERVER_IIS_5_1 },
	{ "IIS_6_0", HTP_SERVER_IIS_6_0 }, { "IIS_7_0", HTP_SERVER_IIS_7_0 }, { "IIS_7_5", HTP_SERVER_IIS_7_5 },
	{ "Apache_2", HTP_SERVER_APACHE_2 }, { "Apache", HTP_SERVER_APACHE_2 }, { "Apache_2_2", HTP_SERVER_APACHE_2 },
};

static uint64_t
size_of(const struct yaml *map, const char *key, uint64_t otherwise, struct diag *d)
{
	const struct yaml *y = yaml_get(map, key);
	uint64_t v;

	if (!y)
		return otherwise;
	if (!y->text || conf_parse_size(&v, y->text) < 0) {
		yaml_error(y, d, "%s: expected a size such as 100kb", key);
		return otherwise;
	}
	return v;
}

static bool
flag_of(const struct yaml *map, const char *key, bool otherwise, struct diag *d)
{
	const struct yaml *y = yaml_get(map, key);
	bool v;

	if (!y)
		return otherwise;
	if (!y->text || conf_parse_bool(&v, y->text) < 0) {
		yaml_error(y, d, "%s: expected yes or no", key);
		return otherwise;
	}
	return v;
}

/* "auto" (and nothing) = as the stream engine works. */
static bool
body_inline(const struct conf *tree, const struct yaml *map, struct diag *d)
{
	const char *mode = tree ? conf_string(tree, "stream.inline", "no") : "no";
	const struct yaml *y = yaml_get(map, "http-body-inline");
	bool v = false;

	if (y && y->text && strcasecmp(y->text, "auto") != 0)
		return flag_of(map, "http-body-inline", false, d);
	return conf_parse_bool(&v, mode) == 0 && v;
}

static void
set_personality(htp_cfg_t *cfg, const struct yaml *map, struct diag *d)
{
	const struct yaml *y = yaml_get(map, "personality");

	htp_config_set_server_personality(cfg, HTP_SERVER_IDS);
	if (!y)
		return;
	for (unsigned i = 0; y->text && i < sizeof(personalities) / sizeof(personalities[0]); i++)
		if (strcasecmp(y->text, personalities[i].name) == 0) {
			htp_config_set_server_personality(cfg, personalities[i].of);
			return;
		}
	yaml_error(y, d, "no such personality, expected IDS, Generic, Minimal, Apache_2 or IIS_4_0 to IIS_7_5");
}

/* What Suricata sets for every server before it reads the file. */
static void
set_base(htp_cfg_t *cfg)
{
	htp_config_set_parse_request_cookies(cfg, 0);
	htp_config_set_parse_request_auth(cfg, 1);
	htp_config_set_allow_space_uri(cfg, 1);
	htp_config_set_plusspace_decode(cfg, HTP_DECODER_URLENCODED, 0);
	htp_config_set_request_decompression(cfg, 0); /* ../unpack.h does */
	htp_config_set_tx_auto_destroy(cfg, 0);
	htp_config_set_log_level(cfg, HTP_LOG_NOTICE);
	htp_config_set_field_limits(cfg, 9000, 18000);
}

static void
set_decompression(htp_cfg_t *cfg, uint64_t bomb, const struct yaml *map, struct diag *d)
{
	bool lzma = flag_of(map, "lzma-enabled", true, d);

	htp_config_set_lzma_layers(cfg, lzma ? 1 : 0);
	htp_config_set_lzma_memlimit(cfg, size_of(map, "lzma-memlimit", 1048576, d));
	htp_config_set_compression_bomb_limit(cfg, bomb);
	/* a limit by the clock would make the result depend on the machine: one that is never reached */
	htp_config_set_compression_time_limit(cfg, 2000000000);
	htp_config_set_response_decompression_layer_limit(cfg,
	    (int) size_of(map, "response-body-decompress-layer-limit", 2, d));
	htp_config_set_number_headers_limit(cfg, (uint32_t) size_of(map, "headers-limit", 1024, d));
}

static void
set_decoding(htp_cfg_t *cfg, const struct yaml *map, struct diag *d)
{
	const enum htp_decoder_ctx_t path = HTP_DECODER_URL_PATH, query = HTP_DECODER_URLENCODED;

	if (yaml_get(map, "path-convert-backslash-separators"))
		htp_config_set_backslash_convert_slashes(cfg, path, flag_of(map, "path-convert-backslash-separators", 1, d));
	if (yaml_get(map, "path-separators-compress"))
		htp_config_set_path_separators_compress(cfg, path, flag_of(map, "path-separators-compress", 1, d));
	if (yaml_get(map, "path-separators-decode"))
		htp_config_set_path_separators_decode(cfg, path, flag_of(map, "path-separators-decode", 1, d));
	if (yaml_get(map, "path-u-encoding-decode"))
		htp_config_set_u_encoding_decode(cfg, path, flag_of(map, "path-u-encoding-decode", 1, d));
	if (yaml_get(map, "path-convert-lowercase"))
		htp_config_set_convert_lowercase(cfg, path, flag_of(map, "path-convert-lowercase", 0, d));
	if (yaml_get(map, "path-nul-encoded-terminates"))
		htp_config_set_nul_encoded_terminates(cfg, path, flag_of(map, "path-nul-encoded-terminates", 0, d));
	if (yaml_get(map, "path-nul-raw-terminates"))
		htp_config_set_nul_raw_terminates(cfg, path, flag_of(map, "path-nul-raw-terminates", 0, d));
	if (yaml_get(map, "query-plusspace-decode"))
		htp_config_set_plusspace_decode(cfg, query, flag_of(map, "query-plusspace-decode", 0, d));
}

static void
set_limits(struct http_conf *c, const struct yaml *map, bool foreign, struct diag *d)
{
	uint64_t body = foreign && map ? 4096 : 102400;
	uint64_t window = foreign ? 4096 : 16384;

	c->limits[TO_SERVER].body = size_of(map, "request-body-limit", body, d);
	c->limits[TO_SERVER].inspect_min = size_of(map, "request-body-minimal-inspect-size", 32768, d);
	c->limits[TO_SERVER].inspect_window = size_of(map, "request-body-inspect-window", 4096, d);
	c->limits[TO_CLIENT].body = size_of(map, "response-body-limit", body, d);
	c->limits[TO_CLIENT].inspect_min =
	    size_of(map, "response-body-minimal-inspect-size", foreign ? 32768 : 40960, d);
	c->limits[TO_CLIENT].inspect_window = size_of(map, "response-body-inspect-window", window, d);
}

/* extended: yes or no, as in the reference no where a suricata.yaml says nothing; dump-all-headers: none, request, response or both. */
static void
read_log(struct http_conf *c, const struct yaml *type, bool foreign, struct diag *d)
{
	const struct yaml *y = yaml_get(type, "extended");
	bool extended = !foreign;

	if (y && (!y->text || conf_parse_bool(&extended, y->text) < 0))
		yaml_error(y, d, "yes or no was expected");
	c->brief = !extended;
	y = yaml_get(type, "dump-all-headers");
	bool both = y && y->text && strcasecmp(y->text, "both") == 0;

	if (!y)
		return;
	c->dump_headers[TO_SERVER] = both || (y->text && strcasecmp(y->text, "request") == 0);
	c->dump_headers[TO_CLIENT] = both || (y->text && strcasecmp(y->text, "response") == 0);
	if (!c->dump_headers[TO_SERVER] && !c->dump_headers[TO_CLIENT] && (!y->text || strcasecmp(y->text, "none") != 0))
		yaml_error(y, d, "none, request, response or both was expected");
}

static void
read_outputs(struct http_conf *c, const struct conf *tree, struct diag *d)
{
	const struct yaml *outputs = tree ? conf_find(tree, "outputs") : NULL;

	if (!outputs)
		return;
	yaml_each(o, outputs)
		yaml_each(t, yaml_get(yaml_get(o, "eve-log"), "types"))
			if (t->kind != YAML_SCALAR && t->child && strcmp(t->child->key, "http") == 0)
				read_log(c, t->child, conf_is_foreign(tree), d);
}

void
http_conf_read(void *into, const struct conf *tree, const struct yaml *node, struct diag *d)
{
	const struct yaml *libhtp = yaml_get(node, "libhtp"), *map = yaml_get(libhtp, "default-config");
	const struct yaml *servers = yaml_get(libhtp, "server-config");
	struct http_conf *c = into;

	c->cfg = htp_config_create();
	if (!c->cfg) {
		diag_error(d, NULL, 0, 0, "no memory for the settings of http");
		return;
	}
	set_personality(c->cfg, map, d);
	set_base(c->cfg);
	c->bomb = size_of(map, "compression-bomb-limit", 1048576, d);
	set_decompression(c->cfg, c->bomb, map, d);
	set_decoding(c->cfg, map, d);
	set_limits(c, map, tree && conf_is_foreign(tree), d);
	read_outputs(c, tree, d);
	http_hooks(c->cfg);
	c->max_tx = size_of(map, "max-tx", 512, d);
	c->inline_body = body_inline(tree, map, d);
	c->double_path = flag_of(map, "double-decode-path", false, d);
	c->double_query = flag_of(map, "double-decode-query", false, d);
	c->whole_uri = flag_of(map, "uri-include-all", false, d);
	if (servers && servers->n)
		diag_warning(d, servers->file, servers->line, servers->column,
		    "settings by server address are not supported: default-config is used for every server");
}

void
http_conf_clear(void *of)
{
	struct http_conf *c = of;

	if (c->cfg)
		htp_config_destroy(c->cfg);
	c->cfg = NULL;
}
