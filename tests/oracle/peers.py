#!/usr/bin/env python3
"""Our outcomes beside the connection states in other people's Zeek logs.

  peers.py PROGRAM SOURCE_ROOT [-v]

Every conn.log under truth/peers of the shared captures is read; each of its TCP, UDP and echo records is paired with
the flow of ours that has the same ends (nearest first time where ports were used twice), and the state is held against
those our outcome allows (doc/disagreements.md says why). Known disagreements stand in KNOWN with their reason. Agrees
means at least 98 % of the others, and each difference printed. Exit 77 without shared captures.
"""
import collections
import json
import os
import subprocess
import sys

AGREE_LEAST = 0.98

# outcome -> connection states that mean the same packets
TCP = {
    "established": {"S1", "SF", "S2", "S3", "RSTO", "RSTR", "OTH"},
    "stalled": {"S1", "S2", "S3", "OTH"},
    "cut": {"RSTO", "RSTR", "S1", "S2", "S3"},
    "half-open": {"S1", "RSTO", "RSTR"},
    "no-answer": {"S0"},
    "undetermined": {"S0", "S1"},
    "rejected": {"S0"},
    "refused": {"REJ"},
    "aborted": {"RSTOS0", "SH"},
    "one-sided": {"SHR", "RSTRH", "OTH", "S0"},
}
UDP = {
    "answered": {"SF"},
    "no-answer": {"S0"},
    "undetermined": {"S0"},
    "one-way": {"S0"},
    "refused": {"S0"},
    "rejected": {"S0"},
    "one-sided": {"SHR", "S0"},
}
# half a connection: what the peer makes of it depends on the half
HALF = {"SH", "SHR", "OTH", "S0", "RSTOS0", "RSTRH"}

# (part of the capture's name, part of the record) -> why we differ and stay so
SPLIT = "the peer gave up on the connection after a silence and counts what follows as another one"
KNOWN = [
    ("zeek__Teredo.pcap", ":1576 > 75.126.130.163:80", SPLIT),
    ("zeek__Teredo.pcap", ":1577 > 75.126.203.78:80", SPLIT),
    ("zeek__Teredo.pcap", ":1578 > 75.126.203.78:80 RSTRH", SPLIT),
    ("zeek__Teredo.pcap", ":3797 > 65.55.158.81:3544 SHR",
     "one datagram from port 3544: the peer's port list makes its sender the server, we name the first sender the client"),
    ("zeek__Teredo.pcap", "2815:1286 >",
     "TCP inside datagrams of a relay on port 32900; we and tshark look for Teredo on its own port, 3544, only"),
]


def records(path):
    """The log's records as dictionaries, from either format Zeek writes."""
    names = []
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        if line.startswith("{"):
            yield {k.replace("id_orig_", "id.orig_").replace("id_resp_", "id.resp_"): v for k, v in json.loads(line).items()}
        elif line.startswith("#fields"):
            names = line.split("\t")[1:]
        elif line and line[0] != "#" and names:
            yield dict(zip(names, line.split("\t")))


def ends(proto, a, a_port, b, b_port):
    echo = proto.startswith("icmp")
    return ("icmp" if echo else proto,) + tuple(sorted([(a, 0 if echo else int(a_port)), (b, 0 if echo else int(b_port))]))


def seconds(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def allowed(flow):
    table = TCP if flow["proto"] == "tcp" else UDP
    states = set(table.get(flow["outcome"], ()))
    if flow["proto"].startswith("icmp"):
        return {"OTH"}
    if "half-visible" in flow["reasons"]:
        states |= HALF
    return states


def pair(flows, record):
    """The flow that a record speaks of, taken out of flows; None."""
    proto = record["proto"]
    key = ends(proto, record["id.orig_h"], record["id.orig_p"], record["id.resp_h"], record["id.resp_p"])
    there = flows.get(key)
    if not there:
        return None
    when = seconds(record.get("ts"))
    if when is None:
        return there.pop(0) if len(there) > 1 else there[0]
    return min(there, key=lambda f: abs(float(f["first"]) - when))


def known(capture, text):
    return any(name in capture and part in text for name, part, _ in KNOWN)


def compare(program, folder, capture, verbose):
    out = subprocess.run([program, "flows", "--format", "jsonl", os.path.join(folder, capture)], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, check=False, timeout=120).stdout.decode()
    flows = collections.defaultdict(list)
    for line in out.splitlines():
        f = json.loads(line)
        flows[ends(f["proto"], f["client"], f["client_port"] or 0, f["server"], f["server_port"] or 0)].append(f)
    counts = collections.Counter()
    for r in records(os.path.join(folder, "truth", "peers", capture + ".conn.log")):
        if r.get("proto") not in ("tcp", "udp", "icmp") or not r.get("conn_state"):
            continue
        if r["proto"] == "icmp" and str(r["id.orig_p"]) not in ("8", "128"):
            continue
        f = pair(flows, r)
        text = "%s %s:%s > %s:%s %s %s" % (r["proto"], r["id.orig_h"], r["id.orig_p"], r["id.resp_h"], r["id.resp_p"],
                                           r["conn_state"], r.get("history", ""))
        verdict = "missing" if f is None else "agree" if r["conn_state"] in allowed(f) else "differ"
        if verdict != "agree" and known(capture, text):
            verdict = "known"
        counts[verdict] += 1
        if verdict in ("missing", "differ") or (verbose and verdict == "known"):
            print("%s: %s: %s, ours %s %s" % (verdict, capture, text, f and f["outcome"], f and f["history"]))
    return counts


def main():
    program, root = sys.argv[1], sys.argv[2]
    folder = os.path.join(os.environ.get("WW_SHARED") or os.path.join(root, "..", "shared"), "captures")
    peers = os.path.join(folder, "truth", "peers")
    if not os.path.isdir(peers):
        print("no shared captures: set WW_SHARED")
        return 77
    total = collections.Counter()
    for name in sorted(os.listdir(peers)):
        capture = name[:-len(".conn.log")]
        if name.endswith(".conn.log") and os.path.exists(os.path.join(folder, capture)):
            total += compare(program, folder, capture, "-v" in sys.argv)
    n = sum(total.values())
    print("records %d  agree %d  known disagreements %d  differ %d  missing %d" %
          (n, total["agree"], total["known"], total["differ"], total["missing"]))
    return 0 if n and total["agree"] >= AGREE_LEAST * (n - total["known"]) else 1


sys.exit(main())
