"""diff: fixed, new and unchanged between the two samples."""
import json

from harness import BLOCKED, SITE, WORKS, Case, main


class Diff(Case):
    def setUp(self):
        super().setUp()
        self.run_it('audit', '-p', SITE, '-o', 'blocked.json', BLOCKED, status=1)
        self.run_it('audit', '-p', SITE, '-o', 'works.json', WORKS, status=0)

    def test_fixed(self):
        ran = self.run_it('diff', 'blocked.json', 'works.json', status=0)
        self.assertIn('1 fixed, 0 new', ran.out)
        self.assertEqual(ran.err, '')

    def test_new(self):
        self.assertIn('1 new', self.run_it('diff', 'works.json', 'blocked.json', status=1).out)

    def test_unchanged(self):
        self.assertIn('1 unchanged', self.run_it('diff', 'blocked.json', 'blocked.json', status=0).out)

    def test_every_ending(self):
        endings = self.run_it('diff', 'a', 'b', '-o', 'x.unknown', status=2).err.split('one of ')[1].split()
        for wanted in ('.html', '.json', '.md', '.txt'):
            self.assertIn(wanted, endings)
        args = [part for ending in endings for part in ('-o', 'change' + ending)]
        self.assertEqual(self.run_it('diff', 'blocked.json', 'works.json', *args, status=0).out, '')
        for ending in endings:
            self.assertGreater(len(self.read('change' + ending)), 50, ending)
        json.loads(self.read('change.json'))

    def test_no_result(self):
        self.one_line(self.run_it('diff', 'blocked.json', 'nowhere.json', status=3), 'nowhere.json')
        self.one_line(self.run_it('diff', BLOCKED, 'works.json', status=3), 'push-rpc-blocked.pcap')
        self.one_line(self.run_it('diff', 'blocked.json', status=2), 'BEFORE.json AFTER.json')


if __name__ == '__main__':
    main()
