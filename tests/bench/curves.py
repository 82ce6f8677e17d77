#!/usr/bin/env python3
"""What a packet costs as rules and live flows grow in number: measures both, and draws them.

  tests/bench/curves.py --capture FILE --rules FILE [--casus PROGRAM] [--suricata PROGRAM]... [--repeat N]
                        [--rule-counts N,N,...] [--flow-counts N,N,...] [--out FOLDER]
  tests/bench/curves.py --draw [--out FOLDER]

Rules: the first N of the file, shuffled by a fixed seed, on the capture. Flows: N live UDP flows of three datagrams and N whole HTTP
connections, as tests/bench/flows.py makes them, without rules. CPU of the threads that handle packets, least of --repeat runs.
Writes cost.json (the figures, and what they were measured on) and cost.svg; --draw only draws the figures that are there.
"""
import argparse
import json
import math
import os
import pathlib
import platform
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import bench
import flows

COLORS = {'casus': '#0b6e4f', 'suricata': '#9a3b26'}
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 460, 300, 62, 14, 44, 46


def rules_of(path):
    """Each rule in one line, in an order that says nothing."""
    lines = [line for line in open(path, errors='replace') if line.strip() and not line.startswith('#')]
    random.Random(1).shuffle(lines)
    return lines


def least(engine, args, work, capture, rules, packets, raised=0):
    found = []
    for _ in range(args.repeat):
        out = tempfile.mkdtemp(dir=work)
        command = engine.command(capture, rules, out, bench.cache_of(engine, work))
        if raised:
            command = flows.raise_bounds(engine, argparse.Namespace(counts=[raised]), command)
        found.append(bench.run(command)['packet_cpu'] * 1e9 / packets)
        subprocess.run(['rm', '-rf', out], check=True)
    return round(min(found))


def measure(args, work):
    engines = bench.engines_of(args, work)
    packets, _, _ = subprocess.run([bench.build_reader(args, work), args.capture], check=True, capture_output=True, text=True).stdout.split()
    lines = rules_of(args.rules)
    figures = {'machine': f'{platform.machine()}, {os.cpu_count()} processors, Linux {platform.release().split("-")[0]}',
               'capture': f'{os.path.basename(args.capture)}, {packets} packets', 'rules': f'{os.path.basename(args.rules)}, {len(lines)} rules',
               'repeat': args.repeat, 'curves': {'rules': {}, 'udp': {}, 'http': {}}}
    for count in args.rule_counts:
        count = min(count, len(lines))
        path = f'{work}/{count}.rules'
        pathlib.Path(path).write_text(''.join(lines[:count]))
        for e in engines:
            figures['curves']['rules'].setdefault(e.kind, []).append([count, least(e, args, work, args.capture, path, int(packets))])
    for kind in ('udp', 'http'):
        for count in args.flow_counts:
            capture = f'{work}/{count}.pcap'
            n = flows.write(capture, flows.KINDS[kind](count))
            for e in engines:
                figures['curves'][kind].setdefault(e.kind, []).append([count, least(e, args, work, capture, None, n, raised=count)])
            os.unlink(capture)
    return figures


# ---- drawing ----

def ticks(top):
    step = 10 ** math.floor(math.log10(top))
    step = next(step * k for k in (0.1, 0.2, 0.5, 1, 2, 5) if top / (step * k) <= 6)
    return [step * i for i in range(1, int(top / step) + 1)]


