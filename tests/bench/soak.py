#!/usr/bin/env python3
"""Does memory stay bounded? Replays a capture 1, 2, 4, ... times in one process, each pass a day later than the one before.

  tests/bench/soak.py CAPTURE RULES [--casus PROGRAM] [--passes N] [--bytes N]

CAPTURE: classic little-endian pcap, of which the first --bytes (default 100 MB) are used. Prints the peak resident memory.
"""
import argparse
import os
import struct
import subprocess
import tempfile


def frames(data):
    at, found = 24, []
    while at + 16 <= len(data):
        n = struct.unpack_from('<I', data, at + 8)[0]
        if at + 16 + n > len(data):
            break
        found.append(at)
        at += 16 + n
    return found, at


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('capture')
    p.add_argument('rules')
    p.add_argument('--casus', default='sensor/casus')
    p.add_argument('--passes', type=int, default=4)
    p.add_argument('--bytes', type=int, default=100_000_000)
    a = p.parse_args()
    with open(a.capture, 'rb') as f:
        data = bytearray(f.read(a.bytes))
    found, end = frames(data)
    with tempfile.TemporaryDirectory(prefix='casus-soak.') as work:
        os.mkdir(f'{work}/in')
        for n in range(1, a.passes + 1):
            with open(f'{work}/in/{n:04}.pcap', 'wb') as f:
                f.write(memoryview(data)[:end])
            for at in found:
                struct.pack_into('<I', data, at, struct.unpack_from('<I', data, at)[0] + 86400)
            if n & (n - 1) and n != a.passes:
                continue
            proc = subprocess.Popen([a.casus, '-r', f'{work}/in', '-S', a.rules, '-l', f'{work}/{n}', '-k', 'none', '-q'],
                                    stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(proc.pid, 0)
            print(f'{n} passes of {len(found)} packets: exit {os.waitstatus_to_exitcode(status)}, peak RSS {usage.ru_maxrss / 1024:.0f} MiB')


if __name__ == '__main__':
    main()
