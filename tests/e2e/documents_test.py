"""Every command line in the documents is run: the lines of blocks fenced with ```sh, also inside lists.

They run in a folder that looks like the source tree: samples/ is there, tools/run and wallwitness are the built program.
An exit status of 0 or 1 is right (1: findings), unless the line ends with a comment that names another: `# exit status 2`.

Commands that need another machine or rights stand in ```console and ```powershell blocks. Those, and commands inside
sentences, must at least name options that the help of their command knows.
"""
import glob
import os
import re
import subprocess

from harness import PROGRAM, SECONDS, SOURCE, Case, main

FENCE = re.compile(r'^( *)```(sh|console|powershell)\n(.*?)^\1```$', re.MULTILINE | re.DOTALL)
INLINE = re.compile(r'`([^`\n]+)`')
CALL = re.compile(r'(?:wallwitness|tools/run) ((?:policy )?[a-z]+)((?: [^|;&<>]+)?)')
OPTION = re.compile(r'(?<![\w"-])(--[a-z][a-z-]*|-[a-zA-Z](?![\w-]))')
VERBS = ['audit', 'live', 'flows', 'explain', 'report', 'diff', 'policy list', 'policy show', 'policy check',
         'policy explain', 'policy init']


def documents():
    for name in ['README.md', 'CONTRIBUTING.md', 'samples/README.md', *sorted(glob.glob('doc/*.md', root_dir=SOURCE))]:
        with open(os.path.join(SOURCE, name), encoding='utf-8') as file:
            yield name, file.read()


def lines_of(block):
    for line in block.replace('\\\n', ' ').splitlines():
        line = line.strip()
        if line and not line.startswith('#'):
            yield line


class Documents(Case):
    def setUp(self):
        super().setUp()
        os.symlink(os.path.join(SOURCE, 'samples'), self.path('samples'))
        os.mkdir(self.path('tools'))
        os.mkdir(self.path('bin'))
        os.symlink(PROGRAM, self.path('tools/run'))
        os.symlink(PROGRAM, self.path('bin/wallwitness'))

    def test_commands(self):
        count = 0
        env = dict(os.environ, PATH=self.path('bin') + ':' + os.environ['PATH'], TZ='UTC', LC_ALL='C.UTF-8')
        for name, text in documents():
            for _, kind, block in FENCE.findall(text):
                for line in lines_of(block) if kind == 'sh' else ():
                    count += 1
                    wanted = re.search(r'# exit status (\d)', line)
                    ran = subprocess.run(['bash', '-o', 'pipefail', '-c', line], stdin=subprocess.DEVNULL, env=env,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder,
                                         timeout=SECONDS, check=False)
                    right = [int(wanted.group(1))] if wanted else [0, 1]
                    self.assertIn(ran.returncode, right, f'{name}: {line}\n{ran.stderr.decode()}')
        self.assertGreater(count, 30)

    def test_options(self):
        count = 0
        for name, text in documents():
            pieces = [line for _, _, block in FENCE.findall(text) for line in lines_of(re.sub('^ *[#$] ', '', block, flags=re.MULTILINE))]
            pieces += INLINE.findall(text)
            for piece in pieces:
                for verb, rest in CALL.findall(piece):
                    if verb not in VERBS:
                        continue
                    known = OPTION.findall(self.run_it(*verb.split(), '--help', status=0).out) + ['--help', '-h']
                    for option in OPTION.findall(re.sub(r'"[^"]*"|\'[^\']*\'', '', rest)):
                        self.assertIn(option, known, f'{name}: {piece}')
                        count += 1
        self.assertGreater(count, 30)


if __name__ == '__main__':
    main()
