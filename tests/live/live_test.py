"""wallwitness live between two network namespaces: what it shows and when, what it keeps, what it survives.

Needs root. Times are those of the packets where a promise is about time.
"""
import glob
import json
import os
import pty
import random
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import fcntl
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'e2e'))
from harness import PROGRAM, Case, main  # noqa: E402
from network import CLIENT, HOSTS, SITE, STEADY, WIRES, Network, ip, run, why_not  # noqa: E402

FIRST_BLOCKER_SECONDS = 4  # after the second SYN
with open(PROGRAM, 'rb') as program:
    SANITIZED = re.search(rb'__[at]san_init', program.read()) is not None
KILLS = int(os.environ.get('WW_KILLS', 4 if SANITIZED else 20))  # about files: few show what threads and lines do
ENV = {**os.environ, 'TZ': 'UTC', 'LC_ALL': 'C', 'TERM': 'xterm'}
# A sanitizer makes calls of its own: such a build is not confined to the program's, and says so.
REMARK = b'wallwitness: not confined to the system calls it needs: this is a sanitizer build\n' if SANITIZED else b''


def tshark(path, *fields, show=''):
    """Fields of the packets of a capture, a list a packet; complaints are failures."""
    ran = subprocess.run(['tshark', '-n', '-r', path, '-Y', show, '-T', 'fields',
                          *[word for field in fields for word in ('-e', field)]],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    said = [line for line in ran.stderr.splitlines() if 'Running as user' not in line]
    if ran.returncode or said:
        raise AssertionError(f'tshark {path}: {ran.stderr}')
    return [line.split('\t') for line in ran.stdout.splitlines()]


class Live(Case):
    @classmethod
    def setUpClass(cls):
        cls.net = Network()

    @classmethod
    def tearDownClass(cls):
        cls.net.close()

    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o777)  # whom the program becomes must be able to write
        self.net.allow()
        self.site = self.net.site_file(self.path('site.json'))
        os.chmod(self.site, 0o644)

    def command(self, *args, ifaces=WIRES[:1]):
        return self.net.inside(SITE, PROGRAM, 'live', *[w for i in ifaces for w in ('-i', i)], *args)

    def start(self, *args, ifaces=WIRES[:1], **options):
        """Starts it and waits until it has looked once."""
        options = {'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE, 'env': ENV, **options}
        process = subprocess.Popen(self.command(*args, ifaces=ifaces), cwd=self.folder, **options)
        self.addCleanup(self.stop, process)
        if '--json-events' in args:
            first = process.stdout.readline()
            if not first:
                self.fail(f'it did not start: {process.stderr.read().decode()}')
        return process

    @staticmethod
    def stop(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()

    def finish(self, process, seconds=30):
        out, err = process.communicate(timeout=seconds)
        self.assertNotIn(b'Sanitizer', err, err.decode())
        err = err.replace(REMARK, b'').decode()
        return process.returncode, [json.loads(line) for line in out.decode().splitlines()], err

    def events(self, *args, push_to=HOSTS['client'][0], patience=9, during=None, ifaces=WIRES[:1]):
        """A whole run with a push: (exit status, events, standard error)."""
        process = self.start('-p', self.site, '--json-events', '--duration', str(patience + 4), *args, ifaces=ifaces)
        push = self.net.push(push_to, patience)
        if during:
            during()
        done = self.finish(process, patience + 40)
        push.communicate(timeout=20)
        return done

    @staticmethod
    def stages(events, stage):
        return [e for e in events if e['event'] == 'stage' and e['stage'] == stage]

    def recording(self):
        files = sorted(glob.glob(self.path('rec/*.pcapng')))
        self.assertTrue(files)
        return files

    def blocked_push(self, host):
        version = 'ipv6' if ':' in host else 'ip'
        self.net.drop()
        status, events, err = self.events('--record', 'rec', '-o', 'live.json', push_to=host)
        self.assertEqual((status, err), (1, ''))
        order = []
        for e in events:
            if e['event'] == 'stage' and e['stage'] not in order:
                order.append(e['stage'])
        self.assertEqual(order[:3], ['echo', 'smb', 'endpoint-mapper'])
        self.assertEqual([e['state'] for e in self.stages(events, 'smb')][-1], 'passed')
        states = [e['state'] for e in self.stages(events, 'endpoint-mapper')]
        self.assertEqual(states[-2:], ['suspected', 'blocked'], states)
        first = next(e for e in events if e.get('first_blocker'))
        self.assertEqual((first['stage'], first['client']), ('endpoint-mapper', host))
        self.assertIn('TCP 135', first['because'])
        syns = tshark(self.recording()[0], 'frame.time_epoch', show=f'{version}.dst == {host} && tcp.dstport == 135 && '
                      'tcp.flags.syn == 1')
        after = float(first['time']) - float(syns[1][0])
        print(f'first blocker named {after:.2f} s after the second SYN (of {len(syns)})')
        self.assertTrue(0 <= after <= FIRST_BLOCKER_SECONDS, after)
        self.assertEqual(events[-1]['event'], 'end')
        self.assertEqual(events[-1]['findings'], 1)
        for key in ('dropped_kernel', 'dropped_ring', 'dropped_analysis', 'dropped_record'):
            self.assertEqual(events[-1][key], 0)
        self.replay_says_the_same()

    def replay_says_the_same(self):
        files = [os.path.relpath(path, self.folder) for path in self.recording()]
        self.run_it('audit', '-p', self.site, '-o', 'replay.json', '--format', 'text', *files, status=1)
        live, replay = (json.loads(self.read(name)) for name in ('live.json', 'replay.json'))
        self.assertEqual(live, replay)

    def test_push_blocked(self):
        self.blocked_push(HOSTS['client'][0])

    def test_push_blocked_ipv6(self):
        self.blocked_push(HOSTS['client'][1])

    def test_suspicion_is_withdrawn(self):
        """The firewall is opened while the client still tries: a late answer."""
        self.net.drop()

        def later():
            time.sleep(4.5)
            self.net.allow()

        status, events, _ = self.events('-o', 'live.json', patience=12, during=later)
        mapper = self.stages(events, 'endpoint-mapper')
        states = [e['state'] for e in mapper]
        self.assertIn('suspected', states)
        self.assertEqual(states[-1], 'passed', states)
        self.assertTrue(mapper[-1]['retracted'])
        self.assertEqual(status, 0, events[-1])
        self.assertEqual(events[-1]['findings'], 0)

    def test_roles_are_proposed(self):
        """Without a site file it still shows the push."""
        process = self.start('--json-events', '--duration', '9', '-q')
        self.net.drop()
        push = self.net.push(patience=7)
        _, events, err = self.finish(process)
        push.communicate(timeout=20)
        self.assertEqual(events[-1]['event'], 'end', err)

    def test_two_interfaces_and_one_client(self):
        """Frames of both; only the client asked for is shown; replay agrees."""
        other = HOSTS['client'][0].replace('.1.', '.2.')
        self.net.drop()

        def more():
            run(*self.net.inside(SITE, 'ping', '-c', '3', '-i', '0.2', other))

        status, events, err = self.events('--record', 'rec', '-o', 'live.json', '--client', '10.9.9.9', during=more,
                                          ifaces=WIRES)
        self.assertEqual((status, err), (1, ''))
        self.assertEqual([e for e in events if e['event'] == 'stage'], [])
        interfaces = {row[0] for row in tshark(self.recording()[0], 'frame.interface_name')}
        self.assertEqual(interfaces, set(WIRES))
        self.replay_says_the_same()

    # ---- a terminal ----

    def on_terminal(self, process, ours, seconds, until):
        got = bytearray()
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until(got):
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    got += os.read(ours, 65536)
                except OSError:
                    break
        return got.decode(errors='replace')

    def test_screen(self):
        """A push on a pseudo-terminal: stages in order, the first blocker by name, a window that changes its size."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', 30, 120, 0, 0))
        process = self.start('-p', self.site, '--record', 'rec', '-o', 'live.json', '--format', 'text', stdin=theirs,
                             stdout=theirs, preexec_fn=os.setsid)
        os.close(theirs)
        shown = self.on_terminal(process, ours, 10, lambda got: b'packets' in got)
        self.assertTrue(shown.startswith('\033[?1049h\033[?25l'), repr(shown[:80]))
        self.net.drop()
        push = self.net.push()
        shown += self.on_terminal(process, ours, 12, lambda got: b'BLOCKED' in got)
        plain = re.sub(r'\033\[[0-9;?]*[A-Za-z]', '', shown)
        at = [plain.find(word) for word in ('no push to a client', HOSTS['client'][0], 'passed', 'suspect', 'BLOCKED')]
        self.assertEqual(at, sorted(at), at)
        self.assertNotIn(-1, at)
        self.assertIn('suspected no answer to', plain)
        self.assertIn('recording: ', plain)
        fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack('HHHH', 10, 44, 0, 0))
        self.on_terminal(process, ours, 2.5, lambda got: False)
        small = self.on_terminal(process, ours, 2.5, lambda got: got.count(b'\033[H') >= 2)
        for drawing in small.split('\033[H')[1:]:
            lines = re.sub(r'\033\[[0-9;?]*[A-Za-z]', '', drawing).replace('\r', '').split('\n')
            self.assertLessEqual(len(lines), 10)
            self.assertLessEqual(max(map(len, lines)), 44, lines)
        push.communicate(timeout=20)
        process.send_signal(signal.SIGINT)
        last = self.on_terminal(process, ours, 20, lambda got: False)
        process.wait(timeout=20)
        os.close(ours)
        self.assertEqual(process.returncode, 1)
        self.assertIn('\033[?25h\033[?1049l', last)
        self.assertIn('NOT COMPLIANT', last[last.index('\033[?1049l'):])
        self.replay_says_the_same()

    # ---- rights ----

    def program_of(self, process):
        """nsenter becomes the program: the same process."""
        with open(f'/proc/{process.pid}/comm', encoding='utf-8') as file:
            self.assertEqual(file.read().strip(), 'wallwitness')
        return process.pid

    def test_no_rights_are_left(self):
        process = self.start('-p', self.site, '--record', 'rec', '-o', 'live.json', '--json-events', '--duration', '20')
        threads = glob.glob(f'/proc/{self.program_of(process)}/task/*/status')
        self.assertGreaterEqual(len(threads), 3)
        for path in threads:
            with open(path, encoding='utf-8') as file:
                status = dict(line.split(':\t', 1) for line in file.read().splitlines() if ':\t' in line)
            for name in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'):
                self.assertEqual(int(status[name], 16), 0, name)
            self.assertEqual(status['NoNewPrivs'], '1')
            self.assertEqual(status['Seccomp'], '0' if SANITIZED else '2')
            self.assertEqual(set(status['Uid'].split()) | set(status['Gid'].split()), {'65534'})
            self.assertEqual(status['Groups'].strip(), '')
        self.assertEqual({os.stat(path).st_uid for path in self.recording()}, {65534})
        process.send_signal(signal.SIGINT)
        status, _, err = self.finish(process)
        self.assertEqual(err, '')
        self.assertTrue(os.path.exists(self.path('live.json')))

    def test_root_stays_where_only_root_can_write(self):
        os.chmod(self.folder, 0o755)
        process = self.start('-p', self.site, '--record', 'rec', '--json-events', '--duration', '1')
        status, _, err = self.finish(process)
        self.assertEqual(err.splitlines(), ['wallwitness: stays user root, without capabilities: only root can write rec'])
        self.recording()

    def test_what_root_left_behind_is_replaced(self):
        """A report that an earlier run left as root's, in a folder of the user who calls sudo."""
        os.mkdir(self.path('home'))
        self.write('home/live.json', 'old')
        os.chown(self.path('home'), 4321, 4321)
        process = subprocess.Popen([*self.net.inside(SITE), 'env', 'SUDO_UID=4321', 'SUDO_GID=4321', PROGRAM, 'live', '-i',
                                    WIRES[0], '-p', self.site, '--duration', '1', '-o', 'home/live.json', '--json-events'],
                                   cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.stop, process)
        status, _, err = self.finish(process)
        self.assertEqual((status, err), (4, ''))
        self.assertEqual(json.loads(self.read('home/live.json'))['schema'], 'wallwitness-result')
        self.assertEqual(os.stat(self.path('home/live.json')).st_uid, 4321)

    def test_folders_of_two_users(self):
        os.mkdir(self.path('home'))
        os.chown(self.path('home'), 4321, 4321)
        os.chmod(self.path('home'), 0o755)
        os.mkdir(self.path('root'), 0o700)
        self.refused(2, "home/live.json: cannot be written once root's rights are given up", '-o', 'home/live.json', '--record', 'root')

    # ---- moments ----

    def test_killed(self):
        """SIGKILL at random: tshark reads the recording, and what is missing is no older than a second."""
        seed = int(os.environ.get('WW_SEED', random.randrange(1 << 30)))
        print(f'WW_SEED={seed}')
        dice = random.Random(seed)
        worst = 0
        sender = self.net.python(SITE, STEADY, '1000', '500')
        self.addCleanup(self.stop, sender)
        for turn in range(KILLS):
            folder = f'rec{turn}'
            process = self.start('-p', self.site, '--record', folder, '--json-events', '--rotate-size', '1')
            last = time.time()  # nothing before can be missed
            time.sleep(dice.uniform(0.2, 2.5))
            killed = time.time()
            process.kill()
            process.wait()
            for path in sorted(glob.glob(self.path(folder) + '/*')):
                rows = tshark(path, 'frame.time_epoch')
                last = max([last, *(float(row[0]) for row in rows)])
            worst = max(worst, killed - last)
            self.assertLess(killed - last, 1.0, f'turn {turn}')
        print(f'at most {worst:.2f} s lost in {KILLS} kills')

    def test_disk_full(self):
        """Goes on watching without recording, and says so; what was recorded can be read, and the report knows."""
        os.mkdir(self.path('small'))
        run('mount', '-t', 'tmpfs', '-o', 'size=256k,mode=777', 'tmpfs', self.path('small'))
        self.addCleanup(run, 'umount', self.path('small'))
        sender = self.net.python(SITE, STEADY, '4', '1000')
        self.addCleanup(self.stop, sender)
        self.net.drop()
        status, events, err = self.events('--record', 'small/rec', '-o', 'live.json')
        self.assertEqual(status, 1, err)
        self.assertEqual(len(err.splitlines()), 1, err)
        self.assertIn('No space left on device; the recording ends here', err)
        self.assertEqual([e['state'] for e in self.stages(events, 'endpoint-mapper')][-1], 'blocked')
        path = glob.glob(self.path('small/rec/*'))[0]
        frames = len(tshark(path, 'frame.number'))
        files = json.loads(self.read('live.json'))['inputs']['files']
        self.assertEqual(files[0]['frames'], frames)
        self.assertEqual(files[1]['path'], '(not recorded)')
        self.assertEqual(files[0]['frames'] + files[1]['frames'], events[-1]['packets'])
        self.assertGreater(files[1]['frames'], 100)

    def extra_wire(self, name):
        run('ip', 'link', 'add', name, 'netns', SITE, 'type', 'veth', 'peer', 'name', name + 'c', 'netns', CLIENT)
        for space, end in ((SITE, name), (CLIENT, name + 'c')):
            ip(space, 'link', 'set', end, 'up')
        self.addCleanup(ip, SITE, 'link', 'del', name, check=False)

    def test_interface_goes_away(self):
        self.extra_wire('wwlive7')
        self.net.drop()
        process = self.start('-p', self.site, '--record', 'rec', '-o', 'live.json', '--json-events', '--duration', '14',
                             ifaces=['wwlive7', WIRES[0]])
        ip(SITE, 'link', 'del', 'wwlive7')
        push = self.net.push()
        status, events, err = self.finish(process)
        push.communicate(timeout=20)
        self.assertEqual(status, 1, err)
        self.assertEqual(len(err.splitlines()), 1, err)
        self.assertRegex(err, '^wallwitness: wwlive7: .*; capturing goes on without it$')
        self.assertEqual(events[-1]['interfaces_up'], 1)
        self.assertEqual([e['state'] for e in self.stages(events, 'endpoint-mapper')][-1], 'blocked')
        self.replay_says_the_same()

    def test_last_interface_goes_away(self):
        self.extra_wire('wwlive7')
        process = self.start('-p', self.site, '--record', 'rec', '-o', 'live.json', '--json-events', ifaces=['wwlive7'])
        time.sleep(1)
        ip(SITE, 'link', 'del', 'wwlive7')
        status, events, err = self.finish(process, 10)
        self.assertRegex(err, '^wallwitness: wwlive7: .*; capturing ends\n$')
        self.assertEqual((status, events[-1]['event']), (4, 'end'))
        self.assertTrue(os.path.exists(self.path('live.json')))
        tshark(self.recording()[0], 'frame.number')

    def test_interface_renamed_and_down(self):
        """A rename does no harm; down costs what was not sent meanwhile, and no processor time."""
        self.extra_wire('wwlive7')
        process = self.start('-p', self.site, '--json-events', '--duration', '8', ifaces=['wwlive7', WIRES[0]])
        pid = self.program_of(process)
        ip(SITE, 'link', 'set', 'wwlive7', 'down')
        ip(SITE, 'link', 'set', 'wwlive7', 'name', 'wwlive8')
        self.addCleanup(ip, SITE, 'link', 'del', 'wwlive8', check=False)
        run(*self.net.inside(SITE, 'ping', '-c', '3', '-i', '0.2', HOSTS['client'][0]))
        time.sleep(3)
        with open(f'/proc/{pid}/stat', encoding='utf-8') as file:
            ticks = sum(map(int, file.read().rsplit(')', 1)[1].split()[11:13]))
        status, events, err = self.finish(process)
        self.assertGreaterEqual(events[-1]['packets'], 6, err)
        self.assertLess(ticks / os.sysconf('SC_CLK_TCK'), 2, 'it spins')
        self.assertIn(status, (0, 1, 4))

    # ---- the end ----

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = self.start('-p', self.site, '--record', f'rec{number}', '-o', f'{number}.json', '--json-events')
            run(*self.net.inside(SITE, 'ping', '-c', '2', '-i', '0.2', HOSTS['client'][0]))
            process.send_signal(number)
            status, events, err = self.finish(process, 10)
            self.assertEqual(err, '')
            self.assertEqual(status, 0, number)  # echo passed
            self.assertEqual(events[-1]['event'], 'end')
            self.assertGreaterEqual(json.loads(self.read(f'{number}.json'))['inputs']['files'][0]['frames'], 4)

    def test_twice_ends_at_once(self):
        at_once = {**ENV, 'TSAN_OPTIONS': ENV.get('TSAN_OPTIONS', '') + ':report_thread_leaks=0'}  # waits for no thread
        process = self.start('-p', self.site, '--record', 'rec', '-o', 'live.json', '--json-events', env=at_once)
        run(*self.net.inside(SITE, 'ping', '-c', '2', '-i', '0.2', HOSTS['client'][0]))
        time.sleep(1.2)
        process.send_signal(signal.SIGSTOP)  # so that both arrive before it does anything
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        process.wait(timeout=10)
        self.assertIn(process.returncode, (128 + signal.SIGINT, 128 + signal.SIGTERM))
        self.assertFalse(os.path.exists(self.path('live.json')))
        self.assertGreaterEqual(len(tshark(self.recording()[0], 'frame.number')), 4)

    def test_duration_and_lines(self):
        self.net.drop()
        start = time.monotonic()
        process = self.start('-p', self.site, '--duration', '7')
        time.sleep(1)
        push = self.net.push(patience=5)
        out, err = process.communicate(timeout=30)
        took = time.monotonic() - start
        push.communicate(timeout=20)
        self.assertTrue(6.9 <= took <= 10, took)
        text = out.decode()
        self.assertNotIn('\033', text)
        self.assertRegex(text, r'UTC  10\.99\.1\.20: .* suspected: no answer to \d SYNs to TCP 135; this is the first blocker\n')
        self.assertRegex(text, r'\nWatched for 7\.\d s: \d+ packets, 0 lost in the system, 0 lost in the program\n')
        self.assertIn('NOT COMPLIANT', text)

    def refused(self, status, said, *args, ifaces=WIRES[:1], before=()):
        ran = subprocess.run([*self.net.inside(SITE), *before, PROGRAM, 'live', *[w for i in ifaces for w in ('-i', i)],
                              '-p', self.site, '--duration', '1', *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             cwd=self.folder, text=True, check=False, timeout=30)
        self.assertEqual(ran.stdout, '')
        self.assertEqual(len(ran.stderr.splitlines()), 1, ran.stderr)
        self.assertRegex(ran.stderr, said)
        self.assertEqual(ran.returncode, status, ran.stderr)

    def test_faults(self):
        self.refused(3, 'wwnone: no such interface; --list-interfaces names them', ifaces=['wwnone'])
        self.refused(2, '--filter: ', '--filter', 'no such filter')
        self.refused(2, 'name 1 to 16 interfaces with -i', ifaces=[])
        self.refused(2, '--client: "nobody" is not an address', '--client', 'nobody')
        self.refused(2, 'cannot be written once', '--record', '/proc/nowhere', '-q')
        self.refused(2, 'cannot write', '-o', '/proc/nowhere/x.json')
        self.refused(2, 'is none of blocked', '--fail-on', 'everything')
        self.refused(3, 'run with sudo, or give the program the right: setcap cap_net_raw',
                     before=['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'])

    def test_file_capability(self):
        """An ordinary user with the file capability, as the documentation says."""
        copy = self.path('wallwitness')
        run('cp', PROGRAM, copy)
        run('setcap', 'cap_net_raw+ep', copy)
        ran = subprocess.run([*self.net.inside(SITE), 'setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups',
                              copy, 'live', '-i', WIRES[0], '-p', self.site, '--duration', '2', '--record', 'rec',
                              '--json-events'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder,
                             check=False, timeout=30)
        self.assertEqual(ran.stderr, REMARK)
        self.assertIn(ran.returncode, (0, 4))
        tshark(self.recording()[0], 'frame.number')

    def test_filter_and_rotation(self):
        """Only what the filter takes; files of a second each; oldest ones go."""
        sender = self.net.python(SITE, STEADY, '8', '2000')
        self.addCleanup(self.stop, sender)
        process = self.start('-p', self.site, '--json-events', '--duration', '7', '--record', 'rec', '--rotate-time', '1',
                             '--record-max', '1', '--filter', 'udp port 4000')
        status, events, err = self.finish(process)
        self.assertEqual(err, '')
        sizes = [os.path.getsize(path) for path in self.recording()]
        self.assertLessEqual(sum(sizes), 1 << 20)
        self.assertGreaterEqual(len(sizes), 2)
        ports = {row[0] for path in self.recording() for row in tshark(path, 'udp.dstport')}
        self.assertEqual(ports, {'4000'})
        self.assertFalse(any(path.endswith('_0001.pcapng') for path in self.recording()))

    def test_different_links(self):
        """Ethernet and a tunnel's raw IP in one recording."""
        ip(SITE, 'tuntap', 'add', 'wwlive9', 'mode', 'tun')
        self.addCleanup(ip, SITE, 'link', 'del', 'wwlive9')
        ip(SITE, 'addr', 'add', '10.99.9.1/24', 'dev', 'wwlive9')
        ip(SITE, 'link', 'set', 'wwlive9', 'up')
        holder = self.net.python(SITE, '''
import fcntl, struct, sys, time
f = open("/dev/net/tun", "r+b", buffering=0)
fcntl.ioctl(f, 0x400454ca, struct.pack("16sH", b"wwlive9", 0x1001))
print("ready", flush=True)
time.sleep(30)
''')
        self.addCleanup(self.stop, holder)
        self.assertEqual(holder.stdout.readline(), 'ready\n')
        self.net.drop()

        def more():
            run(*self.net.inside(SITE, 'ping', '-c', '2', '-i', '0.2', '-W', '1', '10.99.9.2'), check=False)

        status, events, err = self.events('--record', 'rec', '-o', 'live.json', during=more, ifaces=['wwlive9', WIRES[0]])
        self.assertEqual((status, err), (1, ''))
        seen = set(map(tuple, tshark(self.recording()[0], 'frame.encap_type', 'frame.interface_name', show='icmp')))
        self.assertEqual({name for _, name in seen}, {'wwlive9', WIRES[0]})
        self.assertEqual(len({kind for kind, _ in seen}), 2)
        self.replay_says_the_same()

    def test_list(self):
        ran = subprocess.run([*self.net.inside(SITE), PROGRAM, 'live', '--list-interfaces'], stdout=subprocess.PIPE,
                             check=True, text=True)
        for wire in WIRES:
            self.assertRegex(ran.stdout, rf'(?m)^{wire} +up')


if __name__ == '__main__':
    reason = why_not()
    if reason:
        print('skipped: ' + reason)
        sys.exit(77)
    main()
