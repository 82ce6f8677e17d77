/*
 * sip_sdp - session descriptions (RFC 8866 section 5): lines "x=value"; those after an m= belong to that medium.
 */
#include "engine/app/protocols/sip.h"

/* The index-th line of a type; of the session's part, or of the media. */
static bool
line_of(struct span sdp, char type, bool media, unsigned index, struct span *out)
{
	bool in_media = false;

	while (sdp.n) {
		struct span line = sip_line(&sdp);

		if (line.n < 2 || line.p[1] != '=')
			continue;
		in_media |= line.p[0] == 'm';
		if (line.p[0] != type || in_media != media || index--)
			continue;
		*out = span_skip(line, 2);
		return true;
	}
	return false;
}

#define LINE(fn, type, media) \
	bool \
	fn(const struct tx *tx, int dir, unsigned i, struct arena *s, struct span *out) \
	{ \
		return line_of(sdp_of(tx), type, media, i, out); \
	}
LINE(sdp_origin, 'o', false)
LINE(sdp_session_name, 's', false)
LINE(sdp_session_info, 'i', false)
LINE(sdp_uri, 'u', false)
LINE(sdp_email, 'e', false)
LINE(sdp_phone, 'p', false)
LINE(sdp_connection, 'c', false)
LINE(sdp_bandwidth, 'b', false)
LINE(sdp_time, 't', false)
LINE(sdp_repeat, 'r', false)
LINE(sdp_timezone, 'z', false)
LINE(sdp_key, 'k', false)
LINE(sdp_attribute, 'a', false)
LINE(sdp_m_media, 'm', true)
LINE(sdp_m_info, 'i', true)
LINE(sdp_m_connection, 'c', true)
LINE(sdp_m_key, 'k', true)

static void
log_one(struct span sdp, struct json *j, const char *key, char type)
{
	struct span v;

	if (line_of(sdp, type, false, 0, &v))
		json_span(j, key, v);
}

static void
log_all(struct span sdp, struct json *j, const char *key, char type)
{
	struct span v;

	if (!line_of(sdp, type, false, 0, &v))
		return;
	json_array(j, key);
	for (unsigned i = 0; line_of(sdp, type, false, i, &v); i++)
		json_span(j, NULL, v);
	json_end(j);
}

/* t= and the r= that follow it. */
static void
log_times(struct span sdp, struct json *j)
{
	bool open = false;
	struct span v;

	if (!line_of(sdp, 't', false, 0, &v))
		return;
	json_array(j, "time_descriptions");
	while (sdp.n) {
		struct span line = sip_line(&sdp);

		if (line.n < 2 || line.p[1] != '=')
			continue;
		if (line.p[0] == 'm')
			break;
		if (line.p[0] == 't') {
			if (open)
				json_end(j);
			json_object(j, NULL);
			json_span(j, "time", span_skip(line, 2));
			open = true;
		} else if (line.p[0] == 'r' && open) {
			json_span(j, "repeat_time", span_skip(line, 2));
			json_end(j);
			open = false;
		}
	}
	if (open)
		json_end(j);
	json_end(j);
}

/* The lines of one medium; `sdp` begins after its m=. */
static void
log_medium(struct span sdp, struct json *j)
{
	bool attributes = false;

	while (sdp.n) {
		struct span line = sip_line(&sdp);

		if (line.n < 2 || line.p[1] != '=')
			continue;
		if (line.p[0] == 'm')
			break;
		if (line.p[0] == 'a' && !attributes) {
			json_array(j, "attributes");
			attributes = true;
		} else if (line.p[0] != 'a' && attributes) {
			json_end(j);
			return; /* attributes come last */
		}
		if (line.p[0] == 'a')
			json_span(j, NULL, span_skip(line, 2));
		else if (line.p[0] == 'i')
			json_span(j, "media_info", span_skip(line, 2));
		else if (line.p[0] == 'c')
			json_span(j, "connection_data", span_skip(line, 2));
		else if (line.p[0] == 'k')
			json_span(j, "encryption_key", span_skip(line, 2));
	}
	if (attributes)
		json_end(j);
}

static void
log_media(struct span sdp, struct json *j)
{
	struct span v;

	if (!line_of(sdp, 'm', true, 0, &v))
		return;
	json_array(j, "media_descriptions");
	while (sdp.n) {
		struct span line = sip_line(&sdp);

		if (line.n < 2 || line.p[0] != 'm' || line.p[1] != '=')
			continue;
		json_object(j, NULL);
		json_span(j, "media", span_skip(line, 2));
		log_medium(sdp, j);
		json_end(j);
	}
	json_end(j);
}

void
sdp_log(struct span sdp, struct json *j)
{
	if (!sdp.n)
		return;
	json_object(j, "sdp");
	log_one(sdp, j, "origin", 'o');
	log_one(sdp, j, "session_name", 's');
	log_one(sdp, j, "session_info", 'i');
	log_one(sdp, j, "uri", 'u');
	log_one(sdp, j, "email", 'e');
	log_one(sdp, j, "phone_number", 'p');
	log_one(sdp, j, "connection_data", 'c');
	log_all(sdp, j, "bandwidths", 'b');
	log_times(sdp, j);
	log_one(sdp, j, "timezone", 'z');
	log_one(sdp, j, "encryption_key", 'k');
	log_all(sdp, j, "attributes", 'a');
	log_media(sdp, j);
	json_end(j);
}
