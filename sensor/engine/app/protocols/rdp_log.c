/*
 * rdp_log - the EVE record of a message of the RDP connection sequence. Numbers: MS-RDPBCGR 2.2.1.1 to 2.2.1.3.4, MS-LCID section 2.2.
 */
#include "engine/app/protocols/rdp.h"

#define CHANNELS_MAX 31

/* The names of bits that are set. */
static void
log_bits(struct json *j, const char *key, const struct number_name *n, uint32_t bits)
{
	json_array(j, key);
	for (; n->name; n++)
		if (bits & n->number)
			json_str(j, NULL, n->name);
	json_end(j);
}

static const struct number_name request_flags[] = { { 1, "restricted_admin_mode_required" }, { 2, "redirected_authentication_mode_required" },
	{ 8, "correlation_info_present" }, { 0, NULL } };
static const struct number_name response_flags[] = { { 1, "extended_client_data" }, { 2, "dynvc_gfx" }, { 8, "restricted_admin" },
	{ 16, "redirected_auth" }, { 0, NULL } };
static const struct number_name protocols[] = { { 0, "rdp" }, { 1, "ssl" }, { 2, "hybrid" }, { 4, "rds_tls" }, { 8, "hybrid_ex" }, { 0, NULL } };
static const struct number_name failures[] = { { 1, "ssl required by server" }, { 2, "ssl not allowed by server" }, { 3, "ssl cert not on server" },
	{ 4, "inconsistent flags" }, { 5, "hybrid required by server" }, { 6, "ssl with user auth required by server" }, { 0, NULL } };
static const struct number_name versions[] = { { 0x80001, "v4" }, { 0x80004, "v5" }, { 0x80005, "v10.0" }, { 0x80006, "v10.1" }, { 0x80007, "v10.2" },
	{ 0x80008, "v10.3" }, { 0x80009, "v10.4" }, { 0x8000a, "v10.5" }, { 0x8000b, "v10.6" }, { 0x8000c, "v10.7" }, { 0, NULL } };
static const struct number_name builds[] = { { 528, "Windows NT 3.1" }, { 807, "Windows NT 3.5" }, { 1057, "Windows NT 3.51" }, { 1381, "Windows NT 4.0" },
	{ 2195, "Windows 2000" }, { 2600, "Windows XP" }, { 3790, "Windows Server 2003" }, { 6000, "Windows Vista" }, { 6001, "Windows Vista SP1" },
	{ 6002, "Windows Vista SP2" }, { 7600, "Windows 7" }, { 7601, "Windows 7 SP1" }, { 9200, "Windows 8" }, { 9600, "Windows 8.1" },
	{ 10240, "Windows 10" }, { 10586, "Windows 10 Version 1511" }, { 14393, "Windows 10 Version 1607" }, { 15063, "Windows 10 Version 1703" },
	{ 16299, "Windows 10 Version 1709" }, { 17134, "Windows 10 Version 1803" }, { 17763, "Windows 10 Version 1809" },
	{ 18362, "Windows 10 Version 1903" }, { 18363, "Windows 10 Version 1909" }, { 19041, "Windows 10 Version 2004" },
	{ 19042, "Windows 10 Version 20H2" }, { 19043, "Windows 10 Version 21H1" }, { 19044, "Windows 10 Version 21H2" },
	{ 19045, "Windows 10 Version 22H2" }, { 22000, "Windows 11" }, { 0, NULL } };
static const struct number_name keyboards[] = { { 1, "xt" }, { 2, "ico" }, { 3, "at" }, { 4, "enhanced" }, { 5, "1050" }, { 6, "9140" }, { 7, "jp" },
	{ 0, NULL } };
static const struct number_name capabilities[] = { { 1, "support_errinfo_pdf" }, { 2, "want_32bpp_session" }, { 4, "support_statusinfo_pdu" },
	{ 8, "strong_asymmetric_keys" }, { 0x20, "valid_connection_type" }, { 0x40, "support_monitor_layout_pdu" },
	{ 0x80, "support_netchar_autodetect" }, { 0x100, "support_dynvc_gfx_protocol" }, { 0x200, "support_dynamic_time_zone" },
	{ 0x400, "support_heartbeat_pdu" }, { 0, NULL } };
static const struct number_name hints[] = { { 1, "modem" }, { 2, "low_broadband" }, { 3, "satellite" }, { 4, "high_broadband" }, { 5, "wan" }, { 6, "lan" },
	{ 7, "autodetect" }, { 0, NULL } };
