"""audit: the two samples, exit statuses, reports in every format, outputs that cannot be written."""
import hashlib
import json
import os
import subprocess

from harness import BLOCKED, PROGRAM, SITE, WORKS, Case, main


class Samples(Case):
    def test_blocked_first_screen(self):
        """The promise of the first issue: everything that matters stands on the first screen."""
        ran = self.run_it('audit', '-p', SITE, BLOCKED, status=1)
        lines = ran.out.splitlines()
        screen = '\n'.join(lines[:50])
        for part in ('NOT COMPLIANT', 'client-push', '172.18.39.5', '172.18.39.6', '50115', '5 SYNs', '15.0 s', 'svcctl',
                     '44', '45-58', 'confidence', 'tcp.port', 'endpoint mapper'):
            self.assertTrue(part in screen, f'{part} is not in\n{screen}')
        self.assertTrue('firewall' in screen and 'listen' in screen, 'the explanations that are left')
        for before, line in zip(lines, lines[1:]):
            if before.strip() not in ('Command', 'Wireshark filter'):  # these are there to be copied whole
                self.assertLessEqual(len(line), 100, line)
        self.assertEqual(ran.err, '')

    def test_works(self):
        ran = self.run_it('audit', '-p', SITE, WORKS, status=0)
        self.assertIn('COMPLIANT', ran.out)
        self.assertNotIn('NOT COMPLIANT', ran.out)
        self.assertEqual(ran.err, '')

    def test_site_without_a_name(self):
        """What policy init proposes has none. Nothing of the kind is said, and roles go by their titles."""
        site = self.path('site.json')
        self.run_it('policy', 'init', '-o', site, BLOCKED, status=0)
        for kind in ('text', 'markdown', 'html'):
            ran = self.run_it('audit', '-p', site, '--format', kind, BLOCKED, status=1)
            self.assertNotRegex(ran.out, r', site\s*\n|audit: <|source_server')
        self.assertIsNone(json.loads(self.run_it('audit', '-p', site, '--format', 'json', BLOCKED).out)['site']['name'])

    def test_without_site_file(self):
        ran = self.run_it('audit', BLOCKED)
        self.one_line(ran, 'roles are proposed')
        self.assertIn('proposed', ran.out)
        self.assertEqual(self.run_it('audit', '--quiet', BLOCKED).err, '')


class Statuses(Case):
    def test_fail_on(self):
        for choice, status in (('none', 0), ('blocked', 1), ('unexpected-open', 0), ('blocked,review', 1)):
            self.run_it('audit', '-p', SITE, '--fail-on', choice, BLOCKED, status=status)

    def test_nothing_to_judge(self):
        self.run_it('audit', '-p', SITE, '--filter', 'host 203.0.113.9', WORKS, status=4)

    def test_policy_errors(self):
        bad = self.write('bad.json', '{\n  "policy": "configmgr-client",\n  "roles": {"clint": ["10.0.0.1"]}\n}\n')
        ran = self.run_it('audit', '-p', bad, WORKS, status=2)
        self.assertRegex(ran.err, r'bad\.json:3:\d+: .*clint')
        self.assertEqual(ran.out, '')
        self.run_it('audit', '-p', 'nowhere.json', WORKS, status=2)
        self.run_it('audit', '-p', self.folder, WORKS, status=2)


