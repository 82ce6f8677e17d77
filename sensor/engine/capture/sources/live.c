/*
 * live - frames out of a network interface.
 *
 * Thread:    the worker's.
 * Memory:    the kernel's ring (conf.buffer_size), mapped by libpcap (TPACKET_V3).
 * Owns:      the packet socket.
 * Not here:  files -> file.c
 */
#include "engine/capture/source.h"

#include "base/clock.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sys/socket.h>

#define LIVE_TIMEOUT_MS 100

/*
 * How the kernel shares an interface among workers. PACKET_FANOUT_HASH is not enough: its flow hash takes in the ports,
 * which fragments but the first do not have (FLAG_DEFRAG would hide the fragments from us instead, and with them every
 * overlap trick), and on some drivers it is the card's own, not symmetric, hash. So the group runs this classic BPF
 * program: it multiplies source and destination address of the outermost IP header, which gives the same number for both
 * directions and for every fragment (XOR would, too, but two networks with the same host numbers at both ends would be one
 * number). Everything else (ARP, other protocols) goes to the first worker.
 *
 * Offsets are from the network header (SKF_NET_OFF), which is behind the outermost VLAN tag; one more tag is looked through.
 */
#define NET(off) ((unsigned) SKF_NET_OFF + (off))
#define LOAD_W(off) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NET(off))
#define XOR_W(off) BPF_STMT(BPF_MISC | BPF_TAX, 0), LOAD_W(off), BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0)
#define FOLD_V6(off) LOAD_W(off), XOR_W((off) + 4), XOR_W((off) + 8), XOR_W((off) + 12)
#define TIMES_X BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0)
#define MIX BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 0x9e3779b1), BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 20), BPF_STMT(BPF_RET | BPF_A, 0)
#define SHARE_V4(base) LOAD_W((base) + 12), BPF_STMT(BPF_MISC | BPF_TAX, 0), LOAD_W((base) + 16), TIMES_X, MIX
#define SHARE_V6(base) FOLD_V6((base) + 8), BPF_STMT(BPF_ST, 0), FOLD_V6((base) + 24), BPF_STMT(BPF_LDX | BPF_MEM, 0), TIMES_X, MIX
#define V4_N 7  /* instructions of SHARE_V4 */
#define V6_N 26

static struct sock_filter share_prog[] = {
	/* 0 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned) (SKF_AD_OFF + SKF_AD_PROTOCOL)),
	/* 1 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 8, 0),
	/* 2 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 7 + V4_N, 0),
	/* 3 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_8021Q, 2, 0),
	/* 4 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_8021AD, 1, 0),
	/* 5 */ BPF_STMT(BPF_RET | BPF_K, 0),
	/* 6: one more tag */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, NET(2)),
	/* 7 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 2 + V4_N + V6_N, 0),
	/* 8 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 1 + V4_N + V6_N + V4_N, 0),
	/* 9 */ BPF_STMT(BPF_RET | BPF_K, 0),
	/* 10 */ SHARE_V4(0),
	SHARE_V6(0),
	SHARE_V4(4),
	SHARE_V6(4),
};

static void
source_close(struct capture *c)
{
	if (c->pcap)
		pcap_close(c->pcap);
	c->pcap = NULL;
}

/* Joins the group; every frame from now on comes to one of its members only. */
static int
join_fanout(struct capture *c, char why[static 256])
{
	struct sock_fprog prog = { .len = sizeof(share_prog) / sizeof(share_prog[0]), .filter = share_prog };
	int fd = pcap_fileno(c->pcap);
	unsigned arg = (c->conf.fanout_group & 0xffff) | (unsigned) PACKET_FANOUT_CBPF << 16;

	if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &arg, sizeof(arg)) < 0
	    || setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, &prog, sizeof(prog)) < 0) {
		snprintf(why, 256, "sharing the interface among workers (PACKET_FANOUT): %s", strerror(errno));
		return errno == EPERM || errno == EACCES ? E_PERM : E_IO;
	}
	/* What came between bind and now came to the other members, too. */
	c->not_before = clock_wall();
	return 0;
}

