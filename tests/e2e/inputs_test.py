"""Every kind of file a person may name as a capture, and what is said about it."""
import bz2
import gzip
import io
import json
import lzma
import os
import struct
import subprocess
import zipfile

from harness import BLOCKED, PROGRAM, SITE, WORKS, Case, main
from packets import Talk, Tape

PCAP = struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)


def record(data, wire=None):
    return struct.pack('<IIII', 1600000000, 0, len(data), len(data) if wire is None else wire) + data


class Unreadable(Case):
    """One clear line each, exit status 3, nothing on standard output."""

    def check(self, path, *parts):
        ran = self.run_it('flows', path, status=3)
        self.one_line(ran, os.path.basename(path), *parts)
        self.assertEqual(ran.out, '')
        self.assertEqual(self.run_it('audit', '-p', SITE, path, status=3).err, ran.err)

    def test_missing(self):
        self.check('nowhere.pcap', 'No such file')

    def test_directory(self):
        self.check(self.folder, 'directory')

    def test_empty(self):
        self.check(self.write('empty.pcap', b''), 'empty')

    def test_text(self):
        self.check(self.write('notes.pcap', 'this is no capture\n' * 50), 'not a capture')

    def test_noise(self):
        self.check(self.write('noise.pcap', bytes((i * 7919 >> 3) & 255 for i in range(4096))), 'not a capture')

    def test_gzip_of_text(self):
        self.check(self.write('notes.pcap.gz', gzip.compress(b'this is no capture\n' * 50)), 'not a capture')

    def test_gzip_of_nothing(self):
        self.check(self.write('nothing.gz', gzip.compress(b'')), 'empty')

    def test_zip(self):
        pack = io.BytesIO()
        with zipfile.ZipFile(pack, 'w') as archive:
            archive.writestr('a.pcap', PCAP)
        self.check(self.write('a.zip', pack.getvalue()), 'zip')

    def test_netmon(self):
        self.check(self.write('old.cap', b'GMBU' + b'\x00' * 200), 'Network Monitor')

    def test_cut_header(self):
        self.check(self.write('cut.pcap', PCAP[:15]), '')

    def test_no_permission(self):
        if os.geteuid() == 0:
            return  # root may read everything
        path = self.write('secret.pcap', PCAP)
        os.chmod(path, 0)
        self.check(path, 'Permission denied')


class Damaged(Case):
    """What stands before the damage is used."""

    def setUp(self):
        super().setUp()
        with open(BLOCKED, 'rb') as file:
            self.whole = file.read()

    def flows(self, content, status=0):
        path = self.write('x.pcap', content)
        ran = self.run_it('flows', path, status=status)
        return ran, [json.loads(line) for line in ran.out.splitlines()]

    def test_cut_in_the_last_packet(self):
        _, whole = self.flows(self.whole)
        ran, cut = self.flows(self.whole[:-7])
        self.one_line(ran, 'x.pcap', '199 packets read')
        self.assertEqual(len(cut), len(whole))

    def test_absurd_length(self):
        ran, flows = self.flows(self.whole + struct.pack('<IIII', 1600000000, 0, 0x7fffffff, 0x7fffffff))
        self.one_line(ran, '200 packets read')
        self.assertEqual(len(flows), 6)

    def test_unknown_link_type(self):
        odd = PCAP[:20] + struct.pack('<I', 147) + record(b'x' * 60)
        _, flows = self.flows(odd)
        self.assertEqual(flows, [])
        self.run_it('audit', '-p', SITE, self.path('x.pcap'), status=4)

    def test_no_packets(self):
        self.run_it('audit', '-p', SITE, self.write('none.pcap', PCAP), status=4)

    def test_one_of_two_missing(self):
        ran = self.run_it('audit', '-p', SITE, WORKS, 'nowhere.pcap', status=3)
        self.one_line(ran, 'nowhere.pcap')
        self.assertIn('nowhere.pcap', ran.out)
        self.run_it('audit', '-p', SITE, BLOCKED, 'nowhere.pcap', status=1)

    def test_same_file_twice(self):
        ran = self.run_it('flows', BLOCKED, BLOCKED, status=0)
        self.one_line(ran, 'the same file')
        self.assertEqual(len(ran.out.splitlines()), 6)


