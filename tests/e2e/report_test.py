"""report: a saved result gives the same bytes as the audit that saved it, in every format."""
import json
import os

from harness import BLOCKED, SITE, WORKS, Case, main


class Report(Case):
    def endings(self):
        return self.run_it('report', 'x.json', '-o', 'x.unknown', status=2).err.split('one of ')[1].split()

    def test_same_bytes(self):
        names = ['report' + ending for ending in self.endings()]
        for capture, status in ((BLOCKED, 1), (WORKS, 0)):
            args = [part for name in names for part in ('-o', name)]
            self.run_it('audit', '-p', SITE, '--ticket', 'CHG1', '--now', '2026-01-02', *args, capture, status=status)
            first = {name: self.read(name) for name in names}
            os.rename(self.path('report.json'), self.path('saved.json'))
            self.run_it('report', 'saved.json', *args, status=0)
            for name in names:
                self.assertEqual(self.read(name), first[name], name)
            self.assertEqual(self.run_it('report', 'saved.json', status=0).raw, first['report.txt'])

    def test_no_result(self):
        good = self.run_it('audit', '-p', SITE, '--format', 'json', WORKS, status=0).raw
        cases = {'missing.json': None, 'empty.json': b'', 'text.json': b'hello', 'other.json': b'{"a": 1}',
                 'cut.json': good[:len(good) // 2], 'list.json': b'[' * 100000,
                 'newer.json': good.replace(b'"schema_version": 1', b'"schema_version": 99'),
                 'binary.json': bytes(range(256)) * 16}
        for name, content in cases.items():
            if content is not None:
                self.write(name, content)
            ran = self.run_it('report', name, status=3)
            self.one_line(ran, name)
            self.assertEqual(ran.out, '')

    def test_changed_values(self):
        """Any value of a result replaced by another kind of value: refused, or shown, never worse."""
        result = json.loads(self.run_it('audit', '-p', SITE, '--format', 'json', BLOCKED, status=1).raw)
        for key in result:
            for value in (None, 17, -1, 1e300, 'text', [], {}, [[]], [{}], True):
                self.write('x.json', json.dumps({**result, key: value}))
                self.assertIn(self.run_it('report', 'x.json', '--format', 'text').status, (0, 3))

    def test_refuses_to_replace_its_input(self):
        self.run_it('audit', '-p', SITE, '-o', 'r.json', WORKS, status=0)
        self.one_line(self.run_it('report', 'r.json', '-o', 'r.json', status=2), 'would be overwritten')


if __name__ == '__main__':
    main()
