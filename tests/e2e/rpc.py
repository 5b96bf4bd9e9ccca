"""Questions to the endpoint mapper and to the OXID resolver and their answers, byte by byte (C706 chapter 12 and
appendix O, MS-DCOM 2.2.19 and 3.1.2.5.1)."""
import struct
import uuid

from packets import Talk, be, packed

MAPPER, NDR = 'e1af8308-5d1f-11c9-91a4-08002b14a0fa', '8a885d04-1ceb-11c9-9fe8-08002b104860'
ACTIVATOR = '000001a0-0000-0000-c000-000000000046'
RESOLVER, SINK = '99fcfec4-5260-101b-bbcb-00aa0021347a', '7c857801-7381-11cf-884d-00aa004b2e24'
SVCCTL, SPOOLSS = '367abb81-9844-35f1-ad32-98f038001003', '12345678-1234-abcd-ef00-0123456789ab'
REQUEST, RESPONSE, BIND, BIND_ACK = 0, 2, 11, 12


def octets(text):
    return uuid.UUID(text).bytes_le


def pdu(kind, body, call):
    return struct.pack('<BBBBIHHI', 5, 0, kind, 3, 0x10, 16 + len(body), 0, call) + body


def sealed(kind, body, call):
    """The same with NTLM at packet privacy: the body stands for what nobody can read (C706 13.2.6)."""
    trailer = struct.pack('<BBBBI', 10, 6, 0, 0, 1) + b'\1\0\0\0' + b'\x5a' * 12
    return struct.pack('<BBBBIHHI', 5, 0, kind, 3, 0x10, 16 + len(body) + len(trailer), 16, call) + body + trailer


def bind(interface, version):
    return pdu(BIND, struct.pack('<HHIB3xHBx', 5840, 5840, 0, 1, 0, 1) + octets(interface) + struct.pack('<I', version) +
               octets(NDR) + struct.pack('<I', 2), 1)


def bind_ack():
    return pdu(BIND_ACK, struct.pack('<HHIH', 5840, 5840, 1, 4) + b'135\0' + b'\0\0' + struct.pack('<B3xHH', 1, 0, 0) +
               octets(NDR) + struct.pack('<I', 2), 1)


def tower(interface, version, port, address):
    floors = [(b'\x0d' + octets(interface) + struct.pack('<H', version), b'\0\0'),
              (b'\x0d' + octets(NDR) + struct.pack('<H', 2), b'\0\0'), (b'\x0b', b'\0\0'), (b'\x07', be('H', port)),
              (b'\x09', packed(address))]
    return struct.pack('<H', len(floors)) + b''.join(
        struct.pack('<H', len(left)) + left + struct.pack('<H', len(right)) + right for left, right in floors)


def aligned(data):
    return data + b'\0' * (-len(data) % 4)


def counted(data):
    return struct.pack('<II', len(data), len(data)) + data


def announce(tape, at, client, sport, server, port, interface=SVCCTL, version=2):
    """The client asks the server's mapper for the interface and is told the port."""
    asked = aligned(struct.pack('<I16xI', 1, 2) + counted(tower(interface, version, 135, '0.0.0.0'))) + \
        b'\0' * 20 + struct.pack('<I', 4)
    told = b'\0' * 20 + struct.pack('<IIIII', 1, 4, 0, 1, 3) + \
        aligned(counted(tower(interface, version, port, server))) + b'\0' * 4
    talk = Talk(tape, client, sport, server, 135).open(at)
    talk.ask(at + 0.02, bind(MAPPER, 3), bind_ack())
    talk.ask(at + 0.05, pdu(REQUEST, struct.pack('<IHH', len(asked), 0, 3) + asked, 2),
             pdu(RESPONSE, struct.pack('<IHBx', len(told), 0, 0) + told, 2))
    return talk.close(at + 0.1)


def dual_string_array(*bindings):
    """String bindings over TCP and one security binding, as 16-bit units with their counts in front."""
    strings = b''.join(struct.pack('<H', 7) + text.encode('utf-16-le') + b'\0\0' for text in bindings) + b'\0\0'
    security = struct.pack('<HHHH', 10, 0xffff, 0, 0)
    units = (len(strings) + len(security)) // 2
    return struct.pack('<IHH', units, units, len(strings) // 2) + strings + security


def resolve(tape, at, client, sport, server, port, name='SITE'):
    """The client holds a reference to an object of the server's and asks its OXID resolver for the way there."""
    asked = struct.pack('<QHHIHH', 0x1122334455667788, 1, 0, 1, 7, 0)
    told = struct.pack('<I', 0x20000) + aligned(dual_string_array(f'{name}[{port}]', f'{server}[{port}]')) + \
        uuid.UUID(int=7).bytes_le + struct.pack('<IHHI', 1, 5, 7, 0)
    talk = Talk(tape, client, sport, server, 135).open(at)
    talk.ask(at + 0.02, bind(RESOLVER, 0), bind_ack())
    talk.ask(at + 0.05, pdu(REQUEST, struct.pack('<IHH', len(asked), 0, 4) + asked, 2),
             pdu(RESPONSE, struct.pack('<IHBx', len(told), 0, 0) + told, 2))
    return talk.close(at + 0.1)


def activate_sealed(tape, at, client, sport, server):
    """The client has an object made on the server; request and answer, with the port in it, are sealed."""
    talk = Talk(tape, client, sport, server, 135).open(at)
    talk.ask(at + 0.02, bind(ACTIVATOR, 0), bind_ack())
    talk.ask(at + 0.05, sealed(REQUEST, struct.pack('<IHH', 64, 0, 4) + b'\xa5' * 64, 2),
             sealed(RESPONSE, struct.pack('<IHBx', 64, 0, 0) + b'\x3c' * 64, 2))
    return talk.close(at + 0.1)
