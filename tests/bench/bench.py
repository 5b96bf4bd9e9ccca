#!/usr/bin/env python3
"""How fast, beside an empty libpcap loop over the same file (L), and with how much memory.

    tests/bench/bench.py [--scale F] [--rounds N] [--kinds a,b] [--peers] [--shared] [--threads 1,2] [--bars]

Makes the captures (tests/bench/generate.c) in --folder, or with --shared takes those of make_bench.py from
$WW_SHARED/tools (or ../shared/tools). In every round each tool runs once on each capture, right after a run of the empty
loop, in an order that rotates; the ratio of the two is what counts, and the table shows its median and range. What is
planted in our own captures must be found, and every number of threads must give the same bytes, or the exit status is 1.

--peers also runs what is installed of ndpiReader, softflowd, argus, nfpcapd and, on a slice, tshark. --bars compares
with what the project holds itself to. --grow F repeats at F times the scale and prints the time per packet of both.
--max-memory SIZE also audits with that bound.
"""
import argparse
import collections
import filecmp
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KINDS = ["enterprise", "smallflows", "elephants", "scan"]
STAGES = ["read", "decode", "flows", "services"]
SLICE = 300000
# wall and, as a multiple of that, cpu; peak MiB; bytes a flow
BARS = {"enterprise": (1.0, 64, None), "elephants": (0.7, None, None), "smallflows": (4.0, None, 200), "scan": (3.0, None, 200)}
CPU_BAR = 1.6
START_BAR_MS = 30
PEERS = [
    ("softflowd", "softflowd -m 8000000 -n 127.0.0.1:9 -r {pcap}", False),
    ("nfpcapd", "nfpcapd -r {pcap} -w {tmp}", False),
    ("argus", "argus -X -r {pcap} -w /dev/null", False),
    ("ndpiReader", "ndpiReader -q -i {pcap}", False),
    ("tshark (slice)", "tshark -n -q -z conv,tcp -r {pcap}", True),
]


def launch(launcher, result, argv):
    """Seconds, cpu seconds, peak KiB and exit status of one command."""
    subprocess.run([launcher, result, *argv], check=True)
    with open(result) as f:
        return json.load(f)


def warm(path):
    """Reads the capture once: a file that left the page cache would measure the disk."""
    with open(path, "rb", buffering=0) as f:
        while f.read(1 << 22):
            pass


