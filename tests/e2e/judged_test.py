"""audit on made captures: what is said about an attempt must be what its packets can carry, and no more."""
import json

from harness import Case, main
from packets import ACK, HTTP, RST, SMB, SSH, TLS, Talk, Tape
from rpc import SINK, SPOOLSS, activate_sealed, announce, bind, bind_ack, resolve

SITE_SERVER, CLIENT, OTHER_CLIENT, POINT = '10.1.0.5', '10.2.0.10', '10.2.0.11', '10.1.0.6'
STRANGER, ROUTER = '10.9.9.9', '10.1.0.1'
FEATURES = ['client-push', 'client-requests', 'client-notification', 'remote-control', 'wake-up-proxy']


class Judged(Case):
    def site(self, **more):
        site = {'policy': 'configmgr-client', 'site': 'Made', 'features': FEATURES,
                'roles': {'site_server': [SITE_SERVER], 'client': ['10.2.0.0/24'], 'management_point': [POINT]}, **more}
        return self.write('site.json', json.dumps(site))

    def audit(self, tape, status=None, **site):
        capture = self.write('made.pcap', tape.bytes())
        self.run_it('audit', '-p', self.site(**site), '-o', 'result.json', capture, status=status)
        return json.loads(self.read('result.json'))

    def talk(self, result, port, client=SITE_SERVER, server=CLIENT):
        found = [c for c in result['conversations']
                 if (c['client'], c['server'], c['port']) == (client, server, port)]
        self.assertEqual(len(found), 1, result['conversations'])
        return found[0]

    def expect(self, result, port, verdict, why='none', **ends):
        talk = self.talk(result, port, **ends)
        self.assertEqual((talk['verdict'], talk['why']), (verdict, why), talk)
        return talk

    def finding(self, result, port):
        found = [f for f in result['findings'] if f['port'] == port]
        self.assertEqual(len(found), 1, result['findings'])
        return found[0]


def acquainted(ttl=64):
    tape = Tape()
    tape.ttl[CLIENT] = ttl
    tape.alive(0, CLIENT, SITE_SERVER)
    tape.alive(60, CLIENT, SITE_SERVER)
    return tape


class Resets(Judged):
    def test_client_resets_the_answer(self):
        """A port scanner's reset shows that the answer arrived; it is not lost on its way."""
        tape = acquainted()
        for port in (445, 22):
            talk = Talk(tape, SITE_SERVER, 50000 + port, CLIENT, port)
            talk.syn(1)
            talk.syn_ack(1.01)
            talk.segment(1.02, 'c', RST, seq=talk.seq['c'] + 1)
        result = self.audit(tape, status=1)
        self.expect(result, 445, 'pass')
        self.expect(result, 22, 'unexpected-open')
        self.assertIn('the client reset the attempt', self.finding(result, 22)['happened'])

    def test_answer_never_acknowledged(self):
        tape = acquainted()
        talk = Talk(tape, SITE_SERVER, 50001, CLIENT, 445)
        talk.syn(1, 4, 10)
        for at in (1.01, 4.01, 10.01):
            talk.syn_ack(at)
        self.expect(self.audit(tape), 445, 'review', 'half_open')

    def test_device_resets_the_first_data(self):
        tape = acquainted(ttl=126)
        talk = Talk(tape, SITE_SERVER, 50001, CLIENT, 445).open(1, 0.02)
        talk.say(1.1, 'c', SMB[0])
        talk.segment(1.1005, 's', RST | ACK, ttl=63)
        talk.say(1.13, 's', SMB[1])
        self.expect(self.audit(tape, status=1), 445, 'blocked')

    def test_device_resets_a_used_connection(self):
        """Devices end what was idle for long: that blocks nothing."""
        tape = acquainted(ttl=126)
        talk = Talk(tape, SITE_SERVER, 50001, CLIENT, 445).open(1, 0.02).ask(1.1, *SMB)
        talk.segment(30, 's', RST | ACK, ttl=63)
        result = self.audit(tape)
        self.expect(result, 445, 'review', 'cut_later')
        self.assertNotIn('first data', self.finding(result, 445)['happened'])