static const struct number_name languages[] = { { 0x0401, "ar-SA" }, { 0x0402, "bg-BG" }, { 0x0403, "ca-ES" }, { 0x0404, "zh-TW" }, { 0x0405, "cs-CZ" },
	{ 0x0406, "da-DK" }, { 0x0407, "de-DE" }, { 0x0408, "el-GR" }, { 0x0409, "en-US" }, { 0x040b, "fi-FI" }, { 0x040c, "fr-FR" }, { 0x040d, "he-IL" },
	{ 0x040e, "hu-HU" }, { 0x040f, "is-IS" }, { 0x0410, "it-IT" }, { 0x0411, "ja-JP" }, { 0x0412, "ko-KR" }, { 0x0413, "nl-NL" }, { 0x0414, "nb-NO" },
	{ 0x0415, "pl-PL" }, { 0x0416, "pt-BR" }, { 0x0418, "ro-RO" }, { 0x0419, "ru-RU" }, { 0x041a, "hr-HR" }, { 0x041b, "sk-SK" }, { 0x041c, "sq-AL" },
	{ 0x041d, "sv-SE" }, { 0x041e, "th-TH" }, { 0x041f, "tr-TR" }, { 0x0420, "ur-PK" }, { 0x0421, "id-ID" }, { 0x0422, "uk-UA" }, { 0x0423, "be-BY" },
	{ 0x0424, "sl-SI" }, { 0x0425, "et-EE" }, { 0x0426, "lv-LV" }, { 0x0427, "lt-LT" }, { 0x0429, "fa-IR" }, { 0x042a, "vi-VN" }, { 0x0439, "hi-IN" },
	{ 0x0804, "zh-CN" }, { 0x0807, "de-CH" }, { 0x0809, "en-GB" }, { 0x080a, "es-MX" }, { 0x080c, "fr-BE" }, { 0x0813, "nl-BE" }, { 0x0816, "pt-PT" },
	{ 0x0c04, "zh-HK" }, { 0x0c07, "de-AT" }, { 0x0c09, "en-AU" }, { 0x0c0a, "es-ES" }, { 0x0c0c, "fr-CA" }, { 0x1004, "zh-SG" }, { 0x1009, "en-CA" },
	{ 0x100c, "fr-CH" }, { 0x1409, "en-NZ" }, { 0x1809, "en-IE" }, { 0x4009, "en-IN" }, { 0, NULL } };

/* UTF-16, least byte first, up to its NUL, as UTF-8; what lies beyond the first plane is '?'. */
static void
log_wide(struct json *j, const char *key, struct span s)
{
	char buf[3 * 32];
	struct text t = text_of(buf, sizeof(buf));

	for (uint32_t i = 0; i + 1 < s.n; i += 2) {
		uint32_t c = s.p[i] | (uint32_t) s.p[i + 1] << 8;

		if (c == 0)
			break;
		if (c >= 0xd800 && c < 0xe000)
			c = '?';
		if (c < 0x80) {
			text_char(&t, (char) c);
		} else if (c < 0x800) {
			text_char(&t, (char) (0xc0 | c >> 6));
			text_char(&t, (char) (0x80 | (c & 0x3f)));
		} else {
			text_char(&t, (char) (0xe0 | c >> 12));
			text_char(&t, (char) (0x80 | (c >> 6 & 0x3f)));
			text_char(&t, (char) (0x80 | (c & 0x3f)));
		}
	}
	if (t.n)
		json_span(j, key, text_span(&t));
}

static void
log_name(struct json *j, const char *key, const struct number_name *n, uint32_t number)
{
	char buf[32];
	struct text t = text_of(buf, sizeof(buf));
	const char *name = number_name(n, number);

	text_add(&t, SPAN_LIT("unknown ("));
	text_u64(&t, number);
	text_char(&t, ')');
	json_span(j, key, name ? span_str(name) : text_span(&t));
}

/* Bits a pixel of the RNS_UD_COLOR_ values; 0: none of them. */
static unsigned
depth_of(uint16_t color)
{
	static const uint8_t bits[] = { 4, 8, 15, 16, 24 };

	return color >= 0xca00 && color < 0xca00 + sizeof(bits) ? bits[color - 0xca00] : 0;
}

