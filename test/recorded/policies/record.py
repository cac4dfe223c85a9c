#!/usr/bin/env python3
"""Asks the judges about policy sets and writes down what they say.

    record.py SETS JUDGE=COMMAND… > RECORD

SETS holds a set on each line, as test/support/write-policy-sets.ts writes them. A command reads sets and answers each with
a line `{"seed": …, "verdicts": "01e…"}`: for each flow denied, allowed or error. A judge is asked about the sets as they
are, and again in words that avoid one of its known mistakes after the other. Where its first answer is not its last, the
wording after which it changed is the reason. The last answers of all judges must agree.
"""
import base64, collections, hashlib, json, subprocess, sys, tempfile
from rewrite import rewritten

# By judge: how it must be asked at all, and its mistakes with the wording that avoids each.
JUDGES = {
    'kube-network-policies': ([], {
        'baseline-skipped': 'only-policies-of-the-direction',
        'name-without-number': 'numbers-for-names',
    }),
    'netpol-analyzer': (['older-kinds'], {
        'name-of-two-ports': 'numbers-for-names',
        'protocol-ignored': 'whole-ranges',
        'pod-not-in-block': 'pods-beside-blocks',
        'block-of-ipv6': 'no-block-of-all-ipv6',
    }),
    'cyclonus': ([], {
        'not-in-needs-key': 'not-in-of-present-keys',
        'empty-value-needs-no-key': 'empty-values-in-expressions',
    }),
}


def ask(command, sets, wordings):
    """A text of verdicts for each set."""
    whole = [list('?' * len(one['flows'])) for one in sets]
    with tempfile.TemporaryFile('w+') as asked, tempfile.TemporaryFile('w+') as answered:
        parts = []
        for number, one in enumerate(sets):
            for part in rewritten(one, wordings):
                parts.append((number, part['index']))
                asked.write(json.dumps(part) + '\n')
        asked.seek(0)
        subprocess.run([command], stdin=asked, stdout=answered, stderr=subprocess.DEVNULL, check=True)
        answered.seek(0)
        for (number, index), line in zip(parts, answered, strict=True):
            for at, verdict in zip(index, json.loads(line)['verdicts'], strict=True):
                whole[number][at] = verdict
    return [''.join(one) for one in whole]


def bits(flags):
    padded = list(flags) + [False] * (-len(flags) % 8)
    octets = (padded[at:at + 8] for at in range(0, len(padded), 8))
    return base64.b64encode(bytes(sum(one << (7 - at) for at, one in enumerate(eight)) for eight in octets)).decode()


def explain(steps, reasons):
    """By reason, which of the first answers it explains."""
    found = {}
    for flow, verdicts in enumerate(zip(*steps)):
        if verdicts[0] not in ('e', verdicts[-1]):
            last = max(at for at in range(len(reasons)) if verdicts[at] != verdicts[at + 1])
            found.setdefault(reasons[last], set()).add(flow)
    return {reason: found[reason] for reason in reasons if reason in found}


def record(steps, reasons, counts):
    first = steps[0]
    entry = {'verdicts': bits([one == '1' for one in first])}
    if 'e' in first:
        entry['unanswered'] = bits([one == 'e' for one in first])
        counts['unanswered'] += first.count('e')
    explained = explain(steps, reasons)
    if explained:
        entry['explained'] = {r: bits([at in flows for at in range(len(first))]) for r, flows in explained.items()}
    for reason, flows in explained.items():
        counts[reason] += len(flows)
    return entry


def main(path, commands):
    with open(path) as file:
        lines = file.read().splitlines()
    sets = [json.loads(line) for line in lines]
    answers = {}
    for name, command in commands:
        always, mistakes = JUDGES[name]
        wordings = list(mistakes.values())
        answers[name] = [ask(command, sets, always + wordings[:step]) for step in range(len(wordings) + 1)]
    counts = {name: collections.Counter() for name, _ in commands}
    for at, line in enumerate(lines):
        last = {name: steps[-1][at] for name, steps in answers.items()}
        if len(set(last.values())) > 1:
            sys.exit(f'unexplained: set {sets[at]["seed"]} {last}')
        judges = {
            name: record([step[at] for step in steps], list(JUDGES[name][1]), counts[name])
            for name, steps in answers.items()
        }
        fingerprint = hashlib.sha256(line.encode()).hexdigest()[:16]
        row = {'seed': sets[at]['seed'], 'fingerprint': fingerprint, 'judges': judges}
        print(json.dumps(row, separators=(',', ':')))
    for name, found in counts.items():
        for reason, flows in found.items():
            print(f'{name}: {reason}: {flows}', file=sys.stderr)


if __name__ == '__main__':
    main(sys.argv[1], [argument.split('=', 1) for argument in sys.argv[2:]])
