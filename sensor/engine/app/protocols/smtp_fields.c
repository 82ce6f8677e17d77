/*
 * smtp_fields - what rules and the log see of a mail and its envelope.
 */
#include "engine/app/protocols/smtp.h"

static bool
kept(const struct bytes *b, unsigned i, struct span *out)
{
	*out = bytes_span(b);
	return i == 0 && out->n > 0;
}

static bool
f_helo(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return kept(&((const struct smtp_tx *) tx)->helo, i, out);
}

static bool
f_from(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return kept(&((const struct smtp_tx *) tx)->from, i, out);
}

static bool
f_rcpt(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	return app_list_at(&((const struct smtp_tx *) tx)->rcpt, i, out);
}

static bool
header(const struct tx *tx, const char *name, unsigned i, struct span *out)
{
	const struct mime *m = ((const struct smtp_tx *) tx)->mime;

	return m && mime_header(m, name, i, out);
}

#define MAIL_FIELD(fn, name, several) \
	static bool \
	fn(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out) \
	{ \
		return (several || i == 0) && header(tx, name, i, out); \
	}
MAIL_FIELD(f_mail_from, "from", false)
MAIL_FIELD(f_mail_to, "to", false)
MAIL_FIELD(f_mail_cc, "cc", false)
MAIL_FIELD(f_mail_subject, "subject", false)
MAIL_FIELD(f_mail_date, "date", false)
MAIL_FIELD(f_mail_id, "message-id", false)
MAIL_FIELD(f_mail_mailer, "x-mailer", false)
MAIL_FIELD(f_mail_received, "received", true)

static bool
f_url(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	const struct mime *m = ((const struct smtp_tx *) tx)->mime;

	return m && app_list_at(&m->urls, i, out);
}

static bool
f_file_name(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out)
{
	const struct mime *m = ((const struct smtp_tx *) tx)->mime;

	return m && app_list_at(&m->names, i, out);
}

bool
smtp_file(const struct tx *tx, int dir, unsigned i, struct app_file *out)
{
	const struct mime *m = ((const struct smtp_tx *) tx)->mime;

	return dir == TO_SERVER && m && mime_file_at(m, i, out);
}

static struct body *
b_file(struct tx *tx, int dir, unsigned index)
{
	const struct mime *m = ((struct smtp_tx *) tx)->mime;

	return dir == TO_SERVER && m ? mime_body_at(m, index) : NULL;
}

#define ENVELOPE { MAIL_ENVELOPE, 0 }
#define HEADERS { MAIL_HEADERS, 0 }
#define MAIL { MAIL_END, 0 }
const struct field smtp_fields[] = {
	{ "smtp.helo", NULL, NULL, FIELD_BYTES, false, 1, ENVELOPE, f_helo, .help = "name the client gave with HELO or EHLO" },
	{ "smtp.mail_from", NULL, NULL, FIELD_BYTES, false, 1, ENVELOPE, f_from, .help = "sender of the envelope, with its brackets" },
	{ "smtp.rcpt_to", NULL, NULL, FIELD_MULTI, false, 1, ENVELOPE, f_rcpt, .help = "each recipient of the envelope" },
	{ "email.from", NULL, NULL, FIELD_BYTES, false, 1, HEADERS, f_mail_from, .help = "From of the mail" },
	{ "email.to", NULL, NULL, FIELD_BYTES, false, 1, HEADERS, f_mail_to, .help = "To of the mail" },
	{ "email.cc", NULL, NULL, FIELD_BYTES, false, 1, HEADERS, f_mail_cc, .help = "Cc of the mail" },
	{ "email.subject", NULL, NULL, FIELD_BYTES, false, 1, HEADERS, f_mail_subject, .help = "Subject of the mail" },
	{ "email.date", NULL, NULL, FIELD_BYTES, false, 1, HEADERS, f_mail_date, .help = "Date of the mail" },
	{ "email.message_id", NULL, NULL, FIELD_BYTES, false, 1, HEADERS, f_mail_id, .help = "Message-Id of the mail" },
	{ "email.x_mailer", NULL, NULL, FIELD_BYTES, false, 1, HEADERS, f_mail_mailer, .help = "X-Mailer of the mail" },
	{ "email.received", NULL, NULL, FIELD_MULTI, false, 1, HEADERS, f_mail_received, .help = "each Received of the mail" },
	{ "email.url", NULL, NULL, FIELD_MULTI, false, 1, MAIL, f_url, .help = "each address of the web in the mail's text" },
	{ "file.name", NULL, NULL, FIELD_MULTI, false, 1, MAIL, f_file_name, .help = "name of each attachment" },
	{ .name = "file.data", .aliases = "file_data", .kind = FIELD_BODY, .dirs = 1, .progress = ENVELOPE, .bodies = b_file, .of_file = true,
	    .help = "each attachment, decoded" },
	FILE_MAGIC_FIELD,
	{ NULL }
};

static void
envelope_log(const struct tx *tx, struct json *j)
{
	const struct smtp_tx *t = (const struct smtp_tx *) tx;
	struct rd r = app_list_all(&t->rcpt);
	struct span v;

	if (t->helo.n)
		json_span(j, "helo", bytes_span(&t->helo));
	if (t->from.n)
		json_span(j, "mail_from", bytes_span(&t->from));
	if (!t->rcpt.bytes.n)
		return;
	json_array(j, "rcpt_to");
	while (app_list_next(&r, &v))
		json_span(j, NULL, v);
	json_end(j);
}

/* The mail is an object of its own beside that of the envelope, as in the reference. */
void
smtp_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct mime *m = ((const struct smtp_tx *) tx)->mime;

	envelope_log(tx, j);
	if (!m)
		return;
	json_end(j);
	json_object(j, "email");
	mime_log(m, app->proto == tx->proto ? smtp_settings(app) : &mime_defaults, j);
}
