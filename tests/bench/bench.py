#!/usr/bin/env python3
"""What casus costs on a capture, beside what reading the file costs, and beside Suricata where it is installed.

  tests/bench/bench.py --capture FILE [--rules FILE] [--logs none|alerts|all] [--casus PROGRAM]... [--suricata PROGRAM]...
                       [--limits PROGRAM] [--repeat N] [--flows N] [--set KEY=VALUE]... [--json]
  tests/bench/bench.py --instructions --casus PROGRAM [--rules FILE]

Runs of the engines alternate, each program given once a round. Packet CPU is that of the threads that handle packets (casus:
casus-worker; Suricata: W#, FM#, FR# and RX#), as /proc tells it. All CPU is that of every thread, less what the engine takes to be
ready for one packet: writing, the journal, incidents and bands are in it. Loading rules is measured by itself, on a capture of one
packet, with an empty cache of databases (cold) and a filled one (warm). Bytes a flow: growth of the resident memory from the
one-packet capture to one of --flows UDP flows that are all alive. Quote ratios: absolute numbers depend on the machine and on who else
is at work. Each ratio is of the least Suricata of a round to the casus of the same round: higher is better for casus.
--instructions counts instructions a packet with valgrind's callgrind on a small capture, which no neighbour disturbs.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

TICK = os.sysconf('SC_CLK_TCK')
PACKET_THREADS = ('casus-worker', 'W#', 'FM#', 'FR#', 'RX#')


def thread_times(pid):
    """CPU seconds of each thread by name."""
    times = {}
    for task in pathlib.Path(f'/proc/{pid}/task').iterdir():
        try:
            text = (task / 'stat').read_text()
            sched = (task / 'schedstat').read_text().split()
        except (OSError, ValueError):
            continue
        name = text[text.index('(') + 1:text.rindex(')')]
        fields = text[text.rindex(')') + 2:].split()
        seconds = int(sched[0]) / 1e9 if sched and sched[0] != '0' else (int(fields[11]) + int(fields[12])) / TICK
        times[task.name] = (name, seconds)
    return times


class Watch(threading.Thread):
    """Samples a process's threads until it ends; keeps the last value of each."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.threads, self.over = pid, {}, False

    def run(self):
        while not self.over:
            try:
                self.threads.update(thread_times(self.pid))
            except OSError:
                return
            time.sleep(0.01)

    def packet_cpu(self):
        return sum(s for n, s in self.threads.values() if n.startswith(PACKET_THREADS))


def run(command, **more):
    """Runs to the end; what it took."""
    began = time.monotonic()
    proc = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **more)
    watch = Watch(proc.pid)
    watch.start()
    stderr = []
    reader = threading.Thread(target=lambda: stderr.append(proc.stderr.read()), daemon=True)
    reader.start()
    _, status, usage = os.wait4(proc.pid, 0)
    watch.over = True
    watch.join()
    reader.join()
    proc.returncode = os.waitstatus_to_exitcode(status)
    if proc.returncode not in (0, 65):
        sys.exit(f'bench.py: {" ".join(command)}: exit {proc.returncode}\n{stderr[0].decode(errors="replace")[-2000:]}')
    return {'wall': time.monotonic() - began, 'cpu': usage.ru_utime + usage.ru_stime, 'rss': usage.ru_maxrss * 1024,
            'packet_cpu': watch.packet_cpu()}


