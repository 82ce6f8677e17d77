#!/usr/bin/python3
"""fusion.py [--incidents N] [--seed S]: a Redis Cluster of three nodes on loopback, four simulated sensors, two workers of casus-fusion.

Every incident is seen by two to four sensors, hosts by one or more of them, told in three revisions each. Early on the slot of a sensor's
stream moves to another node while it is read and written (ASK, then MOVED). Midway one node and one worker
are killed (SIGKILL); the node is started again with its append-only file (appendfsync always, no replica), the worker is not. Checked then:
nothing is lost (every sensor's last document is in the view, nothing pending), unique hosts are within 2 % of the truth, bands are those
of one sensor that sees everything (the same documents, whole, through a second fusion of that one sensor). Exit 77: cannot run here.
"""
import argparse
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

try:
    import redis
    from redis.crc import key_slot
except ImportError:
    print("fusion.py: skipped: no python3-redis", file=sys.stderr)
    sys.exit(77)

from sites import FEW, SENSORS, Incident, Teller

TOP, BUILD = os.environ.get("top_srcdir", "."), os.environ.get("top_builddir", ".")
STREAM = "casus:1:{site-b}:alerts"  # whose slot moves
FUSION = os.path.join(BUILD, "tools/fusion/casus-fusion")
def free_ports(n):
    rnd, out = random.Random(os.getpid()), []
    while len(out) < n:
        p = rnd.randint(12000, 22000)  # and the bus 10,000 above: both below what the kernel gives to outgoing connections
        try:
            for q in (p, p + 10000):
                with socket.socket() as s:
                    s.bind(("127.0.0.1", q))
            out.append(p)
        except OSError:
            pass
    return out


class Cluster:
    def __init__(self, folder):
        self.folder, self.ports, self.proc, self.link = folder, free_ports(3), {}, {}
        for p in self.ports:
            os.mkdir(f"{folder}/{p}")
            self.start(p)
        for p in self.ports:
            self.wait(p)
        nodes = [f"127.0.0.1:{p}" for p in self.ports]
        out = subprocess.run(["redis-cli", "--cluster", "create", *nodes, "--cluster-yes"], capture_output=True, text=True)
        if out.returncode:
            raise SystemExit("fusion.py: no cluster: " + out.stdout + out.stderr)
        while any(redis.Redis("127.0.0.1", p).execute_command("CLUSTER INFO").get("cluster_state") != "ok" for p in self.ports):
            time.sleep(.1)
        self.slots = {}
        for a, b, master in self.map():
            for s in range(a, b + 1):
                self.slots[s] = master

    def map(self):
        c = redis.Redis("127.0.0.1", self.ports[0], decode_responses=True)
        c.response_callbacks.pop("CLUSTER SLOTS", None)
        for row in c.execute_command("CLUSTER SLOTS"):
            yield int(row[0]), int(row[1]), int(row[2][1])

    def start(self, p):
        self.proc[p] = subprocess.Popen(["redis-server", "--port", str(p), "--bind", "127.0.0.1", "--cluster-enabled", "yes", "--cluster-node-timeout", "1000",
                                         "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--dir", f"{self.folder}/{p}"],
                                        stdin=subprocess.DEVNULL, stdout=open(f"{self.folder}/{p}.log", "a"), stderr=subprocess.STDOUT)

    def wait(self, p):
        for _ in range(300):
            try:
                return redis.Redis("127.0.0.1", p).ping()
            except redis.exceptions.RedisError:
                time.sleep(.1)
        raise SystemExit("fusion.py: redis-server does not answer: " + open(f"{self.folder}/{p}.log").read()[-600:])

    def kill(self, p):
        self.proc[p].send_signal(signal.SIGKILL)
        self.proc[p].wait()

    def end(self):
        for p in self.proc.values():
            p.terminate()
        for p in self.proc.values():
            p.wait()

    def node(self, key):
        p = self.slots[key_slot(key.encode())]
        if p not in self.link:
            self.link[p] = redis.Redis("127.0.0.1", p, decode_responses=True, socket_timeout=10)
        return self.link[p]

    @staticmethod
    def asking(port, args):
        """At the node that a slot is moving to: [answer], or None: again."""
        link = redis.Redis("127.0.0.1", port, decode_responses=True, socket_timeout=10, single_connection_client=True)
        try:
            link.execute_command("ASKING")
            return [link.execute_command(*args)]
        except redis.exceptions.RedisError:
            return None
        finally:
            link.close()

    def move_begin(self, key, to):
        """The key's slot is on its way, all its keys are there already: whoever asks here is told ASK."""
        slot = key_slot(key.encode())
        source, link = self.slots[slot], {p: redis.Redis("127.0.0.1", p, decode_responses=True) for p in self.ports}
        ids = {p: link[p].execute_command("CLUSTER MYID") for p in self.ports}
        link[to].execute_command("CLUSTER SETSLOT", slot, "IMPORTING", ids[source])
        link[source].execute_command("CLUSTER SETSLOT", slot, "MIGRATING", ids[to])
        while keys := link[source].execute_command("CLUSTER GETKEYSINSLOT", slot, 100):
            link[source].execute_command("MIGRATE", "127.0.0.1", to, "", 0, 5000, "KEYS", *keys)
        return slot, to, ids[to]

    def move_end(self, slot, to, to_id):
        for p in sorted(self.ports, key=lambda p: p != to):
            redis.Redis("127.0.0.1", p).execute_command("CLUSTER SETSLOT", slot, "NODE", to_id)

    def do(self, key, *args):
        """Until it is done, whatever happens to the nodes; a record that is there already is there."""
        while True:
            try:
                return self.node(key).execute_command(*args)
            except redis.exceptions.ResponseError as e:
                if "equal or smaller" in str(e):
                    return None
                word, *where = str(e).split()
                if word == "ASK":
                    out = self.asking(int(where[1].rsplit(":", 1)[1]), args)
                    if out is not None:
                        return out[0]
                elif word == "MOVED":
                    self.slots[int(where[0])] = int(where[1].rsplit(":", 1)[1])
                elif not str(e).startswith(("CLUSTERDOWN", "LOADING", "MASTERDOWN", "TRYAGAIN")) and "down" not in str(e).lower():
                    raise
            except redis.exceptions.RedisError:
                pass
            time.sleep(.05)


