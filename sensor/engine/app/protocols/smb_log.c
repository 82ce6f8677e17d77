/*
 * smb_log - records of SMB: as the reference writes them.
 */
#include "engine/app/protocols/krb5.h"
#include "engine/app/protocols/smb.h"

static void
dialect2(struct json *j, const char *key, uint16_t dialect)
{
	char buf[8];
	struct text d = text_of(buf, sizeof(buf));

	if (dialect == 0 || dialect == 0x2ff) {
		json_str(j, key, "unknown");
		return;
	}
	text_u64(&d, dialect >> 8);
	text_char(&d, '.');
	text_hex(&d, dialect & 0xff, 2);
	json_span(j, key, text_span(&d));
}

static void
log_dialect(const struct smb_tx *t, struct json *j)
{
	if (t->h.version == 1)
		json_str(j, "dialect", *t->dialect1 ? t->dialect1 : "unknown");
	else
		dialect2(j, "dialect", t->dialect);
}

static void
hex(struct json *j, const char *key, uint32_t v, unsigned digits)
{
	char buf[16];
	struct text code = text_of(buf, sizeof(buf));

	while (digits < 8 && v >> (4 * digits))
		digits++;
	text_add(&code, SPAN_LIT("0x"));
	text_hex(&code, v, digits);
	json_span(j, key, text_span(&code));
}

static void
log_status(const struct smb_tx *t, struct json *j)
{
	const char *name;

	if (!t->answered)
		return;
	if (t->h.dos && t->h.status) {
		uint8_t class = (uint8_t) t->h.status;
		uint16_t code = (uint16_t) (t->h.status >> 16);

		if ((name = smb_dos_name(class, code)))
			json_str(j, "status", name);
		hex(j, "status_code", code, 4);
		return;
	}
	if ((name = smb_status_name(t->h.status)))
		json_str(j, "status", name);
	hex(j, "status_code", t->h.status, 1);
}

static void
log_kept(struct json *j, const char *key, const struct bytes *b)
{
	if (b->n)
		json_span(j, key, bytes_span(b));
}

static void
log_fuid(const struct smb_tx *t, struct json *j)
{
	char buf[37];

	if (!t->has_fuid)
		return;
	if (t->h.version == 2) {
		smb_guid_text(t->fuid, buf);
		json_str(j, "fuid", buf);
	} else {
		struct text id = text_of(buf, sizeof(buf));

		text_hex(&id, t->fuid[0] | (unsigned) t->fuid[1] << 8, 4);
		json_span(j, "fuid", text_span(&id));
	}
}

static void
log_negotiate(const struct smb_tx *t, struct json *j)
{
	static const char *const keys[2] = { [TO_SERVER] = "client_guid", [TO_CLIENT] = "server_guid" };
	struct rd r = rd_of(bytes_span(&t->dialects));
	char buf[37];

	if (rd_left(&r)) {
		json_array(j, "client_dialects");
		while (rd_left(&r)) {
			if (t->h.version == 2) {
				uint16_t d = rd_u16le(&r);

				if (!r.bad)
					dialect2(j, NULL, d);
				continue;
			}
			rd_skip(&r, 1);
			struct span s = rd_rest(&r);
			const uint8_t *end = memchr(s.p, 0, s.n);

			s = span_head(s, end ? (uint32_t) (end - s.p) : s.n);
			json_span(j, NULL, s);
			rd_skip(&r, s.n + (end != NULL));
		}
		json_end(j);
	}
	for (int dir = 0; dir < 2; dir++)
		if (t->has_guid[dir]) {
			smb_guid_text(t->guid[dir], buf);
			json_str(j, keys[dir], buf);
		}
	if (t->max_read)
		json_u64(j, "max_read_size", t->max_read);
	if (t->max_write)
		json_u64(j, "max_write_size", t->max_write);
}

static void
log_create(const struct smb_tx *t, struct json *j)
{
	static const char *const dispositions[] = { "FILE_SUPERSEDE", "FILE_OPEN", "FILE_CREATE", "FILE_OPEN_IF", "FILE_OVERWRITE",
		"FILE_OVERWRITE_IF" };
	static const char *const times[] = { "created", "accessed", "modified", "changed" };

	if (t->file.n)
		json_span(j, t->directory ? "directory" : "filename", bytes_span(&t->file));
	else
		json_str(j, "filename", "<share_root>");
	json_str(j, "disposition", t->disposition < 6 ? dispositions[t->disposition] : "UNKNOWN");
	json_str(j, "access", t->delete_on_close ? "delete on close" : "normal");
	if (!t->created)
		return;
	for (unsigned i = 0; i < 4; i++)
		json_u64(j, times[i], t->times[i]);
	json_u64(j, "size", t->size);
	log_fuid(t, j);
}

static void
log_tree(const struct smb_tx *t, struct json *j)
{
	if (t->share.n)
		log_kept(j, t->pipe ? "named_pipe" : "share", &t->share);
	if (t->h.version == 2) {
		if (t->answered)
			json_str(j, "share_type", t->pipe ? "PIPE" : t->print ? "PRINT" : "FILE");
		return;
	}
	json_object(j, "service");
	log_kept(j, "request", &t->service[TO_SERVER]);
	log_kept(j, "response", &t->service[TO_CLIENT]);
	json_end(j);
}

