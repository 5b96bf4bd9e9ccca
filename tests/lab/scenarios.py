"""Reads the scenarios: the matrix of families and faults, and the stories that have a folder of their own.

scenarios/faults.json holds the faults, scenarios/FAMILY/family.json one rule of the catalogue with the step that uses
it, scenarios/STORY/story.json a whole scenario. README.md explains every key.
"""
import json
import os

from net import FIREWALL, SIDES, address

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, 'scenarios')
VERSIONS = (4, 6)
VANTAGES = ('near', 'far', 'both')
TARGET_SPACE = {('client', 'quiet'): 'ww-quiet', ('site', 'quiet'): 'ww-mute', ('client', 'up'): 'ww-client',
                ('site', 'up'): 'ww-site', ('client', 'peer'): 'ww-peer'}
INFO = {'not-assessable': 'review'}  # a target that is down: the finding asks for a look, it does not accuse


def load(*parts):
    with open(os.path.join(FOLDER, *parts), encoding='utf-8') as file:
        return json.load(file)


class Scenario:
    """One pair of hosts, what is planted between them, what they do, what must be found."""

    def __init__(self, name, version, number):
        self.name, self.version, self.number = f'{name}/v{version}', version, number
        self.site_address, self.client_address = (address(side, version, number) for side in ('site', 'client'))
        self.other_address = None  # a third host, when a story has one
        self.space = {'site': 'ww-site', 'client': 'ww-client'}
        self.initiator = 'site'
        self.features, self.roles, self.allow = [], {}, []
        self.rules = []  # (space, chain, text)
        self.least = 1
        self.alive = []  # (side, step, port)
        self.steps = []
        self.silent = None  # the side whose host is off and known to the firewall
        self.expect = {}  # by vantage

    @property
    def count(self):
        return f's{self.number}'

    def host(self, side):
        return self.site_address if side == 'site' else self.client_address

    @property
    def target(self):
        return 'client' if self.initiator == 'site' else 'site'

    def way(self, side, step):
        """The namespace that a step is taken in, and its target; `peer:STEP` goes to the second client."""
        if side == 'peer':
            return 'ww-peer', self.client_address
        if step.startswith('peer:'):
            return self.space[side], self.other_address
        return self.space[side], self.host('client' if side == 'site' else 'site')

    def words(self, proto, port):
        """What a rule's text may name."""
        ip = 'ip' if self.version == 4 else 'ip6'
        there, back = self.host(self.initiator), self.host(self.target)
        icmp = 'icmp' if self.version == 4 else 'icmpv6'
        if proto == 'icmp':
            match = f'{icmp} type echo-request', f'{icmp} type echo-reply'
        else:
            match = f'{proto} dport {port}', f'{proto} sport {port}'
        return {'there': f'{ip} saddr {there} {ip} daddr {back} {match[0]}',
                'back': f'{ip} saddr {back} {ip} daddr {there} {match[1]}',
                'out': f'{ip} saddr {back}', 'ip': ip, 'site': self.site_address, 'client': self.client_address,
                'other': self.other_address, 'count': self.count, 'icmp': icmp,
                'payload': f'meta length > {80 if self.version == 4 else 100}'}

    def plant(self, where, texts, proto, port):
        """Adds rules; where is `SPACE` or `SPACE:CHAIN`."""
        space, _, chain = where.format(target=self.space[self.target]).partition(':')
        for text in texts:
            self.rules.append((space, chain or ('forward' if space == FIREWALL else 'output'),
                               text.format(**self.words(proto, port))))

    def site_file(self):
        roles = {role: [self.host(side)] for role, side in self.roles.items()}
        if self.other_address:
            roles['client'] = [self.client_address, self.other_address]
        return {'policy': 'configmgr-client', 'site': f'Lab: {self.name}', 'features': self.features, 'roles': roles,
                'allow': self.allow}

    def places(self):
        """(space, own address, peer, version) of each host that exists."""
        found = [(self.space[side], self.host(side), self.host('client' if side == 'site' else 'site'), self.version)
                 for side in ('site', 'client') if self.space[side]]
        if self.other_address:
            found.append(('ww-peer', self.other_address, self.site_address, self.version))
        return found


def merged(fault, family, name, vantage):
    """What a vantage must show: the fault's word, or the family's own."""
    own = {**fault, **family.get('override', {}).get(name, {})}
    while isinstance(own[vantage], str):
        vantage = own[vantage]
    return own[vantage]


