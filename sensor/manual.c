#include "manual.h"

#include <string.h>

#include "cli.h"
#include "conf/manual.h"
#include "engine/detect/keyword.h"
#include "pipeline/scale/scale.h"
#include "setup.h"

static void
sentence(FILE *out, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	if (!n)
		return;
	conf_manual_text(out, s);
	fputs(s[n - 1] == '.' ? "\n" : ".\n", out);
}

static void
term(FILE *out, const char *name, const char *kind)
{
	fputs(".TP\n\\fB", out);
	conf_manual_text(out, name);
	fputs("\\fR", out);
	if (kind && *kind) {
		fputs(" (", out);
		conf_manual_text(out, kind);
		fputc(')', out);
	}
	fputc('\n', out);
}

static void
conf_rows(FILE *out)
{
	conf_manual(setup_tables, out);
}

static void
counter_rows(FILE *out)
{
	for (unsigned i = 0; i < COUNTER_N; i++) {
		term(out, counter_info[i].key, NULL);
		sentence(out, counter_info[i].help);
	}
}

static void
keyword_rows(FILE *out)
{
	for (unsigned i = 0; i < keyword_table_n; i++) {
		const struct keyword *k = keyword_table[i];
		term(out, k->name, keyword_scope_name(k->scope));
		sentence(out, k->help);
		if (k->aliases && *k->aliases) {
			fputs("Also written: ", out);
			sentence(out, k->aliases);
		}
		if (k->note) {
			fputs("Note: ", out);
			sentence(out, k->note);
		}
		if (k->example) {
			fputs("Example: \\fB", out);
			conf_manual_text(out, k->example);
			fputs("\\fR\n", out);
		}
	}
}

static void
field_rows(FILE *out)
{
	for (unsigned p = 0; p < protocol_table_n; p++) {
		const struct protocol *proto = protocol_table[p];
		fprintf(out, ".SS %s\n", proto->name);
		each_field(f, proto) {
			term(out, f->name, field_kind_name(f->kind));
			sentence(out, f->help);
			if (f->modifier) {
				fputs("Old modifier: ", out);
				sentence(out, f->modifier);
			}
		}
		for (const struct app_frame_type *f = proto->frames; f && f->name; f++) {
			char name[96];
			snprintf(name, sizeof(name), "frame:%s.%s", proto->name, f->name);
			term(out, name, "frame");
			sentence(out, f->help);
		}
	}
}

static void
feature_rows(FILE *out)
{
	for (unsigned i = 0; i < feature_table_n; i++) {
		term(out, feature_table[i]->name, feature_table[i]->unit);
		sentence(out, feature_table[i]->help);
	}
}

static const struct {
	const char *name;
	void (*write)(FILE *out);
} parts[] = { { "options", cli_manual }, { "conf", conf_rows }, { "counters", counter_rows }, { "keywords", keyword_rows },
	{ "fields", field_rows }, { "features", feature_rows } };

int
manual_write(const char *part, FILE *out)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strcmp(part, parts[i].name) == 0) {
			parts[i].write(out);
			return EXIT_OK;
		}
	fprintf(stderr, "casus: --manual: no part \"%s\"; there are:", part);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		fprintf(stderr, " %s", parts[i].name);
	fputc('\n', stderr);
	return EXIT_USAGE;
}
