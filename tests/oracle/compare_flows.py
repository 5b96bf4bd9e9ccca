"""Hold `wallwitness flows` against the tables that come with the shared captures.

compare_flows.py PROGRAM SOURCE_ROOT MINIMUM... Runs the comparison that stands beside the captures (tools/compare_flows.py
of WW_SHARED, else ../shared); MINIMUM are its --min-* options. Captures whose table has a flow without a time (pcapng simple
packet blocks have none) are left out, because the comparison cannot place such a flow. Skips (77) where there is
nothing to compare with.
"""
import csv
import os
import sys

program, source, *minimum = sys.argv[1:]
shared = os.environ.get('WW_SHARED') or os.path.join(source, '..', 'shared')
script = os.path.join(shared, 'tools', 'compare_flows.py')
captures = os.path.join(shared, 'captures')
truth = os.path.join(captures, 'truth')


def is_timed(name):
    """Whether every flow of a table has a time."""
    with open(os.path.join(truth, name), newline='', encoding='utf-8') as file:
        rows = csv.DictReader((line for line in file if not line.startswith('#')), delimiter='\t', quoting=csv.QUOTE_NONE)
        return all(row['first_ts'] for row in rows)


if not os.path.exists(script) or not os.path.isdir(truth):
    print(f'skipped: no {script}; set WW_SHARED to the folder with captures/ and tools/')
    sys.exit(77)
names = [name for name in sorted(os.listdir(truth)) if name.endswith('.tsv')]
timed = [name[:-4] for name in names if is_timed(name)]
print(f'{len(timed)} of {len(names)} captures')
sys.stdout.flush()
os.execv(sys.executable, [sys.executable, script, *minimum, program, captures, *timed])
