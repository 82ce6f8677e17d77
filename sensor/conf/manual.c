/*
 * manual - the option tables as rows of casus.yaml(5).
 */
#include "conf/conf.h"
#include "conf/manual.h"

void
conf_manual_text(FILE *out, const char *s)
{
	if (*s == '.' || *s == '\'')
		fputs("\\&", out);
	for (; *s; s++) {
		if (*s == '\\')
			fputs("\\e", out);
		else if (*s == '-')
			fputs("\\-", out);
		else
			fputc(*s, out);
	}
}

static void
put_type(FILE *out, const struct option *o)
{
	static const char *const name[] = { "yes or no", "number", "number", "size", "duration", "text", "file name", NULL };

	if (o->type != OPT_ENUM) {
		fputs(name[o->type], out);
		return;
	}
	for (int i = 0; o->names && o->names[i]; i++) {
		fputs(i ? " | " : "", out);
		conf_manual_text(out, o->names[i]);
	}
}

static void
put_row(FILE *out, const struct option *o)
{
	fputs(".TP\n\\fB", out);
	conf_manual_text(out, o->key);
	fputs("\\fR: ", out);
	put_type(out, o);
	if (o->def && *o->def) {
		fputs(" (default: ", out);
		conf_manual_text(out, o->def);
		fputc(')', out);
	}
	fputc('\n', out);
	conf_manual_text(out, o->help ? o->help : "");
	fputc('\n', out);
}

void
conf_manual(const struct option_table *const tables[], FILE *out)
{
	for (unsigned i = 0; tables[i]; i++) {
		fputs(".SS ", out);
		conf_manual_text(out, tables[i]->module);
		fputc('\n', out);
		for (const struct option *o = tables[i]->rows; o && o->key; o++)
			put_row(out, o);
		for (const struct option_tree *t = tables[i]->trees; t && t->prefix; t++) {
			fputs(".TP\n\\fB", out);
			conf_manual_text(out, t->prefix);
			fputs("\\fR: map or list\n", out);
			conf_manual_text(out, t->help ? t->help : "");
			fputc('\n', out);
		}
	}
}