class Ways(Case):
    """However the bytes arrive, the flows are the same but for the file they name."""

    def setUp(self):
        super().setUp()
        with open(BLOCKED, 'rb') as file:
            self.whole = file.read()
        self.expected = self.records(self.run_it('flows', BLOCKED, status=0))

    @staticmethod
    def records(ran):
        records = [json.loads(line) for line in ran.out.splitlines()]
        for record_ in records:
            record_.pop('file', None)
        return records

    def test_standard_input(self):
        self.assertEqual(self.records(self.run_it('flows', '-', stdin=self.whole, status=0)), self.expected)

    def test_compressed(self):
        for name, pack in (('x.gz', gzip.compress), ('x.bz2', bz2.compress), ('x.xz', lzma.compress)):
            self.assertEqual(self.records(self.run_it('flows', self.write(name, pack(self.whole)), status=0)),
                             self.expected)
            self.assertEqual(self.records(self.run_it('flows', '-', stdin=pack(self.whole), status=0)), self.expected)

    def test_named_pipe(self):
        os.mkfifo(self.path('pipe'))
        with subprocess.Popen(['cp', BLOCKED, self.path('pipe')]) as writer:
            self.assertEqual(self.records(self.run_it('flows', self.path('pipe'), status=0)), self.expected)
            writer.wait()

    def test_filter_and_times(self):
        ran = self.run_it('flows', '--filter', 'tcp port 135', BLOCKED, status=0)
        self.assertEqual([r['server_port'] for r in self.records(ran)], [135])
        self.one_line(self.run_it('flows', '--filter', 'tcp prt 1', BLOCKED, status=2), 'tcp prt 1')
        first = self.expected[0]['first']
        self.assertEqual(self.records(self.run_it('flows', '--to', first[:-10], BLOCKED, status=0)), [])
        late = self.run_it('flows', '--from', '2020-08-07', BLOCKED, status=0)
        self.assertEqual(late.out, '')

    def test_head(self):
        script = f'set -o pipefail; "{PROGRAM}" flows "{BLOCKED}" | head -n 1'
        ran = subprocess.run(['bash', '-c', script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual((ran.returncode, ran.stderr), (0, b''))

    def test_output_file(self):
        ran = self.run_it('flows', '-o', 'flows.jsonl', BLOCKED, status=0)
        self.assertEqual(ran.out, '')
        self.assertEqual(self.read('flows.jsonl'), self.run_it('flows', BLOCKED, status=0).raw)
        self.assertEqual(self.files(), ['flows.jsonl'])
        self.one_line(self.run_it('flows', '-o', '/nowhere/x', BLOCKED, status=2), '/nowhere')
        copy = self.write('copy.pcap', self.whole)
        self.one_line(self.run_it('flows', '-o', copy, copy, status=2), 'would be overwritten')

    def test_tsv(self):
        rows = [line.split('\t') for line in self.run_it('flows', '-f', 'tsv', BLOCKED, status=0).out.splitlines()]
        self.assertEqual(len(rows), 1 + len(self.expected))
        self.assertEqual({len(row) for row in rows}, {len(rows[0])})
        column = rows[0].index('outcome')
        self.assertEqual([row[column] for row in rows[1:]], [r['outcome'] for r in self.expected])


class ManyFlows(Case):
    """More flows than one part of the list holds: the same lines whatever the number of threads, in order of begin."""

    def test_threads(self):
        tape = Tape()
        for i in range(3000):
            talk = Talk(tape, f'192.0.2.{1 + i % 200}', 20000 + i, '198.51.100.9', (53, 80, 445, 8530)[i % 4])
            talk.syn(i * 0.001)
            if i % 3:
                talk.refuse(i * 0.001 + 0.4) if i % 3 == 1 else talk.syn_ack(i * 0.001 + 0.3)
        path = self.write('many.pcap', tape.bytes())
        for kind in ('jsonl', 'tsv'):
            one = self.run_it('flows', '--threads', '1', '--format', kind, path).out
            lines = one.splitlines()[kind == 'tsv':]
            self.assertEqual(len(lines), 3000)
            for threads in ('2', '4', '64'):
                self.assertEqual(self.run_it('flows', '--threads', threads, '--format', kind, path).out, one)
        self.assertEqual([json.loads(line)['client_port'] for line in
                          self.run_it('flows', path).out.splitlines()], [20000 + i for i in range(3000)])


if __name__ == '__main__':
    main()
