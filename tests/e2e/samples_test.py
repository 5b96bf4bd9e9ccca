"""The samples that the lab made say what samples/README.md says of them."""
import json
import os
import unittest

from harness import SAMPLES, Case, main


class Lab(Case):

    def audited(self, name, status):
        stem = os.path.join(SAMPLES, f'lab-{name}')
        self.run_it('audit', '-q', '-p', f'{stem}.site.json', '-o', 'result.json', f'{stem}.pcapng', status=status)
        return json.loads(self.read('result.json'))

    def test_small(self):
        for name in os.listdir(SAMPLES):
            self.assertLess(os.path.getsize(os.path.join(SAMPLES, name)), 1 << 20, name)

    def test_complete(self):
        result = self.audited('push-complete', 0)
        self.assertEqual(result['findings'], [])
        self.assertIsNone(result['push']['clients'][0]['first_blocker'])

    def test_blocked(self):
        result = self.audited('push-rpc-blocked', 1)
        self.assertEqual([(f['verdict'], f['rule'], f['origin']['by']) for f in result['findings']],
                         [('blocked', 'push-rpc-dynamic', 'epm')])
        client = result['push']['clients'][0]
        self.assertEqual(result['push']['stages'][client['first_blocker']]['name'], 'service')


if __name__ == '__main__':
    main()