static int
failed(struct capture *c, const char *target, int status, char why[static 256])
{
	const char *text = pcap_geterr(c->pcap);

	if (status == PCAP_ERROR_NO_SUCH_DEVICE) {
		snprintf(why, 256, "%.60s: no such interface", target);
		return E_NODEV;
	}
	if (status == PCAP_ERROR_PERM_DENIED || status == PCAP_ERROR_PROMISC_PERM_DENIED) {
		snprintf(why, 256, "%.60s: no permission to capture (CAP_NET_RAW is needed): %.120s", target, text);
		return E_PERM;
	}
	snprintf(why, 256, "%.60s: %.160s", target, text && text[0] ? text : pcap_statustostr(status));
	return E_IO;
}

static int
configure(struct capture *c)
{
	uint64_t size = c->conf.buffer_size;
	int rc;

	if ((rc = pcap_set_snaplen(c->pcap, (int) c->conf.snaplen)) < 0
	    || (rc = pcap_set_promisc(c->pcap, c->conf.promiscuous)) < 0
	    || (rc = pcap_set_timeout(c->pcap, LIVE_TIMEOUT_MS)) < 0)
		return rc;
	if (size > INT32_MAX)
		size = INT32_MAX;
	if (size > 0 && (rc = pcap_set_buffer_size(c->pcap, (int) size)) < 0)
		return rc;
	/* Devices that cannot count nanoseconds give microseconds; read back in source_open(). */
	(void) pcap_set_tstamp_precision(c->pcap, PCAP_TSTAMP_PRECISION_NANO);
	return 0;
}

static int
source_open(struct capture *c, const char *target, char why[static 256])
{
	char err[PCAP_ERRBUF_SIZE] = "";
	int rc;

	c->pcap = pcap_create(target, err);
	if (!c->pcap) {
		snprintf(why, 256, "%.60s: %.160s", target, err);
		return E_IO;
	}
	if ((rc = configure(c)) < 0 || (rc = pcap_activate(c->pcap)) < 0)
		return failed(c, target, rc, why);
	c->linktype = (uint16_t) pcap_datalink(c->pcap);
	c->ts_scale = pcap_get_tstamp_precision(c->pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1 : NS_PER_US;
	if ((rc = capture_filter(c, why)) < 0)
		return rc;
	/* With TPACKET_V3 libpcap waits for a frame without end: on a quiet tap nobody would ever look at the clock. */
	if (pcap_setnonblock(c->pcap, 1, err) < 0) {
		snprintf(why, 256, "%.60s: %.160s", target, err);
		return E_IO;
	}
	return c->conf.fanout_group ? join_fanout(c, why) : 0;
}

static int
source_read(struct capture *c, unsigned max, void (*fn)(void *, const struct frame *), void *arg)
{
	uint64_t before = c->num;
	int n;

	c->fn = fn;
	c->arg = arg;
	if (c->stop)
		return 0;
	n = pcap_dispatch(c->pcap, (int) max, capture_frame, (u_char *) c);
	if (n == 0) {
		struct pollfd fd = { .fd = pcap_get_selectable_fd(c->pcap), .events = POLLIN };

		if (poll(&fd, 1, LIVE_TIMEOUT_MS) > 0)
			n = pcap_dispatch(c->pcap, (int) max, capture_frame, (u_char *) c);
	}
	if (n == PCAP_ERROR) {
		capture_damaged(c, "%s", pcap_geterr(c->pcap));
		return E_IO;
	}
	return (int) (c->num - before);
}

static void
source_stats(struct capture *c)
{
	struct pcap_stat st;

	if (!c->pcap || pcap_stats(c->pcap, &st) < 0)
		return;
	/* libpcap's totals wrap at 32 bits: the difference does not. */
	counter_add(c->cnt, C_CAPTURE_KERNEL_DROPS, (uint32_t) (st.ps_drop - c->drops));
	counter_add(c->cnt, C_CAPTURE_IF_DROPS, (uint32_t) (st.ps_ifdrop - c->if_drops));
	c->drops = st.ps_drop;
	c->if_drops = st.ps_ifdrop;
}

static void
source_stop(struct capture *c)
{
	if (c->pcap)
		pcap_breakloop(c->pcap);
}

const struct source source_live = {
	.name = "live",
	.live = true,
	.open = source_open,
	.read = source_read,
	.stats = source_stats,
	.stop = source_stop,
	.close = source_close,
};
