"""Hold our service of every flow against the highest protocol tshark saw in it (service_tshark of the truth tables).

service_confusion.py PROGRAM SOURCE_ROOT [MINIMUM] prints a confusion table and every disagreement. Passes when, over
flows with payload that tshark calls SMB, DCE/RPC, RDP, HTTP, TLS, DNS, Kerberos, LDAP or NetBIOS, at least MINIMUM
percent (99) agree or stand in EXCEPTIONS, whose reasons are also in doc/services.md. Skips (77) without the shared
captures.
"""
import collections
import csv
import json
import os
import subprocess
import sys

# What tshark's stack of names means in our words, first match wins; a set says which of our services agree.
MEANINGS = [
    ('smb', {'smb', 'smb2'}, {'smb', 'netbios-dgm'}),
    ('dcerpc', {'dcerpc'}, {'rpc', 'epmap', 'dcom', 'wmi', 'smb'}),
    ('rdp', {'rdp', 'rdpudp'}, {'rdp'}),
    ('http', {'http', 'http2'}, {'http', 'winrm', 'upnp', 'wsd'}),
    ('tls', {'tls'}, {'tls', 'https', 'ldaps', 'rdp', 'winrm'}),
    ('mdns', {'mdns'}, {'mdns'}),
    ('llmnr', {'llmnr'}, {'llmnr'}),
    ('dns', {'dns'}, {'dns'}),
    ('kerberos', {'kerberos'}, {'kerberos', 'kpasswd'}),
    ('ldap', {'ldap', 'cldap'}, {'ldap'}),
    ('netbios', {'nbns'}, {'netbios-ns'}),
    ('netbios', {'nbdgm'}, {'netbios-dgm'}),
    ('netbios', {'nbss'}, {'netbios-ssn', 'smb'}),
    ('ssh', {'ssh'}, {'ssh'}),
    ('dhcp', {'dhcp', 'dhcpv6'}, {'dhcp'}),
    ('ntp', {'ntp'}, {'ntp'}),
    ('ssdp', {'ssdp'}, {'ssdp'}),
    ('wol', {'wol'}, {'wake-on-lan'}),
    ('tftp', {'tftp'}, {'tftp'}),
    ('syslog', {'syslog'}, {'syslog'}),
    ('telnet', {'telnet'}, {'telnet'}),
]
JUDGED = {'smb', 'dcerpc', 'rdp', 'http', 'tls', 'dns', 'mdns', 'llmnr', 'kerberos', 'ldap', 'netbios'}

# (capture, protocol, client port, server port): why tshark and we differ, and who is right.
EXCEPTIONS = {
    ('brimcap__alerts.pcap', 'tcp', '38602', '80'): 'tshark names the port: all that is captured is the middle of a body',
    ('ndpi__netbios.pcap', 'tcp', '1398', '139'): 'tshark names the port: the only payload is one zero octet, a TCP '
                                                  'keep-alive',
}


def meaning(names):
    have = set(names.split(','))
    for word, of, ours in MEANINGS:
        if have & of:
            return word, ours
    return None, None


def truth_rows(path):
    with open(path, newline='', encoding='utf-8') as file:
        lines = [line for line in file if not line.startswith('#')]
    return csv.DictReader(lines, delimiter='\t', quoting=csv.QUOTE_NONE)


def ends(a, a_port, b, b_port):
    return frozenset([(a, int(a_port)), (b, int(b_port))])


def records(program, capture):
    found = collections.defaultdict(list)
    run = subprocess.run([program, 'flows', '--format', 'jsonl', capture], stdout=subprocess.PIPE, check=False)
    for line in run.stdout.decode('utf-8').splitlines():
        record = json.loads(line)
        if record['proto'] in ('tcp', 'udp'):
            key = ends(record['client'], record['client_port'], record['server'], record['server_port'])
            found[record['proto'], key].append(record)
    return found


def compare(program, folder, name, table, wrong):
    found = records(program, os.path.join(folder, name))
    for row in truth_rows(os.path.join(folder, 'truth', name + '.tsv')):
        if row['proto'] not in ('tcp', 'udp') or int(row['bytes_c2s']) + int(row['bytes_s2c']) == 0:
            continue
        if row['outcome'] == 'udp_tunnel':
            continue
        word, ours = meaning(row['service_tshark'])
        if not word:
            continue
        key = row['proto'], ends(row['client_ip'], row['client_port'], row['server_ip'], row['server_port'])
        if not found[key]:
            continue
        record = min(found[key], key=lambda r: abs(float(r['first']) - float(row['first_ts'] or 0)))
        says = record['service'] + ('?' if record['service_by'] == 'port' else '')
        table[word][says] += 1
        excuse = EXCEPTIONS.get((name, row['proto'], row['client_port'], row['server_port']))
        if record['service'] not in ours or record['service_by'] == 'port':
            wrong.append((word, excuse, f"{name} {row['proto']} {row['client_ip']}:{row['client_port']} -> "
                          f"{row['server_ip']}:{row['server_port']} tshark {row['service_tshark']}, ours {says}"))


def main():
    program, source = sys.argv[1:3]
    least = float(sys.argv[3]) if len(sys.argv) > 3 else 99.0
    folder = os.path.join(os.environ.get('WW_SHARED') or os.path.join(source, '..', 'shared'), 'captures')
    if not os.path.isdir(os.path.join(folder, 'truth')):
        print(f'skipped: no {folder}/truth; set WW_SHARED to the folder with captures/')
        sys.exit(77)
    table, wrong = collections.defaultdict(collections.Counter), []
    for entry in sorted(os.listdir(os.path.join(folder, 'truth'))):
        if entry.endswith('.tsv') and os.path.exists(os.path.join(folder, entry[:-4])):
            compare(program, folder, entry[:-4], table, wrong)
    for word in sorted(table):
        print(f'{word:10}', ' '.join(f'{says} {n}' for says, n in table[word].most_common()))
    for word, excuse, text in wrong:
        print(f'{"explained" if excuse else "WRONG" if word in JUDGED else "differs"}: {text}' + (f' ({excuse})' if excuse else ''))
    judged = sum(sum(table[word].values()) for word in JUDGED)
    bad = sum(1 for word, excuse, _ in wrong if word in JUDGED and not excuse)
    share = 100.0 * (judged - bad) / judged if judged else 0.0
    print(f'agree {judged - bad} of {judged} ({share:.2f} %), at least {least:.2f} % wanted')
    sys.exit(0 if share >= least and judged > 0 else 1)


if __name__ == '__main__':
    main()