static void
log_native(const struct smb_tx *t, int dir, const char *key, struct json *j)
{
	if (!t->native_os[dir].n && !t->native_lm[dir].n)
		return;
	json_object(j, key);
	log_kept(j, "native_os", &t->native_os[dir]);
	log_kept(j, "native_lm", &t->native_lm[dir]);
	json_end(j);
}

static void
log_version(const struct smb_tx *t, struct json *j)
{
	char buf[64];
	struct text v = text_of(buf, sizeof(buf));

	text_u64(&v, t->version[0]);
	text_char(&v, '.');
	text_u64(&v, t->version[1]);
	text_add(&v, SPAN_LIT(" build "));
	text_u64(&v, t->version[2] | (unsigned) t->version[3] << 8);
	text_add(&v, SPAN_LIT(" rev "));
	text_u64(&v, t->revision);
	json_span(j, "version", text_span(&v));
}

static void
log_setup(const struct smb_tx *t, struct json *j)
{
	struct span part;

	if (t->ntlmssp) {
		json_object(j, "ntlmssp");
		json_span(j, "domain", bytes_span(&t->domain));
		json_span(j, "user", bytes_span(&t->user));
		json_span(j, "host", bytes_span(&t->host));
		if (t->ntlm_version)
			log_version(t, j);
		json_end(j);
	}
	if (t->realm.n) {
		json_object(j, "kerberos");
		log_kept(j, "realm", &t->realm);
		json_array(j, "snames");
		for (unsigned i = 0; krb5_name_part(bytes_span(&t->sname), i, &part); i++)
			json_span(j, NULL, part);
		json_end(j);
		json_end(j);
	}
	log_native(t, TO_SERVER, "request", j);
	log_native(t, TO_CLIENT, "response", j);
}

static void
log_set_info(const struct smb_tx *t, struct json *j)
{
	log_kept(j, "filename", &t->file);
	if (t->h.version == 1) {
		json_str(j, "subcmd", t->subcommand == 6 ? "TRANS2_SET_PATH_INFORMATION" : "TRANS2_SET_FILE_INFORMATION");
		json_str(j, "level_of_interest", "SMB_SET_FILE_DISPOSITION_INFO");
	} else {
		json_object(j, "set_info");
		json_str(j, "class", "FILE_INFO");
		json_str(j, "info_level", t->info_level == 13 ? "FileDispositionInformation" : "FileDispositionInformationEx");
		json_end(j);
	}
	json_str(j, "access", t->delete_on_close ? "delete on close" : "normal");
	log_fuid(t, j);
}

static void
log_rename(const struct smb_tx *t, struct json *j)
{
	json_object(j, "rename");
	log_kept(j, "from", &t->file);
	log_kept(j, "to", &t->rename);
	json_end(j);
	log_fuid(t, j);
}

void
smb_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct smb_tx *t = (const struct smb_tx *) tx;
	const char *name = t->h.version == 1 ? smb1_command_name(t->h.command) : smb2_command_name(t->h.command);

	json_u64(j, "id", tx->id + 1);
	log_dialect(t, j);
	json_str(j, "command", name ? name : "UNKNOWN");
	log_status(t, j);
	json_u64(j, "session_id", t->h.session);
	json_u64(j, "tree_id", t->h.tree);
	if (t->type == SMB_NEGOTIATE) {
		log_negotiate(t, j);
	} else if (t->type == SMB_SETUP) {
		log_setup(t, j);
	} else if (t->type == SMB_TREE) {
		log_tree(t, j);
	} else if (t->type == SMB_CREATE) {
		log_create(t, j);
	} else if (t->type == SMB_FILE) {
		log_kept(j, "filename", &t->file);
		log_kept(j, "share", &t->share);
		log_fuid(t, j);
	} else if (t->type == SMB_RENAME) {
		log_rename(t, j);
	} else if (t->type == SMB_SET_INFO) {
		log_set_info(t, j);
	} else if (t->type == SMB_IOCTL && t->function) {
		name = smb_function_name(t->function);
		if (name)
			json_str(j, "function", name);
		else
			hex(j, "function", t->function, 1);
	}
	if (t->dce.used) {
		json_object(j, "dcerpc");
		dce_log(&t->dce, j);
		json_end(j);
	}
}

bool
smb_loggable(const struct tx *tx)
{
	const struct smb_tx *t = (const struct smb_tx *) tx;

	return t->log_types & (t->dce.used ? SMB_DCERPC : t->type);
}

/* types: [create, file, ..] of the record; NULL: nothing is said. */
void
smb_log_types(struct smb_conf *c, const struct yaml *types)
{
	static const char *const names[] = { "file", "tree_connect", "negotiate", "dcerpc", "create", "session_setup", "ioctl", "rename",
		"set_file_path_info", "generic" };

	if (!types)
		return;
	c->log_types = 0;
	yaml_each(t, types)
		for (unsigned i = 0; t->text && i < sizeof(names) / sizeof(*names); i++)
			if (strcmp(t->text, names[i]) == 0)
				c->log_types |= (uint16_t) (1 << i);
}
