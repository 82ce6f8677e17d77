#!/usr/bin/python3
"""consumer - reads a sensor's alerts from Redis so that nothing is lost and a gap is seen.

A member of a consumer group: takes over what dead members left (XAUTOCLAIM), finishes its own pending entries, then
reads new ones; acknowledges after printing. Doubles are dropped on casus.eid, gaps are reported on
(casus.epoch, casus.seq) of the sensor: stats and alerts share one sequence, so both streams are followed.

  consumer.py --sensor edge-1                     follow as group "consumer"
  consumer.py --sensor edge-1 --dump              everything in the streams, without a group, then end
  consumer.py --sensor edge-1 --from 1700000000000-0 --dump
  consumer.py --sensor edge-1 --host redis.example --tls --tls-ca ca.pem --tls-cert my.pem --tls-key my.key

Needs python3-redis. Exit codes: 0 ok, 1 a gap was seen, 2 failure.
"""
import argparse
import collections
import json
import sys
import time

import redis

DOUBLES_KEPT = 100000


class Book:
    """What was seen: drops doubles, finds gaps. Records of two streams may come a little out of order."""

    def __init__(self, slack):
        self.eids = collections.OrderedDict()
        self.epoch = None
        self.next = None
        self.ahead = set()
        self.slack = slack
        self.gaps = []
        self.doubles = 0
        self.records = 0

    def is_double(self, eid):
        if eid in self.eids:
            self.doubles += 1
            return True
        self.eids[eid] = None
        if len(self.eids) > DOUBLES_KEPT:
            self.eids.popitem(last=False)
        return False

    def take(self, epoch, seq):
        if epoch != self.epoch:
            if self.epoch is not None:
                self.settle(0)
                print(f"consumer: new epoch {epoch}, was {self.epoch}: the journal was made anew", file=sys.stderr)
            self.epoch, self.next, self.ahead = epoch, seq, set()
        if seq >= self.next:
            self.ahead.add(seq)
        self.advance()
        self.settle(self.slack)

    def advance(self):
        while self.next in self.ahead:
            self.ahead.discard(self.next)
            self.next += 1

    def settle(self, slack):
        """More than `slack` records wait behind a missing one: it is a gap."""
        if self.slack is None:
            return
        while len(self.ahead) > slack:
            first = min(self.ahead)
            self.gaps.append((self.epoch, self.next, first - 1))
            print(f"consumer: GAP epoch {self.epoch} seq {self.next} to {first - 1}: "
                  f"casusctl journal export --from {self.next} --to {first - 1}", file=sys.stderr)
            self.next = first
            self.advance()