def panel(title, x_name, curves, left):
    """One diagram, ns over a logarithmic count."""
    points = [p for line in curves.values() for p in line]
    lo, hi = math.log10(min(p[0] for p in points)), math.log10(max(p[0] for p in points))
    top = max(p[1] for p in points) * 1.15

    def x(v):
        return left + LEFT + (math.log10(v) - lo) / ((hi - lo) or 1) * (WIDTH - LEFT - RIGHT)

    def y(v):
        return HEIGHT - BOTTOM - v / top * (HEIGHT - TOP - BOTTOM)

    out = [f'<text x="{left + LEFT}" y="20" class="title">{title}</text>',
           f'<text x="{left + WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">{x_name}</text>',
           f'<text x="{left + LEFT}" y="36">ns a packet</text>']
    for v in ticks(top):
        out.append(f'<path d="M{left + LEFT} {y(v):.1f}H{left + WIDTH - RIGHT}" class="grid"/>'
                   f'<text x="{left + LEFT - 6}" y="{y(v) + 4:.1f}" text-anchor="end">{v:g}</text>')
    for n in sorted({p[0] for p in points}):
        out.append(f'<text x="{x(n):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{short(n)}</text>')
    out.append(f'<path d="M{left + LEFT} {TOP}V{HEIGHT - BOTTOM}H{left + WIDTH - RIGHT}" class="axis"/>')
    for name, line in curves.items():
        color = COLORS[name]
        path = 'L'.join(f'{x(n):.1f} {y(v):.1f}' for n, v in line)
        out.append(f'<path d="M{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        out += [f'<circle cx="{x(n):.1f}" cy="{y(v):.1f}" r="3" fill="{color}"><title>{name}: {n}, {v} ns</title></circle>' for n, v in line]
        n, v = line[-1]
        out.append(f'<text x="{x(n) - 4:.1f}" y="{y(v) - 8:.1f}" text-anchor="end" fill="{color}">{name}</text>')
    return out


def short(n):
    return f'{n / 1e6:g}M' if n >= 1e6 else f'{n / 1e3:.3g}k' if n >= 1000 else str(n)


def draw(figures):
    c = figures['curves']
    panels = [('Rules', 'rules', c['rules']), ('Live UDP flows', 'flows', c['udp']), ('Short HTTP connections', 'connections', c['http'])]
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH * len(panels)} {HEIGHT + 18}" font-family="sans-serif" font-size="12">',
           '<style>.title{font-size:15px;font-weight:bold}.grid{stroke:#ddd}.axis{stroke:#555;fill:none}</style>',
           '<rect width="100%" height="100%" fill="#fff"/>']
    for i, (title, x_name, curves) in enumerate(panels):
        out += panel(title, x_name, curves, i * WIDTH)
    out.append(f'<text x="{LEFT}" y="{HEIGHT + 10}" fill="#555">{figures["capture"]}; {figures["rules"]}; {figures["machine"]}; '
               f'least of {figures["repeat"]} runs</text></svg>')
    return '\n'.join(out) + '\n'


def numbers(text):
    return [int(n) for n in text.split(',')]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--capture')
    p.add_argument('--rules')
    p.add_argument('--casus', action='append', default=[], metavar='PROGRAM')
    p.add_argument('--suricata', action='append', default=[], metavar='PROGRAM')
    p.add_argument('--repeat', type=int, default=3)
    p.add_argument('--rule-counts', type=numbers, default=numbers('1000,2000,5000,10000,20000,50000'))
    p.add_argument('--flow-counts', type=numbers, default=numbers('1000,10000,100000,1000000'))
    p.add_argument('--out', type=pathlib.Path, default=HERE.parent.parent / 'contrib' / 'doc')
    p.add_argument('--draw', action='store_true', help='only draw what was measured')
    args = p.parse_args()
    args.logs, args.set = 'none', []
    args.casus = [os.path.abspath(c) for c in args.casus or ['sensor/casus']]
    args.out.mkdir(parents=True, exist_ok=True) # not after minutes of measuring
    figures = args.out / 'cost.json'
    if not args.draw:
        if not args.capture or not args.rules:
            p.error('--capture and --rules are missing')
        args.capture, args.rules = os.path.abspath(args.capture), os.path.abspath(args.rules)
        with tempfile.TemporaryDirectory(prefix='casus-curves.', dir=os.environ.get('TMPDIR')) as work:
            figures.write_text(json.dumps(measure(args, work), indent=1) + '\n')
    (args.out / 'cost.svg').write_text(draw(json.loads(figures.read_text())))


if __name__ == '__main__':
    main()