class MistakesInSiteFiles(Judged):
    def test_port_was_moved(self):
        for port, talk, parameter in ((8080, HTTP, 'http_port'), (8443, TLS, 'https_port')):
            tape = acquainted()
            Talk(tape, CLIENT, 50001, POINT, port).open(1).ask(1.1, *talk)
            warnings = self.audit(tape)['warnings']
            self.assertEqual(len(warnings), 1, warnings)
            self.assertIn(f'was seen on TCP {port} (from {CLIENT} to {POINT})', warnings[0])
            self.assertIn(f'set the parameter {parameter}.', warnings[0])
            self.assertEqual(self.audit(tape, parameters={parameter: port})['warnings'], [])

    def test_client_was_forgotten(self):
        tape = acquainted()
        tape.alive(0, STRANGER, SITE_SERVER)
        for at, port in ((1, 445), (2, 135)):
            Talk(tape, SITE_SERVER, 50000 + port, STRANGER, port).syn(at, at + 3, at + 9)
        warnings = self.audit(tape)['warnings']
        self.assertEqual(len(warnings), 1, warnings)
        self.assertIn(f'1 host in no role did what a host of the role Client computer does (first: SMB from {SITE_SERVER} to '
                      f'{STRANGER})', warnings[0])


class WordsOfRouters(Judged):
    def unreachable(self, kind, code, alive, **site):
        tape = Tape()
        tape.alive(0, OTHER_CLIENT, SITE_SERVER)
        if alive:
            tape.alive(0, CLIENT, SITE_SERVER)
        frame = Talk(tape, SITE_SERVER, 50001, CLIENT, 445).syn(1)
        tape.icmp_error(1.5, ROUTER, SITE_SERVER, kind, code, frame)
        Talk(tape, SITE_SERVER, 50002, CLIENT, 135).syn(3, 6, 12)
        return self.audit(tape, **site)

    def test_host_that_is_there(self):
        """No way to a host that sends packets to others: a fault of the path, not a dead host."""
        for kind, code in ((3, 0), (3, 1), (11, 0)):
            result = self.unreachable(kind, code, alive=True)
            self.expect(result, 445, 'review', 'unreachable')
            self.assertIn(f'ICMP type {kind} code {code}', self.finding(result, 445)['happened'])
            self.expect(result, 135, 'blocked')

    def test_host_that_is_not(self):
        for kind, code in ((3, 0), (3, 1), (11, 0)):
            result = self.unreachable(kind, code, alive=False)
            self.expect(result, 445, 'not-assessable', 'target_down')
            self.expect(result, 135, 'not-assessable', 'target_down')

    def test_site_file_says_it_was_there(self):
        """A missing route says nothing of the host; that nobody answers on the last link does."""
        for kind, code, denied in ((3, 0, False), (3, 1, True), (11, 0, False)):
            result = self.unreachable(kind, code, alive=False, up=[CLIENT])
            if denied:
                self.expect(result, 445, 'not-assessable', 'target_down')
                self.expect(result, 135, 'not-assessable', 'target_down')
                self.assertIn(f'but {ROUTER} denied it in packet', self.finding(result, 135)['happened'])
                self.assertTrue(any(f'but {ROUTER} denied it' in w for w in result['warnings']), result['warnings'])
            else:
                self.expect(result, 445, 'review', 'unreachable')
                self.assertEqual(self.expect(result, 135, 'blocked')['confidence'], 'medium')


class Sleepers(Judged):
    def test_silent_long_before_or_after(self):
        """A host that fell asleep before the attempts, or started after them, is not blocked."""
        for alive, verdict in ((0, 'not-assessable'), (1500, 'not-assessable'), (995, 'blocked'), (1015, 'blocked')):
            tape = Tape()
            tape.alive(alive, CLIENT, SITE_SERVER)
            Talk(tape, SITE_SERVER, 50001, CLIENT, 445).syn(1000, 1003, 1009)
            tape.alive(2000, POINT, SITE_SERVER)
            self.expect(self.audit(tape), 445, verdict, 'none' if verdict == 'blocked' else 'target_down')

    def test_alive_before_and_after(self):
        tape = Tape()
        tape.alive(0, CLIENT, SITE_SERVER)
        Talk(tape, SITE_SERVER, 50001, CLIENT, 445).syn(1000, 1003, 1009)
        tape.alive(2000, CLIENT, SITE_SERVER)
        self.expect(self.audit(tape), 445, 'blocked')


