"""Hold `wallwitness flows` against the tables that come with the shared captures.

compare_flows.py PROGRAM SOURCE_ROOT MINIMUM... Runs the comparison that stands beside the captures (tools/compare_flows.py
of WW_SHARED, else ../shared); MINIMUM are its --min-* options. Skips (77) where there are none.
"""
import os
import sys

program, source, *minimum = sys.argv[1:]
shared = os.environ.get('WW_SHARED') or os.path.join(source, '..', 'shared')
script = os.path.join(shared, 'tools', 'compare_flows.py')
if not os.path.exists(script):
    print(f'skipped: no {script}; set WW_SHARED to the folder with captures/ and tools/')
    sys.exit(77)
os.execv(sys.executable, [sys.executable, script, *minimum, program, os.path.join(shared, 'captures')])
