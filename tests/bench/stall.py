#!/usr/bin/python3
"""stall - does the packet path feel a Redis that has stalled? One run of casus, Redis in turn answering and stopped (SIGSTOP).

  stall.py CAPTURE... [--seconds 2] [--rounds 6] [--rules FILE] [--casus PROGRAM] [--limit 2] [--set KEY=VALUE]...

The captures (classic pcap of one link type) are fed to one `casus -r -` again and again, each time later by the clock of their
packets. A phase is as many times as take about --seconds; phases go answering, stalled, stalled, answering ... After each one
everything is delivered before the next begins, unmeasured. Measured are the CPU time of the threads that handle packets
(casus-worker), the wall time until all of a phase's packets were taken, and that time without what those threads waited for a
processor that others had; compared are the least of each,
their medians, and pairs of neighbours (the median of their ratios), which what else the machine does disturbs least.
With an answering Redis there is Redis' own work on the same processors too: a stall may make all faster, never slower.
Exit: 0 a stalled Redis costs at most --limit per cent of CPU and of wall time without waiting, by the least and by pairs; 1 more. Where much
else runs the medians tell of that.
"""
import argparse
import fcntl
import os
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time

from bench import PACKET_THREADS, thread_times

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
F_SETPIPE_SZ = 1031


class Capture:
    """Records of classic pcap files, one after the other in time; copies are later by the whole span."""

    def __init__(self, paths):
        self.records, self.head, end = [], None, None
        for path in paths:
            data = open(path, "rb").read()
            order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
            nano = struct.unpack(order + "I", data[:4])[0] == 0xA1B23C4D
            if not nano and struct.unpack(order + "I", data[:4])[0] != 0xA1B2C3D4:
                sys.exit(f"stall.py: {path}: a classic pcap file was expected")
            link = struct.unpack(order + "I", data[20:24])[0]
            if self.head not in (None, link):
                sys.exit(f"stall.py: {path}: another link type")
            self.head, at, shift = link, 24, None
            while at + 16 <= len(data):
                sec, part, n, whole = struct.unpack(order + "4I", data[at:at + 16])
                t = sec * 10**9 + part * (1 if nano else 1000)
                if shift is None:
                    shift = (end + 10**9 - t) if end is not None else 0
                self.records.append((t + shift, whole, data[at + 16:at + 16 + n]))
                at += 16 + n
            end = max(t for t, _, _ in self.records)
        self.span = end - self.records[0][0] + 120 * 10**9

    def header(self):
        return struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, self.head)

    def copy(self, k):
        out = bytearray()
        for t, whole, data in self.records:
            t += k * self.span
            out += struct.pack("<4I", t // 10**9, t % 10**9, len(data), whole) + data
        return out


class Bench:
    def __init__(self, args, top):
        self.args, self.top = args, top
        self.capture, self.n, self.expected = Capture(args.capture), 0, 1 << 62
        self.redis = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", top + "/s", "--dir", top, "--save", ""],
                                      stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        while self.ask("ping") != "PONG":
            time.sleep(0.02)
        sets = {"redis.socket": top + "/s", "redis.maxlen": "100000", "redis.timeout": "500ms", "eve.file": "",
                "journal.max-bytes": "16gb", **dict(x.split("=", 1) for x in args.set)}
        rules = ["-S", args.rules] if args.rules else ["--disable-detection"]
        os.mkdir(top + "/out")
        with open(top + "/c.yaml", "w", encoding="ascii") as f:
            f.write("%YAML 1.1\n---\noutputs:\n  - eve-log:\n      enabled: yes\n      filetype: regular\n      filename: eve.json\n      "
                    "types: [ alert, http, dns, tls, ssh, smtp, smb, ftp, krb5, fileinfo, flow ]\n")
        self.casus = subprocess.Popen([args.casus, "-c", top + "/c.yaml", "-q", "-r", "-", "-l", top + "/out", "-k", "none", *rules,
                                       *[x for k, v in sets.items() for x in ("--set", f"{k}={v}")]],
                                      stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=open(top + "/log", "wb"))
        fcntl.fcntl(self.casus.stdin, F_SETPIPE_SZ, 1 << 20)
        self.casus.stdin.write(self.capture.header())
        self.casus.stdin.flush()

    def ask(self, *words):
        return subprocess.run(["redis-cli", "-s", self.top + "/s", *words], capture_output=True, text=True, check=False).stdout.strip()

    def cpu(self):
        """Of the packet threads: seconds on a processor, and seconds that they could have run and had none."""
        ran = waited = 0.0
        for task, (name, seconds) in thread_times(self.casus.pid).items():
            if name.startswith(PACKET_THREADS):
                ran += seconds
                waited += int(open(f"/proc/{self.casus.pid}/task/{task}/schedstat").read().split()[1]) / 1e9
        return ran, waited

    def drained(self):
        """Has casus taken all that was written?"""
        while struct.unpack("i", fcntl.ioctl(self.casus.stdin, termios.FIONREAD, bytes(4)))[0]:
            if self.casus.poll() is not None:
                sys.exit("stall.py: casus ended: " + open(self.top + "/log", errors="replace").read()[-800:])
            time.sleep(0.0005)

    def feed(self, copies):
        """Wall seconds, packet threads' CPU seconds, and wall without waiting for a processor that the copies took."""
        data = [self.capture.copy(self.n + k) for k in range(copies)]
        self.n += copies
        begin, before = time.monotonic(), self.cpu()
        for d in data:
            self.casus.stdin.write(d)
        self.casus.stdin.flush()
        self.drained()
        wall, after = time.monotonic() - begin, self.cpu()
        return wall, after[0] - before[0], wall - (after[1] - before[1])

    def delivered(self):
        """Until all that is expected has come to Redis, or nothing more comes: how many entries came so far."""
        was, still = -1, 0
        while still < 50 and was < self.expected:
            now = self.entries()
            still = still + 1 if now == was else 0
            was = now
            time.sleep(0.1)
        return was

    def entries(self):
        text = self.ask("xinfo", "stream", self.ask("keys", "casus:1:{*}:alerts")).split()
        return int(text[text.index("entries-added") + 1]) if "entries-added" in text else 0

    def phase(self, copies, stalled):
        begin = self.entries()
        if stalled:
            self.redis.send_signal(signal.SIGSTOP)
        took = self.feed(copies)
        if stalled:
            self.redis.send_signal(signal.SIGCONT)
        self.expected += self.a_phase
        return *took, self.delivered() - begin

    def end(self):
        self.redis.send_signal(signal.SIGCONT)
        self.casus.stdin.close()
        self.casus.wait()
        self.redis.kill()
        self.redis.wait()


def compare(found, limit):
    bad = False
    for name, at in (("packet threads' CPU", 1), ("wall without waiting", 2), ("wall", 0)):
        for what, pick in (("least", min), ("median", statistics.median)):
            a, b = (pick([x[at] for x in found[stalled]]) for stalled in (False, True))
            more = 100 * (b / a - 1)
            bad |= at > 0 and what == "least" and more > limit
            print(f"{name}, {what}: answering {a:.3f} s, stalled {b:.3f} s, ratio {b / a:.4f} ({more:+.2f} %)")
        pairs = statistics.median(b[at] / a[at] for a, b in zip(found[False], found[True]))
        bad |= at > 0 and 100 * (pairs - 1) > limit
        print(f"{name}, pairs: ratio {pairs:.4f} ({100 * (pairs - 1):+.2f} %)")
    return bad


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("capture", nargs="+")
    p.add_argument("--seconds", type=float, default=2)
    p.add_argument("--rounds", type=int, default=6)
    p.add_argument("--rules")
    p.add_argument("--casus", default=TOP + "/sensor/casus")
    p.add_argument("--limit", type=float, default=2)
    p.add_argument("--set", action="append", default=[])
    args = p.parse_args()
    top = tempfile.mkdtemp(prefix="casus-stall.")
    bench = Bench(args, top)
    found = {False: [], True: []}
    try:
        bench.feed(1)
        once = bench.feed(1)[0]
        copies = max(1, round(args.seconds / once))
        before = bench.delivered()
        bench.feed(copies)
        bench.expected = bench.delivered()
        bench.a_phase, events = bench.expected - before, 0
        for k in range(2 * args.rounds):
            stalled = k % 4 in (1, 2)
            wall, cpu, alone, n = bench.phase(copies, stalled)
            found[stalled].append((wall, cpu, alone))
            events += n
            print(f"{'stalled  ' if stalled else 'answering'} {wall:7.3f} s, without waiting {alone:7.3f} s, packet threads {cpu:7.3f} s, {n} events", flush=True)
        packets = copies * len(bench.capture.records)
        print(f"{args.rounds} phases each of {packets} packets, {statistics.median(packets / x[0] for x in found[False]):.0f} a second; "
              f"{events} events delivered")
        bad = compare(found, args.limit)
    finally:
        bench.end()
        shutil.rmtree(top, ignore_errors=True)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
