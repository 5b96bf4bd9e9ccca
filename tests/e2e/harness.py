"""What the end-to-end tests share: running the built program and looking at what it did.

Each test file is run as `FILE PROGRAM SOURCE_ROOT [TEST...]`; a TEST is `Class` or `Class.test`, without one all are
run. Every run of the program gets a folder of its own to work in, an empty standard input unless it is given one, and
a time limit.
"""
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.abspath(sys.argv[1])
SOURCE = os.path.abspath(sys.argv[2])
SAMPLES = os.path.join(SOURCE, 'samples')
SITE = os.path.join(SAMPLES, 'site.json')
BLOCKED = os.path.join(SAMPLES, 'push-rpc-blocked.pcap')
WORKS = os.path.join(SAMPLES, 'push-works.pcap')
SECONDS = 120


class Ran:
    """How one run ended."""

    def __init__(self, process):
        self.status = process.returncode
        self.raw = process.stdout
        self.out = process.stdout.decode('utf-8')
        self.err = process.stderr.decode('utf-8')


class Case(unittest.TestCase):
    """A test with a folder of its own, self.folder."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        """Makes a file in the folder; returns its path."""
        with open(self.path(name), 'wb') as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return self.path(name)

    def read(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read()

    def run_it(self, *args, stdin=b'', env=None, status=None):
        """Runs the program; with status, that must be its exit status. It must never end by a signal."""
        full = {**os.environ, 'TZ': 'UTC', 'LC_ALL': 'C', 'TERM': 'dumb', **(env or {})}
        ran = Ran(subprocess.run([PROGRAM, *args], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 cwd=self.folder, env=full, timeout=SECONDS, check=False))
        self.assertGreaterEqual(ran.status, 0, f'{args}: ended by signal {-ran.status}\n{ran.err}')
        self.assertNotIn('Sanitizer', ran.err)
        if status is not None:
            self.assertEqual(ran.status, status, f'{args}: exit status\nout: {ran.out[:800]}\nerr: {ran.err[:800]}')
        return ran

    def one_line(self, ran, *parts):
        """Standard error is exactly one line of ours, holding all parts."""
        lines = ran.err.splitlines()
        self.assertEqual(len(lines), 1, ran.err)
        self.assertTrue(lines[0].startswith('wallwitness: '), ran.err)
        for part in parts:
            self.assertIn(part, lines[0])

    def files(self):
        return sorted(os.listdir(self.folder))


def main():
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=1)
