#!/usr/bin/env python3
"""What a flow costs: bytes of memory, and packet CPU as flows grow in number.

  tests/bench/flows.py [--kind udp|udp6|dns|syn|http] [--count N,N,...] [--casus PROGRAM]... [--suricata PROGRAM]...
                       [--repeat N] [--rules FILE] [--logs none|alerts|all] [--set KEY=VALUE]... [--json]

Makes captures of so many flows that all are known at the same time, and runs the engines on them in turn:
  udp   3 datagrams a flow of 64 bytes nobody knows, the flows taking turns: each packet meets a flow that was long not touched
  udp6  the same over IPv6
  dns   a query and its answer
  syn   1 SYN a flow
  http  10 packets a flow: handshake, GET, 200 with a body of 300 bytes, close; each 0.2 s long, 20 of a thousand at a time
Bytes a flow: the peak of the resident memory over that of the same program on one flow. ns: CPU of the threads that handle packets
a packet, the least of --repeat runs; the last column compares it with the first count. Bounds of memory are raised for all.
"""
import argparse
import json
import os
import pathlib
import shutil
import struct
import sys
import tempfile

import bench

GIB = 1 << 30
ETHERNET = b'\2\0\0\0\0\2\2\0\0\0\0\1'


def ip4(proto, src, dst, payload):
    return ETHERNET + b'\x08\0' + struct.pack('>BBHHHBBHII', 0x45, 0, 20 + len(payload), 1, 0, 64, proto, 0, src, dst) + payload


def ip6(proto, src, dst, payload):
    net = b'\x20\x01\x0d\xb8' + bytes(8)
    return (ETHERNET + b'\x86\xdd' + struct.pack('>IHBB', 0x60000000, len(payload), proto, 64)
            + net + struct.pack('>I', src) + net + struct.pack('>I', dst) + payload)


def udp(sport, dport, data):
    return struct.pack('>HHHH', sport, dport, 8 + len(data), 0) + data


def tcp(sport, dport, seq, ack, flags, data=b''):
    return struct.pack('>HHIIBBHHH', sport, dport, seq, ack, 0x50, flags, 65535, 0, 0) + data


def ends(i):
    """Client, port, server."""
    return 0x0a000000 + i // 50000 * 256 + i % 251, 1024 + i % 50000, 0xc0a80000 + i % 256


def datagram(i, ip=ip4):
    client, port, server = ends(i)
    return ip(17, client, server, udp(port, 9, b'f' * 64))


def query(i):
    client, port, server = ends(i)
    return ip4(17, client, server, udp(port, 53, struct.pack('>HHHHHH', i & 0xffff, 0x0100, 1, 0, 0, 0) + b'\3www\7example\3org\0\0\1\0\1'))


def answer(i):
    client, port, server = ends(i)
    return ip4(17, server, client, udp(53, port, struct.pack('>HHHHHH', i & 0xffff, 0x8180, 1, 1, 0, 0)
                                       + b'\3www\7example\3org\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\x0e\x10\0\4\xc0\0\2\1'))


def http(i, step):
    client, port, server = ends(i)
    get = b'GET /index.html HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: flows\r\nAccept: */*\r\n\r\n'
    ok = b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 300\r\n\r\n' + b'x' * 300
    g, o = 1000 + 1 + len(get), 9000 + 1 + len(ok)
    up = lambda *a: ip4(6, client, server, tcp(port, 80, *a))
    down = lambda *a: ip4(6, server, client, tcp(80, port, *a))
    return (lambda: up(1000, 0, 2), lambda: down(9000, 1001, 0x12), lambda: up(1001, 9001, 0x10), lambda: up(1001, 9001, 0x18, get),
            lambda: down(9001, g, 0x10), lambda: down(9001, g, 0x18, ok), lambda: up(g, o, 0x10), lambda: up(g, o, 0x11),
            lambda: down(o, g + 1, 0x11), lambda: up(g + 1, o + 1, 0x10))[step]()


