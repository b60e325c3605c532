"""Writes tables/* and pickles/* with what Python prints of each (repr.json). Run with the newest compat environment:

    .venv/compat-newest/bin/python codec/testdata/make_tables.py
"""

import collections
import datetime as dt
import decimal
import json
import pickle
import zoneinfo
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

HERE = Path(__file__).parent


def frames():
    numbers = pd.DataFrame({"number": np.arange(4), "half": np.arange(4) / 2, "word": [f"w{i}" for i in range(4)]})
    yield "plain", numbers
    yield "index", numbers.set_index(pd.Index(["q", "r", "s", "t"], name="key"))
    yield "index-unnamed", numbers.set_index(pd.Index(["q", "r", "s", "t"]))
    yield "index-number", numbers.set_index(pd.Index([10, 20, 5, 7], name="at"))
    yield "range", numbers.set_index(pd.RangeIndex(10, 18, 2))
    yield "multi-index", numbers.set_index(pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["letter", "digit"]))
    yield (
        "typed",
        numbers.assign(
            day=pd.date_range("2024-02-28", periods=4, freq="D"),
            kind=pd.Categorical(["a", "b", "a", "c"]),
            maybe=pd.array([1, None, 3, 4], dtype="Int64"),
        ),
    )
    yield (
        "holes",
        pd.DataFrame(
            {
                "f": [1.5, np.nan, -3.0],
                "s": ["x", None, "it's, \"q\"\nline"],
                "b": [True, False, True],
                "t": pd.to_datetime(["2024-01-01 10:00:00", None, "2024-01-02 00:00:00.5"], format="ISO8601"),
                "z": pd.to_datetime(["2024-01-01 10:00", None, "2024-07-02 00:00"]).tz_localize("Europe/Berlin"),
                "d": pd.to_timedelta([1, 3600, 86400 * 3], unit="s"),
                "maybe": pd.array([True, None, False], dtype="boolean"),
            }
        ),
    )
    yield "small-types", pd.DataFrame({k: np.array([1, 2, 100]).astype(k) for k in "i1 i2 i4 i8 u1 u2 u4 u8 f4 f8".split()})
    yield "floats", pd.DataFrame({"tiny": [1e-10, 1.0], "huge": [1e12, 2.5], "exact": [0.1, 0.123456789], "neg": [-1.0, 2.0]})
    yield "long", pd.DataFrame({"i": np.arange(200), "x": np.linspace(0, 1, 200)})
    yield "wide", pd.DataFrame({f"column{i}": np.arange(3) * i for i in range(30)})
    yield "long-wide", pd.DataFrame({f"c{i:02d}": np.arange(100) * 1.5 for i in range(40)})
    yield "long-text", pd.DataFrame({"text": ["word " * 30, "short"]})
    yield "empty", pd.DataFrame({"a": pd.Series(dtype="int64"), "b": pd.Series(dtype="float64")})


def write_frames():
    texts = {}
    for name, frame in frames():
        frame.to_parquet(HERE / "tables" / f"{name}.parquet")
        frame.to_pickle(HERE / "tables" / f"{name}.pickle")
        frame.to_csv(HERE / "tables" / f"{name}.csv.gz", compression={"method": "gzip", "mtime": 0})
        texts[f"{name}.parquet"] = texts[f"{name}.pickle"] = repr(frame)
        texts[f"{name}.csv.gz"] = repr(pd.read_csv(HERE / "tables" / f"{name}.csv.gz", index_col=[0]))
        if isinstance(frame.index, pd.RangeIndex) or frame.index.nlevels == 1:
            frame.to_feather(HERE / "tables" / f"{name}.feather")
            texts[f"{name}.feather"] = repr(frame)
    lists = pd.DataFrame({"l": [[1, 2], [], None], "n": [[["a"], []], [], [["b", None]]], "s": [{"x": 1, "y": "a"}, None, {"x": 2, "y": None}]})
    lists.to_parquet(HERE / "tables" / "nested.parquet")
    (HERE / "tables" / "repr.json").write_text(json.dumps(texts, indent=1, ensure_ascii=False))


