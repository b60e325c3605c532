"""Writes testdata/yaml.json: trees, and what PyYAML writes of them as the SDK calls it."""

import json
import random
from pathlib import Path

import yaml

WORDS = [
    "", " ", "a", "yes", "No", "on", "null", "~", "1", "-1", "0o7", "017", "0x1f", "1.5", "1e5", "1.0e+5", ".5", ".inf", "1:30",
    "12:30:45", "2024-02-29", "2024-02-29 01:02:03", "<<", "=", "- a", "-", "?", "? x", ":", "a: b", "a:b", "a #b", "#a", "a#b",
    "&x", "*x", "!x", "|", ">", "%", "@", "`", "'", '"', "it's", 'say "x"', "{a}", "[a]", "a, b", "---", "--- x", "...", "\\", "\t",
    "a\tb", "a\nb", "a\n", "\na", "a\n\nb", "a \nb", "a\n b", "größe", "日本語", "🎛", "\x07", "\x7f", "\u2028", "\ufeff", "a\u0085b",
    "x" * 130, "word " * 40, " lead", "trail ", "two  spaces", ("word  " * 30), "it's " * 30, "größe " * 30, "x\n" * 20, "- " * 60,
    "line one\nline two which is rather long and goes on beyond the eighty columns of a line, indeed\nend",
]
NUMBERS = [0, -1, 10**20, 0.1, 1.0, -0.0, 1e16, 1e-7, 1.5e300, 123456789.125]


def tree(rng, depth):
    roll = rng.random()
    if depth > 4 or roll < 0.45:
        return rng.choice([rng.choice(WORDS), rng.choice(WORDS), rng.choice(NUMBERS), None, True, False])
    if roll < 0.7:
        return [tree(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(WORDS) + rng.choice(["", "k"]): tree(rng, depth + 1) for _ in range(rng.randrange(5))}


class Plain(yaml.SafeDumper):
    """Values that are the same object get no anchor: a Go value has no identity."""

    def ignore_aliases(self, data):
        return True


def cases():
    rng = random.Random(1)
    yield {word: word for word in WORDS}
    yield {"list": WORDS, "nested": [[WORDS, [1, [2]]], {"a": [{"b": WORDS}]}]}
    for _ in range(300):
        yield {rng.choice(WORDS): tree(rng, 0) for _ in range(rng.randrange(4))}


out = [{"tree": c, "yaml": yaml.dump(c, indent=4, sort_keys=True, Dumper=Plain)} for c in cases()]
(Path(__file__).parent / "yaml.json").write_text(json.dumps(out, indent=1))
