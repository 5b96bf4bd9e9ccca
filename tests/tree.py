"""Check the source tree: the one way through the rooms, foreign headers behind their one file, sizes, words.

tree.py ROOT. The arrows are those of CONTRIBUTING.md: a room includes its own headers and those of rooms to its
right, never to its left.
"""
import os
import re
import sys

ROOMS = ['cli', 'report', 'rules', 'classifier', 'capture', 'util']  # each may include what stands to its right
SYSTEM = set('''
assert.h ctype.h errno.h fcntl.h fenv.h float.h fnmatch.h grp.h inttypes.h libgen.h limits.h locale.h malloc.h math.h poll.h pthread.h
pwd.h sched.h signal.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h strings.h
time.h unistd.h net/if.h arpa/inet.h netinet/in.h sys/ioctl.h sys/mman.h sys/prctl.h sys/resource.h sys/socket.h
semaphore.h sys/eventfd.h sys/stat.h sys/statvfs.h sys/syscall.h sys/sysinfo.h sys/time.h sys/types.h sys/uio.h sys/un.h sys/utsname.h sys/wait.h
'''.split())
FOREIGN = {  # header (or its folder) -> the files that may include it
    'ck_ring.h': ['capture/hand_over.c'],
    'pcap': ['capture/filter.c', 'capture/live_internal.h', 'capture/live_open.c', 'capture/live_threads.c'],
    'pcap.h': ['capture/filter.c', 'capture/live_internal.h', 'capture/live_open.c', 'capture/live_threads.c'],
    'ndpi': ['classifier/dpi.c'],
    'cjson': ['rules/json_text.c', 'report/record_json.c'],
    'libxml': ['report/markup.c'],
    'archive.h': ['capture/compressed.c'],
    'archive_entry.h': ['capture/compressed.c'],
    'gcrypt.h': ['util/digest.c', 'util/cipher.c'],
    'seccomp.h': ['cli/confine.c'],
    'linux': ['cli/confine.c', 'cli/privileges.c'],
    'sys/capability.h': ['cli/privileges.c'],
}
LINES_MAX = 800
FUNCTION_LINES_MAX = 80
WORDS = [r'/wor[k]/', r'/tmp/(w)t\b', r'/tmp/(b)rief', r'deb\.(d)ebian\.org', r'registry\.(n)pmjs', r'pypi\.(o)rg',
         r'\b(s)ub-?agent', r'\bissue[s] show\b']
CODE = ('.c', '.h', '.py', '.sh', '.mjs')
TEXT = CODE + ('.md', '.json', '.build', '.options', '.txt', '.yml', '.1', '.5')
SKIP = re.compile(r'^(\.git|build.*|node_modules|__pycache__)$')
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')


def tree(root):
    """Every file of the tree, relative to its root, sorted."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not SKIP.match(f))
        for name in sorted(files):
            yield os.path.relpath(os.path.join(folder, name), root)


def include_fault(path, own, system):
    """What is wrong with one include line of a file in a room; None when it is fine."""
    room = path.split('/')[0]
    if own:
        other = own.split('/')[0]
        if other not in ROOMS:
            return f'"{own}" is not spelled from the root'
        if ROOMS.index(other) < ROOMS.index(room):
            return f'"{own}": {room} must not include {other}'
        if own.endswith('_internal.h') and other != room:
            return f'"{own}" is private to {other}'
        return None
    if system in SYSTEM:
        return None
    allowed = FOREIGN.get(system) or FOREIGN.get(system.split('/')[0])
    if allowed is None:
        return f'<{system}> is in no table of {os.path.basename(__file__)}'
    return None if path in allowed else f'<{system}> belongs in {" or ".join(allowed)} alone'


def include_faults(path, lines):
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        fault = match and include_fault(path, match.group(1), match.group(2))
        if fault:
            yield f'{path}:{number}: {fault}'


def function_faults(path, lines):
    """Functions too long. The formatter puts a body's last brace, and no other, in the first column."""
    start = None
    for number, line in enumerate(lines, 1):
        if line.rstrip().endswith(') {') and not line.startswith((' ', '#', '}')):
            start = number
        elif line.startswith('}') and start:
            if number - start + 1 > FUNCTION_LINES_MAX:
                yield f'{path}:{start}: a function of {number - start + 1} lines (at most {FUNCTION_LINES_MAX})'
            start = None


def faults(root):
    for path in tree(root):
        if not path.endswith(TEXT) and os.path.basename(path) not in ('run', 'check'):
            continue
        with open(os.path.join(root, path), encoding='utf-8', errors='replace') as file:
            lines = file.read().split('\n')
        for number, line in enumerate(lines, 1):
            for word in WORDS:
                if re.search(word, line, re.IGNORECASE):
                    yield f'{path}:{number}: a word that has no place here: {word}'
        if not path.endswith(CODE):
            continue
        if len(lines) - 1 > LINES_MAX:
            yield f'{path}: {len(lines) - 1} lines (at most {LINES_MAX})'
        if path.endswith(('.c', '.h')):
            yield from function_faults(path, lines)
            if path.split('/')[0] in ROOMS:
                yield from include_faults(path, lines)


def main():
    found = list(faults(sys.argv[1]))
    for fault in found:
        print(fault)
    return 1 if found else 0


sys.exit(main())
