#!/usr/bin/env python3
"""The files that a person gets, checked from outside: against their schemas, byte for byte over runs, time zones, locales
and cuts of the capture, and with tshark.

  files_test.py PROGRAM SOURCE_ROOT
"""
import collections, gzip, hashlib, json, os, random, re, shutil, socket, struct, subprocess, sys, tempfile

PROGRAM, SOURCE = sys.argv[1], sys.argv[2]
SITE = os.path.join(SOURCE, 'samples', 'site.json')
SAMPLES = [os.path.join(SOURCE, 'samples', n) for n in ('push-rpc-blocked.pcap', 'push-works.pcap')]
FORMATS = ('.html', '.json', '.md', '.txt', '.csv', '.xml', '.sarif')
FAILURES = []


def check(ok, what):
    if not ok:
        FAILURES.append(what)
        print('FAILED:', what)


def run(*args, env=None, statuses=(0, 1)):
    p = subprocess.run([PROGRAM, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **(env or {})})
    check(p.returncode in statuses, f'{args[:3]}: status {p.returncode}: {p.stderr.decode()[:300]}')
    return p


def audit(folder, name, captures, *more, env=None):
    """All formats of one audit as {ending: bytes}."""
    outs = [os.path.join(folder, name + e) for e in FORMATS]
    run('audit', '-p', SITE, *captures, *more, *[x for o in outs for x in ('-o', o)], env=env)
    return {e: open(o, 'rb').read() for e, o in zip(FORMATS, outs)}


def test_schemas(folder):
    try:
        import jsonschema
    except ImportError:
        return 'python3-jsonschema is missing'
    validator = lambda s: jsonschema.validators.validator_for(s)(s)
    result = validator(json.load(open(os.path.join(SOURCE, 'report', 'result.schema.json'))))
    flow = validator(json.load(open(os.path.join(SOURCE, 'report', 'flows.schema.json'))))
    official = os.path.join(SOURCE, 'tests/report/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json')
    sarif = validator(json.load(open(official))) if os.path.exists(official) else None
    for capture in SAMPLES:
        files = audit(folder, 'schema', [capture], '--ticket', 'CHG0041')
        for e in result.iter_errors(json.loads(files['.json'])):
            check(False, f'result schema: {list(e.path)}: {e.message[:200]}')
        for line in run('flows', capture).stdout.splitlines():
            for e in flow.iter_errors(json.loads(line)):
                check(False, f'flows schema: {list(e.path)}: {e.message[:200]}')
        for e in (sarif.iter_errors(json.loads(files['.sarif'])) if sarif else ()):
            check(False, f'SARIF schema: {list(e.path)}: {e.message[:200]}')
    broken = json.loads(files['.json'])
    broken['counts']['findings'] = 'many'
    check(any(result.iter_errors(broken)), 'the result schema accepts a text as a count')
    return None if sarif else 'SARIF against the official schema: run npm ci in tests/report'


def test_same_bytes(folder):
    first = audit(folder, 'one', [SAMPLES[0]])
    for n, env in enumerate([{}, {'TZ': 'Asia/Tokyo'}, {'TZ': 'America/St_Johns'}, {'TZ': 'UTC-14', 'LC_ALL': 'C.UTF-8', 'LANG': 'de_DE.UTF-8'},
                             {'LC_ALL': 'C', 'HOSTNAME': 'other', 'HOME': '/nonexistent'}]):
        again = audit(folder, 'two', [SAMPLES[0]], env=env)
        for e in FORMATS:
            check(first[e] == again[e], f'{e} differs with {env}')


def test_saved(folder):
    first = audit(folder, 'direct', [SAMPLES[0]], '--ticket', 'CHG0041', '--title', 'Saved and shown')
    for e in FORMATS:
        out = os.path.join(folder, 'later' + e)
        run('report', os.path.join(folder, 'direct.json'), '-o', out)
        check(open(out, 'rb').read() == first[e], f'report {e} differs from what audit wrote')


def cut(capture, folder, pieces, rng):
    """A classic little-endian pcap cut at packet boundaries; every other piece gzipped."""
    data = open(capture, 'rb').read()
    head, at, packets = data[:24], 24, []
    while at < len(data):
        size = 16 + struct.unpack_from('<I', data, at + 8)[0]
        packets.append(data[at:at + size])
        at += size
    cuts = [0] + sorted(rng.sample(range(1, len(packets)), pieces - 1)) + [len(packets)]
    paths = []
    for i, (a, b) in enumerate(zip(cuts, cuts[1:])):
        path = os.path.join(folder, f'piece{i}.pcap' + ('.gz' if i % 2 else ''))
        with (gzip.open if i % 2 else open)(path, 'wb') as f:
            f.write(head + b''.join(packets[a:b]))
        paths.append(path)
    return paths


