"""A host that never sent a packet, with and without the site file's word that it was up, on a real capture.

The real capture shows five SYNs to the endpoint mapper of a host that is known to have been up and whose firewall dropped
them; of itself it shows no packet of that host. Skips (77) where there is no capture collection (WW_SHARED, else
../shared beside the source tree).
"""
import glob
import json
import os
import sys

from harness import SOURCE, Case, main

FOLDER = os.path.join(os.environ.get('WW_SHARED') or os.path.join(SOURCE, '..', 'shared'), 'captures')
BLOCKED = sorted(glob.glob(os.path.join(FOLDER, 'otrf__covenant_dcom_executeexcel4macro_blocked*')))
SITE = {'policy': 'configmgr-client', 'roles': {'site_server': ['172.18.39.5'], 'client': ['ws6=172.18.39.6']},
        'features': ['client-push']}
REASON = 'its own event log of that minute'


class RealCapture(Case):
    def audit(self, status, **more):
        site = self.write('site.json', json.dumps({**SITE, **more}))
        ran = self.run_it('audit', '-p', site, '-o', 'result.json', '-o', 'report.txt', BLOCKED[0], status=status)
        self.assertNotIn('cannot', ran.err)
        result = json.loads(self.read('result.json'))
        self.assertEqual(len(result['findings']), 1)
        rule = next(r for r in result['rules'] if r['id'] == 'push-epmap')
        return result, rule, result['findings'][0]

    def test_by_the_site_files_word(self):
        for up in (['ws6'], ['client'], '172.18.39.6', [{'hosts': ['172.18.39.0/24'], 'reason': REASON}]):
            result, rule, finding = self.audit(1, up=up)
            self.assertEqual((rule['status'], rule['blocked']), ('fail', 1))
            self.assertEqual((finding['verdict'], finding['rule'], finding['port'], finding['confidence']),
                             ('blocked', 'push-epmap', 135, 'medium'))
            self.assertIn('The site file says that 172.18.39.6 (ws6) was up', finding['happened'])
            self.assertEqual(REASON in finding['happened'], REASON in json.dumps(up))
            self.assertEqual([c['count'] for c in finding['citations']], [5])
            self.assertGreater(finding['citations'][0]['first'], 0)
            self.assertTrue(any("the site file's word" in w for w in result['warnings']), result['warnings'])
            self.assertIn("the site file's word", self.read('report.txt').decode())

    def test_by_packets_alone(self):
        for more in ({}, {'up': []}, {'up': ['172.18.39.7']}):
            result, rule, finding = self.audit(4, **more)
            self.assertEqual((rule['status'], rule['why']), ('not-assessable', 'target_down'))
            self.assertEqual((finding['verdict'], finding['why']), ('review', 'target_down'))
            self.assertNotIn('site file says', finding['happened'])
            self.assertEqual(result['warnings'], [])


if __name__ == '__main__':
    if not BLOCKED:
        print(f'skipped: no such capture in {FOLDER}')
        sys.exit(77)
    main()
