"""Hold our decoder against tshark's, frame by frame: addresses, protocol, ports, TCP numbers, flags, window and length,
UDP length, ICMP type, code and identifier, time to live, IP identification, and the header an ICMP error quotes.

  decode_tshark.py DUMP_PACKETS captures SOURCE_ROOT     every capture in $WW_SHARED/captures (else ../shared/captures)
  decode_tshark.py DUMP_PACKETS made                     frames made here (made_frames.py): each link type and tunnel
  decode_tshark.py DUMP_PACKETS files FILE...            these files; prints every difference

Exit status 0: no difference but those in ACCEPTED; 1: differences; 77: tshark or the captures are not there.
"""
import collections
import ipaddress
import os
import shutil
import subprocess
import sys
import tempfile

import made_frames

# (part of the capture's name, frame or None for all, what differs) -> why that is right.
ACCEPTED = {
    ('otrf__apt29_day2_UTICA-C', None, 'len '):
        'The frames are cut without saying so. tshark goes by the frame, we by the IP length, and the next sequence '
        'numbers prove it right.',
}

SEP = '\x1f'
FIELDS = '''frame.number frame.protocols ip.src ip.dst ip.ttl ip.id ipv6.src ipv6.dst ipv6.hlim
tcp.srcport tcp.dstport tcp.seq_raw tcp.ack_raw tcp.flags tcp.len tcp.window_size_value
tcp.checksum.status
udp.srcport udp.dstport udp.length udp.checksum.status icmp.type icmp.code icmp.ident
icmpv6.type icmpv6.code icmpv6.echo.identifier'''.split()
NUMBER = {'tcp': 6, 'udp': 17, 'icmp': 1, 'icmpv6': 58}
ERROR = {'icmp': {3, 4, 5, 11, 12}, 'icmpv6': {1, 2, 3, 4}}
ECHO = {'icmp': {0, 8}, 'icmpv6': {128, 129}}
IDENTIFIER = {'icmp': 'icmp.ident', 'icmpv6': 'icmpv6.echo.identifier'}


def tshark(path):
    with tempfile.TemporaryDirectory() as conf:
        env = dict(os.environ, WIRESHARK_CONFIG_DIR=conf, XDG_CONFIG_HOME=conf, HOME=conf, LC_ALL='C.UTF-8', TZ='UTC')
        cmd = ['tshark', '-n', '-r', path, '-T', 'fields', '-E', 'aggregator=' + SEP, '-E', 'occurrence=a']
        # What tshark adds on its own (streams, analysis, ports as hints) is not needed and costs time.
        for preference in ('tcp.analyze_sequence_numbers:FALSE', 'tcp.check_checksum:TRUE', 'udp.check_checksum:TRUE'):
            cmd += ['-o', preference]
        for f in FIELDS:
            cmd += ['-e', f]
        run = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    for line in run.stdout.decode('utf-8', 'replace').split('\n'):
        if line:
            values = [v.split(SEP) if v else [] for v in line.split('\t')]
            yield dict(zip(FIELDS, values + [[]] * (len(FIELDS) - len(values))))


def at(row, field, i):
    v = row[field]
    return int(v[i], 0) if i < len(v) else 0


CHECKED, BAD_CHECKSUM = 0x400, 0x100  # enum packet_flag


# A transport header for which tshark does not get this far was cut by the snap length: it stops, we may say more.
NEEDED = {'tcp': 'tcp.flags', 'udp': 'udp.length', 'icmp': 'icmp.code', 'icmpv6': 'icmpv6.code'}


def transport(row, layer, i, ip):
    """What one transport header says, as the columns of dump_packets without the frame number."""
    src, dst, ttl, ip_id = ip
    p = dict(src=src, dst=dst, proto=NUMBER[layer], ttl=ttl, ip_id=ip_id)
    if layer == 'tcp':
        p.update(sport=at(row, 'tcp.srcport', i), dport=at(row, 'tcp.dstport', i),
                 seq=at(row, 'tcp.seq_raw', i) if i < len(row['tcp.seq_raw']) else None,
                 ack=at(row, 'tcp.ack_raw', i), flags=at(row, 'tcp.flags', i) & 255, len=at(row, 'tcp.len', i),
                 window=at(row, 'tcp.window_size_value', i))
    elif layer == 'udp':
        p.update(sport=at(row, 'udp.srcport', i), dport=at(row, 'udp.dstport', i),
                 len=max(0, at(row, 'udp.length', i) - 8))
    else:
        p.update(type=at(row, layer + '.type', i), code=at(row, layer + '.code', i))
    status = row.get(layer + '.checksum.status', ())
    p['bad'] = i < len(status) and status[i] in ('0', '1') and status[i] == '0'
    return p