class Outputs(Case):
    def formats(self):
        return self.run_it('audit', '-o', 'x.unknown', WORKS, status=2).err.split('one of ')[1].split()

    def test_every_ending(self):
        endings = self.formats()
        for wanted in ('.txt', '.json'):
            self.assertIn(wanted, endings)
        args = [part for ending in endings for part in ('-o', 'report' + ending)]
        ran = self.run_it('audit', '-p', SITE, *args, BLOCKED, status=1)
        self.assertEqual(ran.out, '')
        self.assertEqual(self.files(), sorted('report' + ending for ending in endings))
        for ending in endings:
            self.assertGreater(len(self.read('report' + ending)), 100, ending)
        json.loads(self.read('report.json'))

    def test_text_file_is_what_the_screen_shows(self):
        shown = self.run_it('audit', '-p', SITE, BLOCKED, status=1)
        self.run_it('audit', '-p', SITE, '-o', 'a.txt', BLOCKED, status=1)
        self.assertEqual(self.read('a.txt'), shown.raw)

    def test_format_option(self):
        ran = self.run_it('audit', '-p', SITE, '--format', 'json', '-o', 'a.json', BLOCKED, status=1)
        self.assertEqual(self.read('a.json'), ran.raw)

    def test_colours(self):
        self.assertIn('\033[', self.run_it('audit', '-p', SITE, '--colour', 'always', BLOCKED, status=1).out)
        for args, env in (((), {}), (('--colour', 'never'), {}), ((), {'NO_COLOR': '1'})):
            self.assertNotIn('\033', self.run_it('audit', '-p', SITE, *args, BLOCKED, env=env, status=1).out)

    def test_refused_before_reading(self):
        copy = os.path.join(self.folder, 'copy.json')
        for args, part in [
                (('-o', '/nowhere/at/all.json'), '/nowhere/at'),
                (('-o', 'noending'), 'ending'),
                (('-o', 'a.json', '-o', 'a.json'), 'twice'),
                (('-o', self.folder + '/.json/'), ''),
        ]:
            self.one_line(self.run_it('audit', '-p', SITE, *args, 'nowhere.pcap', status=2), part)
        with open(WORKS, 'rb') as file:
            self.write('copy.json', file.read())
        self.one_line(self.run_it('audit', '-p', SITE, '-o', copy, copy, status=2), 'would be overwritten')
        self.assertEqual(self.files(), ['copy.json'])

    def test_ticket_and_title(self):
        args = ('audit', '-p', SITE, '--ticket', 'CHG0041', '--title', 'Push to <lab>', '--now', '2026-03-31')
        text = self.run_it(*args, BLOCKED, status=1).out
        run = json.loads(self.run_it(*args, '--format', 'json', BLOCKED, status=1).out)['run']
        self.assertEqual((run['ticket'], run['title']), ('CHG0041', 'Push to <lab>'))
        for part in ('CHG0041', 'Push to <lab>', '2026-03-31'):
            self.assertTrue(part in text, part)


class Evidence(Case):
    def test_written(self):
        self.run_it('audit', '-q', '-p', SITE, '--ticket', 'CHG0041', '--evidence', 'proof', '--format', 'json', BLOCKED,
                    status=1)
        names = sorted(os.listdir(self.path('proof')))
        self.assertEqual(names[0], 'MANIFEST')
        self.assertRegex(names[1], r'\Awallwitness_CHG0041_20200806T052024Z_[0-9a-f]+\.pcapng\Z')
        self.assertEqual(len(names), 2)
        digest, name = self.read('proof/MANIFEST').decode().split()
        self.assertEqual(name, names[1])
        self.assertEqual(digest, hashlib.sha256(self.read('proof/' + name)).hexdigest())
        records = self.run_it('flows', self.path('proof/' + name), status=0).out.splitlines()
        self.assertTrue(any(json.loads(record)['server_port'] == 50115 for record in records))

    def test_refused_before_reading(self):
        self.write('file', 'x')
        for args, part in [(('--evidence', 'file', 'nowhere.pcap'), 'file'), (('--evidence', 'new', '-'), 'standard input'),
                           (('--evidence', '/nowhere/at/all', 'nowhere.pcap'), '/nowhere')]:
            self.one_line(self.run_it('audit', '-p', SITE, *args, status=2), part)


class FullDisk(Case):
    def test_standard_output(self):
        """A report that could not be written is never status 0 or 1."""
        for args in (('audit', '-q', '-p', SITE, WORKS), ('audit', '-q', '-p', SITE, '--format', 'json', BLOCKED),
                     ('flows', '-q', BLOCKED), ('policy', 'show'), ('policy', 'explain', 'tcp/445')):
            with open('/dev/full', 'wb') as full:
                ran = subprocess.run([PROGRAM, *args], stdout=full, stderr=subprocess.PIPE, check=False)
            self.assertEqual(ran.returncode, 2, args)
            self.assertEqual(ran.stderr, b'wallwitness: standard output could not be written: No space left on device\n')

    def test_no_half_file(self):
        """Files may not grow past 8 KiB: the JSON result does not fit, and nothing stands under its name."""
        script = f'trap "" XFSZ; ulimit -f 8; exec "{PROGRAM}" audit -q -p "{SITE}" -o a.json -o b.md "{BLOCKED}"'
        ran = subprocess.run(['bash', '-c', script], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             check=False)
        self.assertEqual(ran.returncode, 2)
        self.assertRegex(ran.stderr.decode(), r'\Awallwitness: a\.json: [^\n]*File too large\n\Z')
        self.assertEqual(self.files(), ['b.md'])


class Repeatable(Case):
    def test_same_bytes(self):
        """Time zone, locale, folder and repetition change nothing."""
        first = self.run_it('audit', '-p', SITE, '--format', 'json', BLOCKED, status=1).raw
        for env in ({}, {'TZ': 'America/St_Johns'}, {'TZ': 'Asia/Kathmandu', 'LC_ALL': 'C.UTF-8'}, {'COLUMNS': '70'}):
            self.assertEqual(self.run_it('audit', '-p', SITE, '--format', 'json', BLOCKED, env=env, status=1).raw, first)


if __name__ == '__main__':
    main()
