"""policy: list, show and check."""
import json

from harness import SITE, Case, main


class Policy(Case):
    def test_list(self):
        self.assertRegex(self.run_it('policy', 'list', status=0).out, r'(?m)^configmgr-client +Windows Firewall .*, \d+ rules$')

    def test_show(self):
        plain = self.run_it('policy', 'show', status=0)
        self.assertEqual(self.run_it('policy', 'show', 'configmgr-client', status=0).out, plain.out)
        for part in ('push-rpc-dynamic', 'TCP 10123', 'TCP 2701', 'UDP 25536', 'site_server'):
            self.assertIn(part, plain.out)

    def test_show_with_site(self):
        """A site's own port stands everywhere the page's port stood; what it does not ask for is marked."""
        site = self.write('site.json', json.dumps({'policy': 'configmgr-client', 'site': 'X', 'features': ['remote-control'],
                                                   'roles': {'client': ['10.0.0.0/24'], 'console': ['10.0.1.1']},
                                                   'parameters': {'remote_control_port': 2799}}))
        shown = self.run_it('policy', 'show', site, status=0).out
        self.assertIn('TCP 2799', shown)
        self.assertNotIn('TCP 2701', shown)
        self.assertIn('Client notification (not asked for)', shown)
        self.assertNotIn('Remote control (not asked for)', shown)

    def test_show_names_hosts_that_were_up(self):
        site = self.write('site.json', json.dumps({
            'policy': 'configmgr-client', 'roles': {'client': ['10.0.0.0/24', 'ws7=10.0.0.7'], 'console': ['10.0.1.1']},
            'up': ['console', {'hosts': ['ws7', '10.0.0.128/25'], 'reason': 'INC2231'}]}))
        shown = self.run_it('policy', 'show', site, status=0).out
        self.assertIn('\nknown to have been up, by other evidence than packets:\n  console\n  ws7, 10.0.0.128/25: INC2231\n',
                      shown)
        self.assertNotIn('known to have been up', self.run_it('policy', 'show', status=0).out)

    def test_show_json_is_a_policy(self):
        """What --json prints can be used with -p, and prints as itself."""
        own = self.write('own.json', self.run_it('policy', 'show', '--json', status=0).raw)
        self.run_it('policy', 'check', own, status=0)
        self.assertEqual(self.run_it('policy', 'show', '--json', own, status=0).raw, self.read('own.json'))

    def test_explain(self):
        port = self.run_it('policy', 'explain', 'tcp/445', status=0).out
        self.assertIn('push-smb', port)
        self.assertIn('ports-that-are-used-with-client-push-installation', port)
        both = self.run_it('policy', 'explain', '-p', SITE, 'push-smb', 'client-push', status=0).out
        self.assertIn('Feature client-push', both)
        self.one_line(self.run_it('policy', 'explain', 'client-psh', status=2), 'did you mean "client-push"')

    def test_check(self):
        self.assertIn('good: policy configmgr-client', self.run_it('policy', 'check', SITE, status=0).out)

    def test_check_names_every_error(self):
        bad = self.write('bad.json', '''{
  "policy": "configmgr-client",
  "rolls": {},
  "roles": { "client": ["10.2.0.0/33"], "clint": ["10.0.0.1"] },
  "features": ["client-psh"],
  "parameters": { "http_port": 0 }
}
''')
        ran = self.run_it('policy', 'check', bad, SITE, status=2)
        lines = ran.err.splitlines()
        for part in (':3:', ':4:', ':5:', ':6:', 'rolls', '10.2.0.0/33', 'clint', 'client-psh', 'http_port'):
            self.assertTrue(any(part in line for line in lines), f'{part} in {ran.err}')
        for line in lines:
            self.assertRegex(line, r'\A' + bad + r':\d+:\d+: ')
        self.assertIn('good', ran.out)

    def test_check_no_file(self):
        for path in ('nowhere.json', self.folder, self.write('empty.json', ''), self.write('x.json', b'\xff\xfe{}')):
            ran = self.run_it('policy', 'check', path, status=2)
            self.assertEqual(len(ran.err.splitlines()), 1, ran.err)

    def test_expired_waiver(self):
        site = self.write('site.json', json.dumps({
            'policy': 'configmgr-client', 'site': 'X', 'roles': {'client': ['10.0.0.1'], 'site_server': ['10.0.0.2']},
            'features': ['client-push'],
            'waivers': [{'rule': 'push-smb', 'reason': 'later', 'expires': '2026-01-31'}]}))
        self.assertNotIn('expired', self.run_it('policy', 'check', '--now', '2026-01-31T12:00', site, status=0).out)
        self.assertIn('expired', self.run_it('policy', 'check', '--now', '2026-02-01', site, status=0).out)


if __name__ == '__main__':
    main()