def theirs(row):
    """(packets, quotes, cut) of a frame, outermost first, by walking tshark's list of layers."""
    seen = collections.Counter()
    ip, quoting, packets, quotes, cut = None, False, [], [], False
    for layer in row['frame.protocols'][0].split(':'):
        i = seen[layer]
        seen[layer] += 1
        if layer == 'ip' and i < len(row['ip.dst']):
            ip = (row['ip.src'][i], row['ip.dst'][i], at(row, 'ip.ttl', i), at(row, 'ip.id', i))
        elif layer == 'ipv6' and i < len(row['ipv6.dst']):
            ip = (row['ipv6.src'][i], row['ipv6.dst'][i], at(row, 'ipv6.hlim', i), None)
        elif layer in NUMBER and ip:
            p = transport(row, layer, i, ip)
            if quoting:
                quotes.append(p)
                continue
            if i >= len(row[NEEDED[layer]]):
                cut = True
                continue
            packets.append(p)
            if p.get('type') in ECHO.get(layer, ()):
                p['echo'] = at(row, IDENTIFIER[layer], 0)
            quoting = p.get('type') in ERROR.get(layer, ())
        elif layer == 'ipv6.fraghdr':
            cut = True  # tshark leaves a cut first fragment of IPv6 alone, but not one of IPv4
    return packets, quotes, cut


COLUMNS = 'src dst proto sport dport seq ack flags len window type code echo ttl ip_id marks encap quote'.split()


def ours(dump, path):
    run = subprocess.run([dump, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    packets = collections.defaultdict(list)
    if run.returncode not in (0, 3):
        raise SystemExit(f'{path}: dump_packets: exit {run.returncode}: {run.stderr.decode()}')
    for line in run.stdout.decode().splitlines():
        if line.startswith('#'):
            continue
        frame, *values = line.split('\t')
        p = dict(zip(COLUMNS, values))
        for k, v in p.items():
            if k not in ('src', 'dst', 'marks', 'encap', 'quote'):
                p[k] = int(v)
        packets[int(frame)].append(p)
    return packets


def same_address(a, b):
    return ipaddress.ip_address(a) == ipaddress.ip_address(b)


def packet_differences(our, their):
    for k, v in their.items():
        if v is None:
            continue
        if k == 'bad':
            marks = int(our['marks'], 16)
            if marks & CHECKED and bool(marks & BAD_CHECKSUM) != v:
                yield f'checksum wrong {not v}, tshark {v}'
            continue
        if k in ('src', 'dst'):
            if not same_address(our[k], v):
                yield f'{k} {our[k]}, tshark {v}'
        elif our[k] != v:
            yield f'{k} {our[k]}, tshark {v}'


def quote_differences(our, their):
    quoted = [p['quote'] for p in our if p['quote'] != '-']
    if bool(quoted) != bool(their):
        yield f'quote {quoted}, tshark {their}'
    for text, p in zip(quoted, their):
        proto, src, dst, sport, dport, depth, seq = text.split('/')
        if int(proto) != p['proto'] or not same_address(src, p['src']) or not same_address(dst, p['dst']):
            yield f'quote {text}, tshark {p}'
        elif 'sport' in p and (int(sport), int(dport)) != (p['sport'], p['dport']):
            yield f'quoted ports {text}, tshark {p}'
        elif depth == '2' and p['seq'] is not None and int(seq) != p['seq']:
            yield f'quoted sequence {text}, tshark {p}'


def compare(dump, path, totals):
    """Yields (frame, difference) and adds to totals."""
    mine = ours(dump, path)
    for row in tshark(path):
        frame = int(row['frame.number'][0])
        totals['frames'] += 1
        their, quotes, cut = theirs(row)
        our = mine.pop(frame, [])
        if cut and len(our) == len(their) + 1:
            totals['packets that tshark stops before'] += 1
            our.pop()
        totals['packets'] += len(their)
        totals['quotes'] += len(quotes)
        if len(our) != len(their):
            yield frame, f'packets {len(our)}, tshark {len(their)} in {row["frame.protocols"][0]}'
            continue
        for a, b in zip(our, their):
            for d in packet_differences(a, b):
                yield frame, d
        for d in quote_differences(our, quotes):
            yield frame, d
    for frame in mine:
        yield frame, 'not in what tshark reads'


def accepted(name, frame, difference):
    for (part, number, start), _ in ACCEPTED.items():
        if part in name and number in (None, frame) and difference.startswith(start):
            return True
    return False


def compare_files(dump, paths):
    totals, bad = collections.Counter(), 0
    for path in paths:
        name, shown = os.path.basename(path), 0
        for frame, difference in compare(dump, path, totals):
            if accepted(name, frame, difference):
                totals['accepted'] += 1
                continue
            bad, shown = bad + 1, shown + 1
            if shown <= 10:
                print(f'{name}: frame {frame}: {difference}')
        totals['files'] += 1
    print(', '.join(f'{n} {k}' for k, n in totals.items()) + f', {bad} differences')
    return 1 if bad or not totals['packets'] else 0


def compare_made(dump):
    with tempfile.TemporaryDirectory() as folder:
        return compare_files(dump, made_frames.write(folder))


def main(dump, mode, *rest):
    if not shutil.which('tshark'):
        print('skipped: no tshark')
        return 77
    if mode == 'made':
        return compare_made(dump)
    if mode == 'files':
        return compare_files(dump, rest)
    shared = os.environ.get('WW_SHARED') or os.path.join(rest[0], '..', 'shared')
    folder = os.path.join(shared, 'captures')
    if not os.path.isdir(folder):
        print(f'skipped: no {folder}; set WW_SHARED to the folder that holds captures/')
        return 77
    names = sorted(n for n in os.listdir(folder) if n.endswith(('.pcap', '.pcapng', '.cap', '.snoop')))
    return compare_files(dump, [os.path.join(folder, n) for n in names])


sys.exit(main(*sys.argv[1:]))