def worker(cluster, name, extra=(), log=None):
    args = [FUSION, "--set", "from.nodes=" + ",".join(f"127.0.0.1:{p}" for p in cluster.ports), "--set", "consumer=" + name, "--set", "claim-after=2s",
            "--set", "timeout=3s", "--set", f"packs={TOP}/rules/policy", "--set", f"effects={TOP}/rules/effects.yaml", *extra]
    return subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log or subprocess.STDOUT)


def idle(cluster, sensors, group):
    """Everything read and acknowledged? Not by the group's lag: that is counted wrong where a node was killed."""
    for s in sensors:
        key = "casus:1:{%s}:alerts" % s
        last = cluster.do(key, "XREVRANGE", key, "+", "-", "COUNT", 1)
        for g in cluster.do(key, "XINFO", "GROUPS", key) or []:
            g = g if isinstance(g, dict) else dict(zip(g[::2], g[1::2]))
            if g["name"] == group and (g["pending"] or g["last-delivered-id"] != last[0][0]):
                return False
    return True


def wait_idle(cluster, sensors, group, seconds):
    end = time.monotonic() + seconds
    while not idle(cluster, sensors, group):
        if time.monotonic() > end:
            raise SystemExit(f"fusion.py: after {seconds} s there are still records that nobody acknowledged")
        time.sleep(.2)


def view(cluster, prefix):
    """By attacker: the incidents of the view."""
    out, ids = {}, cluster.do(prefix + "alliance", "ZRANGE", prefix + "alliance", 0, -1)
    for i in ids:
        key = "%s{%s}:incident" % (prefix, i)
        doc = json.loads(cluster.do(key, "HGET", key, "j"))["casus"]["incident"]
        for a in doc["attackers"]:
            out.setdefault(a["ip"], []).append(doc)
    return out, len(ids)


