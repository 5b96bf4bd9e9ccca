"""Sum meson test logs: tally.py BROKEN LOG...

BROKEN is how many builds failed; each counts as one failed test. A log that is missing counts as one too.
Prints the names of what failed or was skipped, then the closing line. Exit 0 only when nothing failed; with
CI=true nothing may be skipped either.
"""
import json
import os
import sys

PASSED = {'OK', 'EXPECTEDFAIL'}
SKIPPED = {'SKIP'}


def results(path):
    """The (name, result) pairs of one log; a failure of its own when there is none."""
    try:
        with open(path, encoding='utf-8') as log:
            return [(test['name'], test['result']) for test in map(json.loads, log)]
    except (OSError, ValueError, KeyError) as error:
        return [(f'{path}: {error}', 'ERROR')]


def main():
    passed, failed, skipped = 0, int(sys.argv[1]), 0
    for path in sys.argv[2:]:
        for name, result in results(path):
            if result in PASSED:
                passed += 1
                continue
            where = path.split('/', 1)[0]
            print(f'{result.lower()}: {where}: {name}')
            skipped += result in SKIPPED
            failed += result not in SKIPPED
    strict = os.environ.get('CI') == 'true'
    if strict and skipped:
        print('CI: a skipped test counts as a failure')
    print(f'{passed} passed, {failed} failed, {skipped} skipped')
    return 1 if failed or not passed or (strict and skipped) else 0


sys.exit(main())
