#!/usr/bin/env python3
"""How much a live capture takes: packets a second over a veth, and what is lost where.

  live_rate.py --program BUILD/wallwitness --flood BUILD/tests/bench/flood [--rate 200000] [--seconds 60] [--bytes 200]
               [--record]

Needs root. Sender, kernel and program share the processors; use two. Prints one line of figures; the exit status is 1
when the program's own ring lost a packet.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'live'))
from network import SITE, WIRES, Network, why_not  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--program', required=True)
    parser.add_argument('--flood', required=True)
    parser.add_argument('--rate', type=int, default=200000)
    parser.add_argument('--seconds', type=int, default=60)
    parser.add_argument('--bytes', type=int, default=200)
    parser.add_argument('--record', action='store_true')
    o = parser.parse_args()
    reason = why_not()
    if reason:
        print('cannot be measured: ' + reason)
        return 77
    net = Network()
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)
            command = net.inside(SITE, os.path.abspath(o.program), 'live', '-i', WIRES[0], '--json-events', '-q')
            if o.record:
                command += ['--record', os.path.join(folder, 'rec'), '--record-max', '1024']
            live = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            live.stdout.readline()
            flood = subprocess.run(net.inside(SITE, os.path.abspath(o.flood), WIRES[0], str(o.rate), str(o.seconds),
                                              str(o.bytes)), stdout=subprocess.PIPE, text=True, check=True)
            live.send_signal(2)
            events = [json.loads(line) for line in live.communicate(timeout=120)[0].splitlines()]
        end, fill = events[-1], max(e['ring_fill_percent'] for e in events if 'ring_fill_percent' in e)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"sent {flood.stdout.strip()}; captured {end['packets']}; lost: kernel {end['dropped_kernel']}, "
              f"ring {end['dropped_ring']}, analysis {end['dropped_analysis']}, record {end['dropped_record']}; "
              f"ring at most {fill} % full; recorded {end['recorded_bytes'] >> 20} MiB; "
              f"processor {used.ru_utime + used.ru_stime:.1f} s for sender and program")
        return 1 if end['dropped_ring'] + end['dropped_analysis'] + end['dropped_record'] else 0
    finally:
        net.close()


if __name__ == '__main__':
    sys.exit(main())
