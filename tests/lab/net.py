"""The lab's network: namespaces, veth pairs, addresses, routes, nftables and recordings.

    ww-site ---+                                       +--- ww-client   (servers and clients)
               br-site --[ ww-fw: forwards, nft ]-- br-client
    ww-mute ---+                                       +--- ww-quiet    (alive, nobody listens)
                                                       +--- ww-peer     (another client)

Every scenario has one address on each side, in IPv4 or IPv6, and routes that make any program use that pair. Everything
is found again by the names above, so a run that was cut short is cleaned up by the next one.
"""
import ctypes
import fcntl
import json
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

FIREWALL = 'ww-fw'
SIDES = {'ww-site': 'site', 'ww-mute': 'site', 'ww-client': 'client', 'ww-quiet': 'client', 'ww-peer': 'client'}
SPACES = [FIREWALL, *SIDES]
PREFIX = {('site', 4): '10.1.', ('client', 4): '10.2.', ('site', 6): '2001:db8:1::', ('client', 6): '2001:db8:2::'}
MASK = {4: 16, 6: 64}
SETTINGS = {'net.ipv4.tcp_syn_retries': 4, 'net.ipv6.conf.all.accept_dad': 0, 'net.ipv6.conf.default.accept_dad': 0,
            'net.ipv6.conf.all.accept_ra': 0, 'net.ipv4.icmp_ratelimit': 0, 'net.ipv6.icmp.ratelimit': 0,
            'net.ipv4.icmp_msgs_per_sec': 100000, 'net.ipv4.tcp_ecn': 0}
SIOCETHTOOL, NO_OFFLOAD = 0x8946, {'tso': 0x1f, 'gso': 0x24, 'gro': 0x2c}
COUNTS = re.compile(r'(\d+) packets? captured, (\d+) packets? received by filter, (\d+) packets? dropped by kernel')
LIBC = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """The lab itself does not work; says nothing about the program."""


def entering(space):
    """What stands before a command that is to run in a namespace. ip netns exec and ip -n would do, but not in a
    root folder that is no mount point."""
    return ['nsenter', f'--net=/run/netns/{space}']


def command(*words, stdin=None, space=None, check=True, seconds=60):
    """Runs a command, in a namespace when one is named; returns its standard output."""
    words = (entering(space) if space else []) + [str(w) for w in words]
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=seconds, check=False)
    if check and done.returncode:
        raise LabError(f'{" ".join(words[:8])}: {done.stderr.strip()[:600]}')
    return done.stdout


def address(side, version, number):
    """The address of scenario number on one side; number 0 is the firewall's own."""
    if version == 6:
        return PREFIX[side, 6] + format(number + 1, 'x')
    return f'{PREFIX[side, 4]}{number // 200}.{number % 200 + 1}'


def enter(space):
    """Moves the calling thread into a namespace: its sockets and children belong there from now on."""
    with open(f'/run/netns/{space}', 'rb') as handle:
        if LIBC.setns(handle.fileno(), 0x40000000):
            raise LabError(f'{space}: {os.strerror(ctypes.get_errno())}')


def inside(space, function, *args):
    """Calls a function in a namespace, on a thread of its own."""
    with ThreadPoolExecutor(1, initializer=enter, initargs=(space,)) as pool:
        return pool.submit(function, *args).result()


def offload_off(interface):
    """No segmentation or merging: frames are as a wire would carry them. Checksums stay offloaded."""
    buffers = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for number in NO_OFFLOAD.values():
            value = ctypes.create_string_buffer(struct.pack('II', number, 0))
            buffers.append(value)
            fcntl.ioctl(s, SIOCETHTOOL, struct.pack('16sP', interface.encode(), ctypes.addressof(value)))


def processes_of(space):
    return [int(p) for p in command('ip', 'netns', 'pids', space, check=False).split()]


def clean():
    """Ends whatever runs in the lab's namespaces and removes them."""
    for force in (signal.SIGTERM, signal.SIGKILL):
        left = [p for space in SPACES for p in processes_of(space)]
        for process in left:
            try:
                os.kill(process, force)
            except ProcessLookupError:
                pass
        for _ in range(20):
            if not any(processes_of(space) for space in SPACES):
                break
            time.sleep(0.1)
    there = {line.split()[0] for line in command('ip', 'netns', 'list').splitlines()}
    for space in SPACES:
        if space in there:
            command('ip', 'netns', 'delete', space)


def set_up(space):
    command('ip', 'netns', 'add', space)
    command('ip', 'link', 'set', 'lo', 'up', space=space)
    command('sysctl', '-q', '-e', '-w', *(f'{name}={value}' for name, value in SETTINGS.items()), space=space)


