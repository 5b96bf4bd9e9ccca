"""Two hosts in network namespaces, joined by two wires: ww-live-site (the site server, where live watches) and
ww-live-client. Everything is called ww-live-*, is removed by name before and after, and one test at a time has it.
"""
import fcntl
import json
import os
import subprocess
import time

SITE, CLIENT = 'ww-live-site', 'ww-live-client'
WIRES = ('wwlive0', 'wwlive1')  # the site's ends; the client's have a "c" behind
HOSTS = {'site': ('10.99.1.5', 'fd99:1::5'), 'client': ('10.99.1.20', 'fd99:1::20')}
LOCK = '/run/lock/ww-live-test'

# Echoes one message a connection on TCP 445, 135 and 10123, over IPv4 and IPv6.
SERVER = '''
import socket, selectors
ready = selectors.DefaultSelector()
for host in %r:
    for port in (135, 445, 10123):
        s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((host, port))
        s.listen()
        ready.register(s, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in ready.select():
        c, _ = key.fileobj.accept()
        c.settimeout(2)
        try:
            c.send(c.recv(1000))
        except OSError:
            pass
        c.close()
''' % (HOSTS['client'],)

# A push in short: echo, SMB, then the endpoint mapper: HOST PATIENCE
PUSH = '''
import socket, subprocess, sys
host, patience = sys.argv[1], float(sys.argv[2])
subprocess.run(["ping", "-c", "1", "-W", "1", host], stdout=subprocess.DEVNULL)
s = socket.create_connection((host, 445), timeout=5)
s.send(b"\\0\\0\\0\\4\\xfeSMB")
s.recv(10)
s.close()
try:
    s = socket.create_connection((host, 135), timeout=patience)
    s.send(b"hello, who is there?")
    s.recv(100)
    s.close()
except OSError as error:
    print(error)
'''

# Counts upwards in datagrams to a port nobody drops: SECONDS PER_SECOND
STEADY = '''
import socket, struct, sys, time
seconds, rate = float(sys.argv[1]), float(sys.argv[2])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
start, n = time.time(), 0
while time.time() < start + seconds:
    s.sendto(struct.pack(">Id", n, time.time()) + bytes(200), ("%s", 4000))
    n += 1
    time.sleep(max(0, start + n / rate - time.time()))
''' % HOSTS['client'][0]


def run(*command, check=True, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=check, text=True,
                          timeout=60, **options).stdout


def inside(space, *command):
    """What runs a command in a namespace. ip netns exec and ip -n would do, but not in a root folder that is no mount
    point."""
    return ['nsenter', f'--net=/run/netns/{space}', *command]


def ip(space, *words, check=True):
    return run(*inside(space, 'ip', *words), check=check)


def remove():
    for space in (SITE, CLIENT):
        for pid in run('ip', 'netns', 'pids', space, check=False).split():
            if pid.isdigit():
                try:
                    os.kill(int(pid), 9)
                except ProcessLookupError:
                    pass
        run('ip', 'netns', 'del', space, check=False)


def why_not():
    """None when such namespaces can be made here."""
    if os.geteuid() != 0:
        return 'needs root for network namespaces'
    try:
        run('ip', 'netns', 'add', 'ww-live-try')
        run('ip', 'netns', 'del', 'ww-live-try')
        run('nft', '--version')
        run('tshark', '--version')
    except (OSError, subprocess.SubprocessError) as error:
        return f'no network namespaces, nft or tshark here: {error}'
    return None


class Network:
    def __init__(self):
        self.lock = open(LOCK, 'w', encoding='utf-8')
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        remove()
        for space in (SITE, CLIENT):
            run('ip', 'netns', 'add', space)
            ip(space, 'link', 'set', 'lo', 'up')
        for number, wire in enumerate(WIRES):
            run('ip', 'link', 'add', wire, 'netns', SITE, 'type', 'veth', 'peer', 'name', wire + 'c', 'netns', CLIENT)
            for space, name, host in ((SITE, wire, 'site'), (CLIENT, wire + 'c', 'client')):
                v4, v6 = HOSTS[host]
                if number == 0:
                    ip(space, 'addr', 'add', v4 + '/24', 'dev', name)
                    ip(space, 'addr', 'add', v6 + '/64', 'dev', name, 'nodad')
                else:
                    ip(space, 'addr', 'add', v4.replace('.1.', '.2.') + '/24', 'dev', name)
                ip(space, 'link', 'set', name, 'up')
        self.server = self.python(CLIENT, SERVER)
        self.server.stdout.readline()
        time.sleep(0.2)

    def close(self):
        self.server.kill()
        self.server.wait()
        self.server.stdout.close()
        remove()
        self.lock.close()

    @staticmethod
    def inside(space, *command):
        return inside(space, *command)

    def python(self, space, text, *args):
        return subprocess.Popen(self.inside(space, 'python3', '-c', text, *args), stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def push(self, host=HOSTS['client'][0], patience=9):
        return self.python(SITE, PUSH, host, str(patience))

    def drop(self, rule='tcp dport 135 drop'):
        run(*self.inside(CLIENT, 'nft', '-f', '-'), input='table inet t { chain i { type filter hook input priority 0;'
            f'\n{rule}\n}}\n}}\n')

    def allow(self):
        run(*self.inside(CLIENT, 'nft', 'flush', 'ruleset'))

    @staticmethod
    def site_file(path):
        with open(path, 'w', encoding='utf-8') as file:
            json.dump({'policy': 'configmgr-client', 'site': 'L', 'features': ['client-push'],
                       'roles': {'site_server': list(HOSTS['site']), 'client': list(HOSTS['client'])}}, file)
        return path
