"""A real DCOM and endpoint mapper client (impacket) against a small server made of impacket's structures, captured on
loopback: what was announced must be learned, in clear and sealed, and judged so in an audit.

impacket_dcom_test.py PROGRAM. Runs itself in a network namespace of its own, so that port 135 is free and nothing
leaves. Skips (77) without root, impacket, tcpdump, nft or namespaces.
"""
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

try:
    from Cryptodome.Cipher import ARC4
    from impacket import ntlm
    from impacket.dcerpc.v5 import dcomrt, epm
    from impacket.dcerpc.v5.dcom import wmi
    from impacket.dcerpc.v5.dtypes import NULL
    from impacket.dcerpc.v5.ndr import NDRUniConformantArray
    from impacket.uuid import uuidtup_to_bin
except ImportError as missing:
    print(f'skipped: {missing}; python3-impacket is needed')
    sys.exit(77)

ASKER, HOST, USER, PASSWORD, DOMAIN = '10.1.0.5', '10.2.0.10', 'admin', 'secret', 'LAB'
SVCCTL = '367abb81-9844-35f1-ad32-98f038001003'
NONE, PRIVACY = 1, 6  # authentication levels
OPEN_PORT, CLOSED_PORT, MAPPED_PORT, DROPPED_PORT = 49700, 49710, 49720, 49730


# --- the server -------------------------------------------------------------------------------------------------------

def receive(conn):
    """One whole unit; None at the end."""
    data = b''
    while len(data) < 16 or len(data) < struct.unpack_from('<H', data, 8)[0]:
        more = conn.recv(65536)
        if not more:
            return None
        data += more
    return data


def unit(kind, call, body, auth=b''):
    token = len(auth) - 8 if auth else 0
    return struct.pack('<BBBB4sHHL', 5, 0, kind, 3, b'\x10\0\0\0', 16 + len(body) + len(auth), token, call) + body + auth


def trailer(auth_level, pad=0):
    return struct.pack('<BBBBL', 10, auth_level, pad, 0, 79231)