def waves(n):
    """Few flows are over too soon to be measured: so many of them that they come again when those before are forgotten."""
    return range(1 if n == 1 else max(1, 200000 // n))


def rounds(n, *packets):
    """Every flow's first packet, then every flow's second one, within 20 seconds."""
    for wave in waves(n):
        for k, packet in enumerate(packets):
            for i in range(n):
                yield 120e6 * wave + 20e6 * (k * n + i) / (len(packets) * n), packet(i)


def overlapping(n):
    lag = max(1, n // 500)
    for wave in waves(n):
        for slot in range(n + 9 * lag):
            for step in range(10):
                i = slot - step * lag
                if 0 <= i < n:
                    yield 120e6 * wave + 50e6 * slot / n, http(i, step)


KINDS = {
    'udp': lambda n: rounds(n, datagram, datagram, datagram),
    'udp6': lambda n: rounds(n, *[lambda i: datagram(i, ip6)] * 3),
    'dns': lambda n: rounds(n, query, answer),
    'syn': lambda n: rounds(n, lambda i: ip4(6, ends(i)[0], ends(i)[2], tcp(ends(i)[1], 80, 1000 + i, 0, 2))),
    'http': overlapping,
}


def write(path, packets):
    n = 0
    with open(path, 'wb', 1 << 20) as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for us, frame in packets:
            f.write(struct.pack('<IIII', 1700000000 + int(us // 1000000), int(us % 1000000), len(frame), len(frame)) + frame)
            n += 1
    return n


def raise_bounds(engine, args, command):
    most = max(args.counts)
    if engine.kind == 'casus':
        pairs = [f'flow.max-flows={most}', f'flow.memcap={4 * GIB}', f'memory={16 * GIB}', f'stream.memcap={8 * GIB}',
                 f'stream.reassembly.memcap={8 * GIB}']
    else:
        pairs = [f'flow.hash-size={2 * most}', 'flow.memcap=16gb', 'stream.memcap=16gb', 'stream.reassembly.memcap=16gb']
    return command + [w for p in pairs for w in ('--set', p)]


def measure(args, work):
    engines = bench.engines_of(args, work)
    report = {'kind': args.kind, 'rules': args.rules, 'repeat': args.repeat, 'rows': []}
    alone = {}
    for count in [1] + args.counts:
        capture = f'{work}/{count}.pcap'
        packets = write(capture, KINDS[args.kind](count))
        for _ in range(args.repeat):
            for e in engines:
                out = tempfile.mkdtemp(dir=work)
                took = bench.run(raise_bounds(e, args, e.command(capture, args.rules, out, bench.cache_of(e, work))))
                shutil.rmtree(out)
                if count == 1:
                    alone[e.name] = min(alone.get(e.name, took['rss']), took['rss'])
                    continue
                rows = [r for r in report['rows'] if r['engine'] == e.name and r['flows'] == count]
                if not rows:
                    rows = [{'engine': e.name, 'flows': count, 'packets': packets, 'ns': 1e9, 'rss': 0}]
                    report['rows'] += rows
                rows[0]['ns'] = min(rows[0]['ns'], took['packet_cpu'] * 1e9 / packets)
                rows[0]['rss'] = max(rows[0]['rss'], took['rss'])
                rows[0]['bytes'] = (rows[0]['rss'] - alone[e.name]) / count
        os.unlink(capture)
    return report


def table(report):
    print(f"{report['kind']}, rules: {report['rules'] or 'none'}")
    print(f"{'engine':10} {'flows':>9} {'peak RSS':>12} {'bytes/flow':>11} {'ns/packet':>10} {'ratio':>6}")
    first = {}
    for r in report['rows']:
        first.setdefault(r['engine'], r['ns'])
        print(f"{r['engine']:10} {r['flows']:9} {r['rss'] / 2**20:8.1f} MiB {r['bytes']:11.0f} {r['ns']:10.0f} {r['ns'] / first[r['engine']]:6.2f}")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--kind', choices=KINDS, default='udp')
    p.add_argument('--count', default='10000,100000,1000000')
    p.add_argument('--casus', action='append', default=[], metavar='PROGRAM')
    p.add_argument('--suricata', action='append', default=[], metavar='PROGRAM')
    p.add_argument('--rules')
    p.add_argument('--logs', choices=('none', 'alerts', 'all'), default='none')
    p.add_argument('--repeat', type=int, default=2)
    p.add_argument('--set', action='append', default=[], metavar='KEY=VALUE', help='for casus')
    p.add_argument('--json', action='store_true')
    args = p.parse_args()
    args.counts = [int(n) for n in args.count.split(',')]
    args.casus = [os.path.abspath(c) for c in args.casus or ['sensor/casus']]
    with tempfile.TemporaryDirectory(prefix='casus-flows.', dir=os.environ.get('TMPDIR')) as work:
        report = measure(args, work)
    print(json.dumps(report, indent=1)) if args.json else table(report)


if __name__ == '__main__':
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
    main()
