#!/usr/bin/env python3
"""Instructions the packet thread takes a packet, on the scenario of contrib/scenario with the project's own rules and every log.

  tests/bench/instructions.py [--casus PROGRAM] [--record] [--grow PERCENT]

Valgrind's callgrind counts what worker_frame(), worker_rest() and all they call execute: the same number in every run of the same
program, whatever else the machine does. It is compared with the figure in tests/bench/instructions.json; --record writes that anew, with the reason in
the commit. The figure holds for a compiler, its flags and the libraries' versions: with others there is nothing to compare, and it
says so. Exit: 0 it grew by no more than PERCENT (3), 1 it grew by more, 77 no valgrind, or made with other things.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
RECORD = TOP / 'tests/bench/instructions.json'
LIBRARIES = ('libc6', 'libhyperscan5', 'libisal2', 'liblzma5', 'libpcre2-8-0', 'zlib1g', 'libpcap0.8', 'libssl3')


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def made_with(casus):
    """What the number depends on besides the project's own code."""
    status = casus.parents[1] / 'config.status'
    said = dict(re.findall(r'S\["(CFLAGS|LTO_ON)"\]="([^"]*)"', status.read_text())) if status.exists() else {}
    return {
        'compiler': output('gcc', '-dumpfullversion'),
        'flags': ' '.join(x for x in (said.get('CFLAGS', '?'), said.get('LTO_ON')) if x),
        'libraries': dict(x.split(' ') for x in output('dpkg-query', '-W', '-f', '${Package} ${Version}\n', *LIBRARIES).splitlines()),
        'valgrind': output('valgrind', '--version'),
        'vectors': 'avx2' if re.search(r'^flags.*\bavx2\b', pathlib.Path('/proc/cpuinfo').read_text(), re.M) else 'none',
    }


def count(casus, work):
    capture = f'{work}/scenario.pcap'
    subprocess.run([casus.parents[1] / 'tools/mkpcap/mkpcap', TOP / 'contrib/scenario/scenario.pkt', '-o', capture], check=True)
    rules = [x for f in sorted((TOP / 'rules/signatures').glob('*.rules')) for x in ('-S', str(f))]
    done = subprocess.run(
        ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null', '--toggle-collect=worker_frame*', '--toggle-collect=worker_rest*',
         str(casus), '-r', capture, '-l', work, '-q', '--no-summary', '--no-seccomp'] + rules, capture_output=True, text=True, check=False)
    found = re.search(r'Collected : (\d+)', done.stderr)
    if done.returncode or not found or found.group(1) == '0':
        sys.exit(f'instructions.py: valgrind: exit {done.returncode}\n{done.stderr[-2000:]}')
    stats = [json.loads(x) for x in open(f'{work}/eve.json', encoding='utf-8') if '"event_type":"stats"' in x]
    return int(found.group(1)) / stats[-1]['stats']['decoder']['pkts']


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--casus', type=pathlib.Path, default=TOP / 'sensor/casus')
    p.add_argument('--record', action='store_true')
    p.add_argument('--grow', type=float, default=3)
    args = p.parse_args()
    if not shutil.which('valgrind'):
        print('skipped: no valgrind')
        sys.exit(77)
    things = made_with(args.casus.resolve())
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    other = [k for k, v in things.items() if v != record.get('made_with', {}).get(k)]
    if other and not args.record:
        print(f"skipped: the recorded figure was made with another {' and '.join(other)}")
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix='casus-instructions.') as work:
        now = count(args.casus.resolve(), work)
    if args.record:
        RECORD.write_text(json.dumps({'instructions_a_packet': round(now, 1), 'made_with': things}, indent=1) + '\n')
    before = record.get('instructions_a_packet')
    print(f'{now:.1f} instructions a packet' + (f', {before} recorded: {100 * now / before - 100:+.2f} %' if before else ''))
    sys.exit(0 if args.record or now <= before * (1 + args.grow / 100) else 1)


if __name__ == '__main__':
    main()
