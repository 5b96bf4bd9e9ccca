"""Small servers and echo responders of the lab: servers.py CERTIFICATE KEY PORT:KIND...

KIND is `talk` (answers a greeting and what follows with as many bytes), `rdp` (X.224 connection confirm that asks for
TLS, then TLS), or `udp` (answers each datagram). Listens on IPv4 and IPv6 and prints "ready".
"""
import socket
import socketserver
import ssl
import struct
import sys
import threading

SECONDS = 20
CONNECT_REQUEST, CONNECT_CONFIRM = 0xe0, 0xd0
CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)


def receive(conn, n):
    data = b''
    while len(data) < n:
        more = conn.recv(n - len(data))
        if not more:
            raise OSError('closed')
        data += more
    return data


class Talk(socketserver.BaseRequestHandler):
    """Two bytes of length, then so much; the answer has the same form."""

    def handle(self):
        self.request.settimeout(SECONDS)
        try:
            while True:
                length = receive(self.request, 2)
                self.request.sendall(length + receive(self.request, struct.unpack('>H', length)[0])[::-1])
        except OSError:
            pass


class Rdp(socketserver.BaseRequestHandler):
    """[MS-RDPBCGR] 2.2.1.1 and 2.2.1.2: connection request and confirm, PROTOCOL_SSL chosen; then TLS."""

    def handle(self):
        self.request.settimeout(SECONDS)
        try:
            length = struct.unpack('>xxH', receive(self.request, 4))[0]
            asked = receive(self.request, length - 4)
            if asked[1] != CONNECT_REQUEST:
                return
            negotiation = struct.pack('<BBHL', 2, 0, 8, 1)
            body = bytes([6 + len(negotiation), CONNECT_CONFIRM, 0, 0, 0x12, 0x34, 0]) + negotiation
            self.request.sendall(struct.pack('>BBH', 3, 0, 4 + len(body)) + body)
            with CONTEXT.wrap_socket(self.request, server_side=True) as tls:
                while True:
                    data = tls.recv(4096)
                    if not data:
                        return
                    tls.sendall(data[:64])
        except OSError:
            pass


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    address_family = socket.AF_INET6
    allow_reuse_address = daemon_threads = True
    request_queue_size = 256


def datagrams(port):
    """Answers from the address that was asked: hosts here have many."""
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    s.bind(('::', port))
    while True:
        data, ancillary, _, sender = s.recvmsg(2048, 256)
        s.sendmsg([data], [(level, kind, asked) for level, kind, asked in ancillary if kind == socket.IPV6_PKTINFO], 0, sender)


def main():
    CONTEXT.load_cert_chain(sys.argv[1], sys.argv[2])
    for word in sys.argv[3:]:
        port, kind = word.split(':')
        if kind == 'udp':
            target, args = datagrams, (int(port),)
        else:
            target, args = Server(('::', int(port)), {'talk': Talk, 'rdp': Rdp}[kind]).serve_forever, ()
        threading.Thread(target=target, args=args, daemon=True).start()
    print('ready', flush=True)
    threading.Event().wait()


main()
