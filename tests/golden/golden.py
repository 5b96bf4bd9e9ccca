"""Compare what the program writes for the samples, word for word, with the files beside this one.

golden.py PROGRAM SOURCE_ROOT [update]. With `update` the files are written instead; tests/golden/update calls it so. Read
the difference before you commit it.
"""
import difflib
import os
import re
import subprocess
import sys

SITE = ['-p', 'samples/site.json']
BLOCKED, WORKS = 'samples/push-rpc-blocked.pcap', 'samples/push-works.pcap'
CASES = {  # file -> exit status, arguments
    'blocked.txt': (1, ['audit', *SITE, BLOCKED]),
    'blocked.json': (1, ['audit', *SITE, '--format', 'json', BLOCKED]),
    'blocked.flows.jsonl': (0, ['flows', BLOCKED]),
    'blocked.flows.tsv': (0, ['flows', '--format', 'tsv', BLOCKED]),
    'works.txt': (0, ['audit', *SITE, WORKS]),
    'works.json': (0, ['audit', *SITE, '--format', 'json', WORKS]),
    'works.flows.jsonl': (0, ['flows', WORKS]),
    'proposed.txt': (1, ['audit', '--quiet', BLOCKED]),
    'proposed.site.json': (0, ['policy', 'init', '--quiet', BLOCKED]),
    'policy.txt': (0, ['policy', 'show', 'samples/site.json']),
    'explain-445.txt': (0, ['policy', 'explain', 'tcp/445']),
}


def produce(program, source, args, status):
    """What the program writes; the exit status must be the expected one."""
    env = dict(os.environ, TZ='UTC', LC_ALL='C', TERM='dumb')
    ran = subprocess.run([program, *args], cwd=source, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, timeout=120, check=False)
    if ran.returncode != status:
        raise SystemExit(f'{args}: exit status {ran.returncode}, expected {status}\n{ran.stderr.decode()}')
    return ran.stdout.decode()


def readme_with(program, source, text):
    """README.md with the block behind each `<!-- output: ARGS -->` filled from the program, as long as it was."""
    def fill(match):
        args, lines = match.group(1).split(), match.group(2).count('\n')
        ran = subprocess.run([program, *args], cwd=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120,
                             env=dict(os.environ, TZ='UTC', LC_ALL='C', TERM='dumb'), check=False)
        shown = ran.stdout.decode().splitlines(True)[:lines]
        return f'<!-- output: {match.group(1)} -->\n```text\n{"".join(shown)}```'
    return re.sub(r'<!-- output: (.*?) -->\n```text\n(.*?)```', fill, text, flags=re.DOTALL)


def main():
    program, source = map(os.path.abspath, sys.argv[1:3])
    update = sys.argv[3:] == ['update']
    folder = os.path.join(source, 'tests', 'golden')
    different = 0
    for name, (status, args) in CASES.items():
        path = os.path.join(folder, name)
        text = produce(program, source, args, status)
        if update:
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
            continue
        with open(path, encoding='utf-8') as file:
            expected = file.read()
        if text != expected:
            different += 1
            sys.stdout.writelines(difflib.unified_diff(expected.splitlines(True), text.splitlines(True), name, 'now'))
    path = os.path.join(source, 'README.md')
    with open(path, encoding='utf-8') as file:
        text = file.read()
    filled = readme_with(program, source, text)
    if update:
        with open(path, 'w', encoding='utf-8') as file:
            file.write(filled)
    elif filled != text:
        different += 1
        sys.stdout.writelines(difflib.unified_diff(text.splitlines(True), filled.splitlines(True), 'README.md', 'now'))
    return 1 if different else 0


sys.exit(main())
