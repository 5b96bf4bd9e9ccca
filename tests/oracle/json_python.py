"""Our JSON parser against Python's: random documents, half of them damaged, are accepted by both with the same values
or refused by both. Known differences: we refuse lone surrogates and \\u0000, and allow // comments.

Usage: json_python.py DUMP_JSON; WW_SEED=N for another seed."""

import json
import os
import random
import struct
import subprocess
import sys

DOCUMENTS = 20000
NUMBERS = [0, -1, 80, 1.5, -2.25e-7, 1e300, 123456789012, 0.1, 1e-320, 2**53, 65535]
DAMAGE = b'{}[],:"0123456789-+.eE\\ntfu \n\x00\xff/'


def make(rng, depth=0):
    kind = rng.randrange(7 if depth < 4 else 5)
    if kind == 0:
        return None
    if kind == 1:
        return rng.random() < 0.5
    if kind == 2:
        return rng.choice(NUMBERS)
    if kind == 3:
        return "".join(rng.choice('ab"\\/\u00e9\u20ac\t\n\U0001f600 //') for _ in range(rng.randrange(6)))
    if kind == 4:
        return rng.randrange(70000)
    if kind == 5:
        return [make(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(["a", "\u00e9", '"', ""]) + str(i): make(rng, depth + 1) for i in range(rng.randrange(4))}


def damage(rng, text):
    for _ in range(rng.randrange(1, 4)):
        at, how, byte = rng.randrange(len(text) + 1), rng.randrange(3), rng.choice(DAMAGE)
        if how == 0:
            text.insert(at, byte)
        elif how == 1 and text:
            del text[min(at, len(text) - 1)]
        elif text:
            text[min(at, len(text) - 1)] = byte


def hexadecimal(text):
    return text.encode("utf-8", "surrogatepass").hex()


def dump(value):
    """As dump_json prints it; an object is a tuple of pairs."""
    if isinstance(value, tuple):
        return "{" + "".join(f"{hexadecimal(key)}:{dump(item)}," for key, item in value) + "}"
    if isinstance(value, list):
        return "[" + "".join(dump(item) + "," for item in value) + "]"
    if isinstance(value, str):
        return f'"{hexadecimal(value)}"'
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return "%.17g" % float(value)


def refuse(constant):
    raise ValueError(constant)


def python_reads(document):
    try:
        value = json.loads(document.decode("utf-8"), object_pairs_hook=tuple, parse_constant=refuse, parse_int=float)
    except ValueError:
        return None
    return dump(value)


def main(program):
    seed = int(os.environ.get("WW_SEED", "7"))
    rng = random.Random(seed)
    documents = []
    for i in range(DOCUMENTS):
        text = bytearray(json.dumps(make(rng), ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, 1])).encode())
        if i % 2:
            damage(rng, text)
        documents.append(bytes(text))
    sent = b"".join(struct.pack("<I", len(d)) + d for d in documents)
    lines = subprocess.run([program], input=sent, stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
    assert len(lines) == len(documents), f"{len(lines)} answers"
    accepted = different = 0
    for document, line in zip(documents, lines):
        ours, theirs = None if line.startswith("ERR ") else line, python_reads(document)
        accepted += ours is not None
        comment = theirs is None and b"//" in document
        stricter = ours is None and ("surrogate" in line or "u0000" in line)
        if ours != theirs and not comment and not stricter:
            different += 1
            print(f"{document!r}\n  python {theirs}\n  ours   {line}")
    print(f"seed {seed}: {len(documents)} documents, {accepted} accepted, {different} read differently")
    return 1 if different or accepted < DOCUMENTS / 3 or accepted > DOCUMENTS * 0.9 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
