"""What a terminal sees: progress that redraws and goes away, colours only there."""
import os
import pty
import subprocess
import sys
import threading
import time

from harness import BLOCKED, PROGRAM, SITE, Case, main


def on_terminal(args, stdin, streams):
    """Runs the program with the named streams on a pseudo-terminal; returns (exit status, what the terminal got)."""
    ours, theirs = pty.openpty()
    got = bytearray()

    def drain():
        try:
            while data := os.read(ours, 4096):
                got.extend(data)
        except OSError:
            pass  # the other end is closed

    reader = threading.Thread(target=drain)
    reader.start()
    where = {name: theirs if name in streams else subprocess.DEVNULL for name in ('stdout', 'stderr')}
    env = {**os.environ, 'TERM': 'xterm', 'TZ': 'UTC', 'LC_ALL': 'C'}
    env.pop('NO_COLOR', None)
    with subprocess.Popen([PROGRAM, *args], stdin=subprocess.PIPE, env=env, **where) as process:
        os.close(theirs)
        for part in stdin:
            if isinstance(part, float):
                time.sleep(part)
            else:
                process.stdin.write(part)
                process.stdin.flush()
        process.stdin.close()
        process.wait(timeout=60)
    reader.join(timeout=10)
    os.close(ours)
    return process.returncode, bytes(got).decode()


class Terminal(Case):
    def setUp(self):
        super().setUp()
        with open(BLOCKED, 'rb') as file:
            self.whole = file.read()

    def slowly(self):
        """The capture in pieces, over about two seconds."""
        step = len(self.whole) // 20
        for at in range(0, len(self.whole), step):
            yield self.whole[at:at + step]
            yield 0.1

    def test_progress_comes_and_goes(self):
        status, text = on_terminal(['flows', '-'], self.slowly(), {'stderr'})
        self.assertEqual(status, 0)
        self.assertIn('\r\033[Kreading: ', text)
        self.assertTrue(text.endswith('\r\033[K'), repr(text[-40:]))
        self.assertLessEqual(text.count('reading: '), 12)

    def test_quiet(self):
        self.assertEqual(on_terminal(['flows', '--quiet', '-'], self.slowly(), {'stderr'}), (0, ''))

    def test_short_runs_draw_nothing(self):
        self.assertEqual(on_terminal(['flows', BLOCKED], [], {'stderr'}), (0, ''))

    def test_colours(self):
        status, text = on_terminal(['audit', '-p', SITE, BLOCKED], [], {'stdout'})
        self.assertEqual(status, 1)
        self.assertIn('\033[', text)

    def test_terminal_is_no_capture(self):
        """Standard input that is a terminal is no capture: say so instead of waiting."""
        ours, theirs = pty.openpty()
        ran = subprocess.run([PROGRAM, 'flows', '-'], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             timeout=20, check=False)
        os.close(ours)
        os.close(theirs)
        self.assertEqual(ran.returncode, 3)
        self.assertIn(b'terminal', ran.stderr)


if __name__ == '__main__':
    try:
        for end in pty.openpty():
            os.close(end)
    except OSError as error:
        print(f'skipped: this system gives no pseudo-terminal: {error}')
        sys.exit(77)
    main()
