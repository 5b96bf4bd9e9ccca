"""What the lab's hosts do to each other. A step is called in the initiator's namespace with the target's address; it
tries once and gives up after SECONDS. Whether it works is for the packets to say: a step never fails.

Sources are not bound: each pair of hosts has a route that gives the scenario's own address.
"""
import os
import socket
import ssl
import struct
import subprocess
import uuid

from services import PASSWORD, USER

SECONDS = 11  # long enough for SYNs at 0, 1, 3 and 7 s; and data repeated at least four times
LARGE = 4000  # bytes: several packets
FOLDER = ['/tmp']  # of this run; set once at the start
EPM, EPM_VERSION = uuid.UUID('e1af8308-5d1f-11c9-91a4-08002b14a0fa'), 3
NDR = uuid.UUID('8a885d04-1ceb-11c9-9fe8-08002b104860').bytes_le + struct.pack('<L', 2)
SAMR = uuid.UUID('12345778-1234-abcd-ef00-0123456789ac')
SVCCTL = uuid.UUID('367abb81-9844-35f1-ad32-98f038001003')


def spawn(*words, seconds=SECONDS):
    """Runs a client program for at most so many seconds; returns what it said."""
    try:
        done = subprocess.run([str(w) for w in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=seconds, check=False)
        return done.stdout.decode(errors='replace')
    except subprocess.TimeoutExpired as late:
        return 'timeout ' + (late.stdout or b'').decode(errors='replace')


def bracketed(target):
    return f'[{target}]' if ':' in target else target


def connect(target, port):
    s = socket.create_connection((target, port), SECONDS)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.settimeout(SECONDS)
    return s


def conversation(function):
    """A step on sockets: an error of the network is an outcome like any other."""
    def step(target, port):
        try:
            return function(target, port)
        except (OSError, struct.error) as error:
            return str(error)
    return step


def ping(target, _port=0):
    return spawn('ping', '-n', '-c', 5, '-i', 0.2, '-W', 2, target)


def ping_slowly(target, _port=0):
    return spawn('ping', '-n', '-c', 4, '-i', 1, '-W', 2, target)


def smb_copy(target, _port=0):
    """Copies a file to ADMIN$, as client push does with CCMSetup.exe."""
    name = os.path.join(FOLDER[0], 'ccmsetup.exe')
    said = ''
    for _ in range(2):  # smbclient waits 5 s for a connection; like client push, it is tried again
        said += spawn('smbclient', f'//{target}/ADMIN$', '-s', os.path.join(FOLDER[0], 'client.conf'), '-U',
                      f'{USER}%{PASSWORD}', '-c', f'put {name} {target.replace(":", "-")}.exe')
        if 'NT_STATUS_IO_TIMEOUT' not in said:
            break
    return said


def rpc_users(target, _port=0):
    """Asks the endpoint mapper where SAMR is, connects there and sends a call larger than any packet, sealed."""
    names = ' '.join(f'account-number-{i}' for i in range(60))
    binding = f'ncacn_ip_tcp:{target}[seal]'
    return spawn('rpcclient', '-s', os.path.join(FOLDER[0], 'client.conf'), '-U', f'{USER}%{PASSWORD}', '-c',
                 f'samlookupnames domain {names}', binding)


def requests(scheme, target, port):
    """A small request, then a large one on the same connection. curl may take longer than it lives: when it gave up by
    itself on the first request, it could still open a connection for the second before it is ended."""
    longer = SECONDS + 10
    url = f'{scheme}://{bracketed(target)}:{port}/ccm_system/request'
    return spawn('curl', '-s', '-g', '-k', '-m', longer, url, '--next', '-s', '-g', '-k', '-m', longer, '--data-binary',
                 '@' + os.path.join(FOLDER[0], 'request.bin'), url)


def http(target, port):
    return requests('http', target, port)


def https(target, port):
    return requests('https', target, port)


def http_small(target, port):
    return spawn('curl', '-s', '-g', '-m', SECONDS, f'http://{bracketed(target)}:{port}/SMS_MP/.sms_aut?mplist')


def receive(s, n):
    data = b''
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            raise OSError('closed')
        data += more
    return data


@conversation
def talk(target, port):
    """A greeting, its answer, then more than one packet holds, and its answer."""
    with connect(target, port) as s:
        for size in (200, LARGE):
            s.sendall(struct.pack('>H', size) + b'lab' + b'\xa7' * (size - 3))
            receive(s, size + 2)
    return 'ok'


@conversation
def rdp(target, port):
    cookie = b'Cookie: mstshash=administrator-of-the-lab\r\n'
    body = bytes([6 + len(cookie) + 8, 0xe0, 0, 0, 0, 0, 0]) + cookie + struct.pack('<BBHL', 1, 0, 8, 3)
    with connect(target, port) as s:
        s.sendall(struct.pack('>BBH', 3, 0, 4 + len(body)) + body)
        receive(s, 19)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(s) as tls:
            tls.sendall(b'\x03\0' + b'\x7f\x65' * 1500)
            receive(tls, 64)
    return 'ok'


def rpc_unit(kind, call, body):
    return struct.pack('<BBBB4sHHL', 5, 0, kind, 3, b'\x10\0\0\0', 16 + len(body), 0, call) + body


def rpc_exchange(s, data):
    s.sendall(data)
    head = receive(s, 16)
    return head + receive(s, struct.unpack_from('<H', head, 8)[0] - 16)


def rpc_contexts(first, count, interface=EPM, version=EPM_VERSION):
    """The presentation contexts of a bind or alter_context ([C706] 12.6.3.1)."""
    body = struct.pack('<HHLB3x', 4280, 4280, 0, count)
    for i in range(count):
        body += struct.pack('<HBx', first + i, 1) + interface.bytes_le + struct.pack('<L', version) + NDR
    return body


def tower(interface, version):
    """The map request's tower: interface, NDR, connection-oriented RPC, TCP, IP ([C706] appendix I, L)."""
    floors = [(b'\x0d' + interface.bytes_le + struct.pack('<H', version), b'\0\0'), (b'\x0d' + NDR[:16] + b'\2\0', b'\0\0'),
              (b'\x0b', b'\0\0'), (b'\x07', b'\0\0'), (b'\x09', b'\0' * 4)]
    data = struct.pack('<H', len(floors))
    for left, right in floors:
        data += struct.pack('<H', len(left)) + left + struct.pack('<H', len(right)) + right
    return data


def map_call(call, interface, version):
    t = tower(interface, version)
    stub = struct.pack('<L16x', 1) + struct.pack('<LLL', 2, len(t), len(t)) + t
    stub += b'\0' * (-len(stub) % 4) + b'\0' * 20 + struct.pack('<L', 4)
    return rpc_unit(0, call, struct.pack('<LHH', len(stub), 0, 3) + stub)


@conversation
def map_only(target, port):
    """Asks the endpoint mapper for SAMR and goes no further; then offers it more contexts than one packet holds."""
    with connect(target, port) as s:
        rpc_exchange(s, rpc_unit(11, 1, rpc_contexts(0, 1)))
        answer = rpc_exchange(s, map_call(2, SAMR, 1))
        rpc_exchange(s, rpc_unit(14, 3, rpc_contexts(1, 40)))
    return f'{len(answer)} bytes'


@conversation
def map_unknown(target, port):
    """Asks for service control, which no server here offers over TCP."""
    with connect(target, port) as s:
        rpc_exchange(s, rpc_unit(11, 1, rpc_contexts(0, 1)))
        rpc_exchange(s, map_call(2, SVCCTL, 2))
    return 'ok'


@conversation
def knock(target, port):
    with connect(target, port):
        return 'open'


@conversation
def datagram(target, port):
    """Three datagrams, answered or not."""
    family = socket.AF_INET6 if ':' in target else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        s.settimeout(1)
        s.connect((target, port))
        for _ in range(3):
            s.send(b'\xff' * 6 + b'\x02\0\0\0\0\x01' * 16)
            try:
                s.recv(2048)
            except TimeoutError:
                pass
    return 'ok'


STEPS = {f.__name__: f for f in (ping, ping_slowly, smb_copy, rpc_users, http, https, http_small)}
STEPS.update({name: globals()[name] for name in ('talk', 'rdp', 'map_only', 'map_unknown', 'knock', 'datagram')})
