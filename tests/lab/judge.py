"""Holds what the program says about a scenario against what was planted."""
import json
import os
import subprocess

OTHERS = {'pass', 'out-of-scope'}  # what any conversation that the scenario does not name may be
STATUS = {'blocked': 'fail', 'pass': 'pass', 'review': 'review', 'not-assessable': 'not-assessable'}
ORDER = ('low', 'medium', 'high')
FAILS = {'blocked', 'unexpected-open', 'wrong-protocol'}


def in_range(port, wanted):
    low, _, high = str(wanted).partition('-')
    return int(low) <= port <= int(high or low)


def audit(program, folder, scenario, vantage, captures):
    """Runs the program on one vantage's captures; returns its exit status and result."""
    stem = os.path.join(folder, scenario.name.replace('/', '_'))
    site, out = f'{stem}.site.json', f'{stem}.{vantage}.json'
    with open(site, 'w', encoding='utf-8') as file:
        json.dump(scenario.site_file(), file, indent=1)
    hosts = [a for a in (scenario.site_address, scenario.client_address, scenario.other_address) if a]
    done = subprocess.run([program, 'audit', '-q', '-p', site, '--filter', ' or '.join(f'host {h}' for h in hosts),
                           '-o', out, *captures], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode not in (0, 1, 4):
        return done.returncode, {'rules': [], 'findings': [], 'conversations': []}, done.stderr.strip()
    with open(out, encoding='utf-8') as file:
        return done.returncode, json.load(file), ''


def differs(have, want):
    """The keys of want that have does not meet; confidence is a least, reasons are a subset."""
    for key, value in want.items():
        other = have.get(key)
        if key == 'port':
            good = in_range(other, value)
        elif key == 'confidence':
            good = ORDER.index(other) >= ORDER.index(value)
        elif key == 'reasons':
            good = set(value) <= set(other)
        else:
            good = other == value
        if not good:
            yield f'{key} is {other}, not {value}'


def short(item):
    keys = ('verdict', 'why', 'rule', 'client', 'server', 'port', 'outcome', 'reset_by', 'confidence', 'reasons')
    return ' '.join(f'{k}={item.get(k)}' for k in keys)


def finding_faults(finding, want):
    """How one finding differs from the one that was planted."""
    plain = {k: v for k, v in want.items() if k not in ('possible', 'excluded', 'icmp_from', 'origin_by')}
    yield from differs(finding, plain)
    causes = {e['cause']: e['excluded'] for e in finding['explanations']}
    for excluded, key in ((False, 'possible'), (True, 'excluded')):
        for cause in want.get(key, []):
            if causes.get(cause) is not excluded:
                yield f'explanation "{cause}" is not {key}'
    if 'icmp_from' in want and finding['icmp']['from'] != want['icmp_from']:
        yield f'ICMP error from {finding["icmp"]["from"]}, not {want["icmp_from"]}'
    if 'origin_by' in want and (finding['origin']['by'] != want['origin_by'] or not finding['origin']['packet']):
        yield f'origin is {finding["origin"]}'


def match_findings(found, wanted):
    """(missing, false): what was planted and not found, and what was found and not planted."""
    left, missing = list(found), []
    for want in wanted:
        reasons = [(f, list(finding_faults(f, want))) for f in left]
        hit = next((f for f, faults in reasons if not faults), None)
        if hit is None:
            missing.append(f'finding {want.get("verdict")} of {want.get("rule")} not as planted: '
                           + ('; '.join(', '.join(faults) for _, faults in reasons) or 'there is none'))
        else:
            left.remove(hit)
    return missing, [f'not planted: {short(f)}' for f in left] if not missing or len(left) > len(missing) else []


def conversation_faults(result, scenario, expect):
    """The named conversation is there and as expected; no other one is anything but fine."""
    want = expect['conversation']
    others = expect.get('others', [])
    mine = []
    for c in result['conversations']:
        hit = want and c['server'] == scenario.host(scenario.target) and c['client'] == scenario.host(scenario.initiator) \
            and c['proto'] == want['proto'] and in_range(c['port'], want['port'])
        if hit:
            mine.append(c)
        elif c['verdict'] not in OTHERS | set(others):
            yield f'another conversation: {short(c)}'
    if want and not mine:
        yield f'no conversation on {want["proto"]} {want["port"]}'
    for c in mine:
        for fault in differs(c, want):
            yield f'{fault} [{short(c)}]'


def rule_faults(result, expect):
    want = expect['conversation']
    if not want or not expect['rule']:
        return
    rule = next(r for r in result['rules'] if r['id'] == expect['rule'])
    if rule['status'] != STATUS[want['verdict']]:
        yield f'rule {rule["id"]} is {rule["status"]} ({rule["why"]}), not {STATUS[want["verdict"]]}'


def push_faults(result, scenario, expect):
    """How far the push got: stages that must have passed, and the first blocker."""
    if 'passed' not in expect and 'first_blocker' not in expect:
        return
    names = [stage['name'] for stage in result['push']['stages']]
    row = next((c for c in result['push']['clients'] if c['client'] == scenario.client_address), None)
    if row is None:
        yield 'no stages of this client'
        return
    for name in expect.get('passed', []):
        state = row['cells'][names.index(name)]['state']
        if state != 'passed':
            yield f'stage {name} is {state}'
    if 'first_blocker' in expect:
        blocker = None if row['first_blocker'] is None else names[row['first_blocker']]
        if blocker != expect['first_blocker']:
            yield f'first blocker is {blocker}, not {expect["first_blocker"]}'


def judge(status, result, error, scenario, expect):
    """(missing, false) for one scenario at one vantage: lists of sentences."""
    if error:
        return [f'audit ended with {status}: {error}'], []
    missing, false = match_findings(result['findings'], expect['findings'])
    missing += conversation_faults(result, scenario, expect)
    missing += rule_faults(result, expect)
    missing += push_faults(result, scenario, expect)
    for rule in result['rules']:
        if rule['id'] in expect.get('rules_pass', []) and rule['status'] != 'pass':
            missing.append(f'rule {rule["id"]} is {rule["status"]} ({rule["why"]}), not pass')
    fails = any(f['verdict'] in FAILS for f in expect['findings'])
    if (status == 1) != fails or status != expect.get('status', status):
        missing.append(f'exit status {status}')
    return missing, false
