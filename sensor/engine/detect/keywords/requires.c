/*
 * requires - what the engine must be for the rule to be loaded.
 */
#include <ctype.h>
#include <stdlib.h>

#include "engine/detect/build.h"

/* The rule language is that of this Suricata. */
static const unsigned version[3] = { 8, 0, 8 };
static const char *const features[] = { "geoip", "ja4", "true_file_hashes", NULL };

static int
compare_version(const char *s)
{
	for (unsigned i = 0; i < 3; i++) {
		char *end;
		unsigned long v = strtoul(s, &end, 10);
		if (end == s)
			return 0;
		if (v != version[i])
			return version[i] < v ? -1 : 1;
		if (*end != '.')
			return i < 2 && version[i + 1] ? 1 : 0;
		s = end + 1;
	}
	return 0;
}

/* ">= 7.0.3 < 8 | >= 9": alternatives of which one must hold whole. */
static bool
version_ok(const char *s)
{
	bool whole = true;

	for (s += strspn(s, " "); *s; s += strspn(s, " ")) {
		if (*s == '|') {
			if (whole)
				return true;
			whole = true;
			s++;
			continue;
		}
		size_t n = strspn(s, "<>=");
		int c = compare_version(s + n + strspn(s + n, " "));
		if (n == 2 && s[1] == '=')
			whole = whole && (*s == '>' ? c >= 0 : c <= 0);
		else
			whole = whole && (*s == '<' ? c < 0 : *s == '>' ? c > 0 : c == 0);
		s += n + strspn(s + n, " ");
		s += strcspn(s, " |<>=");
	}
	return whole;
}

/* The fingerprint can be switched off; anything else than no leaves it on. */
static bool
ja4_off(const struct conf *c)
{
	bool on = true;

	return c && conf_parse_bool(&on, conf_string(c, "app-layer.protocols.tls.ja4-fingerprints", "auto")) == 0 && !on;
}

static bool
feature_ok(const struct build *b, const char *s)
{
	s += strspn(s, " ");
	if (!strcmp(s, "ja4") && ja4_off(build_conf(b)))
		return false;
	for (unsigned i = 0; features[i]; i++)
		if (!strcmp(features[i], s))
			return true;
	return false;
}

static int
setup(struct build *b, const union kw_arg *a)
{
	const char *v[16];
	int n = build_split(b, a->text, v, 16);

	if (n < 0)
		return build_error(b, 0, "too many requirements");
	for (int i = 0; i < n; i++) {
		if (!strncmp(v[i], "version", 7))
			b->skipped = b->skipped || !version_ok(v[i] + 7);
		else if (!strncmp(v[i], "feature", 7))
			b->skipped = b->skipped || !feature_ok(b, v[i] + 7);
		else if (!strncmp(v[i], "keyword", 7)) {
			struct buffer buf;
			bool modifier;
			enum field_kind kind;
			const char *name = v[i] + 7 + strspn(v[i] + 7, " ");
			b->skipped = b->skipped || (!keyword_find(name) && !buffer_lookup(name, &buf, build_arena(b), &modifier, &kind));
		} else /* unknown: not met */
			b->skipped = true;
	}
	return 0;
}

const struct keyword keyword_requires = {
	.name = "requires", .help = "leaves the rule out unless version, features and keywords are there", .example = "requires:version >= 7.0.3, feature geoip",
	.scope = KW_META, .arg = ARG_STRING, .flags = KW_IPONLY, .setup = setup,
};
