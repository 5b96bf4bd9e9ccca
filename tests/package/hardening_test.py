"""What the compiler and linker were asked for, looked up in the program: hardening_test.py PROGRAM

Says each property on a line. Skipped (77) for a build with sanitizers, which bring their own.
"""
import re
import subprocess
import sys


def readelf(*options):
    return subprocess.run(['readelf', '-W', *options, sys.argv[1]], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=True, text=True).stdout


def properties():
    """(what, whether it holds)"""
    head, segments, dynamic, notes, symbols = (readelf(o) for o in ('-h', '-l', '-d', '-n', '-s'))
    stack = re.search(r'GNU_STACK.*', segments)
    yield 'position independent', 'DYN (' in head and 'FLAGS_1' in dynamic and 'PIE' in dynamic
    yield 'relocations read-only', 'GNU_RELRO' in segments
    yield 'bound at start', bool(re.search(r'\(FLAGS\).*BIND_NOW|\(FLAGS_1\).*NOW', dynamic))
    yield 'stack not executable', bool(stack) and ' RWE ' not in stack.group(0)
    yield 'no segment writable and executable', not re.search(r'LOAD.* RWE ', segments)
    yield 'stack protector', '__stack_chk_fail' in symbols
    yield 'checked library calls (FORTIFY)', bool(re.search(r'__\w+_chk@', symbols.replace('__stack_chk_fail@', '')))
    if 'X86-64' in head:
        # Debian's C start files have no such mark, so the linker leaves it off the program; our code must be ready.
        marked = 'IBT, SHSTK' in notes
        code = subprocess.run(['objdump', '-d', '--disassemble=main', sys.argv[1]], stdout=subprocess.PIPE, check=True,
                              text=True).stdout
        yield f'landing pads (CET; the program is {"" if marked else "not "}marked)', 'endbr64' in code
    yield 'no search path for libraries', 'RUNPATH' not in dynamic and 'RPATH' not in dynamic


def main():
    if re.search(r'__(asan|tsan|ubsan)_', readelf('-s')):
        print('a build with sanitizers: skipped')
        return 77
    missing = 0
    for what, holds in properties():
        print(f'{"yes" if holds else "NO "} {what}')
        missing += not holds
    return missing > 0


sys.exit(main())
