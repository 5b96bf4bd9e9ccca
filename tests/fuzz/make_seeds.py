"""Write the seeds of corpus/pcap and corpus/pcapng that are made, not cut from captures: make_seeds.py FOLDER.

Small files that hold one of everything the readers know, so that a fuzzer need not guess magic numbers.
"""
import gzip
import os
import struct
import sys

SYN = bytes.fromhex('020000000002020000000001080045000028000140004006000a0a000001'
                    '0a000002c000008700000001000000005002200000000000')


def pcap(magic, order='<', link=1, extra=b'', version=(2, 4)):
    record = struct.pack(order + 'IIII', 1600000000, 5, len(SYN), len(SYN)) + extra + SYN
    return struct.pack(order + 'IHHIIII', magic, *version, 0, 0, 65535, link) + 2 * record


def snoop():
    record = struct.pack('>IIIIII', len(SYN), len(SYN), 24 + len(SYN) + 2, 3, 1600000000, 5) + SYN + b'\0\0'
    return b'snoop\0\0\0' + struct.pack('>II', 2, 4) + 2 * record


def pad(data):
    return data + b'\0' * (-len(data) % 4)


def block(order, kind, body):
    length = struct.pack(order + 'I', 12 + len(pad(body)))
    return struct.pack(order + 'I', kind) + length + pad(body) + length


def options(order, *pairs):
    return b''.join(struct.pack(order + 'HH', code, len(value)) + pad(value) for code, value in pairs) + bytes(4)


def pcapng(order):
    time = struct.pack(order + 'II', 1600000000 >> 12, 77)
    wide = order + 'Q'
    frame = struct.pack(order + 'I', 0) + time + struct.pack(order + 'II', len(SYN), len(SYN)) + pad(SYN)
    return b''.join((
        block(order, 0x0a0d0d0a, struct.pack(order + 'IHHq', 0x1a2b3c4d, 1, 0, -1) + options(order, (1, b'comment'))),
        block(order, 1, struct.pack(order + 'HHI', 1, 0, 65535)
              + options(order, (2, b'eth0'), (3, b'uplink'), (9, b'\x09'), (14, struct.pack(wide, 3600)))),
        block(order, 1, struct.pack(order + 'HHI', 101, 0, 96) + options(order, (9, b'\x8a'))),
        block(order, 4, options(order, (1, bytes([10, 0, 0, 1]) + b'srv1\0srv1.example\0'), (2, bytes(16) + b'six\0'))),
        block(order, 10, struct.pack(order + 'II', 0x544c534b, 4) + b'none'),
        block(order, 6, frame + options(order, (1, b'why'), (2, struct.pack(order + 'I', 2)), (4, struct.pack(wide, 1)))),
        block(order, 2, struct.pack(order + 'HH', 0, 2) + frame[4:]),
        block(order, 3, struct.pack(order + 'I', len(SYN)) + pad(SYN)),
        block(order, 5, struct.pack(order + 'I', 0) + time
              + options(order, (2, time), (4, struct.pack(wide, 9)), (5, struct.pack(wide, 2)))),
    ))


def main():
    folder = sys.argv[1]
    seeds = {
        'pcap/nanoseconds.pcap': pcap(0xa1b23c4d),
        'pcap/modified.pcap': pcap(0xa1b2cd34, '>', extra=bytes([0, 0, 0, 3, 8, 0, 4, 0])),
        'pcap/version-2-2.pcap': pcap(0xa1b2c3d4, version=(2, 2)),
        'pcap/dbus.pcap': pcap(0xa1b2c3d4, link=231),
        'pcap/packed.pcap.gz': gzip.compress(pcap(0xa1b2c3d4), mtime=0),
        'pcap/solaris.snoop': snoop(),
        'pcapng/everything-little-endian.pcapng': pcapng('<'),
        'pcapng/everything-big-endian.pcapng': pcapng('>'),
        'pcapng/two-sections.pcapng': pcapng('<') + pcapng('>'),
    }
    for name, content in seeds.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as seed:
            seed.write(content)


main()