class Bench:
    def __init__(self, a, tmp):
        self.a, self.tmp, self.failed = a, tmp, False
        self.idle = {}

    def run(self, argv):
        return launch(self.a.launch, self.tmp + "/use.json", argv)

    def fail(self, text):
        print("FAILS:", text)
        self.failed = True

    def audit(self, pcap, threads, *more):
        site = [] if self.a.shared else ["-p", os.path.join(TOP, "tests/bench/site.json")]
        n = ["--threads", str(threads)] if threads else []
        return [self.a.program, "audit", "-q", "--no-hash", *site, *n, *more, "-o", self.tmp + "/r.json", "-o", self.tmp + "/r.html", pcap]

    def captures(self, scale, folder):
        """Makes what is missing; paths by kind."""
        os.makedirs(folder, exist_ok=True)
        made = {k: os.path.join(folder, k + ".pcap") for k in self.a.kinds}
        todo = [k for k, path in made.items() if not os.path.exists(path)]
        if self.a.shared and todo:
            tools = os.path.join(os.environ.get("WW_SHARED", os.path.join(TOP, "../shared")), "tools/make_bench.py")
            subprocess.run([sys.executable, tools, folder, "--scale", str(scale), "--kinds", ",".join(todo)], check=True)
        for k in [] if self.a.shared else todo:
            subprocess.run([self.a.generate, k, str(self.a.seed), str(scale), folder], check=True)
        return made

    def counts(self, pcap):
        out = subprocess.run([self.a.stages, "flows", pcap], stdout=subprocess.PIPE, check=True, text=True).stdout
        return json.loads(out)

    def tools(self, pcap):
        """(name, command, share of the packets it reads)"""
        t = [(s, [self.a.stages, s, pcap], 1) for s in STAGES]
        t += [("audit, %d threads" % n, self.audit(pcap, n), 1) for n in self.a.threads]
        if self.a.max_memory:
            t.append(("audit in " + self.a.max_memory, self.audit(pcap, 0, "--max-memory", self.a.max_memory), 1))
        if not self.a.peers:
            return t
        cut, share = pcap, 1
        if shutil.which("editcap"):
            cut = self.tmp + "/slice.pcap"
            subprocess.run(["editcap", "-F", "nsecpcap", "-r", pcap, cut, "1-%d" % SLICE], check=True)
            share = min(1, SLICE / self.counts(pcap)["frames"])
        for name, command, sliced in PEERS:
            if shutil.which(command.split()[0]):
                argv = [x.replace("{pcap}", cut if sliced else pcap).replace("{tmp}", self.tmp) for x in shlex.split(command)]
                t.append((name, argv, share if sliced else 1))
        return t

    def measure(self, kind, pcap):
        """Runs all tools in turn; prints the table; returns the median wall seconds by name."""
        info, tools = self.counts(pcap), self.tools(pcap)
        runs, loops = collections.defaultdict(list), []
        for r in range(self.a.rounds):
            at = r * 3 % len(tools)
            for name, argv, share in tools[at:] + tools[:at]:
                warm(pcap)
                loop = self.run([self.a.stages, "loop", pcap])
                x = self.run(argv)
                loops.append(loop["wall"])
                runs[name].append({**x, "ratio": x["wall"] / share / loop["wall"], "cpu_ratio": x["cpu"] / share / loop["cpu"]})
        print("\n%s: %d frames, %d flows, %.0f MiB; L = %.3f s" % (
            kind, info["frames"], info["flows"], os.path.getsize(pcap) / 2**20, statistics.median(loops)))
        print("%-22s %22s %22s %9s %8s" % ("", "wall / L", "cpu / L", "MiB", "B/flow"))
        result = {}
        for name, argv, _ in tools:
            x = runs[name]
            result[name] = self.row(name, argv, x, info["flows"])
        return info, result

    def row(self, name, argv, x, flows):
        def spread(key):
            v = [y[key] for y in x]
            return "%7.2f (%.2f-%.2f)" % (statistics.median(v), min(v), max(v))

        kib = statistics.median([y["kib"] for y in x])
        each = (kib - self.idle_kib(name, argv)) * 1024 / flows if flows > 5000 else None
        print("%-22s %22s %22s %9.1f %8s" % (name, spread("ratio"), spread("cpu_ratio"), kib / 1024, "-" if each is None else "%.0f" % each))
        med = {k: statistics.median([y[k] for y in x]) for k in ("wall", "cpu", "ratio", "cpu_ratio")}
        return {**med, "mib": kib / 1024, "per_flow": each}

    def idle_kib(self, name, argv):
        """Peak on a capture of a thousand packets: what the program needs for itself."""
        if name not in self.idle:
            self.idle[name] = self.run([self.little() if x.endswith(".pcap") else x for x in argv])["kib"]
        return self.idle[name]

    def little(self):
        path = self.tmp + "/little"
        if not os.path.exists(path):
            os.mkdir(path)
            subprocess.run([self.a.generate, "enterprise", "1", "0.0004", path], check=True)
        return path + "/enterprise.pcap"

    def bars(self, kind, result):
        name = next((n for n in reversed(result) if n.startswith("audit, ")), None)
        if not name:
            return
        x = result[name]
        wall, mib, each = BARS[kind]
        for what, value, bar in (("wall / L", x["ratio"], wall), ("cpu / L", x["cpu_ratio"], wall * CPU_BAR),
                                 ("MiB", x["mib"], mib), ("bytes a flow", x["per_flow"], each)):
            if bar is None or value is None:
                continue
            print("  %s: %s %.2f, bar %.2f: %s" % (name, what, value, bar, "holds" if value <= bar else "MISSED"))
            self.failed |= value > bar

    def planted(self, kind, pcap):
        """Every planted flow is found under its service and outcome, by any number of threads; same reports."""
        want = json.load(open(pcap[:-5] + ".json"))["planted"] if not self.a.shared else None
        first = None
        for n in self.a.threads:
            flows = self.tmp + "/flows%d" % n
            subprocess.run([self.a.program, "flows", "-q", "--threads", str(n), "-o", flows, pcap], check=True)
            subprocess.run(self.audit(pcap, n), stdout=subprocess.DEVNULL, check=False)
            report = self.tmp + "/report%d" % n
            os.replace(self.tmp + "/r.json", report)
            if first and not (filecmp.cmp(first[0], flows, False) and filecmp.cmp(first[1], report, False)):
                self.fail("%s: %d threads give other bytes than %d" % (kind, n, self.a.threads[0]))
            first = first or (flows, report)
        if want is None:
            return
        found = collections.Counter()
        for line in open(first[0]):
            f = json.loads(line)
            found[f["service"] + " " + f["outcome"]] += 1
        if dict(found) != want:
            self.fail("%s: planted %s, found %s" % (kind, want, dict(found)))

    def start(self):
        """Milliseconds of auditing a thousand packets."""
        pcap = self.little()
        best = statistics.median(self.run(self.audit(pcap, 0))["wall"] for _ in range(9)) * 1000
        print("\nstart and audit of %d packets: %.1f ms" % (self.counts(pcap)["frames"], best))
        if self.a.bars and best > START_BAR_MS:
            self.fail("starting takes %.1f ms, bar %d" % (best, START_BAR_MS))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--folder", default=None, help="where captures are kept; default: made and deleted")
    p.add_argument("--scale", type=float, default=1)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--kinds", default=",".join(KINDS))
    p.add_argument("--threads", default="1,2,4")
    p.add_argument("--max-memory", default=None)
    p.add_argument("--grow", type=float, default=None)
    p.add_argument("--peers", action="store_true")
    p.add_argument("--shared", action="store_true")
    p.add_argument("--bars", action="store_true")
    p.add_argument("--no-check", action="store_true", help="do not compare findings")
    for name in ("generate", "stages", "launch"):
        p.add_argument("--" + name, default=os.path.join(TOP, "build/tests/bench", name))
    p.add_argument("--program", default=os.path.join(TOP, "build/wallwitness"))
    a = p.parse_args()
    a.kinds, a.threads = a.kinds.split(","), [int(n) for n in a.threads.split(",") if n]
    with tempfile.TemporaryDirectory(prefix="bench.") as tmp:
        b = Bench(a, tmp)
        for kind, pcap in b.captures(a.scale, a.folder or tmp + "/captures").items():
            info, result = b.measure(kind, pcap)
            if a.bars:
                b.bars(kind, result)
            if not a.no_check:
                b.planted(kind, pcap)
            if a.grow:
                folder = (a.folder or tmp + "/captures") + "/grown"
                a_kinds, a.kinds = a.kinds, [kind]
                more, grown = b.measure(kind + " x%g" % a.grow, b.captures(a.scale * a.grow, folder)[kind])
                a.kinds = a_kinds
                for name in result:
                    one, many = result[name]["cpu"] / info["frames"], grown[name]["cpu"] / more["frames"]
                    print("  %-22s %6.0f ns a packet, %6.0f at x%g: %+.0f %%" % (name, one * 1e9, many * 1e9, a.grow, (many / one - 1) * 100))
        b.start()
    sys.exit(1 if b.failed else 0)


if __name__ == "__main__":
    main()