def values():
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    shared = [1, 2]
    yield "none", None
    yield "bools", [True, False]
    yield "ints", [0, 1, -1, 255, 256, 65535, 65536, -(2**31), 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, -(10**30)]
    yield "floats", [0.0, -0.0, 1.5, 1e-7, 1e16, 1e22, float("inf"), float("-inf"), 0.1]
    yield "text", "größe 日本語 🎛 \n 'q' \"d\" \\ \x7f"
    yield "text-long", "x" * 70000
    yield "bytes", b"\x00\xff raw 'q'"
    yield "bytes-empty", b""
    yield "nested", {"a": [1, (2, "x"), {"b": None}], "c": (), "d": (1,), "e": {}, "f": []}
    yield "keys", {1: "a", (2, 3): "b", None: "c"}
    yield "shared", [shared, shared, (shared,)]
    yield "complex", [1 + 2j, -3.5j, 0j]
    yield "datetime", dt.datetime(2024, 2, 29, 12, 34, 56, 789)
    yield "datetime-utc", dt.datetime(2024, 2, 29, 12, 34, tzinfo=dt.timezone.utc)
    yield "datetime-offset", dt.datetime(1999, 12, 31, 23, 59, 59, tzinfo=dt.timezone(dt.timedelta(hours=-5)))
    yield "date", dt.date(1970, 1, 1)
    yield "timedelta", [dt.timedelta(days=-1, microseconds=5), dt.timedelta(0), dt.timedelta(hours=30)]
    yield "decimal", decimal.Decimal("1.10")
    yield "array", np.arange(6.0).reshape(2, 3)
    yield "array-fortran", np.asfortranarray(np.arange(6).reshape(2, 3))
    yield "array-structured", np.array([(1, 0.5, b"ab")], dtype=[("id", "<i4"), ("score", "<f8"), ("label", "S4")])
    yield "array-nested", np.zeros(1, dtype=[("a", "i1"), ("b", "u2", (3,))])
    yield "array-time", np.array(["2024-01-01", "NaT"], dtype="M8[D]")
    yield "array-text", np.array(["a", "größe"])
    yield "array-object", np.array([1, "two", None], dtype=object)
    yield "array-be", np.arange(3, dtype=">i4")
    yield "array-empty", np.zeros((0, 3))


# What has no equal repr() in Go: the text is what Go's own PyRepr gives.
def others():
    yield "set", {5}, "{5}"
    yield "frozenset", frozenset(["a"]), "{'a'}"
    yield "bytearray", bytearray(b"ab"), "b'ab'"
    yield "range", range(1, 10, 2), "range(1, 10, 2)"
    yield "defaultdict", collections.defaultdict(list, a=[1]), "{'a': [1]}"
    yield "counter", collections.Counter("aab"), "{'a': 2, 'b': 1}"
    yield "deque", collections.deque([1, 2]), "[1, 2]"
    yield "ordereddict", collections.OrderedDict([("z", 1), ("a", 2)]), "{'a': 2, 'z': 1}"
    yield "scalars", [np.float64(1.5), np.int32(7), np.bool_(True), np.str_("s"), np.datetime64("2024-01-01")], (
        "[1.5, 7, True, 's', datetime.datetime(2024, 1, 1, 0, 0)]"
    )
    yield "timestamp", pd.Timestamp("2024-01-01 12:00"), "datetime.datetime(2024, 1, 1, 12, 0)"
    yield "timestamp-utc", pd.Timestamp("2024-01-01", tz="UTC"), "datetime.datetime(2024, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)"
    yield "pandas-timedelta", pd.Timedelta(90, "s"), "datetime.timedelta(seconds=90)"
    yield "nat", [pd.NaT, pd.NA], "[None, None]"
    for mode in ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"]:
        picture = Image.new(mode, (3, 2))
        shown = {"1": "L", "CMYK": "RGB", "LA": "RGBA"}.get(mode, mode)
        yield f"image-{mode.replace(';', '')}", picture, f"<PIL.Image.Image image mode={shown} size=3x2>"


def write_pickles():
    texts = {}
    for name, value in values():
        texts[name] = repr(value)
        for protocol in range(6):
            (HERE / "pickles" / f"{name}.{protocol}.pkl").write_bytes(pickle.dumps(value, protocol))
    for name, value, text in others():
        texts[name] = text
        for protocol in range(6):
            (HERE / "pickles" / f"{name}.{protocol}.pkl").write_bytes(pickle.dumps(value, protocol))
    (HERE / "pickles" / "repr.json").write_text(json.dumps(texts, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    for folder in ["tables", "pickles"]:
        (HERE / folder).mkdir(exist_ok=True)
    write_frames()
    write_pickles()