def write_flows(path, flows):
    """One UDP datagram of 64 bytes a flow, all within a second: nothing times out."""
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b23c4d, 2, 4, 0, 0, 262144, 1))
        head = struct.pack('>HHHBBH', 20 + 8 + 64, 1, 0, 64, 17, 0)
        for i in range(flows):
            src, dst, port = 0x0a000000 + i // 64, 0xc0a80000 + i % 256, 1024 + i % 60000
            ip = b'\x45\0' + head + struct.pack('>II', src, dst)
            total = sum(struct.unpack('>10H', ip))
            total = (total & 0xffff) + (total >> 16)
            total = ~((total & 0xffff) + (total >> 16)) & 0xffff
            frame = (b'\2\0\0\0\0\2\2\0\0\0\0\1\x08\0' + ip[:10] + struct.pack('>H', total) + ip[12:]
                     + struct.pack('>HHHH', port, 9, 72, 0) + b'f' * 64)
            f.write(struct.pack('<IIII', 1700000000, i * (999999999 // flows), len(frame), len(frame)) + frame)


def alerts_in(folder):
    n = events = 0
    try:
        with open(f'{folder}/eve.json', 'rb') as lines:
            for line in lines:
                events += 1
                n += b'"event_type":"alert"' in line
    except OSError:
        pass
    return n, events


LOGS = ('alert', 'anomaly', 'flow', 'stats', 'http', 'http2', 'dns', 'mdns', 'tls', 'quic', 'ssh', 'smb', 'smtp', 'ftp', 'tftp', 'fileinfo', 'dcerpc',
        'krb5', 'ldap', 'rdp', 'rfb', 'sip', 'snmp', 'dhcp', 'nfs', 'mqtt', 'pgsql', 'ike', 'modbus', 'dnp3', 'enip', 'websocket',
        'bittorrent-dht', 'pop3')
OTHER_NAMES = {'casus': {'bittorrent-dht': 'bittorrent_dht'}, 'suricata': {'fileinfo': 'files'}}
NOT_LOGGED = {'casus': (), 'suricata': ('modbus', 'enip')}  # the reference has no such record


def outputs(engine, logs):
    """The outputs of suricata.yaml, which both read."""
    if logs == 'none':
        return 'outputs: []\n'
    types = ['alert'] if logs == 'alerts' else [OTHER_NAMES[engine].get(n, n) for n in LOGS if n not in NOT_LOGGED[engine]]
    return f'outputs: [{{eve-log: {{enabled: yes, filetype: regular, filename: eve.json, types: [{", ".join(types)}]}}}}]\n'


class Casus:
    kind = 'casus'

    def __init__(self, args, work, program, name):
        self.args, self.program, self.name = args, program, name
        self.conf = f'{work}/casus.yaml'
        pathlib.Path(self.conf).write_text(outputs('casus', args.logs))

    def command(self, capture, rules, out, cache):
        words = [self.program, '-c', self.conf, '-r', capture, '-S', rules or '/dev/null', '-l', out, '-k', 'none', '-q', '--no-summary',
                 '--set', f'detect.sgh-mpm-caching-path={cache}']
        for pair in self.args.set:
            words += ['--set', pair]
        return words


class Suricata:
    kind = 'suricata'

    def __init__(self, args, work, program, name):
        self.program, self.name = program, name
        self.conf = f'{work}/suricata.yaml'
        pathlib.Path(self.conf).write_text('''%YAML 1.1
---
vars:
  address-groups: {HOME_NET: "[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12]", EXTERNAL_NET: "!$HOME_NET", HTTP_SERVERS: "$HOME_NET",
    SMTP_SERVERS: "$HOME_NET", SQL_SERVERS: "$HOME_NET", DNS_SERVERS: "$HOME_NET", TELNET_SERVERS: "$HOME_NET",
    AIM_SERVERS: "$EXTERNAL_NET", DC_SERVERS: "$HOME_NET", DNP3_SERVER: "$HOME_NET", DNP3_CLIENT: "$HOME_NET",
    MODBUS_CLIENT: "$HOME_NET", MODBUS_SERVER: "$HOME_NET", ENIP_CLIENT: "$HOME_NET", ENIP_SERVER: "$HOME_NET"}
  port-groups: {HTTP_PORTS: "80", SHELLCODE_PORTS: "!80", ORACLE_PORTS: 1521, SSH_PORTS: 22, DNP3_PORTS: 20000,
    MODBUS_PORTS: 502, FILE_DATA_PORTS: "[$HTTP_PORTS,110,143]", FTP_PORTS: 21, GENEVE_PORTS: 6081, VXLAN_PORTS: 4789,
    TEREDO_PORTS: 3544, SIP_PORTS: "[5060, 5061]"}
unix-command: {enabled: no}
app-layer:
  protocols: {tls: {enabled: yes}, http: {enabled: yes}, ftp: {enabled: yes}, smtp: {enabled: yes}, ssh: {enabled: yes},
    smb: {enabled: yes}, dns: {tcp: {enabled: yes}, udp: {enabled: yes}}, modbus: {enabled: yes}, dnp3: {enabled: yes},
    quic: {enabled: yes}, krb5: {enabled: yes}, snmp: {enabled: yes}, sip: {enabled: yes}, rdp: {enabled: yes}, nfs: {enabled: yes},
    tftp: {enabled: yes}, dhcp: {enabled: yes}, dcerpc: {enabled: yes}, ntp: {enabled: yes}, ike: {enabled: yes},
    mqtt: {enabled: yes}, http2: {enabled: yes}, pgsql: {enabled: yes}, enip: {enabled: yes}, rfb: {enabled: yes}}
''' + outputs('suricata', args.logs))

    def command(self, capture, rules, out, cache):
        return [self.program, '-c', self.conf, '-S', rules or '/dev/null', '-k', 'none', '--runmode', 'single',
                '-l', out, '-r', capture, '--set', f'detect.sgh-mpm-caching={"yes" if cache else "no"}'] + (
                    ['--set', f'detect.sgh-mpm-caching-path={cache}'] if cache else [])


def spread(values):
    return {'min': min(values), 'median': statistics.median(values), 'max': max(values)}


def cache_of(engine, work):
    """Its folder of compiled rules."""
    path = f'{work}/cache-{engine.name.replace("/", "_")}'
    os.makedirs(path, exist_ok=True)
    return path


def loading(engine, args, work, one):
    """Seconds of CPU and wall to be ready for one packet: cache empty, then filled."""
    shutil.rmtree(cache_of(engine, work))
    cache = cache_of(engine, work)
    result = {}
    for what in ('cold', 'warm'):
        out = tempfile.mkdtemp(dir=work)
        took = run(engine.command(one, args.rules, out, cache))
        result[what] = {'wall': took['wall'], 'cpu': took['cpu'], 'rss': took['rss']}
    return result


def read_limit(args, tool):
    packets, size, cpu = subprocess.run([tool, args.capture], check=True, capture_output=True, text=True).stdout.split()
    return int(packets), int(size), float(cpu)


def build_reader(args, work):
    source = pathlib.Path(__file__).resolve().parent / 'read.c'
    tool = f'{work}/read'
    subprocess.run([os.environ.get('CC', 'cc'), '-O2', '-o', tool, str(source), '-lpcap'], check=True)
    return tool


def engines_of(args, work):
    made = []
    for kind, programs in ((Casus, args.casus), (Suricata, args.suricata)):
        for program in programs:
            if not shutil.which(program):
                print(f'bench.py: {program}: not installed, left out', file=sys.stderr)
                continue
            same = [p for p in programs if os.path.basename(p) == os.path.basename(program)]
            made.append(kind(args, work, program, program if len(same) > 1 else os.path.basename(program)))
    return made


def one_run(engine, args, work):
    out = tempfile.mkdtemp(dir=work)
    took = run(engine.command(args.capture, args.rules, out, cache_of(engine, work)))
    took['alerts'], took['events'] = alerts_in(out)
    shutil.rmtree(out)
    return took


def measure(args, work):
    engines = engines_of(args, work)
    one, many = f'{work}/one.pcap', f'{work}/flows.pcap'
    write_flows(one, 1)
    write_flows(many, args.flows)
    reader = build_reader(args, work)
    report = {'capture': args.capture, 'rules': args.rules, 'logs': args.logs, 'repeat': args.repeat, 'engines': {}}
    if args.limits:
        report['limits'] = subprocess.run([args.limits, 'read', args.capture], capture_output=True, text=True).stdout.splitlines()
    for e in engines:
        report['engines'][e.name] = {'kind': e.kind, 'load': loading(e, args, work, one), 'runs': []}
    reads = []
    for _ in range(args.repeat):
        packets, size, cpu = read_limit(args, reader)
        reads.append(cpu * 1e9 / packets)
        for e in engines:
            report['engines'][e.name]['runs'].append(one_run(e, args, work))
    report.update(packets=packets, bytes=size, read_ns=spread(reads))
    for e in engines:
        r = report['engines'][e.name]
        small = run(e.command(one, None, tempfile.mkdtemp(dir=work), cache_of(e, work)))
        big = run(e.command(many, None, tempfile.mkdtemp(dir=work), cache_of(e, work)))
        r['flow_bytes'] = (big['rss'] - small['rss']) / args.flows
        r['ns'] = spread([x['packet_cpu'] * 1e9 / packets for x in r['runs']])
        r['all_ns'] = spread([(x['cpu'] - r['load']['warm']['cpu']) * 1e9 / packets for x in r['runs']])
        r['rss'] = max(x['rss'] for x in r['runs'])
    report['ratios'] = ratios(report)
    return report


def ratios(report):
    """Of the least Suricata of each round to each casus."""
    kinds = report['engines'].values()
    peers = [e for e in kinds if e['kind'] == 'suricata']
    found = {}
    for name, e in report['engines'].items():
        if e['kind'] != 'casus' or not peers:
            continue
        def least(i, of):
            return min(of(p, p['runs'][i]) for p in peers)
        def packet(_, run):
            return run['packet_cpu']
        def whole(engine, run):
            return run['cpu'] - engine['load']['warm']['cpu']
        def rss(_, run):
            return run['rss']
        found[name] = {}
        for what, of in (('packet CPU', packet), ('all CPU', whole), ('peak RSS', rss)):
            found[name][what] = spread([least(i, of) / of(e, r) for i, r in enumerate(e['runs'])])
        for what in ('cold', 'warm'):
            found[name][f'{what} start, CPU'] = spread([min(p['load'][what]['cpu'] for p in peers) / e['load'][what]['cpu']])
    return found


def table(report):
    packets, size = report['packets'], report['bytes']
    print(f"{report['capture']}: {packets} packets, {size} bytes, {size / packets:.0f} a packet; "
          f"rules: {report['rules'] or 'none'}; logs: {report['logs']}")
    print(f"{'min of ' + str(report['repeat']) + ' runs':28} {'ns/packet':>10} {'median':>8} {'max':>8} {'packets/s':>11} {'Gbit/s':>8} {'all CPU':>8}")
    rows = [('libpcap reads the file', report['read_ns'], None)]
    rows += [(n, e['ns'], e['all_ns']) for n, e in report['engines'].items()]
    for name, ns, whole in rows:
        rate = 1e9 / ns['min'] if ns['min'] else 0
        print(f"{name[-28:]:28} {ns['min']:10.0f} {ns['median']:8.0f} {ns['max']:8.0f} {rate:11.0f} {rate * size / packets * 8 / 1e9:8.2f} "
              f"{whole['min'] if whole else ns['min']:8.0f}")
    for name, e in report['engines'].items():
        cold, warm, last = e['load']['cold'], e['load']['warm'], e['runs'][-1]
        print(f"{name}: rules ready cold {cold['wall']:.2f} s (CPU {cold['cpu']:.2f}), warm {warm['wall']:.2f} s (CPU {warm['cpu']:.2f}); "
              f"peak RSS {e['rss'] / 2**20:.0f} MiB; {e['flow_bytes']:.0f} bytes a flow; {last['alerts']} alerts of {last['events']} "
              f"events; whole run {min(x['wall'] for x in e['runs']):.1f} s wall, {min(x['cpu'] for x in e['runs']):.1f} s CPU")
    for name, found in report['ratios'].items():
        for what, r in found.items():
            print(f"suricata / {name}, {what}: min {r['min']:.2f} median {r['median']:.2f} max {r['max']:.2f}")
    for line in report.get('limits', []):
        print(line)


def instructions(args, work):
    """Instructions of the worker a packet, the run without packets taken off."""
    counts = {}
    sizes = (2, args.flows)
    for flows in sizes:
        capture = f'{work}/{flows}.pcap'
        write_flows(capture, flows)
        command = Casus(args, work, args.casus[0], 'casus').command(capture, args.rules, tempfile.mkdtemp(dir=work), f'{work}/cache') + ['--no-seccomp']
        done = subprocess.run(['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null'] + command, capture_output=True, text=True)
        found = re.search(r'refs:\s+([\d,]+)', done.stderr)
        if done.returncode or not found:
            sys.exit(f'bench.py: valgrind: exit {done.returncode}\n{done.stderr[-2000:]}')
        counts[flows] = int(found.group(1).replace(',', ''))
    per = (counts[sizes[1]] - counts[sizes[0]]) / (sizes[1] - sizes[0])
    return {'packets': sizes[1], 'instructions_per_packet': per}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--capture')
    p.add_argument('--rules')
    p.add_argument('--logs', choices=('none', 'alerts', 'all'), default='alerts')
    p.add_argument('--casus', action='append', default=[], metavar='PROGRAM')
    p.add_argument('--suricata', action='append', default=[], metavar='PROGRAM')
    p.add_argument('--limits', help='the program of ../shared/bench, for its rows')
    p.add_argument('--repeat', type=int, default=3)
    p.add_argument('--flows', type=int, default=0, help='default 200000; 2000 with --instructions')
    p.add_argument('--set', action='append', default=[], metavar='KEY=VALUE', help='for casus')
    p.add_argument('--instructions', action='store_true')
    p.add_argument('--json', action='store_true')
    args = p.parse_args()
    args.flows = args.flows or (2000 if args.instructions else 200000)
    if not args.instructions and not args.capture:
        p.error('--capture is missing')
    for name in ('capture', 'rules'):
        if getattr(args, name):
            setattr(args, name, os.path.abspath(getattr(args, name)))
    args.casus = [os.path.abspath(c) for c in args.casus or ['sensor/casus']]
    with tempfile.TemporaryDirectory(prefix='casus-bench.') as work:
        report = instructions(args, work) if args.instructions else measure(args, work)
    if args.json:
        print(json.dumps(report, indent=1))
    elif args.instructions:
        print(f"{report['instructions_per_packet']:.0f} instructions a packet (new UDP flow each, with its flow's end)")
    else:
        table(report)


if __name__ == '__main__':
    main()
