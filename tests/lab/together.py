"""All scenarios in one audit: thousands of packets, hundreds of hosts, one site file. What is said of one pair of hosts must
not depend on the others, and each cause must be one finding."""
import json
import os
import subprocess

from judge import differs, in_range

FEATURES = ['client-push', 'client-requests', 'client-notification', 'remote-control', 'remote-assistance', 'software-update-point',
            'wake-up-proxy']
KEYS = ('proto', 'outcome', 'reset_by', 'reasons')  # verdicts may differ: here every feature is in use


def site_file(every):
    roles = {}
    for s in every:
        for role, side in s.roles.items():
            roles.setdefault(role, []).append(s.host(side))
        if s.other_address:
            roles['client'].append(s.other_address)
    return {'policy': 'configmgr-client', 'site': 'Lab: everything', 'features': FEATURES, 'roles': roles}


def audit(program, folder, every, capture, threads):
    """The bytes of one audit's result over a whole capture."""
    site, out = os.path.join(folder, 'together.site.json'), os.path.join(folder, 'together.json')
    with open(site, 'w', encoding='utf-8') as file:
        json.dump(site_file(every), file)
    subprocess.run([program, 'audit', '-q', '-p', site, '--threads', str(threads), '-o', out, capture], check=False,
                   capture_output=True, timeout=300)
    with open(out, 'rb') as file:
        return file.read()


def faults(program, folder, every, capture, side):
    """What the audit says otherwise of a scenario whose initiator is on this side."""
    text = audit(program, folder, every, capture, 1)
    if audit(program, folder, every, capture, 3) != text:
        yield f'{side}: one thread and three say different things'
    result = json.loads(text)
    by_pair = {}
    for c in result['conversations']:
        by_pair.setdefault((c['client'], c['server']), []).append(c)
    for s in every:
        want = s.expect['near'].get('conversation')
        if s.initiator != side or s.other_address or not want:
            continue
        plain = {k: v for k, v in want.items() if k in KEYS}
        mine = [c for c in by_pair.get((s.host(s.initiator), s.host(s.target)), [])
                if c['proto'] == want['proto'] and in_range(c['port'], want['port'])]
        if not mine:
            yield f'{s.name}: not there'
        for c in mine:
            for fault in differs(c, plain):
                yield f'{s.name}: {fault}'
    seen = set()
    for f in result['findings']:
        cause = tuple(str(f[k]) for k in ('verdict', 'rule', 'from', 'to', 'port' if f['rule'] is None else 'service', 'why', 'outcome',
                                          'reset_by')) + (str(f['icmp']['from']),)
        if cause in seen:
            yield f'one cause, two findings: {cause}'
        seen.add(cause)