def test_cuts(folder):
    seed = int(os.environ.get('WW_SEED', '1'))
    print('seed', seed)
    rng = random.Random(seed)
    for capture in SAMPLES:
        whole = json.loads(audit(folder, 'whole', [capture])['.json'])
        whole.pop('inputs')
        for pieces in (2, 3, 7):
            paths = cut(capture, folder, pieces, rng)
            for order in (paths, rng.sample(paths, len(paths))):
                part = json.loads(audit(folder, 'cut', order)['.json'])
                part.pop('inputs')
                for key in whole:
                    check(whole[key] == part[key], f'{os.path.basename(capture)} in {pieces} pieces: {key} differs')


def tshark(*args):
    p = subprocess.run(['tshark', '-n', *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(p.returncode == 0, f'tshark {args}: {p.stderr.decode()[:300]}')
    return p.stdout.decode().splitlines()


def check_filter(capture, f):
    """The filter selects as many packets as are cited, all of them inside the cited runs."""
    numbers = [int(n) for n in tshark('-r', capture, '-Y', f['display_filter'], '-T', 'fields', '-e', 'frame.number')]
    cited = sum(c['count'] for c in f['citations'])
    check(len(numbers) == cited, f"{f['title']}: the filter selects {len(numbers)} packets, {cited} are cited")
    for n in numbers:
        check(any(c['first'] <= n <= c['last'] for c in f['citations']), f"{f['title']}: packet {n} is not cited")
    return set(numbers)


def check_evidence_file(path, capture, f, cited):
    rows = [line.split('\t') for line in tshark('-r', path, '-T', 'fields', '-e', 'frame.time_epoch', '-e', 'frame.len',
                                                '-e', 'frame.cap_len', '-e', 'frame.comment')]
    check(1 <= len(rows) <= 50, f'{path}: {len(rows)} packets')
    original = {int(n): (t, length) for n, t, length in
                (line.split('\t') for line in tshark('-r', capture, '-T', 'fields', '-e', 'frame.number', '-e', 'frame.time_epoch', '-e', 'frame.len'))}
    seen = set()
    for time, length, kept, comment in rows:
        m = re.match(r'packet (\d+) of (\S+): .+', comment)
        check(m and m.group(2) == os.path.basename(capture), f'{path}: comment {comment!r}')
        if not m:
            continue
        seen.add(int(m.group(1)))
        check(original[int(m.group(1))] == (time, length), f'{path}: packet {m.group(1)} is not the original')
        check(int(kept) <= 14 + 60 + 60, f'{path}: payload was kept: {kept} bytes')
    check(cited <= seen, f'{path}: cited packets are missing: {sorted(cited - seen)}')


def test_evidence(folder):
    if not shutil.which('tshark'):
        return 'tshark is missing'
    capture, out = SAMPLES[0], os.path.join(folder, 'evidence')
    run('audit', '-p', SITE, capture, '--evidence', out, '--ticket', 'CHG/0041 <x>', '-o', os.path.join(folder, 'e.json'))
    findings = json.load(open(os.path.join(folder, 'e.json')))['findings']
    check(findings, 'the sample has no finding')
    names = sorted(os.listdir(out))
    sums = dict(reversed(line.split('  ')) for line in open(os.path.join(out, 'MANIFEST')).read().splitlines())
    check(sorted([*sums, 'MANIFEST']) == names, f'MANIFEST lists {sorted(sums)}, the folder has {names}')
    for name, digest in sums.items():
        check(re.fullmatch(r'wallwitness_CHG-0041--x-_\d{8}T\d{6}Z_[0-9a-f]{16}\.pcapng', name), f'name {name}')
        check(hashlib.sha256(open(os.path.join(out, name), 'rb').read()).hexdigest() == digest, f'{name}: digest')
    for f in findings:
        cited = check_filter(capture, f)
        mine = [n for n in sums if f['fingerprint'] in n]
        check(len(mine) == 1, f"{f['fingerprint']}: {len(mine)} evidence files")
        for name in mine:
            check_evidence_file(os.path.join(out, name), capture, f, cited)


def test_diff(folder):
    for i, capture in enumerate(SAMPLES):
        audit(folder, f'd{i}', [capture])
    before, after = os.path.join(folder, 'd0.json'), os.path.join(folder, 'd1.json')
    out = os.path.join(folder, 'diff.json')
    run('diff', before, after, '-o', out, statuses=(0,))
    counts = json.load(open(out))['counts']
    check(counts['fixed'] >= 1 and counts['new'] == 0, f'before to after: {counts}')
    run('diff', after, before, '-o', out, statuses=(1,))
    counts = json.load(open(out))['counts']
    check(counts['new'] >= 1 and counts['fixed'] == 0, f'after to before: {counts}')
    for e in FORMATS:
        run('diff', before, after, '-o', os.path.join(folder, 'diff' + e), statuses=(0,))


def check_gone(where, data, originals):
    low = data.lower()
    for o in originals:
        check(o.lower() not in low, f'{where}: {o!r} is left')


def test_anonymise(folder):
    """Nothing that identifies a host is left in any file: as text, and in evidence as raw octets either."""
    if not shutil.which('tshark'):
        return 'tshark is missing'
    key, secret = os.path.join(folder, 'key'), b'the key of this test is never written'
    open(key, 'wb').write(secret)
    for capture in SAMPLES:
        plain = json.loads(audit(folder, 'plain', [capture])['.json'])
        out = os.path.join(folder, 'proof-' + os.path.basename(capture))
        files = audit(folder, 'public', [capture], '--anonymise', key, '--evidence', out)
        again = audit(folder, 'again', [capture], '--anonymise', key)
        shown = run('audit', '-p', SITE, capture, '--anonymise', key).stdout
        addresses, octets = set(), set()
        for line in tshark('-r', capture, '-T', 'fields', '-e', 'ip.src', '-e', 'ip.dst', '-e', 'ipv6.src', '-e', 'ipv6.dst'):
            for a in re.split(r'[\t,]', line):
                if a and not re.match(r'(22[4-9]|23\d|255|127|0)\.|ff|::', a):
                    addresses.add(a)
        macs = {m for line in tshark('-r', capture, '-T', 'fields', '-e', 'eth.src', '-e', 'eth.dst') for m in line.split('\t')
                if m and m != 'ff:ff:ff:ff:ff:ff'}
        names = {part for h in plain['hosts'] for part in (h['name'], h['name'].split('.')[0])}
        for a in addresses:
            octets.add(socket.inet_pton(socket.AF_INET6 if ':' in a else socket.AF_INET, a))
        octets |= {bytes.fromhex(m.replace(':', '')) for m in macs}
        check(addresses and macs and names, f'{capture}: nothing to look for')
        originals = [x.encode() for x in addresses | macs | names] + [os.path.basename(capture).encode(), secret]
        for e in FORMATS:
            check_gone(f'anonymised {e}', files[e], originals)
            check(files[e] == again[e], f'{e}: the same key gives other replacements')
            later = os.path.join(folder, 'later' + e)
            run('report', os.path.join(folder, 'plain.json'), '--anonymise', key, '-o', later)
            check(open(later, 'rb').read() == files[e], f'report --anonymise {e} differs from audit --anonymise')
        check_gone('anonymised standard output', shown, originals)
        for name in os.listdir(out):
            data = open(os.path.join(out, name), 'rb').read()
            check_gone(name, data, originals)
            for o in octets:
                check(o not in data, f'{name}: octets {o.hex()} are left')
        for f in json.loads(files['.json'])['findings']:
            mine = [n for n in os.listdir(out) if f['fingerprint'] in n]
            check(len(mine) == 1, f"{f['fingerprint']}: {len(mine)} evidence files")
            rows = tshark('-r', os.path.join(out, mine[0]), '-Y', re.sub(r' \|\| frame\.number == \d+', '', f['display_filter']),
                          '-o', 'ip.check_checksum:TRUE', '-T', 'fields', '-e', 'ip.checksum.status')
            check(rows, f"{f['title']}: its filter finds nothing in its evidence")
            check(set(rows) <= {'1', ''}, f'{mine[0]}: wrong IP checksums')


def main():
    skipped = []
    for test in (test_schemas, test_same_bytes, test_saved, test_cuts, test_evidence, test_diff, test_anonymise):
        with tempfile.TemporaryDirectory() as folder:
            why = test(folder)
        if why:
            skipped.append(f'{test.__name__}: {why}')
        print(test.__name__, 'done' if not why else f'skipped: {why}')
    return 1 if FAILURES else 77 if skipped else 0


sys.exit(main())