def expected(scenario, family, port, expect):
    """Turns a cell's short form into a conversation and the findings that go with it."""
    found = {'conversation': None, 'findings': [], 'rule': family['rule']}
    if expect['verdict'] is None:
        return found
    keys = ('verdict', 'why', 'outcome', 'reset_by', 'reasons', 'confidence')
    found['conversation'] = {k: expect[k] for k in keys if k in expect}
    found['conversation'].update(proto='icmpv6' if family['proto'] == 'icmp' and scenario.version == 6 else family['proto'],
                                 port=port, rule=family['rule'])
    if expect['verdict'] == 'pass' and 'service' in family:
        found['conversation']['service'] = family['service']
    if expect['verdict'] != 'pass':
        finding = {k: expect[k] for k in ('outcome', 'reset_by', 'possible', 'excluded') if k in expect}
        finding.update(verdict=INFO.get(expect['verdict'], expect['verdict']), rule=family['rule'])
        if expect.get('by_firewall'):
            finding['icmp_from'] = address('site' if scenario.initiator == 'site' else 'client', scenario.version, 0)
        found['findings'].append(finding)
    return found


def cell(family, fault_name, fault, version, number):
    s = Scenario(f'{family["name"]}/{fault_name}', version, number)
    s.initiator = 'site' if 'from' in family else 'client'
    role = family.get('from') or family['to']
    s.features, s.roles = family['features'], {role: 'site', 'client': 'client'}
    if family['proto'] != 'icmp' and role != 'site_server':
        s.allow = [{'id': 'lab-ping', 'from': role, 'to': 'client', 'icmp_echo': True, 'why': 'shows that both hosts are up'}]
    state = fault.get('target', 'up')
    if family.get('learned') and state == 'quiet':
        s.plant('{target}:nat', ['{there} dnat {ip} to ' + ('{client}:1' if version == 4 else '[{client}]:1')],
                'tcp', family['port'])
    else:
        s.space[s.target] = TARGET_SPACE.get((s.target, state))
    s.silent = s.target if state == 'off' else None
    for where, texts in fault['rules'].items():
        s.plant(where, texts, family['proto'], family.get('port'))
    s.least = fault.get('least', 1)
    s.alive = [('site', family['alive'], 0)] if fault.get('alive', True) else []
    s.steps = [(s.initiator, family['step'], family.get('port', 0))]
    s.expect = {v: expected(s, family, family.get('port', 0), merged(fault, family, fault_name, v)) for v in VANTAGES}
    return s


def story(data, version, number):
    s = Scenario(data['name'], version, number)
    s.initiator = data['initiator']
    s.features, s.roles, s.allow = data['features'], data['roles'], data.get('allow', [])
    if data.get('peer'):
        s.other_address = address('client', version, number + 1)
    s.space[s.target] = TARGET_SPACE[s.target, data.get('target', 'up')]
    for where, texts in data.get('rules', {}).items():
        s.plant(where, texts, data.get('proto', 'tcp'), data.get('port'))
    s.least = data.get('least', 1 if data.get('rules') else 0)
    s.alive = [tuple(step) for step in data.get('alive', [])]
    s.steps = [tuple(step) for step in data['steps']]
    for vantage in VANTAGES:
        expect = data['expect'].get(vantage)
        expect = data['expect'][expect] if isinstance(expect, str) else expect
        if expect:
            s.expect[vantage] = {'conversation': None, 'rule': None, **expect}
    return s


def all_scenarios():
    """Every scenario, numbered from 1, and the lines of the matrix that make no sense, with the reason."""
    faults, found, left_out = load('faults.json'), [], []
    names = sorted(n for n in os.listdir(FOLDER) if os.path.isdir(os.path.join(FOLDER, n)))
    number = 1
    for name in names:
        if os.path.exists(os.path.join(FOLDER, name, 'story.json')):
            for version in VERSIONS:
                found.append(story({'name': name, **load(name, 'story.json')}, version, number))
                number += 2
            continue
        family = {'name': name, **load(name, 'family.json')}
        for fault_name, fault in faults.items():
            if fault_name in family.get('not', {}):
                left_out.append((f'{name}/{fault_name}', family['not'][fault_name]))
                continue
            for version in VERSIONS:
                found.append(cell(family, fault_name, fault, version, number))
                number += 1
    return found, left_out


def ruleset(scenarios, space):
    """The text for nft: one table, a named counter for each scenario that counts here."""
    hooks = {'forward': 'type filter hook forward priority 0', 'output': 'type filter hook output priority 0',
             'input': 'type filter hook input priority 0', 'nat': 'type nat hook prerouting priority -100'}
    mine = [(s, chain, text) for s in scenarios for where, chain, text in s.rules if where == space]
    lines = ['table inet ww {']
    lines += [f'counter {s} {{ }}' for s in dict.fromkeys(s.count for s, _, text in mine if f' {s.count} ' in text + ' ')]
    for chain in ('forward',) if space == FIREWALL else ('output', 'input', 'nat'):
        lines.append(f'chain {chain} {{ {hooks[chain]}; policy accept;')
        lines += [text for _, where, text in mine if where == chain]
        lines.append('}')
    return '\n'.join(lines + ['}', ''])


def spaces_with_rules():
    return [FIREWALL, *SIDES]
