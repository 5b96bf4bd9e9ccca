"""Help, versions, wrong usage: what a person meets first."""
import re
import subprocess
import os

from harness import PROGRAM, Case, main


def verbs(text):
    """The commands a help text lists."""
    block = text.split('Commands:\n', 1)[1].split('\n\n', 1)[0]
    return [line[2:18].strip() for line in block.splitlines()]


class Usage(Case):
    def test_help_of_everything(self):
        names = verbs(self.run_it('--help', status=0).out)
        self.assertIn('audit', names)
        for name in names:
            text = self.run_it(name, '--help', status=0).out
            subs = verbs(text) if 'Commands:' in text else [name]
            for sub in subs:
                text = self.run_it(*sub.split(), '--help', status=0).out
                self.assertTrue(text.startswith(f'wallwitness {sub}: '), text)
                self.assertIn('Usage: wallwitness ' + sub, text)
                if 'OPTION' in text:
                    self.assertRegex(text, r'\n(Options|Input|Reports):\n +-', f'{sub}: its options have no heading')
                self.assertIn('Examples:\n  ', text, f'{sub} has no example')
                self.assertEqual(text, self.run_it(*sub.split(), '-h', status=0).out)
                self.assertLessEqual(max(len(line) for line in text.splitlines()), 120)

    def test_help_verb(self):
        self.assertEqual(self.run_it('help', 'audit', status=0).out, self.run_it('audit', '--help', status=0).out)
        self.one_line(self.run_it('help', 'adit', status=2), 'did you mean "audit"')

    def test_examples_name_real_options(self):
        """Every option in an example is one the verb knows."""
        for name in ('audit', 'flows', 'explain'):
            text = self.run_it(name, '--help', status=0).out
            for option in re.findall(r'wallwitness \w+.*?(--[a-z-]+)', text.split('Examples:')[1]):
                self.assertIn(option, text.split('Examples:')[0])

    def test_version(self):
        text = self.run_it('--version', status=0).out
        self.assertRegex(text, r'\Awallwitness \d+\.\d+\.\d+\n')
        for library in ('libpcap', 'nDPI'):
            self.assertIn(library, text)

    def test_wrong_usage(self):
        for args, part in [
                ((), 'no command'),
                (('audti',), 'did you mean "audit"'),
                (('zzz',), 'no command "zzz"'),
                (('--quiet',), 'before a command'),
                (('audit',), 'audit needs CAPTURE...'),
                (('flows', '--formt', 'tsv', 'x'), 'did you mean --format'),
                (('flows', '--format', 'xml', 'x'), '"xml" is none of jsonl, tsv'),
                (('flows', '--from', 'noon', 'x'), 'not a time'),
                (('flows', '--filter'), 'needs a value'),
                (('audit', '--fail-on', 'everything', 'x'), '--fail-on'),
                (('audit', '--format', 'xyz', 'x'), '--format'),
                (('policy',), 'policy needs a command'),
                (('policy', 'chek'), 'did you mean "policy check"'),
        ]:
            ran = self.run_it(*args, status=2)
            self.one_line(ran, part)
            self.assertEqual(ran.out, '')

    def test_terminal_codes_stay_out(self):
        ran = self.run_it('\033[31mx\u202e', status=2)
        self.assertNotIn('\033', ran.err)
        self.assertNotIn('\u202e', ran.err)

    def test_full_disk(self):
        with open('/dev/full', 'w', encoding='ascii') as full:
            ran = subprocess.run([PROGRAM, '--help'], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(ran.returncode, 2)
        self.assertIn(b'standard output could not be written: No space left on device', ran.stderr)

    def test_reader_goes_away(self):
        read, write = os.pipe()
        os.close(read)
        ran = subprocess.run([PROGRAM, '--help'], stdout=write, stderr=subprocess.PIPE, check=False)
        os.close(write)
        self.assertEqual((ran.returncode, ran.stderr), (0, b''))

    def test_closed_streams(self):
        for redirect in ('<&-', '>&-', '2>&-', '<&- >&- 2>&-'):
            status = subprocess.run(['sh', '-c', f'"$0" --help {redirect}', PROGRAM], check=False,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
            self.assertEqual(status, 0, redirect)


if __name__ == '__main__':
    main()