def show(book, fields, out):
    record = json.loads(fields[b"j"])
    casus = record["casus"]
    if book.is_double(casus["eid"]):
        return
    book.take(casus["epoch"], casus["seq"])
    book.records += 1
    out.write(json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n")


def merged(client, streams, start):
    """Entries of all streams in the order of their ids: the journal's order."""
    def entries(stream):
        last = start
        while True:
            page = client.xrange(stream, min=last, max="+", count=1000)
            for entry_id, fields in page:
                yield tuple(int(n) for n in entry_id.split(b"-")), fields
            if len(page) < 1000:
                return
            last = b"(" + page[-1][0]

    import heapq
    yield from heapq.merge(*(entries(s) for s in streams), key=lambda e: e[0])


def dump(client, streams, args, book):
    start = args.start or "-"
    for n, (_, fields) in enumerate(merged(client, streams, start), 1):
        show(book, fields, sys.stdout)
        if args.count and n >= args.count:
            break
    book.settle(0)


def make_groups(client, streams, args):
    for stream in streams:
        try:
            client.xgroup_create(stream, args.group, id=args.start or "0", mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise


def handle(client, args, book, stream, entries):
    for entry_id, fields in entries:
        if fields:  # None: trimmed meanwhile; the gap report tells
            show(book, fields, sys.stdout)
        client.xack(stream, args.group, entry_id)
    sys.stdout.flush()
    return len(entries)


def claim(client, streams, args, book):
    """What members that are gone for `--claim-after` seconds did not finish."""
    n = 0
    for stream in streams:
        start = "0-0"
        while True:
            answer = client.xautoclaim(stream, args.group, args.name, int(args.claim_after * 1000), start, count=100)
            start = answer[0]
            n += handle(client, args, book, stream, answer[1])
            if start in (b"0-0", "0-0"):
                break
    return n


def read_group(client, streams, args, book, start, block):
    n = 0
    for stream in streams:  # one stream a call: on a cluster they may lie on different nodes
        answer = client.xreadgroup(args.group, args.name, {stream: start}, count=500, block=block)
        for _, entries in answer or []:
            n += handle(client, args, book, stream, entries)
    return n


def follow_connected(client, streams, args, book):
    make_groups(client, streams, args)
    claim(client, streams, args, book)
    while read_group(client, streams, args, book, "0", None):  # own pending entries first
        pass
    idle, claimed = time.monotonic(), time.monotonic()
    while not args.count or book.records < args.count:
        if read_group(client, streams, args, book, ">", 100):
            idle = time.monotonic()
        elif args.idle_exit and time.monotonic() - idle > args.idle_exit:
            return
        if time.monotonic() - claimed > args.claim_after:
            claim(client, streams, args, book)
            claimed = time.monotonic()


def follow(client, streams, args, book):
    wait = 0.1
    while True:
        try:
            follow_connected(client, streams, args, book)
            book.settle(0)
            return
        except (redis.ConnectionError, redis.TimeoutError, redis.exceptions.BusyLoadingError) as error:
            print(f"consumer: {error}; again in {wait:.1f} s", file=sys.stderr)
            time.sleep(wait)
            wait = min(wait * 2, 5)
        except redis.ResponseError as error:
            if "NOGROUP" not in str(error):  # a replay began its streams anew
                raise


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--sensor", required=True)
    p.add_argument("--socket", help="unix socket of Redis")
    p.add_argument("--host", default="localhost")
    p.add_argument("--port", type=int, default=6379)
    p.add_argument("--user")
    p.add_argument("--password-file")
    p.add_argument("--tls", action="store_true", help="TLS to --host; its certificate must be for that name")
    p.add_argument("--tls-ca", help="PEM file of the CA that it must come from; default: the system's")
    p.add_argument("--tls-cert", help="PEM file of the certificate that is shown where Redis asks for one")
    p.add_argument("--tls-key", help="PEM file of its key")
    p.add_argument("--prefix", default="casus:1:")
    p.add_argument("--group", default="consumer")
    p.add_argument("--name", default="one", help="of this member")
    p.add_argument("--shared", action="store_true", help="the group has several members: each sees a part, gaps are not judged")
    p.add_argument("--from", dest="start", help="stream id to begin at; default: the oldest entry")
    p.add_argument("--dump", action="store_true", help="print what is there, without a group, then end")
    p.add_argument("--count", type=int, default=0, help="end after so many records")
    p.add_argument("--idle-exit", type=float, default=0, help="end after so many seconds without a record")
    p.add_argument("--claim-after", type=float, default=60, help="take over entries of members silent for so many seconds")
    return p.parse_args()


def main():
    args = arguments()
    password = open(args.password_file, encoding="utf-8").readline().rstrip("\r\n") if args.password_file else None
    where = {"unix_socket_path": args.socket} if args.socket else {"host": args.host, "port": args.port}
    if args.tls and not args.socket:
        where.update(ssl=True, ssl_cert_reqs="required", ssl_check_hostname=True, ssl_ca_certs=args.tls_ca, ssl_certfile=args.tls_cert,
                     ssl_keyfile=args.tls_key)
    client = redis.Redis(username=args.user, password=password, socket_timeout=30, **where)
    streams = [f"{args.prefix}{{{args.sensor}}}:{name}" for name in ("alerts", "stats")]
    book = Book(slack=None if args.shared else 0 if args.dump else 5000)
    try:
        if args.dump:
            dump(client, streams, args, book)
        else:
            follow(client, streams, args, book)
    except KeyboardInterrupt:
        pass
    except (redis.RedisError, OSError, KeyError, ValueError) as error:
        print(f"consumer: {error}", file=sys.stderr)
        return 2
    print(f"consumer: {book.records} records, {book.doubles} doubles, {len(book.gaps)} gaps", file=sys.stderr)
    return 1 if book.gaps else 0


if __name__ == "__main__":
    sys.exit(main())
