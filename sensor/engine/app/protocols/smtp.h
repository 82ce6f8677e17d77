/*
 * smtp - a mail and its envelope, shared by the parser of the session and what shows of it.
 *
 * Thread:    the worker's.
 * Memory:    the worker's pool; smtp.c gives it back with the transaction.
 * Owns:      nothing.
 * Not here:  commands and replies -> smtp.c   what is in the mail -> mime.h
 */
#ifndef ENGINE_PROTOCOLS_SMTP_H
#define ENGINE_PROTOCOLS_SMTP_H

#include "engine/app/protocols/mime.h"

enum { MAIL_START, MAIL_ENVELOPE, MAIL_HEADERS, MAIL_END };

struct smtp_tx {
	struct tx tx;
	struct bytes helo, from;
	struct app_list rcpt;
	bool tried;              /* DATA or BDAT was said */
	bool unread;             /* nobody looks at the mail */
	struct mime *mime;       /* from the first byte of the mail on */
};

bool smtp_file(const struct tx *tx, int dir, unsigned index, struct app_file *out);
extern const struct field smtp_fields[];
const struct mime_conf *smtp_settings(const struct app *a);
void smtp_log(const struct app *app, const struct tx *tx, struct json *j, bool full);

#endif