/* The part that came with RDP 5 and later; each field only when those before it are there. */
static void
log_later(struct json *j, struct rd *r, uint16_t color)
{
	uint16_t old = rd_u16le(r), high, orientation;
	uint32_t serial, width, height, scale, device;
	struct span id;
	uint8_t hint;

	if (!r->bad && depth_of(old))
		color = old;
	old = rd_u16le(r);
	if (!r->bad)
		json_u64(j, "product_id", old);
	serial = rd_u32le(r);
	if (!r->bad && serial)
		json_u64(j, "serial_number", serial);
	high = rd_u16le(r);
	if (r->bad || !high)
		high = (uint16_t) depth_of(color);
	if (high)
		json_u64(j, "color_depth", high);
	rd_skip(r, 2);
	old = rd_u16le(r);
	if (!r->bad)
		log_bits(j, "capabilities", capabilities, old);
	id = rd_span(r, 64);
	log_wide(j, "id", id);
	hint = rd_u8(r);
	if (!r->bad && old & 0x20 && number_name(hints, hint))
		json_str(j, "connection_hint", number_name(hints, hint));
	rd_skip(r, 5);
	width = rd_u32le(r);
	if (!r->bad && width)
		json_u64(j, "physical_width", width);
	height = rd_u32le(r);
	if (!r->bad && height)
		json_u64(j, "physical_height", height);
	orientation = rd_u16le(r);
	if (!r->bad)
		json_u64(j, "desktop_orientation", orientation);
	scale = rd_u32le(r);
	if (!r->bad && scale)
		json_u64(j, "scale_factor", scale);
	device = rd_u32le(r);
	if (!r->bad && device)
		json_u64(j, "device_scale_factor", device);
}

/* TS_UD_CS_CORE, 2.2.1.3.2. */
static void
log_client(struct json *j, struct span core)
{
	struct rd r = rd_of(core);
	uint32_t version = rd_u32le(&r), layout, build, type, sub, keys;
	uint16_t width = rd_u16le(&r), height = rd_u16le(&r), color = rd_u16le(&r);
	struct span name, ime;

	rd_skip(&r, 2);
	layout = rd_u32le(&r);
	build = rd_u32le(&r);
	name = rd_span(&r, 32);
	type = rd_u32le(&r);
	sub = rd_u32le(&r);
	keys = rd_u32le(&r);
	ime = rd_span(&r, 64);
	if (r.bad)
		return;
	json_object(j, "client");
	log_name(j, "version", versions, version);
	json_u64(j, "desktop_width", width);
	json_u64(j, "desktop_height", height);
	log_name(j, "keyboard_layout", languages, layout & 0xffff);
	log_name(j, "build", builds, build);
	log_wide(j, "client_name", name);
	if (number_name(keyboards, type))
		json_str(j, "keyboard_type", number_name(keyboards, type));
	if (sub)
		json_u64(j, "keyboard_subtype", sub);
	if (keys)
		json_u64(j, "function_keys", keys);
	log_wide(j, "ime", ime);
	log_later(j, &r, color);
	json_end(j);
}

/* TS_UD_CS_NET, 2.2.1.3.4. */
static void
log_channels(struct json *j, struct span net)
{
	struct rd r = rd_of(net);
	uint32_t n = rd_u32le(&r);

	json_array(j, "channels");
	for (uint32_t i = 0; i < n && i < CHANNELS_MAX && !r.bad; i++) {
		struct span name = rd_span(&r, 8);
		const uint8_t *nul = name.n ? memchr(name.p, 0, name.n) : NULL;

		rd_skip(&r, 4);
		if (!r.bad)
			json_span(j, NULL, span_head(name, nul ? (uint32_t) (nul - name.p) : name.n));
	}
	json_end(j);
}

static void
log_response(struct json *j, const struct rdp_tx *t)
{
	if (t->negotiation == RDP_NEGOTIATION_FAILURE) {
		json_u64(j, "error_code", t->protocols);
		log_name(j, "reason", failures, t->protocols);
	} else if (t->negotiation == RDP_NEGOTIATION_RESPONSE) {
		if (t->flags)
			log_bits(j, "server_supports", response_flags, t->flags);
		log_name(j, "protocol", protocols, t->protocols);
	}
}

static void
log_serials(struct json *j, const struct rdp_tx *t)
{
	struct rd r = rd_of(bytes_span(&t->data));

	json_array(j, "x509_serials");
	while (rd_left(&r))
		json_hex(j, NULL, rd_span(&r, rd_u8(&r)), 0);
	json_end(j);
}

void
rdp_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	static const char *const kinds[] = { "initial_request", "initial_response", "connect_request", "connect_response", "tls_handshake" };
	const struct rdp_tx *t = (const struct rdp_tx *) tx;
	struct span s = bytes_span(&t->data), block;

	json_u64(j, "tx_id", tx->id);
	json_str(j, "event_type", kinds[t->kind]);
	switch (t->kind) {
	case RDP_REQUEST:
		if (s.n)
			json_span(j, "cookie", s);
		if (t->flags)
			log_bits(j, "flags", request_flags, t->flags);
		break;
	case RDP_RESPONSE:
		log_response(j, t);
		break;
	case RDP_CONNECT:
		if (rdp_block(s, 0xc003, &block))
			log_channels(j, block);
		if (rdp_block(s, 0xc001, &block))
			log_client(j, block);
		break;
	case RDP_TLS:
		log_serials(j, t);
		break;
	default:
		break;
	}
}
