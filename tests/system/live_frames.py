#!/usr/bin/env python3
"""Writes three small captures and their rules into a folder: tcp.pcap, udp.pcap, big.pcap, live.rules.

  live_frames.py FOLDER

Every conversation has its own pair of addresses, so that a sensor with two workers shares them out; both directions and
every fragment carry something a rule can only find when one worker saw all of it. Checksums are right.
"""
import random
import socket
import struct
import sys

PAIRS = 40


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack(f'>{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def address(side, i, six):
    if six:
        return socket.inet_pton(socket.AF_INET6, f'2001:db8:{side}::{i + 1:x}')
    return socket.inet_pton(socket.AF_INET, f'10.{side}.{i // 200}.{i % 200 + 1}')


def l4(proto, src, dst, head, at, payload):
    """The transport part with its checksum put in at offset at."""
    part = head + payload
    pseudo = src + dst + struct.pack('>IHBB', len(part), 0, 0, proto)
    return part[:at] + struct.pack('>H', checksum(pseudo + part) or 0xffff) + part[at + 2:]


def tcp(src, dst, sport, dport, seq, ack, flags, payload=b''):
    return l4(6, src, dst, struct.pack('>HHIIBBHHH', sport, dport, seq, ack, 0x50, flags, 65535, 0, 0), 16, payload)


def udp(src, dst, sport, dport, payload):
    return l4(17, src, dst, struct.pack('>HHHH', sport, dport, 8 + len(payload), 0), 6, payload)


def ip(proto, src, dst, part, ident=1, frag=0):
    """One IP packet; frag: flags and offset field of IPv4."""
    if len(src) == 16:
        return struct.pack('>IHBB', 0x60000000, len(part), proto, 64) + src + dst + part
    head = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(part), ident, frag, 64, proto, 0) + src + dst
    return head[:10] + struct.pack('>H', checksum(head)) + head[12:] + part


def fragments(proto, src, dst, part, ident, size):
    """Last piece first: the ports come when everything else is there."""
    pieces = [(at, part[at:at + size]) for at in range(0, len(part), size)]
    return [ip(proto, src, dst, piece, ident, at // 8 | (0x2000 if at + len(piece) < len(part) else 0))
            for at, piece in reversed(pieces)]


def ethernet(packet, tags=()):
    kind = 0x86dd if packet[0] >> 4 == 6 else 0x0800
    head = bytes.fromhex('020000000002020000000001')
    for n, tag in enumerate(tags):
        head += struct.pack('>HH', 0x88a8 if n == 0 and len(tags) > 1 else 0x8100, tag)
    return head + struct.pack('>H', kind) + packet


def conversation(i):
    """One HTTP request and its answer; the request lies in two segments."""
    six, tags = i % 3 == 2, [(), (7,), (7, 8)][i % 4 % 3]
    c, s = address(1, i, six), address(2, i, six)
    port, x, y = 20000 + i, 1000 * i, 5000 * i
    ask = b'GET /live/%d HTTP/1.1\r\nHost: live.example\r\n\r\n' % i
    say = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nlive answer'
    there = lambda seq, ack, flags, data=b'': ethernet(ip(6, c, s, tcp(c, s, port, 80, seq, ack, flags, data)), tags)
    back = lambda seq, ack, flags, data=b'': ethernet(ip(6, s, c, tcp(s, c, 80, port, seq, ack, flags, data)), tags)
    end_x, end_y = x + 1 + len(ask), y + 1 + len(say)
    return [there(x, 0, 2), back(y, x + 1, 18), there(x + 1, y + 1, 16), there(x + 1, y + 1, 24, ask[:9]),
            there(x + 10, y + 1, 24, ask[9:]), back(y + 1, end_x, 24, say), there(end_x, end_y, 17),
            back(end_y, end_x + 1, 17), there(end_x + 1, end_y + 1, 16)]


def datagrams(i):
    """A question in fragments, an answer whole, a ping."""
    c, s = address(3, i, False), address(4, i, False)
    ask = udp(c, s, 30000 + i, 4000, b'a' * 700 + b'live question' + b'b' * 700)
    ping = struct.pack('>BBHHH', 8, 0, 0, i, 1) + b'live ping'
    ping = ping[:2] + struct.pack('>H', checksum(ping)) + ping[4:]
    return ([ethernet(p) for p in fragments(17, c, s, ask, 100 + i, 712)]
            + [ethernet(ip(17, s, c, udp(s, c, 4000, 30000 + i, b'live reply')))]
            + [ethernet(ip(1, c, s, ping))])


def big(i):
    """Frames up to the largest an interface takes."""
    six = i % 2 == 1
    c, s = address(5, i, six), address(6, i, six)
    size = [9000, 16000, 32000, 64000][i % 4]
    return [ethernet(ip(17, c, s, udp(c, s, 31000 + i, 4001, b'x' * size + b'live end')))]


def mixed(seed, kind, n):
    """The conversations' frames, interleaved as on a busy link, each conversation in its own order."""
    left, out, rnd = [kind(i) for i in range(n)], [], random.Random(seed)
    while left:
        one = rnd.choice(left)
        out.append(one.pop(0))
        left = [c for c in left if c]
    return out


def write(path, frames):
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for n, frame in enumerate(frames):
            f.write(struct.pack('<IIII', 1700000000, n * 500, len(frame), len(frame)) + frame)


RULES = '''
alert tcp any any -> any 80 (msg:"request in two segments"; flow:established,to_server; content:"GET /live/"; sid:1; rev:1;)
alert http any any -> any any (msg:"request"; flow:established,to_server; http.uri; content:"/live/"; flowbits:set,live; sid:2; rev:1;)
alert http any any -> any any (msg:"answer to it"; flow:established,to_client; flowbits:isset,live; http.stat_code; content:"200"; sid:3; rev:1;)
alert udp any any -> any 4000 (msg:"across fragments"; content:"live question"; flowbits:set,asked; sid:4; rev:1;)
alert udp any 4000 -> any any (msg:"reply to it"; flow:to_client; content:"live reply"; flowbits:isset,asked; sid:5; rev:1;)
alert icmp any any -> any any (msg:"ping"; itype:8; content:"live ping"; sid:6; rev:1;)
alert udp any any -> any 4001 (msg:"big frame"; dsize:>8000; content:"live end"; sid:7; rev:1;)
'''


def main():
    folder = sys.argv[1]
    write(f'{folder}/tcp.pcap', mixed(1, conversation, PAIRS))
    write(f'{folder}/udp.pcap', mixed(2, datagrams, PAIRS))
    write(f'{folder}/big.pcap', mixed(3, big, PAIRS))
    with open(f'{folder}/live.rules', 'w', encoding='ascii') as f:
        f.write(RULES)


if __name__ == '__main__':
    main()