class Session:
    """One connection: bind with or without NTLM, then requests."""

    def __init__(self, conn, answer):
        self.conn, self.answer, self.level, self.seal, self.sequence = conn, answer, NONE, None, 0

    def bind(self, request, kind):
        call, contexts = struct.unpack_from('<L', request, 12)[0], request[24]
        ndr = uuidtup_to_bin(('8a885d04-1ceb-11c9-9fe8-08002b104860', '2.0'))
        address = b'135\0'
        body = struct.pack('<HHLH', 5840, 5840, 4660, len(address)) + address + b'\0' * (-(10 + len(address)) % 4)
        body += struct.pack('<B3x', contexts) + (struct.pack('<HH', 0, 0) + ndr) * contexts
        token_len = struct.unpack_from('<H', request, 10)[0]
        auth = b''
        if token_len:
            self.level = request[-token_len - 8 + 1]
            auth = trailer(self.level) + self.challenge(request[-token_len:])
        self.conn.sendall(unit(kind, call, body, auth))

    def challenge(self, negotiate):
        flags = ntlm.NTLMAuthNegotiate()
        flags.fromString(negotiate)
        pairs = ntlm.AV_PAIRS()
        pairs[ntlm.NTLMSSP_AV_HOSTNAME] = 'SRV'.encode('utf-16le')
        pairs[ntlm.NTLMSSP_AV_DOMAINNAME] = DOMAIN.encode('utf-16le')
        name, info = DOMAIN.encode('utf-16le'), pairs.getData()
        c = ntlm.NTLMAuthChallenge()
        c['flags'] = flags['flags'] | ntlm.NTLMSSP_NEGOTIATE_TARGET_INFO | ntlm.NTLMSSP_TARGET_TYPE_SERVER
        c['domain_len'] = c['domain_max_len'] = len(name)
        c['domain_offset'], c['domain_name'] = 56, name
        c['challenge'] = b'\x01\x23\x45\x67\x89\xab\xcd\xef'
        c['TargetInfoFields_len'] = c['TargetInfoFields_max_len'] = len(info)
        c['TargetInfoFields'], c['TargetInfoFields_offset'] = info, 56 + len(name)
        c['Version'], c['VersionLen'] = b'\xff' * 8, 8
        return c.getData()

    def authenticated(self, request):
        """Works out the keys of the session from the client's response and the password."""
        token = request[-struct.unpack_from('<H', request, 10)[0]:]
        r = ntlm.NTLMAuthChallengeResponse()
        r.fromString(token)
        key = ntlm.hmac_md5(ntlm.NTOWFv2(USER, PASSWORD, DOMAIN), r['ntlm'][:16])
        if r['flags'] & ntlm.NTLMSSP_NEGOTIATE_KEY_EXCH:
            key = ARC4.new(key).encrypt(r['session_key'])
        signing, sealing = (f(r['flags'], key, 'Server') for f in (ntlm.SIGNKEY, ntlm.SEALKEY))
        self.seal = lambda sign, seal: ntlm.SEAL(r['flags'], signing, sealing, sign, seal, self.sequence, handle)
        handle = ARC4.new(sealing).encrypt

    def request(self, request):
        call = struct.unpack_from('<L', request, 12)[0]
        context, opnum = struct.unpack_from('<HH', request, 20)
        stub = self.answer(opnum)
        if stub is None:  # nothing we serve: a fault, nca_s_op_rng_error
            self.conn.sendall(unit(3, call, struct.pack('<LHBxL4x', 32, context, 0, 0x1c010002)))
            return
        body = struct.pack('<LHBx', len(stub), context, 0)
        if self.level != PRIVACY:
            self.conn.sendall(unit(2, call, body + stub))
            return
        pad = -len(stub) % 16
        plain = stub + b'\0' * pad
        clear = unit(2, call, body + plain, trailer(PRIVACY, pad) + b'\0' * 16)[:-16]
        sealed, signature = self.seal(clear, plain)
        self.sequence += 1
        self.conn.sendall(unit(2, call, body + sealed, trailer(PRIVACY, pad) + signature.getData()))

    def run(self):
        while True:
            request = receive(self.conn)
            if request is None:
                break
            kind = request[2]
            if kind in (11, 14):
                self.bind(request, kind + 1)
            elif kind == 16:
                self.authenticated(request)
            elif kind == 0:
                self.request(request)
        self.conn.close()