class Halves(Judged):
    def test_requests_only(self):
        """Where no answer of anybody passes, nobody can be called down."""
        tape = Tape()
        for i, port in enumerate((445, 135)):
            talk = Talk(tape, SITE_SERVER, 50001 + i, CLIENT, port)
            talk.syn(1 + i)
            talk.seq['c'] += 1
            talk.segment(1.02 + i, 'c', ACK)
            talk.say(1.03 + i, 'c', b'x' * 50)
            talk.seq['s'] += 100
            talk.segment(1.05 + i, 'c', ACK)
        Talk(tape, SITE_SERVER, 50009, CLIENT, 2701).syn(5, 8, 14)
        Talk(tape, SITE_SERVER, 50010, OTHER_CLIENT, 445).syn(5, 8, 14)
        tape.echo(20, SITE_SERVER, CLIENT)
        result = self.audit(tape)
        self.expect(result, 445, 'pass')
        self.expect(result, 2701, 'not-assessable', 'one_sided')
        self.expect(result, 445, 'not-assessable', 'one_sided', server=OTHER_CLIENT)

    def test_answers_only(self):
        tape = Tape()
        talk = Talk(tape, SITE_SERVER, 50012, CLIENT, 22)
        talk.syn_ack(6)
        talk.syn_ack(9)
        Talk(tape, SITE_SERVER, 50011, CLIENT, 445).refuse(12)
        result = self.audit(tape, status=1)
        self.expect(result, 22, 'unexpected-open')
        self.assertNotIn('0 of', self.finding(result, 22)['happened'])
        self.expect(result, 445, 'not-assessable', 'one_sided')


class Announced(Judged):
    def status(self, result, rule):
        return next(r['status'] for r in result['rules'] if r['id'] == rule)

    def test_service_control_is_no_printer(self):
        """A blocked port of service control says nothing about File and Printer Sharing; the spooler's does."""
        for interface, status in ((None, 'not-assessable'), (SPOOLSS, 'review')):
            tape = acquainted()
            announce(tape, 1, SITE_SERVER, 50001, CLIENT, 49700, **({'interface': interface} if interface else {}))
            Talk(tape, SITE_SERVER, 50002, CLIENT, 49700).syn(2, 5, 11)
            result = self.audit(tape, status=1)
            self.expect(result, 49700, 'blocked')
            self.assertEqual(self.status(result, 'push-rpc-dynamic'), 'fail')
            self.assertEqual(self.status(result, 'push-file-sharing').replace('_', '-').replace(' ', '-'), status)

    def test_sealed_activation(self):
        """The next SYN into the dynamic range is taken to follow it; without one nobody can say that none was tried."""
        for follows in (True, False):
            tape = acquainted()
            activate_sealed(tape, 1, SITE_SERVER, 50001, CLIENT)
            if follows:
                Talk(tape, SITE_SERVER, 50002, CLIENT, 49720).syn(2, 5, 11)
            result = self.audit(tape, status=1 if follows else 0)
            self.expect(result, 135, 'pass')
            whys = {r['id']: r['why'] for r in result['rules']}
            self.assertEqual(whys['push-wmi'], 'none' if follows else 'encrypted')
            self.assertEqual(whys['push-smb'], 'opportunity_unused')
            if follows:
                self.assertIn('sealed packet', self.finding(result, 49720)['happened'])

    def test_wmi_calls_back(self):
        """Asynchronous WMI: the client asks the caller's DCOM where its sink is, then connects there."""
        for blocked in (True, False):
            tape = acquainted()
            resolve(tape, 1, CLIENT, 50001, SITE_SERVER, 3300)
            talk = Talk(tape, CLIENT, 50002, SITE_SERVER, 3300)
            if blocked:
                talk.syn(2, 5, 11)
            else:
                talk.open(2).ask(2.1, bind(SINK, 0), bind_ack())
            result = self.audit(tape, status=1 if blocked else 0)
            self.expect(result, 3300, 'blocked' if blocked else 'pass', client=CLIENT, server=SITE_SERVER)
            self.assertEqual(self.status(result, 'push-wmi-callback'), 'fail' if blocked else 'pass')
            if blocked:
                finding = self.finding(result, 3300)
                self.assertIn('announced TCP port 3300', finding['happened'])
                self.assertIn('(ASync-In) on the site server', finding['fix'])
                self.assertIn('on the site server', finding['fix_command'])

    def test_shell_on_an_announced_port(self):
        tape = acquainted()
        announce(tape, 1, SITE_SERVER, 50001, CLIENT, 49700)
        Talk(tape, STRANGER, 50002, CLIENT, 49700).open(30).ask(31, *SSH)
        result = self.audit(tape, status=1)
        self.expect(result, 49700, 'unexpected-open', client=STRANGER)

    def test_port_of_an_old_connection(self):
        """Only the numbers show who listens: open, but not for certain."""
        tape = acquainted()
        talk = Talk(tape, STRANGER, 50100, CLIENT, 5900)
        talk.say(1, 's', b'a' * 10)
        talk.say(1.1, 'c', b'b' * 10)
        self.assertEqual(self.expect(self.audit(tape, status=1), 5900, 'unexpected-open', client=STRANGER)['confidence'],
                         'medium')


if __name__ == '__main__':
    main()
