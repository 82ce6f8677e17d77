#!/usr/bin/env python3
"""Compares what casus told of a file with what it told of an interface into which the file was played.

  live_check.py FILE-FOLDER LIVE-FOLDER any|shared    (shared: with two workers each must have had something)
  live_check.py --taken < "casusctl --json stats"      frames that are accounted for so far
"""
import collections
import json
import sys


def read(folder):
    alerts, stats = collections.Counter(), None
    with open(f'{folder}/eve.json', encoding='utf-8') as lines:
        for line in lines:
            event = json.loads(line)
            if event['event_type'] == 'alert':
                alerts[event['alert']['signature_id'], event.get('src_ip'), event.get('src_port'), event.get('dest_ip'),
                       event.get('dest_port')] += 1
            elif event['event_type'] == 'stats':
                stats = event['stats']
    return alerts, stats


def find(tree, name):
    """The object called name, wherever in the answer it is."""
    if not isinstance(tree, dict):
        return None
    if name in tree:
        return tree[name]
    return next((got for got in (find(v, name) for v in tree.values()) if got is not None), None)


def taken():
    capture = find(json.load(sys.stdin), 'capture')
    return capture['kernel_packets'] + capture['kernel_drops'] + capture['kernel_ifdrops']


def main():
    if sys.argv[1] == '--taken':
        print(taken())
        return 0
    (want, want_stats), (have, have_stats) = read(sys.argv[1]), read(sys.argv[2])
    wrong = [f'alert {key}: {want[key]} from the file, {have[key]} live' for key in sorted(set(want) | set(have), key=str)
             if want[key] != have[key]]
    with open(f'{sys.argv[2]}/frames', encoding='ascii') as f:
        sent = int(f.read())
    capture = have_stats['capture']
    if sent != capture['kernel_packets'] + capture['kernel_drops'] + capture['kernel_ifdrops']:
        wrong.append(f'{sent} frames sent, but {capture}')
    if sent != want_stats['capture']['kernel_packets']:
        wrong.append(f"{sent} frames sent, {want_stats['capture']['kernel_packets']} in the file")
    with open(f'{sys.argv[2]}/status', encoding='utf-8') as f:
        engine = find(json.load(f), 'engine')
    shares = engine['worker_packets']
    if sys.argv[3] == 'shared' and (sum(shares) != capture['kernel_packets'] or min(shares) == 0):
        wrong.append(f'shares of the workers: {shares}')
    if sys.argv[3] == 'shared' and not want:
        wrong.append('no alert to compare')
    for section, key in (('tcp', 'reassembly_gap'), ('tcp', 'no_session'), ('defrag', 'ignored'), ('event', 'ring_drops')):
        if have_stats[section][key] != want_stats[section][key]:
            wrong.append(f'{section}.{key}: {want_stats[section][key]} from the file, {have_stats[section][key]} live')
    print(f"{sys.argv[2].rsplit('/', 1)[-1]}: {sent} frames, {sum(have.values())} alerts, shares {shares}, "
          f"drops {capture['kernel_drops']} + {capture['kernel_ifdrops']}")
    print('\n'.join(wrong), end='\n' if wrong else '')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
