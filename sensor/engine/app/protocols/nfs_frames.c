/*
 * nfs_frames - the pieces of RPC records and of the NFS messages in them, for rules and frame records.
 *
 * Spec: as nfs.c; the names are those of the peer's frames.
 */
#include "engine/app/protocols/nfs.h"

enum { RPC_PDU, RPC_HDR, RPC_DATA, RPC_CREDS, NFS_PDU, NFS_STATUS, NFS4_PDU, NFS4_HDR, NFS4_OPS, NFS4_STATUS };
const struct app_frame_type nfs_frames[] = {
	[RPC_PDU] = { "rpc.pdu", "an RPC record; over TCP with its mark" },
	[RPC_HDR] = { "rpc.hdr", "of an answer: mark, transaction id and type" },
	[RPC_DATA] = { "rpc.data", "of an answer: what follows them" },
	[RPC_CREDS] = { "rpc.creds", "the credentials of a call" },
	[NFS_PDU] = { "nfs.pdu", "arguments or results of NFS 2 and 3" },
	[NFS_STATUS] = { "nfs.status", "the first four bytes of the results" },
	[NFS4_PDU] = { "nfs4.pdu", "a compound of NFS 4" },
	[NFS4_HDR] = { "nfs4.hdr", "its first eight bytes" },
	[NFS4_OPS] = { "nfs4.ops", "what follows them" },
	[NFS4_STATUS] = { "nfs4.status", "of an answer: the first four bytes" },
	{ NULL, NULL },
};

/* What is behind RPC's headers: n bytes at p, which may not all have come. */
static void
body(struct app *a, int dir, uint32_t version, const uint8_t *p, uint32_t n)
{
	bool v4 = version == 4;

	if (n == 0)
		return;
	app_frame(a, dir, v4 ? NFS4_PDU : NFS_PDU, p, n, NULL);
	if (dir == TO_CLIENT && n >= 4)
		app_frame(a, dir, v4 ? NFS4_STATUS : NFS_STATUS, p, 4, NULL);
	if (!v4 || n <= 8)
		return;
	app_frame(a, dir, NFS4_HDR, p, 8, NULL);
	app_frame(a, dir, NFS4_OPS, p + 8, n - 8, NULL);
}

void
nfs_frames_call(struct app *a, const struct nfs_record *w, const struct nfs_msg *m, const uint8_t *args, bool nfs)
{
	if (!app_frames_wanted(a))
		return;
	app_frame(a, TO_SERVER, RPC_PDU, w->at, w->n, NULL);
	if (m->creds_n)
		app_frame(a, TO_SERVER, RPC_CREDS, m->creds, m->creds_n, NULL);
	if (nfs)
		body(a, TO_SERVER, m->version, args, w->n - (uint32_t) (args - w->at));
}

void
nfs_frames_answer(struct app *a, const struct nfs_record *w, uint32_t version, const uint8_t *results)
{
	uint32_t hdr = a->transport == APP_UDP ? 8 : 12;

	if (!app_frames_wanted(a))
		return;
	app_frame(a, TO_CLIENT, RPC_PDU, w->at, w->n, NULL);
	if (w->n <= hdr)
		return;
	app_frame(a, TO_CLIENT, RPC_HDR, w->at, hdr, NULL);
	app_frame(a, TO_CLIENT, RPC_DATA, w->at + hdr, w->n - hdr, NULL);
	if (results && version)
		body(a, TO_CLIENT, version, results, w->n - (uint32_t) (results - w->at));
}
