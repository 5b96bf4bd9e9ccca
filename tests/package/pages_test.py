"""The manual pages and completions against the program's own help, and against the programs that read them.

    pages_test.py PROGRAM BASH_COMPLETION ZSH_COMPLETION WALLWITNESS.1 PAGE...
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM, BASH, ZSH, MANUAL, *PAGES = (os.path.abspath(arg) for arg in sys.argv[1:])
OPTION = re.compile(r'^ {2}(?:-(\w), | {4})--([a-z0-9-]+)', re.MULTILINE)
COMMAND = re.compile(r'^ {2}(?:[a-z]+ )?([a-z]+) {2}', re.MULTILINE)


def run(*args, **more):
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False, text=True, **more)


def commands():
    """Every command that runs something, as a list of words, with its help."""
    def below(*words):
        text = run(PROGRAM, *words, '--help').stdout
        names = text.partition('\nCommands:\n')[2].partition('\n\n')[0]
        if not names:
            yield list(words), text
        for name in COMMAND.findall(names):
            yield from below(*words, name)
    return list(below())


def complete(folder, *words):
    """What bash offers for the last of these words."""
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _wallwitness\n'
              'printf "%s\\n" "${COMPREPLY[@]}"')
    ran = run('bash', '-c', script, 'bash', BASH, *words, cwd=folder)
    assert ran.returncode == 0, ran.stdout
    return ran.stdout.split('\n')[:-1]


class Pages(unittest.TestCase):
    def test_options_everywhere(self):
        with open(MANUAL, encoding='utf-8') as file:
            sections = re.split(r'^\.Ss wallwitness ', file.read(), flags=re.MULTILINE)
        with open(ZSH, encoding='utf-8') as file:
            zsh = file.read()
        found = commands()
        self.assertGreater(len(found), 9)
        for words, text in found:
            name = ' '.join(words)
            section = [s for s in sections if s.startswith(name + '\n')]
            self.assertEqual(len(section), 1, f'{name} in the manual')
            offered = complete('/', 'wallwitness', *words, '-')
            for letter, option in OPTION.findall(text):
                escaped = option.replace('-', '\\-')
                item = rf'^\.It {f"Fl {letter} , " if letter else ""}Fl \\-{re.escape(escaped)}( |$)'
                self.assertRegex(section[0], re.compile(item, re.MULTILINE), f'{name} in the manual')
                self.assertIn('--' + option, offered, f'{name}: completion of bash')
                self.assertIn('--' + option, zsh, f'{name}: completion of zsh')
                if letter:
                    self.assertIn('-' + letter, offered)

    def test_bash(self):
        with tempfile.TemporaryDirectory() as folder:
            open(os.path.join(folder, 'push 1.pcapng'), 'wb').close()
            os.mkdir(os.path.join(folder, 'proof'))
            for words, wanted in [
                    (('a',), ['audit']),
                    (('policy', 's'), ['show']),
                    (('audit', '--pol'), ['--policy']),
                    (('audit', 'pu'), ['push 1.pcapng']),
                    (('audit', '-p', 'conf'), ['configmgr-client']),
                    (('audit', '--evidence', 'p'), ['proof']),
                    (('audit', '--format', '=', 'js'), ['json']),
                    (('flows', '--format', 't'), ['tsv']),
                    (('audit', '--ticket', 'p'), []),
                    (('audit', '--colour', 'n'), ['never']),
                    (('report', '-f', 'sar'), ['sarif']),
                    (('live', '-i', 'l'), sorted(os.path.basename(n) for n in glob.glob('/sys/class/net/l*'))),
            ]:
                got = [w for w in complete(folder, 'wallwitness', *words) if w]
                self.assertEqual(got, wanted, words)

    @unittest.skipUnless(shutil.which('zsh'), 'zsh is not installed')
    def test_zsh(self):
        ran = run('zsh', '-n', ZSH)
        self.assertEqual((ran.returncode, ran.stdout), (0, ''))
        check = '''
fpath=(${1:h} $fpath); autoload -Uz compinit; compinit -u -D
(( $+_comps[wallwitness] )) || { print "compinit does not know wallwitness"; exit 1; }
autoload +X _wallwitness || exit 1
'''
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(ZSH, os.path.join(folder, '_wallwitness'))
            ran = run('zsh', '-f', '-c', check, 'zsh', os.path.join(folder, '_wallwitness'), env={**os.environ, 'HOME': folder})
        self.assertEqual(ran.returncode, 0, ran.stdout)

    @unittest.skipUnless(shutil.which('mandoc'), 'mandoc is not installed')
    def test_mandoc(self):
        for page in [MANUAL, *PAGES]:
            lines = run('mandoc', '-T', 'lint', '-W', 'style', page).stdout.splitlines()
            # Whether other manuals are installed here says nothing about these.
            faults = [line for line in lines if 'referenced manual not found' not in line and 'mandoc.db' not in line]
            self.assertEqual(faults, [])
            self.assertGreater(len(run('mandoc', '-T', 'utf8', page).stdout), 1000)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1], verbosity=1)
