"""The published schemas accept every shipped policy and site file, and refuse documents with one mistake each.

Usage: schema_test.py SOURCE_ROOT"""

import copy
import json
import pathlib
import re
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)


def load(path):
    return parse(path.read_text(encoding="utf-8"))


def parse(text):
    """Reads JSON with // comments outside strings."""
    kept, quoted, i = [], False, 0
    while i < len(text):
        if quoted and text[i] == "\\":
            kept.append(text[i : i + 2])
            i += 2
            continue
        if text[i] == '"':
            quoted = not quoted
        if not quoted and text.startswith("//", i):
            i = text.find("\n", i) if "\n" in text[i:] else len(text)
            continue
        kept.append(text[i])
        i += 1
    return json.loads("".join(kept))


def set_at(document, path, value):
    changed = copy.deepcopy(document)
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


POLICY_MISTAKES = [
    (["rulez"], []),
    (["rules", 0, "service"], 445),
    (["rules", 0, "manual"], True),
    (["rules", 0, "from"], []),
    (["rules", 0, "need"], "perhaps"),
    (["rules", 0, "need"], {"one_of": "a", "fallback_for": "b"}),
    (["services", "smb", "transport"], "sctp"),
    (["services", "smb", "ports"], [0]),
    (["parameters", "http_port", "default"], 65536),
    (["parameters", "http_port", "default"], "1-2"),
    (["roles", "any"], "Anybody"),
    (["stages", 0], {"name": "empty"}),
]
SITE_MISTAKES = [
    (["featurs"], []),
    (["roles", "web"], ["not an address"]),
    (["roles", "web"], [5]),
    (["parameters", "app_port"], 0),
    (["allow", 0, "tcp"], [65536]),
    (["waivers", 0, "expires"], "soon"),
    (["waivers", 0, "reason"], ""),
    (["up"], 5),
    (["up"], [5]),
    (["up"], ["ws7=10.1.2.3"]),
    (["up"], [{"hosts": ["10.1.2.3"]}]),
    (["up"], [{"hosts": [], "reason": "seen"}]),
    (["up"], {"hosts": ["10.1.2.3"], "reason": "seen"}),
]


def main(root):
    rules, samples = root / "rules", root / "samples"
    good = {
        "policy": sorted(rules.glob("catalogue/*.json")) + sorted(samples.glob("*policy.json")),
        "site": sorted(samples.glob("*site*.json")),
    }
    mistakes = {
        "policy": (rules / "catalogue/configmgr-client.json", POLICY_MISTAKES),
        "site": (samples / "webshop.site.json", SITE_MISTAKES),
    }
    failures = 0
    for kind, paths in good.items():
        schema = json.loads((rules / f"{kind}.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        assert paths, f"no {kind} to check"
        for path in paths:
            for error in validator.iter_errors(load(path)):
                print(f"{path}: {error.json_path}: {error.message}")
                failures += 1
        if kind == "site":
            for block in re.findall(r"^```json\n(.*?)^```$", (root / "doc/policy.md").read_text(encoding="utf-8"), re.M | re.S):
                validator.validate(parse(block))
        path, table = mistakes[kind]
        document = load(path)
        for at, value in table:
            if validator.is_valid(set_at(document, at, value)):
                print(f"{path}: {at} = {value!r} is accepted")
                failures += 1
        print(f"{kind}: {len(paths)} files, {len(table)} mistakes")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