def serve(port, answer):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen(8)

    def accept():
        while True:
            conn, _ = listener.accept()
            threading.Thread(target=Session(conn, answer).run, daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()


# --- its answers, marshalled by impacket --------------------------------------------------------------------------------

def units(text):
    return [ord(c) for c in text] + [0]


def marshalled(structure):
    data = structure.getData() + structure.getDataReferents()
    return data + b'\xfa' * (-len(data) % 8)


def activated(port, level):
    """The answer to RemoteCreateInstance: an object whose exporter listens on that port."""
    strings = [7] + units(f'SRV[{port}]') + [7] + units(f'{HOST}[{port}]') + [0]
    security = [10, 0xffff] + units('') + [0]
    reply = dcomrt.ScmReplyInfoData()
    reply['pdwReserved'] = 0
    remote = reply['remoteReply']
    remote['Oxid'], remote['ipidRemUnknown'], remote['authnHint'] = 77, b'\x11' * 16, level
    remote['serverVersion']['MajorVersion'], remote['serverVersion']['MinorVersion'] = 5, 7
    remote['pdsaOxidBindings']['wNumEntries'] = len(strings) + len(security)
    remote['pdsaOxidBindings']['wSecurityOffset'] = len(strings)
    remote['pdsaOxidBindings']['aStringArray'] = strings + security

    reference = dcomrt.OBJREF_STANDARD()
    reference['iid'] = wmi.IID_IWbemLevel1Login[:-4]
    reference['std']['flags'], reference['std']['cPublicRefs'] = 0, 5
    reference['std']['oxid'], reference['std']['oid'], reference['std']['ipid'] = 77, 78, b'\x22' * 16
    reference['saResAddr'] = struct.pack('<HH', 4, 2) + b'\0' * 8
    properties = dcomrt.PropsOutInfo()
    properties['cIfs'] = 1
    iid = dcomrt.IID()
    iid['Data'] = wmi.IID_IWbemLevel1Login[:-4]
    properties['piid'].append(iid)
    result = dcomrt.HRESULT()
    result['Data'] = 0
    properties['phresults'].append(result)
    pointer = dcomrt.PMInterfacePointer()
    raw = reference.getData()
    pointer['ulCntData'], pointer['abData'] = len(raw), list(raw)
    properties['ppIntfData'].append(pointer)

    parts = [(dcomrt.CLSID_PropsOutInfo, marshalled(properties)), (dcomrt.CLSID_ScmReplyInfo, marshalled(reply))]
    blob = dcomrt.ACTIVATION_BLOB()
    blob['CustomHeader']['destCtx'] = 2
    blob['CustomHeader']['pdwReserved'] = NULL
    for clsid, data in parts:
        item, size = dcomrt.CLSID(), dcomrt.DWORD()
        item['Data'], size['Data'] = clsid, len(data)
        blob['CustomHeader']['pclsid'].append(item)
        blob['CustomHeader']['pSizes'].append(size)
    blob['Property'] = b''.join(data for _, data in parts)
    custom = dcomrt.OBJREF_CUSTOM()
    custom['iid'], custom['clsid'] = dcomrt.IID_IActivationPropertiesOut[:-4], dcomrt.CLSID_ActivationPropertiesOut
    custom['pObjectData'] = blob.getData()
    custom['ObjectReferenceSize'] = len(custom['pObjectData']) + 8
    raw = custom.getData()
    response = dcomrt.RemoteCreateInstanceResponse()
    response['ORPCthat']['flags'], response['ORPCthat']['extensions'] = 1, NULL
    response['ppActProperties']['ulCntData'], response['ppActProperties']['abData'] = len(raw), list(raw)
    response['ErrorCode'] = 0
    return response.getData()


def mapped(port, found):
    """The answer to ept_map: svcctl on that port, or not registered."""
    tower = epm.EPMTower()
    interface, syntax, protocol = epm.EPMRPCInterface(), epm.EPMRPCDataRepresentation(), epm.EPMProtocolIdentifier()
    interface['InterfaceUUID'], interface['MajorVersion'] = uuidtup_to_bin((SVCCTL, '2.0'))[:16], 2
    syntax['DataRepUuid'] = uuidtup_to_bin(('8a885d04-1ceb-11c9-9fe8-08002b104860', '2.0'))[:16]
    syntax['MajorVersion'] = 2
    protocol['ProtIdentifier'] = epm.FLOOR_RPCV5_IDENTIFIER
    where, host = epm.EPMPortAddr(), epm.EPMHostAddr()
    where['IpPort'], host['Ip4addr'] = port, socket.inet_aton(HOST)
    tower['NumberOfFloors'] = 5
    tower['Floors'] = b''.join(f.getData() for f in (interface, syntax, protocol, where, host))
    raw = tower.getData()
    response = epm.ept_mapResponse()
    response['entry_handle']['context_handle_attributes'] = 0
    response['entry_handle']['context_handle_uuid'] = b'\0' * 16
    response['num_towers'] = 1 if found else 0
    if found:
        pointer = epm.twr_p_t()
        pointer['tower_length'], pointer['tower_octet_string'] = len(raw), raw
        response['ITowers'].append(pointer)
    response['status'] = 0 if found else 0x16c9a0d6
    return response.getData()


# --- the scenes ---------------------------------------------------------------------------------------------------------

def activate(level, port):
    """impacket's own WMI start: activation on 135, then IWbemLevel1Login on the port it was told."""
    connection = dcomrt.DCOMConnection(HOST, USER, PASSWORD, DOMAIN, authLevel=level, oxidResolver=False)
    try:
        interface = connection.CoCreateInstanceEx(wmi.CLSID_WbemLevel1Login, wmi.IID_IWbemLevel1Login)
        wmi.IWbemLevel1Login(interface).NTLMLogin('//./root/cimv2', NULL, NULL)
    except Exception as refused:  # a refused port, or our fault for every call: both are the end of the scene
        print(f'  client: {refused}')
    connection.get_dce_rpc().disconnect()
    dcomrt.INTERFACE.CONNECTIONS.clear()


def ask_mapper(_level, port):
    """impacket's mapper client, then a connection to what it was told."""
    try:
        told = epm.hept_map(HOST, uuidtup_to_bin((SVCCTL, '2.0')), protocol='ncacn_ip_tcp')
        print(f'  client: {told}')
    except Exception as refused:
        print(f'  client: {refused}')
    with socket.socket() as s:
        s.connect_ex((HOST, port))


def audit(program, folder, capture):
    """{port: (verdict, reason)} of the asker's conversations with the host."""
    site = os.path.join(folder, 'site.json')
    with open(site, 'w') as file:
        json.dump({'policy': 'configmgr-client', 'site': 'Made', 'features': ['client-push'],
                   'roles': {'site_server': [ASKER], 'client': [HOST]}}, file)
    run = subprocess.run([program, 'audit', '-q', '-p', site, '-f', 'json', capture], stdout=subprocess.PIPE, check=False)
    talks = json.loads(run.stdout)['conversations']
    return {c['port']: (c['verdict'], c['why']) for c in talks if (c['client'], c['server']) == (ASKER, HOST)}


def check_audit(judged, expected):
    return [f'port {port}: judged {judged.get(port)}, not {wanted}' for port, wanted in expected.items()
            if judged.get(port) != wanted]


def check(flows, expected):
    """Each expectation: server port, and a function of the record that says what is wrong with it."""
    faults = []
    for port, fault in expected:
        records = [f for f in flows if f['proto'] == 'tcp' and f['server_port'] == port]
        found = [fault(r) for r in records] or [f'no flow to port {port}']
        faults += [f'port {port}: {f}' for f in found if f]
    return faults


def learned(by, port):
    def fault(record):
        have = [(x['by'], x['port']) for x in record['learned']]
        return None if (by, port) in have else f'learned {have}, not {by} {port}'
    return fault


def nothing_learned(record):
    return f'learned {record["learned"]}' if record['learned'] else None


def known(service, by):
    def fault(record):
        have = record['service'], record['service_by']
        return None if have == (service, by) else f'{have}, not {(service, by)}'
    return fault


PASS, NOBODY, BLOCKED = ('pass', 'none'), ('review', 'not_listening'), ('blocked', 'none')
SCENES = [  # name, what the client does, level, port handed out, what must be found, how an audit judges it
    ('clear, open', activate, NONE, OPEN_PORT,
     [(135, learned('oxid', OPEN_PORT)), (OPEN_PORT, known('wmi', 'rpc-bind'))], {135: PASS, OPEN_PORT: PASS}),
    ('clear, closed', activate, NONE, CLOSED_PORT,
     [(135, learned('oxid', CLOSED_PORT)), (CLOSED_PORT, known('wmi', 'oxid'))], {135: PASS, CLOSED_PORT: NOBODY}),
    ('clear, dropped', activate, NONE, DROPPED_PORT,
     [(135, learned('oxid', DROPPED_PORT)), (DROPPED_PORT, known('wmi', 'oxid'))], {135: PASS, DROPPED_PORT: BLOCKED}),
    ('sealed, open', activate, PRIVACY, OPEN_PORT,
     [(135, nothing_learned), (OPEN_PORT, known('wmi', 'rpc-bind'))], {135: PASS, OPEN_PORT: PASS}),
    ('sealed, closed', activate, PRIVACY, CLOSED_PORT,
     [(135, nothing_learned), (CLOSED_PORT, known('dcom', 'inferred'))], {135: PASS, CLOSED_PORT: NOBODY}),
    ('sealed, dropped', activate, PRIVACY, DROPPED_PORT,
     [(135, nothing_learned), (DROPPED_PORT, known('dcom', 'inferred'))], {135: PASS, DROPPED_PORT: BLOCKED}),
    ('mapped', ask_mapper, NONE, MAPPED_PORT,
     [(135, learned('epm', MAPPED_PORT)), (MAPPED_PORT, known('rpc', 'epm'))], {135: PASS, MAPPED_PORT: NOBODY}),
    ('mapped, dropped', ask_mapper, NONE, DROPPED_PORT,
     [(135, learned('epm', DROPPED_PORT)), (DROPPED_PORT, known('rpc', 'epm'))], {135: PASS, DROPPED_PORT: BLOCKED}),
    ('not registered', ask_mapper, NONE, 0,
     [(135, nothing_learned), (135, known('epmap', 'rpc-bind'))], {135: PASS}),
]


def record(scene, folder, current):
    name, act, level, port = scene[:4]
    path = os.path.join(folder, name.replace(', ', '_').replace(' ', '_') + '.pcap')
    current.update(level=level, port=port)
    dump = subprocess.Popen(['tcpdump', '-i', 'lo', '-U', '--immediate-mode', '-s', '0', '-w', path, 'tcp'], stderr=subprocess.PIPE)
    for line in dump.stderr:
        if b'listening' in line:
            break
    time.sleep(0.2)
    act(level, port)
    time.sleep(0.7)
    dump.terminate()
    dump.wait()
    dump.stderr.close()
    return path


def network():
    """Two addresses on loopback, a port whose packets are dropped, and a client that gives up after three SYNs."""
    commands = ['ip link set lo up', f'ip address add {ASKER} dev lo', f'ip address add {HOST} dev lo',
                f'ip route replace local {HOST} dev lo table local src {ASKER}', 'nft add table ip t',
                'nft add chain ip t in { type filter hook input priority 0 ; }',
                f'nft add rule ip t in tcp dport {DROPPED_PORT} drop', 'sysctl -q -w net.ipv4.tcp_syn_retries=2']
    for command in commands:
        subprocess.run(command.split(), check=True)


def inside(program):
    network()
    current = {}

    def answer(opnum):
        if opnum == 4:
            return activated(current['port'], current['level'])
        return mapped(current['port'], current['port'] != 0) if opnum == 3 else None
    serve(135, answer)
    serve(OPEN_PORT, lambda opnum: None)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for scene in SCENES:
            print(f'{scene[0]}:')
            path = record(scene, folder, current)
            run = subprocess.run([program, 'flows', '--format', 'jsonl', path], stdout=subprocess.PIPE, check=False)
            flows = [json.loads(line) for line in run.stdout.decode().splitlines()]
            faults = check(flows, scene[4]) + check_audit(audit(program, folder, path), scene[5])
            print('\n'.join(f'  WRONG {f}' for f in faults) or '  as expected')
            failed += len(faults)
    return 1 if failed else 0


def main():
    program = os.path.abspath(sys.argv[1])
    if len(sys.argv) > 2:
        sys.exit(inside(program))
    for tool in ('tcpdump', 'unshare', 'ip', 'nft', 'sysctl'):
        if not shutil.which(tool):
            print(f'skipped: {tool} is needed')
            sys.exit(77)
    if os.geteuid() != 0 or subprocess.run(['unshare', '-n', 'true'], check=False).returncode:
        print('skipped: root and network namespaces are needed')
        sys.exit(77)
    sys.exit(subprocess.run(['unshare', '-n', sys.executable, __file__, program, 'inside'], check=False).returncode)


if __name__ == '__main__':
    main()