def check(incidents, got, n_got, whole):
    bad, worst, total = [], 0.0, 0.0
    if n_got != len(incidents):
        bad.append(f"{n_got} incidents in the view, {len(incidents)} happened")
    bands = wide = by_sketch = 0
    for i in incidents:
        docs = got.get(i.attackers[0], [])
        if len(docs) != 1:
            bad.append(f"incident {i.k}: {len(docs)} in the view")
            continue
        doc, one = docs[0], whole[i.attackers[0]][0]
        told = {(s["sensor"], s["incident"], s["revision"]) for s in doc["sensors"]}
        if told != {(s, i.id_of(s), 3) for s in i.sensors}:
            bad.append(f"incident {i.k}: members {sorted(told)}")
        error = abs(doc["hosts"]["likely"] - len(i.hosts)) / len(i.hosts)
        worst, total = max(worst, error), total + error
        by_sketch += max(sum(s in h["seen"] for h in i.hosts) for s in i.sensors) > FEW
        wide += error > .02
        for p in one["parties"]:
            a, b = ([d["parties"][p][k] for k in ("lo", "likely", "hi")] for d in (doc, one))
            bands += a != b
            if a != b and len(bad) < 20:
                bad.append(f"incident {i.k}: {p} {a}, one sensor seeing everything {b}")
    if wide:
        bad.append(f"{wide} estimates of unique hosts are off by more than 2 %")
    print(f"{len(incidents)} incidents: unique hosts off by {100 * total / len(incidents):.2f} % in the mean, {100 * worst:.2f} % at worst, {wide} above 2 % ({by_sketch} counted by sketch); "
          f"{bands} of {16 * len(incidents)} intervals of bands differ from one sensor's")
    return bad


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--incidents", type=int, default=1000)
    p.add_argument("--seed", type=int, default=1)
    o = p.parse_args()
    if not shutil.which("redis-server") or not shutil.which("redis-cli") or not os.access(FUSION, os.X_OK):
        print("fusion.py: skipped: no redis-server, or casus-fusion is not built", file=sys.stderr)
        sys.exit(77)
    rnd = random.Random(o.seed)
    incidents = [Incident(k, rnd) for k in range(o.incidents)]
    todo = [(part, i, s) for part in (1 / 3, 2 / 3, 1.0) for i in incidents for s in i.sensors]
    # In memory where there is such a folder: a process that is killed loses nothing of a file there either.
    folder = tempfile.mkdtemp(prefix="casus-fusion-test.", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    workers, cluster = [], None
    begin, teller = time.monotonic(), Teller()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    try:
        cluster = Cluster(folder)
        extra = ("--set", "sensors=" + ",".join(SENSORS))
        log = open(folder + "/workers.log", "w")
        workers = [worker(cluster, f"w{k}", extra, log) for k in range(2)]
        victim, revived = rnd.choice(cluster.ports), None
        moving = None
        for n, (part, i, s) in enumerate(todo):
            if n == len(todo) // 4:
                moving = cluster.move_begin(STREAM, next(p for p in cluster.ports if p not in (victim, cluster.slots[key_slot(STREAM.encode())])))
                time.sleep(.5)
            if n == 3 * len(todo) // 8:
                time.sleep(.5)
                cluster.move_end(*moving)
            if n == len(todo) // 2:
                cluster.kill(victim)
                workers[0].send_signal(signal.SIGKILL)
                revived = time.monotonic() + 1.5
                time.sleep(.5)
                cluster.start(victim)
            for c in teller.commands(s, n + 1, *i.document(s, part)):
                cluster.do(c[1], *c)
        wait_idle(cluster, SENSORS, "fusion", 60 + 3 * o.incidents)
        shared = workers[1].poll() is None
        got, n_got = view(cluster, "casus:1:")
        took = time.monotonic() - begin
        # One sensor that sees everything: another prefix for the view, its own stream.
        for n, i in enumerate(incidents):
            *_, c = teller.commands("all", n + 1, i.document(None)[0], [], "whole:")
            cluster.do(c[1], *c)
        out = worker(cluster, "all", ("--set", "sensors=all", "--set", "prefix=whole:", "--once"), log)
        if out.wait() != 0:
            raise SystemExit("fusion.py: casus-fusion --once failed: " + open(folder + "/workers.log").read()[-2000:])
        whole, n_whole = view(cluster, "whole:")
        bad = check(incidents, got, n_got, whole)
        if n_whole != len(incidents):
            bad.append(f"the one sensor: {n_whole} incidents")
        if not shared or revived is None:
            bad.append("the second worker died, or nothing was killed")
        workers[1].terminate()
        if workers[1].wait() != 0:
            bad.append(f"worker: exit code {workers[1].returncode}")
        redirected = [int(x) for x in re.findall(r"redirected=(\d+)", open(folder + "/workers.log").read())]
        if not any(redirected):
            bad.append("no worker was redirected, though a slot moved")
        tail = [line.split("fusion: ", 1)[-1].strip() for line in open(folder + "/workers.log") if "entries=" in line]
        print(f"{len(todo)} records of {len(SENSORS)} sensors, a slot moved, node {victim} and worker w0 killed midway, {took:.0f} s; the surviving worker: {tail[-1] if tail else '?'}")
        for b in bad:
            print("fusion.py: " + b, file=sys.stderr)
        if bad:
            sys.stderr.write(open(folder + "/workers.log").read()[-3000:])
        sys.exit(1 if bad else 0)
    finally:
        for w in workers:
            if w.poll() is None:
                w.kill()
                w.wait()
        if cluster:
            cluster.end()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
