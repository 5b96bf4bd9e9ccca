"""Every command line in the documents is run: the lines of blocks fenced with ```sh.

They run in a folder that looks like the source tree: samples/ is there, tools/run and wallwitness are the built program.
An exit status of 0 or 1 is right (1: findings), unless the line ends with a comment that names another: `# exit status 2`.
"""
import glob
import os
import re
import subprocess

from harness import PROGRAM, SECONDS, SOURCE, Case, main

FENCE = re.compile(r'^```sh\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def commands(path):
    with open(path, encoding='utf-8') as file:
        for block in FENCE.findall(file.read()):
            for line in block.replace('\\\n', ' ').splitlines():
                if line.strip() and not line.startswith('#'):
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
        names = ['README.md', 'samples/README.md', *sorted(glob.glob('doc/*.md', root_dir=SOURCE))]
        for name in names:
            for line in commands(os.path.join(SOURCE, name)):
                count += 1
                wanted = re.search(r'# exit status (\d)', line)
                ran = subprocess.run(['bash', '-o', 'pipefail', '-c', line], stdin=subprocess.DEVNULL, env=env,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder, timeout=SECONDS,
                                     check=False)
                right = [int(wanted.group(1))] if wanted else [0, 1]
                self.assertIn(ran.returncode, right, f'{name}: {line}\n{ran.stderr.decode()}')
        self.assertGreater(count, 2)


if __name__ == '__main__':
    main()
