"""Every allocation, read, open, write, sync and rename of whole runs fails in turn: fault_test.py PROGRAM SOURCE_ROOT

Whatever fails, the program ends by itself, without a finding of a sanitizer, and leaves no half-written file. It either
says so in lines of its own and by its exit status, or everything it wrote is what it writes without the fault.

WW_FAULTS: how many points of each kind are tried at most (default: what takes about half a minute in all).
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM, SOURCE = (os.path.abspath(arg) for arg in sys.argv[1:3])
SAMPLES = os.path.join(SOURCE, 'samples')
CASES = int(os.environ.get('WW_FAULTS', '50'))
KINDS = ['memory', 'read', 'open', 'write', 'sync', 'name']
RUNS = {
    'audit': ['audit', '-p', 'site.json', '--ticket', 'T-1', '-o', 'out/r.json', '-o', 'out/r.html', '-o', 'out/r.csv',
              '-o', 'out/r.xml', '-o', 'out/r.sarif', '-o', 'out/r.md', '-f', 'text', '--evidence', 'out/proof',
              'push.pcap'],
    'anonymised': ['audit', '--anonymise', 'key', '-o', 'out/r.json', '--evidence', 'out/proof', 'push.pcap'],
    'flows': ['flows', '-o', 'out/flows', 'push.pcap'],
    'report': ['report', 'saved.json', '-o', 'out/r.html', '-o', 'out/r.txt'],
    'diff': ['diff', 'saved.json', 'saved.json', '-o', 'out/d.html', '-o', 'out/d.md'],
    'init': ['policy', 'init', 'push.pcap', '-o', 'out/site.json'],
    'check': ['policy', 'check', 'site.json', 'own.policy.json'],
}


class Ran:
    """One run: how it ended, what it said, and the files it left below out/."""

    def __init__(self, folder, args, fault):
        shutil.rmtree(os.path.join(folder, 'out'), ignore_errors=True)
        os.mkdir(os.path.join(folder, 'out'))
        env = {**os.environ, 'TZ': 'UTC', 'LC_ALL': 'C', 'WW_FAULT': fault, 'MALLOC_PERTURB_': '85'}
        ran = subprocess.run([PROGRAM, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, cwd=folder, env=env, timeout=120, check=False)
        self.status, self.out, self.err = ran.returncode, ran.stdout, ran.stderr.decode()
        self.files = {}
        for where, _, names in os.walk(os.path.join(folder, 'out')):
            for name in names:
                with open(os.path.join(where, name), 'rb') as file:
                    self.files[os.path.relpath(os.path.join(where, name), folder)] = file.read()


def points(count):
    """Which calls fail: all of them, or the first half of what may be tried and the rest spread over the others."""
    if count <= CASES:
        return list(range(1, count + 1))
    near = CASES // 2
    return sorted({*range(1, near + 1), *(near + 1 + i * (count - near - 1) // (CASES - near) for i in range(CASES - near)),
                   count})


class Fault(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        for name, to in [('push-rpc-blocked.pcap', 'push.pcap'), ('site.json', 'site.json'),
                         ('webshop.policy.json', 'own.policy.json')]:
            shutil.copy(os.path.join(SAMPLES, name), os.path.join(self.folder, to))
        with open(os.path.join(self.folder, 'key'), 'wb') as key:
            key.write(bytes(range(32)))
        Ran(self.folder, ['audit', '-p', 'site.json', '-o', 'saved.json', 'push.pcap'], '')

    def judge(self, ran, good, kind, what):
        if 'LeakSanitizer has encountered a fatal error' in ran.err:
            return  # without /proc, whose opening failed, it cannot look for leaks
        self.assertGreaterEqual(ran.status, 0, f'{what}: ended by signal {-ran.status}\n{ran.err[:2000]}')
        self.assertNotRegex(ran.err, 'Sanitizer|runtime error', what)
        self.assertLess(ran.status, 5, f'{what}: {ran.err[:2000]}')
        for line in ran.err.splitlines():
            self.assertRegex(line, r'^(wallwitness|configmgr-client|[\w./]+\.json)(:\d+:\d+)?: ', what)
        # An input that cannot be read to its end is audited as far as it goes, and a flow for whose payload there is no
        # memory is known by its port; that is said.
        said = kind in ('read', 'open', 'memory') and ran.err != good.err
        for name, content in ran.files.items():
            self.assertNotIn('partial', name, f'{what}: a file left behind')
            if not said:
                self.assertIn(name, good.files, f'{what}: another file')
            if not said and not name.endswith('MANIFEST'):  # which lists the evidence that could be written
                self.assertEqual(content, good.files[name], f'{what}: {name} differs, status {ran.status}: {ran.err}')
        if ran.status == good.status and not said:
            self.assertEqual(ran.files.keys(), good.files.keys(), f'{what}: files are missing, status {ran.status}')
            self.assertEqual(ran.out, good.out, f'{what}: output differs, status {ran.status}')
        elif ran.status != good.status:
            self.assertIn(ran.status, (2, 3, 4), what)
            self.assertRegex(ran.err, 'memory' if kind == 'memory' else '.', f'{what}: fails without a reason')

    def run_all(self, name):
        good = Ran(self.folder, RUNS[name], '')
        self.assertIn(good.status, (0, 1), good.err)
        for kind in KINDS:
            counted = Ran(self.folder, RUNS[name], f'{kind}:0')
            count = int(re.search(r'fault: \w+: (\d+) calls', counted.err).group(1))
            tried = points(count)
            for n in tried:
                with self.subTest(kind=kind, n=n):
                    self.judge(Ran(self.folder, RUNS[name], f'{kind}:{n}'), good, kind, f'{name}: {kind} {n}')
            if kind in ('memory', 'write', 'sync', 'name') and count:
                # From some moment on, nothing of this kind works: a full disk, memory that is gone.
                n = max(1, count // 2)
                with self.subTest(kind=kind, n=n):
                    self.judge(Ran(self.folder, RUNS[name], f'{kind}:{n}:1000000000'), good, kind,
                               f'{name}: {kind} {n}-')
            print(f'{name}: {kind}: {len(tried)} of {count} calls failed', flush=True)


def add(name):
    setattr(Fault, f'test_{name}', lambda self: self.run_all(name))


for each in RUNS:
    add(each)
if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=1)
