#!/usr/bin/env python3
"""Two workers against one: how much sooner they are done with a file, and what is lost on a link that tcpreplay fills.

  tests/bench/workers.py --capture FILE [--rules FILE] [--casus PROGRAM] [--repeat N] [--live] [--buffer BYTES]

Offline every worker reads the whole file and takes its share of the flows: what one second of reading costs is stated as the reader's
share of a packet. Time is that of packets: a run's wall less that of a run on one packet. --live (as root): tcpreplay --topspeed
through a pair of veth interfaces between two network namespaces; frames sent, seen and lost, with 1 and with 2 workers.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import bench

SENDER, SENSOR = 'casus-b-tx', 'casus-b-rx'


def offline(args, work):
    engine = bench.engines_of(args, work)[0]
    one = f'{work}/one.pcap'
    bench.write_flows(one, 1)
    packets, size, cpu = bench.read_limit(args, bench.build_reader(args, work))

    def run(capture, workers):
        out = tempfile.mkdtemp(dir=work)
        took = bench.run(engine.command(capture, args.rules, out, bench.cache_of(engine, work)) + ['-w', str(workers)])
        took['alerts'], _ = bench.alerts_in(out)
        shutil.rmtree(out)
        return took

    run(one, 1) # fills the cache
    ready = {w: min(run(one, w)['wall'] for _ in range(3)) for w in (1, 2)}
    pairs = [(run(args.capture, 1), run(args.capture, 2)) for _ in range(args.repeat)]
    ratios = [(a['wall'] - ready[1]) / (b['wall'] - ready[2]) for a, b in pairs]
    one_ns, two_ns = (min(p[i]['packet_cpu'] for p in pairs) * 1e9 / packets for i in (0, 1))
    read_ns = cpu * 1e9 / packets
    print(f'offline: {packets} packets; {pairs[0][0]["alerts"]} and {pairs[0][1]["alerts"]} alerts')
    print(f'  1 worker {one_ns:.0f} ns of CPU a packet, 2 workers {two_ns:.0f} ns in both together')
    print(f'  2 workers against 1, wall: min {min(ratios):.2f} median {statistics.median(ratios):.2f} max {max(ratios):.2f} times as fast')
    print(f'  libpcap reads the file in {read_ns:.0f} ns a packet: {100 * read_ns / one_ns:.0f} % of one worker')


def sh(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def link():
    unlink()
    for name in (SENDER, SENSOR):
        sh('ip', 'netns', 'add', name)
    sh('ip', 'link', 'add', 'cb0', 'netns', SENDER, 'mtu', '9000', 'type', 'veth', 'peer', 'name', 'cb1', 'netns', SENSOR)
    for name, dev in ((SENDER, 'cb0'), (SENSOR, 'cb1')):
        sh('ip', '-n', name, 'link', 'set', dev, 'mtu', '9000')
        sh('ip', 'netns', 'exec', name, 'sh', '-c', 'for f in all default; do echo 1 > /proc/sys/net/ipv6/conf/$f/disable_ipv6; done')
        sh('ip', '-n', name, 'link', 'set', dev, 'arp', 'off', 'up')


def unlink():
    for name in (SENDER, SENSOR):
        subprocess.run(['ip', 'netns', 'del', name], stderr=subprocess.DEVNULL)


def wait_for(ctl, out, proc):
    """Until it answers: then it listens."""
    for _ in range(600):
        if proc.poll() is not None:
            break
        if os.path.exists(f'{out}/casus.sock') and not subprocess.run([ctl, '--socket', f'{out}/casus.sock', 'status'], capture_output=True).returncode:
            return
        time.sleep(0.1)
    sys.exit('workers.py: casus -i does not start\n' + pathlib.Path(f'{out}/log').read_text(errors='replace')[-1000:])


def counters(out):
    """Of the last stats record."""
    last = {}
    for line in open(f'{out}/eve.json'):
        record = json.loads(line)
        if record['event_type'] == 'stats':
            last = record['stats']
    return last.get('capture', {})


def live(args, work):
    ctl = str(pathlib.Path(args.casus[0]).parent.parent / 'tools' / 'casusctl' / 'casusctl')
    for tool in ('ip', 'tcpreplay', ctl):
        if not shutil.which(tool):
            sys.exit(f'workers.py: {tool} is not installed')
    conf = pathlib.Path(work) / 'live.yaml'
    conf.write_text('outputs: [{eve-log: {enabled: yes, types: [alert, stats]}}]\n')
    for workers in (1, 2):
        link()
        out = tempfile.mkdtemp(dir=work)
        command = ['ip', 'netns', 'exec', SENSOR, args.casus[0], '-i', 'cb1', '-c', str(conf), '-S', args.rules or '/dev/null', '-l', out,
                   '-k', 'none', '-q', '-w', str(workers), '--set', f'capture.buffer-size={args.buffer}']
        with open(f'{out}/log', 'w') as log:
            sensor = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_for(ctl, out, sensor)
            sent = subprocess.run(['ip', 'netns', 'exec', SENDER, 'tcpreplay', '-q', '--topspeed', '--preload-pcap', '-i', 'cb0', args.capture],
                                  capture_output=True, text=True)
            time.sleep(3)
            sensor.send_signal(signal.SIGTERM)
            sensor.wait(60)
        finally:
            if sensor.poll() is None:
                sensor.kill()
            unlink()
        rate = re.search(r'Rated: .*', sent.stdout)
        frames = re.search(r'Successful packets:\s+(\d+)', sent.stdout)
        seen = counters(out)
        print(f'live, {workers} worker{"s" if workers > 1 else ""}: sent {frames.group(1) if frames else "?"} frames; {rate.group(0) if rate else ""}')
        print(f'  {json.dumps(seen)}; {bench.alerts_in(out)[0]} alerts')


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--capture', required=True)
    p.add_argument('--rules')
    p.add_argument('--casus', action='append', default=[], metavar='PROGRAM')
    p.add_argument('--repeat', type=int, default=3)
    p.add_argument('--live', action='store_true')
    p.add_argument('--buffer', default='256mb', help='of the kernel, for the sensor')
    args = p.parse_args()
    args.logs, args.set, args.suricata = 'alerts', [], []
    args.casus = [os.path.abspath(c) for c in args.casus or ['sensor/casus']]
    args.capture = os.path.abspath(args.capture)
    args.rules = args.rules and os.path.abspath(args.rules)
    with tempfile.TemporaryDirectory(prefix='casus-workers.', dir=os.environ.get('TMPDIR')) as work:
        (live if args.live else offline)(args, work)


if __name__ == '__main__':
    main()
