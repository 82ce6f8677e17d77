/*
 * nfs_log - records of NFS and of the RPC beneath: as the reference writes them.
 *
 * Source of names: RFC 1094 section 2.2 and 2.3.1, RFC 1813 section 2.6 and 3.3, RFC 7530 section 16, RFC 8881 section 18; RFC 5531.
 */
#include "engine/app/protocols/nfs.h"

const char *
nfs_procedure_name(uint32_t version, uint32_t p)
{
	static const char *const v2[] = { "NULL", "GETATTR", "SETATTR", "ROOT", "LOOKUP", "READLINK", "READ", "WRITECACHE", "WRITE", "CREATE",
		"REMOVE", "RENAME", "LINK", "SYMLINK", "MKDIR", "RMDIR", "READDIR", "STATFS" };
	static const char *const v3[] = { "NULL", "GETATTR", "SETATTR", "LOOKUP", "ACCESS", "READLINK", "READ", "WRITE", "CREATE", "MKDIR",
		"SYMLINK", "MKNOD", "REMOVE", "RMDIR", "RENAME", "LINK", "READDIR", "READDIRPLUS", "FSSTAT", "FSINFO", "PATHCONF",
		"COMMIT" };
	static const char *const v4[] = { "NULL", "COMPOUND", [3] = "ACCESS", "CLOSE", "COMMIT", "CREATE", "DELEGPURGE", "DELEGRETURN", "GETATTR",
		"GETFH", "LINK", "LOCK", "LOCKT", "LOCKU", "LOOKUP", "LOOKUPP", "NVERIFY", "OPEN", "OPENATTR", "OPEN_CONFIRM",
		"OPEN_DOWNGRADE", "PUTFH", "PUTPUBFH", "PUTROOTFH", "READ", "READDIR", "READLINK", "REMOVE", "RENAME", "RENEW", "RESTOREFH",
		"SAVEFH", "SECINFO", "SETATTR", "SETCLIENTID", "SETCLIENTID_CONFIRM", "VERIFY", "WRITE", "RELEASE_LOCKOWNER" };

	switch (version) {
	case 2:
		return p < sizeof(v2) / sizeof(*v2) ? v2[p] : NULL;
	case 3:
		return p < sizeof(v3) / sizeof(*v3) ? v3[p] : NULL;
	default:
		return p < sizeof(v4) / sizeof(*v4) ? v4[p] : NULL;
	}
}

static const char *
status_name(uint32_t status)
{
	static const struct {
		uint32_t status;
		const char *name;
	} names[] = {
		{ 0, "OK" }, { 1, "ERR_PERM" }, { 2, "ERR_NOENT" }, { 5, "ERR_IO" }, { 6, "ERR_NXIO" }, { 13, "ERR_ACCESS" }, { 17, "ERR_EXIST" },
		{ 18, "ERR_XDEV" }, { 19, "ERR_NODEV" }, { 20, "ERR_NOTDIR" }, { 21, "ERR_ISDIR" }, { 22, "ERR_INVAL" },
		{ 27, "ERR_FBIG" }, { 28, "ERR_NOSPC" }, { 30, "ERR_ROFS" }, { 31, "ERR_MLINK" }, { 63, "ERR_NAMETOOLONG" },
		{ 66, "ERR_NOTEMPTY" }, { 69, "ERR_DQUOT" }, { 70, "ERR_STALE" }, { 71, "ERR_REMOTE" }, { 10001, "ERR_BADHANDLE" },
		{ 10002, "ERR_NOT_SYNC" }, { 10003, "ERR_BAD_COOKIE" }, { 10004, "ERR_NOTSUPP" }, { 10005, "ERR_TOOSMALL" },
		{ 10006, "ERR_SERVERFAULT" }, { 10007, "ERR_BADTYPE" }, { 10008, "ERR_JUKEBOX" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].status == status)
			return names[i].name;
	return NULL;
}

void
nfs_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	const struct nfs_tx *t = (const struct nfs_tx *) tx;
	const char *name = nfs_procedure_name(t->version, t->procedure), *status = status_name(t->status);
	char buf[8];
	struct text hash = text_of(buf, sizeof(buf));

	json_u64(j, "version", t->version);
	json_str(j, "procedure", name ? name : "UNKNOWN");
	json_span(j, "filename", bytes_span(&t->name));
	if (t->has_handle) {
		text_hex(&hash, t->hhash, 8);
		json_span(j, "hhash", text_span(&hash));
	}
	json_u64(j, "id", tx->id + 1);
	json_bool(j, "file_tx", t->is_file);
	json_str(j, "type", "response");
	json_str(j, "status", status ? status : "UNKNOWN");
	if (t->is_file) {
		json_object(j, t->is_file == TO_SERVER + 1 ? "write" : "read");
		json_bool(j, "first", t->first);
		json_bool(j, "last", t->last);
		json_u64(j, "last_xid", t->last_xid);
		json_u64(j, "chunks", t->chunks);
		json_end(j);
	}
	if (t->rename) {
		json_object(j, "rename");
		json_span(j, "from", bytes_span(&t->name));
		json_span(j, "to", bytes_span(&t->to));
		json_end(j);
	}
}

bool
nfs_rpc_log(const struct app *app, const struct tx *tx, struct json *j, bool full)
{
	static const char *const flavors[] = { "NULL", "UNIX", "SHORT", "DH", "KERB", "RSA", "GSS" };
	const struct nfs_tx *t = (const struct nfs_tx *) tx;

	if (!j)
		return true;
	json_u64(j, "xid", t->rpc.xid);
	json_str(j, "status", t->rpc.denied ? "DENIED" : "ACCEPTED");
	json_str(j, "auth_type", t->rpc.flavor < 7 ? flavors[t->rpc.flavor] : "UNKNOWN");
	if (t->rpc.creds) {
		json_object(j, "creds");
		json_span(j, "machine_name", bytes_span(&t->rpc.machine));
		json_u64(j, "uid", t->rpc.uid);
		json_u64(j, "gid", t->rpc.gid);
		json_end(j);
	}
	return true;
}

/* Attributes are asked for by the thousand. */
bool
nfs_loggable(const struct tx *tx)
{
	const struct nfs_tx *t = (const struct nfs_tx *) tx;

	return t->version == 4 || t->procedure != 1;
}