def build():
    """The empty network: namespaces, bridges, links, the firewall's addresses and forwarding."""
    for space in SPACES:
        set_up(space)
    # Where br_netfilter is loaded, nftables would send its resets past the bridge and so past the recording.
    command('sysctl', '-q', '-e', '-w', 'net.bridge.bridge-nf-call-iptables=0', 'net.bridge.bridge-nf-call-ip6tables=0',
            space=FIREWALL)
    for name in ('net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'):
        command('sysctl', '-q', '-w', f'{name}=1', space=FIREWALL)
    for side in ('site', 'client'):
        bridge = f'br-{side}'
        command('ip', 'link', 'add', bridge, 'type', 'bridge', 'mcast_snooping', 0, space=FIREWALL)
        command('ip', 'link', 'set', bridge, 'up', space=FIREWALL)
        for version in (4, 6):
            command('ip', 'address', 'add', f'{address(side, version, 0)}/{MASK[version]}', 'dev', bridge, space=FIREWALL)
    for space, side in SIDES.items():
        port = space.replace('ww-', 'p-')
        command('ip', 'link', 'add', port, 'netns', FIREWALL, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space)
        command('ip', 'link', 'set', port, 'master', f'br-{side}', 'up', space=FIREWALL)
        command('ip', 'link', 'set', 'eth0', 'up', space=space)
        inside(space, offload_off, 'eth0')
        inside(FIREWALL, offload_off, port)
    for side in ('site', 'client'):
        inside(FIREWALL, offload_off, f'br-{side}')


def batch(space, lines):
    command('ip', '-batch', '-', stdin=''.join(line + '\n' for line in lines), space=space)


def populate(places):
    """places: (space, own address, peer's address, version) of each end that exists. Adds addresses and routes, so that
    whatever talks to the peer does so from the own address."""
    for space, side in SIDES.items():
        mine = [p for p in places if p[0] == space]
        batch(space, [f'address add {own}/{MASK[v]} dev eth0' + (' nodad' if v == 6 else '') for _, own, _, v in mine])
        batch(space, [f'route add {peer} via {address(side, v, 0)} src {own}' for _, own, peer, v in mine])


def acquaint(pairs):
    """pairs: (space, own address, neighbour on the same side) whose talk takes the own address, too."""
    for space in SIDES:
        batch(space, [f'route add {other} dev eth0 src {own}' for where, own, other in pairs if where == space])


def silence(side, addresses):
    """Makes the firewall believe it knows these hosts, so that nothing but silence tells that they are off."""
    batch(FIREWALL, [f'neigh replace {a} lladdr 02:00:00:00:de:ad dev br-{side} nud permanent' for a in addresses])


def load_rules(space, text):
    command('nft', '-f', '-', stdin=text, space=space)


def counters():
    """Packets by name of counter, over all namespaces."""
    found = {}
    for space in SPACES:
        for item in json.loads(command('nft', '-j', 'list', 'counters', space=space))['nftables']:
            if 'counter' in item:
                found[item['counter']['name']] = item['counter']['packets']
    return found


class Recorder:
    """tcpdump on one interface of one namespace."""

    def __init__(self, space, interface, path):
        self.path = path
        self.process = subprocess.Popen(
            [*entering(space), 'tcpdump', '-U', '-n', '-s', '0', '-B', '32768', '-Z', 'root', '-i',
             interface, '-w', path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if not any('listening on' in self.process.stderr.readline() for _ in range(2)):  # the first may name a link type
            raise LabError(f'tcpdump does not listen on {interface}')
        self.said = []
        self.reader = threading.Thread(target=lambda: self.said.extend(self.process.stderr), daemon=True)
        self.reader.start()

    def counts(self):
        """(captured, received, dropped) as tcpdump says when asked; None when it does not answer."""
        before = len(self.said)
        self.process.send_signal(signal.SIGUSR1)
        for _ in range(50):
            for line in self.said[before:]:
                match = COUNTS.search(line)
                if match:
                    return tuple(int(n) for n in match.groups())
            time.sleep(0.1)
        return None

    def stop(self):
        """Ends the recording once everything received is written; a recording with a loss is no evidence."""
        for _ in range(30):  # what is still in the kernel's buffer is lost when tcpdump ends
            counts = self.counts()
            if counts and counts[0] >= counts[1]:
                break
            time.sleep(1)
        early = self.process.poll()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        self.reader.join(5)
        if early is not None or not counts or counts[0] < counts[1] or counts[2]:
            raise LabError(f'{self.path} is not whole: (captured, received, dropped) {counts}, exit status {early}; '
                           + ' '.join(self.said[-5:]))
