"""Every shared capture through audit and flows: whole, packed, cut to pieces.

What a capture says does not depend on how it arrives: packed, through a pipe, in several files given in any order. The JSON
result is the same but for the list of inputs. Random choices print their seed (WW_SEED to repeat). Skips (77) where
there is no capture collection (WW_SHARED, else ../shared beside the source tree).
"""
import bz2
import gzip
import json
import lzma
import os
import random
import shutil
import struct
import subprocess
import sys

from harness import PROGRAM, SOURCE, Case, main

FOLDER = os.path.join(os.environ.get('WW_SHARED') or os.path.join(SOURCE, '..', 'shared'), 'captures')
SEED = int(os.environ.get('WW_SEED', '20200806'))
PACKERS = {'gz': gzip.compress, 'bz2': bz2.compress, 'xz': lzma.compress}
PCAP_ORDERS = {b'\xd4\xc3\xb2\xa1': '<', b'\x4d\x3c\xb2\xa1': '<', b'\xa1\xb2\xc3\xd4': '>', b'\xa1\xb2\x3c\x4d': '>'}


def captures():
    return sorted(name for name in os.listdir(FOLDER) if name not in ('README.md', 'INDEX.tsv')
                  and os.path.isfile(os.path.join(FOLDER, name)))


def pcap_parts(data):
    """(header, [(time, record bytes)]) of a whole, plain pcap file; None for anything else."""
    order = PCAP_ORDERS.get(data[:4])
    if not order:
        return None
    at, records = 24, []
    while at + 16 <= len(data):
        seconds, fraction, length = struct.unpack(order + 'III', data[at:at + 12])
        if length > 262144 or at + 16 + length > len(data):
            return None
        records.append(((seconds, fraction), data[at:at + 16 + length]))
        at += 16 + length
    return (data[:24], records) if at == len(data) and records else None


def pcapng_parts(data):
    """The same for a little-endian pcapng file with one section whose interfaces all come first."""
    if data[:4] != b'\n\r\r\n' or data[8:12] != b'\x4d\x3c\x2b\x1a':
        return None
    at, head, records = 0, b'', []
    while at + 12 <= len(data):
        kind, length = struct.unpack('<II', data[at:at + 8])
        block = data[at:at + length]
        if length < 12 or len(block) != length:
            return None
        if kind == 6:
            high, low = struct.unpack('<II', block[12:20])
            records.append(((high, low), block))
        elif kind in (0x0a0d0d0a, 1) and not records:
            head += block
        else:
            return None  # statistics, names, a second section: pieces would not say the same
        at += length
    return (head, records) if records else None


class Captures(Case):
    def setUp(self):
        super().setUp()
        print(f'seed {SEED}')
        self.random = random.Random(SEED)

    def judged(self, *paths, stdin=b''):
        """The result without its inputs, and the exit status."""
        ran = self.run_it('audit', '-q', '--no-hash', '--format', 'json', *paths, stdin=stdin)
        if not ran.out:
            return ran.status, None
        result = json.loads(ran.out)
        del result['inputs']
        return ran.status, result

    def same(self, name, way, whole, other):
        if whole != other:
            for key in (whole[1] or {}):
                if other[1] is None or whole[1][key] != other[1].get(key):
                    self.fail(f'{name} {way}: "{key}" differs:\n{json.dumps(whole[1][key])[:1500]}\n'
                              f'{json.dumps((other[1] or {}).get(key))[:1500]}')
            self.fail(f'{name} {way}: exit status {whole[0]}, then {other[0]}')

    def test_every_capture(self):
        """No capture ends the program in another way than by a documented status, nor makes a result that is no JSON."""
        for name in captures():
            path = os.path.join(FOLDER, name)
            status, result = self.judged(path)
            self.assertIn(status, (0, 1, 3, 4), name)
            flows = self.run_it('flows', '-q', path, status=3 if status == 3 else 0)
            records = [json.loads(line) for line in flows.out.splitlines()]
            if result:
                self.assertEqual(result['counts']['flows'], len(records), name)
            text = self.run_it('audit', '-q', path, status=status).out
            self.assertNotRegex(text, r'[\x00-\x09\x0b-\x1f\x7f]|\{[a-z_]+\}|\(null\)|\bnan\b', name)

    def test_packed(self):
        zstd = shutil.which('zstd')
        for name in captures():
            with open(os.path.join(FOLDER, name), 'rb') as file:
                data = file.read()
            whole = self.judged(os.path.join(FOLDER, name))
            kind = self.random.choice(sorted(PACKERS))
            self.same(name, kind, whole, self.judged(self.write('x.' + kind, PACKERS[kind](data))))
            self.same(name, 'standard input', whole, self.judged('-', stdin=data))
            if zstd:
                packed = subprocess.run([zstd, '-q', '-c'], input=data, stdout=subprocess.PIPE, check=True).stdout
                self.same(name, 'zstd', whole, self.judged('-', stdin=packed))

    def pieces(self, parts):
        """The records cut at random places into 2 to 10 files; None when their order could not be told by time."""
        head, records = parts
        n = self.random.randint(2, 10)
        cuts = sorted(self.random.sample(range(1, len(records)), min(n - 1, len(records) - 1)))
        groups = [records[a:b] for a, b in zip([0, *cuts], [*cuts, len(records)])]
        times = [group[0][0] for group in groups]
        if any(a >= b for a, b in zip(times, times[1:])):
            return None
        return [head + b''.join(record for _, record in group) for group in groups]

    def test_pieces_in_any_order(self):
        tried = 0
        for name in captures():
            with open(os.path.join(FOLDER, name), 'rb') as file:
                data = file.read()
            parts = pcap_parts(data) or pcapng_parts(data)
            pieces = parts and len(parts[1]) > 1 and self.pieces(parts)
            if not pieces:
                continue
            tried += 1
            paths = [self.write(f'piece{i}', gzip.compress(piece) if i % 3 == 2 else piece)
                     for i, piece in enumerate(pieces)]
            whole = self.judged(os.path.join(FOLDER, name))
            self.random.shuffle(paths)
            self.same(name, f'in {len(paths)} pieces', whole, self.judged(*paths))
        print(f'{tried} captures in pieces')
        self.assertGreater(tried, 30)


if __name__ == '__main__':
    if not os.path.isdir(FOLDER):
        print(f'skipped: no {FOLDER}; set WW_SHARED')
        sys.exit(77)
    assert PROGRAM
    main()
