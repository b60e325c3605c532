"""Keeps features.toml and the tests in step: no row without a test or the part it needs, no test without a row."""

import ast
import functools
import re
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROWS = tomllib.loads((HERE / "features.toml").read_text())

# The last row of each whole group. A-14, C-14, D-22 and J-22 to J-25 belong to other sides than S and P alone.
WHOLE_GROUPS = {"A": 31, "B": 50, "C": 13, "D": 21, "E": 20, "F": 49, "G": 42, "H": 16, "J": 21, "T": 9, "V": 15}
OTHER_SIDES = {"A-14", "G-23"}


@functools.cache
def functions_by_row():
    """{row id: {file name: function names}} of every test function named after a row."""
    found = {}
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            match = re.match(r"test_([A-Z])_(\d\d)_", node.name) if isinstance(node, ast.FunctionDef) else None
            if match:
                found.setdefault(f"{match[1]}-{match[2]}", {}).setdefault(path.name, []).append(node.name)
    return found


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_a_test_or_names_the_part_it_needs(row):
    entry = ROWS[row]
    assert set(entry) <= {"side", "says", "test", "needs", "rest"} and entry["says"]
    assert set(entry["side"]) & set("SP")
    assert ("test" in entry) != ("needs" in entry)
    found = functions_by_row().get(row, {})
    if "needs" in entry:
        assert entry["needs"] and not found, "a row with a test needs nothing"
    else:
        assert list(found) == [entry["test"]]


def test_every_test_named_after_a_row_belongs_to_a_listed_row():
    assert set(functions_by_row()) <= set(ROWS)


@pytest.mark.parametrize("group, last", WHOLE_GROUPS.items())
def test_a_group_is_listed_whole(group, last):
    rows = [f"{group}-{number:02}" for number in range(1, last + 1)]
    assert [row for row in ROWS if row.startswith(group)] == [row for row in rows if row not in OTHER_SIDES]
