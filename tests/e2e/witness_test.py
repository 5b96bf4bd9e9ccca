"""audit on made captures in which something besides the attempt itself tells what became of it."""
import json
import struct

from harness import main
from judged_test import CLIENT, ROUTER, SITE_SERVER, Judged, acquainted
from packets import SMB, SSH, START, Talk, Tape, be, checksum

GET_FILE = b'\0\1boot\\x64\\wdsnbp.com\0octet\0'


def behind_router(frame):
    """The frame as it is one hop further."""
    ip = bytearray(frame[14:])
    ip[8] -= 1
    ip[10:12] = b'\0\0'
    ip[10:12] = be('H', checksum(bytes(ip[:20])))
    return b'\x02\0\xaa\xaa\xaa\xaa\x02\0\xbb\xbb\xbb\xbb' + frame[12:14] + bytes(ip)


def pcapng(*interfaces):
    """Frames of several interfaces in one file, in order of time."""
    def block(kind, body):
        body += b'\0' * (-len(body) % 4)
        size = struct.pack('<I', 12 + len(body))
        return struct.pack('<I', kind) + size + body + size
    out = block(0x0a0d0d0a, struct.pack('<IHHq', 0x1a2b3c4d, 1, 0, -1))
    for _ in interfaces:
        out += block(1, struct.pack('<HHI', 1, 0, 0))
    frames = sorted((at, number, frame) for number, tape in enumerate(interfaces) for at, frame in tape.frames)
    for at, number, frame in frames:
        us = START * 1_000_000 + round(at * 1e6)
        out += block(6, struct.pack('<IIIII', number, us >> 32, us & 0xffffffff, len(frame), len(frame)) + frame)
    return out


class Captured:
    """Something with bytes, as a Tape is."""

    def __init__(self, content):
        self.bytes = lambda: content


class TwoPoints(Judged):
    """Two interfaces, on both sides of a firewall."""

    def both_sides(self, passes):
        near, far = acquainted(), Tape()
        for port, sport in ((445, 50000), (135, 50001)):
            Talk(near, SITE_SERVER, sport, CLIENT, port).syn(1, 4, 10)
        Talk(near, SITE_SERVER, 50002, CLIENT, 8530).open(2).ask(2.1, *SSH).close(3)
        for at, frame in near.frames:
            if passes(int.from_bytes(frame[36:38], 'big')):
                far.put(at + 0.0003, behind_router(frame))
        return self.audit(Captured(pcapng(near, far)), status=1)

    def test_where_it_was_dropped(self):
        result = self.both_sides(lambda port: port != 445)
        smb, mapper = self.finding(result, 445), self.finding(result, 135)
        self.expect(result, 445, 'blocked')
        self.expect(result, 135, 'blocked')
        self.assertIn('between the two capture points', smb['explanations'][0]['cause'])
        self.assertTrue(smb['explanations'][1]['excluded'], 'an attempt that never got there met no closed port')
        self.assertIn('behind the second capture point', mapper['explanations'][0]['cause'])
        self.assertFalse(mapper['explanations'][1]['excluded'])

    def test_one_point_says_nothing_of_two(self):
        result = self.both_sides(lambda port: False)
        self.assertEqual(self.finding(result, 445)['explanations'][0]['cause'],
                         'dropped by a firewall, on the way or on the host')


class OtherPorts(Judged):
    def test_undocumented_tftp_answers_from_another_port(self):
        tape = acquainted()
        tape.udp(1, SITE_SERVER, 3000, CLIENT, 69, GET_FILE)
        tape.udp(1.01, CLIENT, 51000, SITE_SERVER, 3000, b'\0\3\0\1data')
        tape.udp(1.02, SITE_SERVER, 3000, CLIENT, 51000, b'\0\4\0\1')
        result = self.audit(tape, status=1)
        self.expect(result, 69, 'unexpected-open')
        self.assertEqual([f['port'] for f in result['findings']], [69], 'the second channel is no port of its own')

    def test_silent_tftp(self):
        tape = acquainted()
        tape.udp(1, SITE_SERVER, 3000, CLIENT, 69, GET_FILE)
        tape.udp(9, CLIENT, 51000, SITE_SERVER, 3000, b'\0\3\0\1data')
        result = self.audit(tape)
        self.assertNotIn(69, [f['port'] for f in result['findings']])


class Translated(Judged):
    def test_error_quotes_what_the_translator_sent(self):
        """Addresses and the client's port are other ones in the quote; target and sequence number are not."""
        tape, outside = acquainted(), Tape()
        Talk(tape, SITE_SERVER, 50000, CLIENT, 445, isn=77123).syn(1, 4, 10)
        quoted = Talk(outside, '192.0.2.7', 61000, CLIENT, 445, isn=77123).syn(1)
        tape.icmp_error(1.1, ROUTER, SITE_SERVER, 3, 13, quoted)
        talk = self.expect(self.audit(tape, status=1), 445, 'blocked')
        self.assertEqual(talk['outcome'], 'rejected')


class Unreachable(Judged):
    def test_what_the_router_meant(self):
        """A living host that a router gives up: no block, and the words fit the error."""
        for kind, code, words in ((3, 1, 'knows no way'), (3, 0, 'knows no way'), (11, 0, 'too many routers'),
                                  (11, 1, 'only some fragments')):
            tape = acquainted()
            frame = Talk(tape, SITE_SERVER, 50000, CLIENT, 445).syn(1, 4, 10)
            tape.icmp_error(10.1, ROUTER, SITE_SERVER, kind, code, frame)
            result = self.audit(tape)
            self.expect(result, 445, 'review', 'unreachable')
            self.assertIn(words, self.finding(result, 445)['explanations'][0]['text'])


class Encrypted(Judged):
    def test_smb_says_so(self):
        sealed = b'\xfdSMB' + b'\x11' * 32 + struct.pack('<IHHQ', 80, 0, 1, 7) + b'\x99' * 80
        message = be('I', len(sealed)) + sealed
        tape = acquainted()
        Talk(tape, SITE_SERVER, 50000, CLIENT, 445).open(1).ask(1.1, *SMB).ask(1.2, message, message)
        ran = self.run_it('flows', '-q', self.write('made.pcap', tape.bytes()), status=0)
        flow = [json.loads(line) for line in ran.out.splitlines() if '"server_port":445' in line][0]
        self.assertTrue(flow['encrypted'], flow)
        self.assertEqual(flow['detail'], 'SMB 2.0.2, encrypted')


if __name__ == '__main__':
    main()
