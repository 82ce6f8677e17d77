#include "pipeline/control/request.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

static int
text_take(char out[static REQUEST_TEXT], const char *key, const json_t *v, char why[static 256])
{
	size_t n = json_string_length(v);

	if (!json_is_string(v) || n == 0 || n >= REQUEST_TEXT || strlen(json_string_value(v)) != n) {
		snprintf(why, 256, "\"%s\" must be a text of 1 to %d bytes", key, REQUEST_TEXT - 1);
		return E_BAD;
	}
	memcpy(out, json_string_value(v), n + 1);
	return 0;
}

static int
long_take(struct request *q, const json_t *v, char why[static 256])
{
	size_t n = json_string_length(v);

	if (!json_is_string(v) || n == 0 || strlen(json_string_value(v)) != n) {
		snprintf(why, 256, "\"text\" must be a text");
		return E_BAD;
	}
	q->text = strdup(json_string_value(v));
	return q->text ? 0 : E_NOMEM;
}

static int
members_read(struct request *q, json_t *o, char why[static 256])
{
	const char *key;
	json_t *v;
	int rc = 0;

	json_object_foreach(o, key, v) {
		if (strcmp(key, "command") == 0)
			rc = text_take(q->command, key, v, why);
		else if (strcmp(key, "id") == 0)
			rc = text_take(q->id, key, v, why);
		else if (strcmp(key, "party") == 0)
			rc = text_take(q->party, key, v, why);
		else if (strcmp(key, "text") == 0)
			rc = long_take(q, v, why);
		else {
			snprintf(why, 256, "unknown member \"%.40s\"; expected command, id, party, text", key);
			rc = E_BAD;
		}
		if (rc < 0)
			return rc;
	}
	if (!q->command[0]) {
		snprintf(why, 256, "\"command\" is missing");
		return E_BAD;
	}
	return 0;
}

int
request_read(struct request *q, struct span line, char why[static 256])
{
	json_error_t error;
	json_t *o;
	int rc;

	memset(q, 0, sizeof *q);
	o = json_loadb(line.n ? (const char *) line.p : "", line.n, JSON_REJECT_DUPLICATES, &error);
	if (!o || !json_is_object(o)) {
		snprintf(why, 256, "not a JSON object: %.160s", o ? "another value" : error.text);
		json_decref(o);
		return E_BAD;
	}
	rc = members_read(q, o, why);
	json_decref(o);
	return rc;
}

void
request_clear(struct request *q)
{
	free(q->text);
	q->text = NULL;
}
