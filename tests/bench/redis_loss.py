#!/usr/bin/python3
"""redis_loss - the same capture through casus and through Suricata's EVE-to-Redis while Redis is killed: what does each lose?

  redis_loss.py CAPTURE [--suricata 'chroot /tmp/trixie8 suricata'] [--root /tmp/trixie8] [--after 2] [--gap 1.5] [--mode MODE]...

Each program runs twice: without an outage (how many events there are) and with Redis killed by SIGKILL --after seconds after
its first event came, started again --gap seconds later from its AOF (appendfsync everysec).
Counted is what Redis holds at the end. MODE of Suricata: plain, pipelining, async. --root: where the chroot is, the capture
is copied into its /tmp; without it Suricata runs here. Offline input comes as fast as a program takes it.
"""
import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
CASUS = os.path.join(TOP, "sensor/casus")
YAML = """%YAML 1.1
---
outputs:
  - eve-log:
      enabled: yes
      filetype: redis
      redis: {{ server: 127.0.0.1, port: {port}, mode: xadd, stream-maxlen: 100000000, key: suricata, async: {async_}{pipelining} }}
      {types}
app-layer: {{ protocols: {{ http: {{ enabled: yes }}, tls: {{ enabled: yes }}, dns: {{ udp: {{ enabled: yes }}, tcp: {{ enabled: yes }} }}, ssh: {{ enabled: yes }}, smtp: {{ enabled: yes }}, smb: {{ enabled: yes }}, ftp: {{ enabled: yes }} }} }}
"""


TYPES = "types: [ alert, http, dns, tls, ssh, smtp, smb, ftp, krb5, dhcp, snmp, fileinfo, flow ]"


class Redis:
    def __init__(self, port):
        self.dir, self.port = tempfile.mkdtemp(prefix="casus-loss."), port
        self.start()

    def start(self):
        self.p = subprocess.Popen(["redis-server", "--port", str(self.port), "--dir", self.dir, "--save", "", "--appendonly", "yes",
                                   "--appendfsync", "everysec"], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        while self.ask("ping") != "PONG":
            time.sleep(0.02)

    def ask(self, *words):
        return subprocess.run(["redis-cli", "-p", str(self.port), *words], capture_output=True, text=True, check=False).stdout.strip()

    def count(self, keys):
        return sum(int(self.ask("xlen", k) or 0) for k in keys)

    def outage(self, keys, after, gap, program):
        while self.count(keys) == 0 and program.poll() is None:
            time.sleep(0.02)
        time.sleep(after)
        if program.poll() is not None:
            sys.exit("the program was through before Redis was killed: a longer capture, or a smaller --after")
        self.p.kill()
        self.p.wait()
        time.sleep(gap)
        self.start()

    def end(self):
        self.p.kill()
        self.p.wait()
        shutil.rmtree(self.dir)


def run(args, port, command, keys, outage):
    redis = Redis(port)
    out = tempfile.TemporaryFile()
    p = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        if outage:
            redis.outage(keys, args.after, args.gap, p)
        if p.wait() != 0:
            out.seek(0)
            sys.exit(f"{command[0]} ended with {p.returncode}: {out.read()[-800:].decode(errors='replace')}")
        return redis.count(keys)
    finally:
        if p.poll() is None:
            p.send_signal(signal.SIGKILL)
        redis.end()


def casus(args, port):
    out = tempfile.mkdtemp(prefix="casus-loss.")
    with open(out + "/c.yaml", "w", encoding="ascii") as f:
        f.write("%YAML 1.1\n---\noutputs:\n  - eve-log:\n      enabled: yes\n      filetype: regular\n      filename: eve.json\n      " + TYPES + "\n")
    command = [CASUS, "-c", out + "/c.yaml", "-r", args.capture, "-S", "/dev/null", "-l", out, "-k", "none", "-q", "--set", "redis.host=127.0.0.1", "--set", f"redis.port={port}",
               "--set", "shutdown-grace=300s", "--set", "redis.maxlen=100000000", "--set", "sensor-name=replay-loss"]
    name = "replay-" + "".join(c if c.isalnum() else "-" for c in os.path.basename(args.capture).lower())[:25].strip("-")
    return command, [f"casus:1:{{{name}}}:alerts", f"casus:1:{{{name}}}:stats"], out


def suricata(args, port, mode):
    root = args.root or ""
    out = tempfile.mkdtemp(prefix="suricata-loss.", dir=root + "/tmp")
    with open(out + "/s.yaml", "w", encoding="ascii") as f:
        f.write(YAML.format(port=port, types=TYPES, async_="yes" if mode == "async" else "no",
                            pipelining=", pipelining: { enabled: yes, batch-size: 10 }" if mode == "pipelining" else ""))
    capture = args.capture
    if root:
        capture = root + "/tmp/redis-loss.pcap"
        if not os.path.exists(capture) or os.path.getsize(capture) != os.path.getsize(args.capture):
            shutil.copy(args.capture, capture)
        capture = capture[len(root):]
    inside = out[len(root):]
    return [*args.suricata.split(), "-c", inside + "/s.yaml", "-S", "/dev/null", "-k", "none", "--runmode", "single", "-l", inside, "-r", capture], ["suricata"], out


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("capture")
    p.add_argument("--suricata", default="")
    p.add_argument("--root")
    p.add_argument("--after", type=float, default=2)
    p.add_argument("--gap", type=float, default=1.5)
    p.add_argument("--mode", action="append")
    args = p.parse_args()
    port = 20000 + os.getpid() % 20000
    programs = [("casus", lambda: casus(args, port))]
    if args.suricata:
        programs += [(f"suricata {m}", lambda m=m: suricata(args, port, m)) for m in args.mode or ("plain", "pipelining", "async")]
    lost_by_us = 0
    for name, make in programs:
        n = []
        for outage in (False, True):
            command, keys, out = make()
            n.append(run(args, port, command, keys, outage))
            shutil.rmtree(out)
        print(f"{name}: {n[0]} events without an outage, {n[1]} with Redis killed for {args.gap} s: {n[0] - n[1]} lost", flush=True)
        lost_by_us += n[0] - n[1] if name == "casus" else 0
    return 1 if lost_by_us else 0


if __name__ == "__main__":
    sys.exit(main())
