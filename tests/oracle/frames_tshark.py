"""Hold our readers against tshark's, frame by frame: time, lengths, interface, direction, comment, and every byte.

  frames_tshark.py DUMP_FRAMES SOURCE_ROOT       every capture in $WW_SHARED/captures (else ../shared/captures), and the
                                                 seeds of the fuzzers, which hold one of everything
  frames_tshark.py DUMP_FRAMES files FILE...     these files

Unlike libpcap, tshark reads snoop and pcapng with interfaces of several kinds. Where it stops at damage, ours may go on.
Exit status 0: the same; 1: differences; 77: tshark or the captures are not there.
"""
import glob
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile

FIELDS = ('frame.number frame.time_epoch frame.len frame.cap_len frame.interface_id frame.section_number '
          'frame.packet_flags_direction frame.md5_hash frame.comment').split()


def tshark(path):
    with tempfile.TemporaryDirectory() as conf:
        env = dict(os.environ, WIRESHARK_CONFIG_DIR=conf, XDG_CONFIG_HOME=conf, HOME=conf, LC_ALL='C.UTF-8', TZ='UTC')
        cmd = ['tshark', '-n', '-r', path, '-o', 'frame.generate_md5_hash:TRUE', '-T', 'fields']
        # Only the frame itself: no dissection that could fail or take time.
        cmd += ['--disable-protocol', 'tcp'] + [part for field in FIELDS for part in ('-e', field)]
        run = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    rows = [line.split('\t') for line in run.stdout.decode('utf-8', 'replace').split('\n') if line]
    return [dict(zip(FIELDS, row + [''] * len(FIELDS))) for row in rows], run.returncode == 0


def ours(dump, path):
    run = subprocess.run([dump, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    frames, comments = [], {}
    for line in run.stdout.decode('utf-8', 'replace').split('\n'):
        if line.startswith('comment\t'):
            _, frame, text = line.split('\t', 2)
            comments[int(frame)] = text
        elif line:
            frames.append(line.split('\t'))
    return frames, comments


def differences(mine, comment, theirs):
    number, time, length, captured, iface, direction, data = mine
    expected = {
        'number': (number, theirs['frame.number']),
        'length': (int(length), max(int(theirs['frame.len']), int(theirs['frame.cap_len']))),
        'captured': (captured, theirs['frame.cap_len']),
        'bytes': (hashlib.md5(bytes.fromhex(data)).hexdigest(), theirs['frame.md5_hash']),
        'comment': (comment, theirs['frame.comment']),
    }
    if theirs['frame.time_epoch']:  # a simple packet block states none
        expected['time'] = (time, theirs['frame.time_epoch'])
    if theirs['frame.interface_id'] and theirs['frame.section_number'] in ('', '1'):  # it counts anew in each section
        expected['interface'] = (iface, theirs['frame.interface_id'])
    if theirs['frame.packet_flags_direction']:
        expected['direction'] = (direction, str(int(theirs['frame.packet_flags_direction'], 0)))
    return {what: pair for what, pair in expected.items() if pair[0] != pair[1]}


def compare(dump, path):
    theirs, whole = tshark(path)
    mine, comments = ours(dump, path)
    wrong = []
    if len(mine) < len(theirs) or (whole and len(mine) != len(theirs)):
        wrong.append(f'ours has {len(mine)} frames, tshark {len(theirs)}')
    for one, other in zip(mine, theirs):
        differ = differences(one, comments.get(int(one[0]), ''), other)
        if differ:
            wrong.append(f'frame {one[0]}: {differ}')
    for line in wrong[:5]:
        print(f'{os.path.basename(path)}: {line}')
    return len(theirs), len(wrong)


def main():
    dump, where, files = sys.argv[1], sys.argv[2], sys.argv[3:]
    if not shutil.which('tshark'):
        print('skipped: tshark is not installed')
        return 77
    if where != 'files':
        shared = os.environ.get('WW_SHARED') or os.path.join(where, '..', 'shared')
        files = sorted(path for path in glob.glob(os.path.join(shared, 'captures', '*'))
                       if path.endswith(('.pcap', '.pcapng', '.cap', '.snoop')))
        if not files:
            print(f'skipped: no captures in {shared}')
            return 77
        files += sorted(glob.glob(os.path.join(where, 'tests', 'fuzz', 'corpus', 'pcap*', '*')))
    results = [compare(dump, path) for path in files]
    bad = sum(1 for _, wrong in results if wrong)
    print(f'{len(files)} captures, {sum(frames for frames, _ in results)} frames, {bad} captures differ')
    return 1 if bad else 0


sys.exit(main())
