/* read - what libpcap alone costs: frames of a file read and counted. Prints packets, bytes and CPU seconds. */
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

int
main(int argc, char **argv)
{
	char err[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	const u_char *bytes;
	uint64_t packets = 0, sum = 0;
	struct timespec t;
	pcap_t *p;

	if (argc != 2) {
		fprintf(stderr, "usage: read CAPTURE\n");
		return 64;
	}
	p = pcap_open_offline(argv[1], err);
	if (!p) {
		fprintf(stderr, "%s\n", err);
		return 66;
	}
	while (pcap_next_ex(p, &h, &bytes) == 1) {
		packets++;
		sum += h->len;
	}
	pcap_close(p);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	printf("%llu %llu %.6f\n", (unsigned long long) packets, (unsigned long long) sum, (double) t.tv_sec + (double) t.tv_nsec * 1e-9);
	return 0;
}
