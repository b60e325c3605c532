"""One object of every kind that becomes an artifact: what both writers write, and what both readers must give back.

`SAMPLES` maps a name to a Sample. Objects are made anew by each process, so that nothing but the files goes from one to
the other. The Go side makes the same objects in samples_test.go, under the same names.
"""

import datetime as dt
import decimal
import os
import zoneinfo
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pandas as pd
from PIL import Image

Image.init()


@dataclass(frozen=True)
class Sample:
    """`make(folder)` gives the object, with files of its own below the folder; `same(got, sent)` compares.

    `prints` is what Go prints of it: what Python does, but where Go has no type for the difference.
    """

    make: Callable
    same: Callable
    options: dict = field(default_factory=dict)
    prints: Callable = repr
    pixels: bool = False


class Model:
    """An object only its code can build."""

    def __repr__(self):
        return "Model()"


# --- how values are compared


def equal(got, sent):
    assert got == sent and type(got) is type(sent), f"{got!r} for {sent!r}"


def equal_array(got, sent):
    assert got.dtype.descr == sent.dtype.descr and got.shape == sent.shape, f"{got.dtype} {got.shape}"
    assert got.flags.f_contiguous == sent.flags.f_contiguous
    if sent.dtype.names:  # the bytes between fields are no values
        assert repr(got) == repr(sent), f"{got!r} for {sent!r}"
    else:
        assert got.tobytes() == sent.tobytes(), f"{got!r} for {sent!r}"


def refused(got, _sent):
    """The SDK gives the path of what NumPy will not load."""
    assert isinstance(got, os.PathLike), f"{got!r}"


def equal_numbers(got, sent):
    np.testing.assert_array_equal(got, sent)


def equal_frame(got, sent):
    pd.testing.assert_frame_equal(got, sent, check_freq=False)


def equal_as_csv(got, sent):
    """CSV has no types; what comes back prints as what pandas itself reads of its own CSV."""
    path = Path(sent.attrs["csv"])
    sent.to_csv(path)
    pd.testing.assert_frame_equal(got, pd.read_csv(path, index_col=[0]))


def equal_pixels(got, sent):
    assert (got.mode, got.size) == (sent.mode, sent.size), f"{got.mode} {got.size} for {sent.mode} {sent.size}"
    assert got.tobytes() == sent.tobytes()


def near_pixels(got, sent):
    """JPEG and lossy WebP keep about the same picture."""
    assert (got.mode, got.size) == (sent.mode, sent.size), f"{got.mode} {got.size} for {sent.mode} {sent.size}"
    off = np.abs(np.asarray(got).astype(int) - np.asarray(sent).astype(int))
    assert off.mean() < 6, off.mean()


def equal_file(got, sent):
    assert Path(got).read_bytes() == Path(sent).read_bytes()


def members(names):
    def same(got, _sent):
        got = Path(got)
        assert sorted(p.relative_to(got).as_posix() for p in got.rglob("*") if p.is_file()) == sorted(names)
        for name in names:
            assert (got / name).read_bytes() == TREE[name]

    return same


# --- the objects


TREE = {"a.txt": b"first", "b.csv": b"x,y\n1,2\n", "sub/c.txt": b"third", "sub/deeper/d.bin": bytes(range(256)) * 9}


def tree(folder):
    root = folder / "tree"
    for name, content in TREE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def one_file(folder, name, content):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


STRUCTURED = np.dtype([("id", "<i4"), ("score", "<f8"), ("label", "S4"), ("vector", "<f4", (2,))])
INNER = {"names": ["x", "y"], "formats": ["<i2", ">u4"], "offsets": [0, 4], "itemsize": 8}
GAPS = np.dtype({"names": ["flag", "value", "inner"], "formats": ["?", "<f8", INNER], "offsets": [0, 8, 16], "itemsize": 24})


def structured():
    return np.array([(1, 0.5, b"ab", (1, 2)), (2, -1.25, b"cdef", (3, 4))], dtype=STRUCTURED)


def gaps():
    out = np.zeros(2, dtype=GAPS)
    out[0] = (True, 2.5, (-3, 4))
    return out


def arrays():
    whole = [[0, 1, 2], [3, 4, 5]]
    for kind in "u1 u2 u4 u8 i1 i2 i4 i8".split():
        yield kind, np.array(whole, dtype=kind)
    for kind in ">i2 >u8".split():
        yield kind, np.array(whole, dtype=kind)
    yield "bool", np.array([[True, False], [False, True]])
    yield "f2", np.array([0, -1.5, 65504, 6e-8, np.inf], dtype="f2")
    for kind in "f4 f8 >f4 >f8".split():
        yield kind, np.array([0.1, -2.5, 1e30, np.nan, -np.inf], dtype=kind)
    for kind in "c8 c16 >c16".split():
        yield kind, np.array([1 + 2j, -3.5j, 0], dtype=kind)
    for unit in "Y M W D h m s ms us ns".split():
        yield f"M8[{unit}]", np.array(["2024-02-28", "NaT", "1969-12-31"], dtype=f"M8[{unit}]")
    for unit in "D s ms us ns".split():
        yield f"m8[{unit}]", np.array([5, "NaT", -7], dtype=f"m8[{unit}]")
    yield ">M8[s]", np.array(["2024-02-28", "NaT"], dtype=">M8[s]")
    yield "U", np.array(["", "größe", "日本🎛"])
    yield ">U", np.array(["", "größe"]).astype(">U5")
    yield "S", np.array([b"", b"ab", b"abc"])
    yield "V", np.array([b"abc", b"xyz"], dtype="V3")
    yield "structured", structured()
    yield "gaps", gaps()
    yield "Fortran", np.asfortranarray(np.arange(12.0).reshape(3, 4))
    yield "zero-d", np.array(2.5)
    yield "empty", np.zeros((0, 3), dtype="i2")
    yield "deep", np.arange(24, dtype="i4").reshape(2, 3, 4)
    yield "long", np.arange(5000)


def frame(rows=4):
    return pd.DataFrame({"number": np.arange(rows), "half": np.arange(rows) / 2, "word": [f"w{i}" for i in range(rows)]})


def typed_frame():
    return pd.DataFrame(
        {
            "day": pd.date_range("2024-02-28", periods=4, freq="D"),
            "zoned": pd.date_range("2024-03-30 12:00", periods=4, freq="D", tz="Europe/Berlin"),
            "span": pd.to_timedelta([1, 2, None, 4], unit="h"),
            "kind": pd.Categorical(["a", "b", "a", None], categories=["b", "a", "c"]),
            "maybe": pd.array([1, None, 3, 4], dtype="Int64"),
            "truth": pd.array([True, None, False, True], dtype="boolean"),
            "hole": [0.5, np.nan, 1.5, -np.inf],
            "word": ["x", None, "größe", ""],
            "small": np.array([1, 2, 3, 4], dtype="i1"),
            "single": np.array([1, 2, 3, 4], dtype="f4"),
            "flag": [True, False, True, True],
        }
    )


def object_frame():
    return pd.DataFrame(
        {
            "list": [[1, 2], [], None],
            "record": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": "z"}],
            "bytes": [b"\x00\x01", b"", None],
            "date": [dt.date(2024, 2, 29), None, dt.date(1969, 12, 31)],
            "decimal": [decimal.Decimal("1.50"), decimal.Decimal("-2.25"), None],
        }
    )


def multi_index_frame():
    return frame().set_index(pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["letter", "digit"]))


def named_index_frame():
    return frame().set_index(pd.Index(["q", "r", "s", "t"], name="key"))


def day_index_frame():
    return frame().set_index(pd.date_range("2024-02-28", periods=4, tz="UTC", name="when"))


FRAMES = {
    "plain": frame,
    "named index": named_index_frame,
    "day index": day_index_frame,
    "multi index": multi_index_frame,
    "typed": typed_frame,
    "long": lambda: frame(500),
    "range index": lambda: frame().set_index(pd.RangeIndex(10, 18, 2)),
    "no rows": lambda: frame().iloc[:0],
}


def image(mode, size=(16, 12)):
    """A picture without edges, so that JPEG loses little."""
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    if mode == "I;16":
        return Image.fromarray((x * 4000 + y * 300).astype("<u2"))
    gray = (x * 9 + y * 5).astype("u1")
    if mode == "1":
        return Image.fromarray((x + y) % 2 == 0)
    if mode == "P":
        out = Image.fromarray((x % 3).astype("u1"), "P")
        out.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
        return out
    bands = {"L": [gray], "LA": [gray, 255 - gray], "RGB": [gray, 255 - gray, gray // 2]}
    bands["RGBA"] = bands["RGB"] + [128 + gray // 2]
    bands["CMYK"] = bands["RGB"] + [gray // 4]
    return Image.merge(mode, [Image.fromarray(b) for b in bands[mode]])


def rgba(sent):
    """Eight bits of four channels; Pillow itself would cut deep gray off at 255."""
    if sent.mode == "I;16":
        sent = Image.fromarray((np.asarray(sent) >> 8).astype("u1"))
    return sent.convert("RGBA")


def settings():
    return {"rate": 0.1, "one": 1.0, "layers": [64, 32], "nested": {"zeta": None, "alpha": True, "empty": {}}, "größe": "日本語 🎛", "yes": "no"}


BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")

PLAIN = {
    "none": lambda: None,
    "text empty": lambda: "",
    "int": lambda: 42,
    "int negative": lambda: -(2**31) - 1,
    "int huge": lambda: 2**100,
    "float": lambda: -2.5,
    "bool": lambda: True,
    "complex": lambda: 1 + 2j,
    "bytes": lambda: b"\x00\xff raw",
    "list": lambda: [1, "two", None, [3.5, ()]],
    "tuple": lambda: (1, ("größe", "日本🎛")),
    "set": lambda: {7},
    "mapping": lambda: {("a", 1): [2], 3: "x"},
    "datetime": lambda: dt.datetime(2024, 2, 29, 1, 2, 3, 4),
    "datetime utc": lambda: dt.datetime(2024, 2, 29, 1, 2, 3, tzinfo=dt.timezone.utc),
    "date": lambda: dt.date(2024, 2, 29),
    "timedelta": lambda: dt.timedelta(days=-1, seconds=90, microseconds=5),
}

RICH = {
    "datetime berlin": lambda: dt.datetime(2024, 7, 1, 12, tzinfo=BERLIN),
    "time": lambda: dt.time(1, 2, 3, 4),
    "decimal": lambda: decimal.Decimal("1.50"),
    "numpy scalar": lambda: np.float32(1.5),
    "numpy arrays": lambda: {"a": np.arange(3), "b": [np.zeros((2, 2), "f4")]},
    "numpy bool": lambda: np.bool_(True),
    "timestamp": lambda: pd.Timestamp("2024-01-01 12:34:56.789"),
    "timestamp zoned": lambda: pd.Timestamp("2024-01-01", tz="Europe/Berlin"),
}


def _samples():
    for kind, sent in arrays():
        yield f"array {kind}", Sample(lambda _folder, sent=sent: sent, equal_array)
    yield "array object", Sample(lambda _f: np.array([1, "a", None], dtype=object), refused)
    yield "array csv", Sample(lambda _f: np.array([[0.1, 2.0], [3.25, -4e-30]]), equal_numbers, {"extension_name": ".csv.gz"})
    for title, make in FRAMES.items():
        for extension in (".csv.gz", ".parquet", ".feather", ".pickle"):
            options = {"extension_name": extension}
            if extension == ".csv.gz":

                def with_path(folder, make=make, title=title):
                    folder.mkdir(parents=True, exist_ok=True)
                    out = make()
                    out.attrs["csv"] = str(folder / f"{title}.csv")
                    return out

                yield f"frame {title}{extension}", Sample(with_path, equal_as_csv, options)
            else:
                yield f"frame {title}{extension}", Sample(lambda _folder, make=make: make(), equal_frame, options)
    for extension in (".parquet", ".feather"):
        yield f"frame objects{extension}", Sample(
            lambda _folder: object_frame(), lambda got, sent: equal(repr(got), repr(sent)), {"extension_name": extension}
        )
    yield "frame default multi index", Sample(lambda _f: multi_index_frame(), equal_frame)
    for mode in ("L", "LA", "RGB", "RGBA", "P", "1", "I;16"):
        yield f"image {mode.replace(';', '')}.png", Sample(lambda _f, m=mode: image(m), equal_pixels, {"extension_name": ".png"}, pixels=True)
    for mode in ("L", "RGB", "CMYK"):
        yield f"image {mode}.jpg", Sample(lambda _f, m=mode: image(m), near_pixels, {"extension_name": ".jpg"}, pixels=True)
    for mode in ("RGB", "RGBA"):
        yield f"image {mode}.webp", Sample(lambda _f, m=mode: image(m), near_pixels, {"extension_name": ".webp"}, pixels=True)
    yield "image RGB.bmp", Sample(lambda _f: image("RGB"), equal_pixels, {"extension_name": ".bmp"}, pixels=True)
    yield "image P.gif", Sample(lambda _f: image("P"), equal_gif, {"extension_name": ".gif"}, pixels=True)
    yield "dict", Sample(lambda _f: settings(), equal, prints=in_order)
    yield "dict empty", Sample(lambda _f: {}, equal)
    yield "dict.yaml", Sample(lambda _f: settings(), equal, {"extension_name": ".yaml"}, in_order)
    yield "text", Sample(lambda _f: "two\nlines, äöü, 日本語 🎛", equal)
    yield "text long", Sample(lambda _f: "long ä " * 20000, equal)
    for name, make in {**PLAIN, **RICH}.items():
        yield f"pickle {name}", Sample(lambda _f, make=make: make(), equal_pickled, {"extension_name": ".pkl"}, as_plain)
    yield "pickle frame", Sample(lambda _f: typed_frame(), equal_frame, {"extension_name": ".pkl"})
    yield "pickle series", Sample(lambda _f: frame()["half"], lambda got, sent: pd.testing.assert_series_equal(got, sent), {"extension_name": ".pkl"})
    yield "pickle image", Sample(lambda _f: image("RGBA"), equal_pixels, {"extension_name": ".pkl"}, pixels=True)
    yield "pickle object", Sample(lambda _f: Model(), lambda got, sent: equal(type(got).__name__, "Model"), {"extension_name": ".pkl"})
    yield "file", Sample(lambda folder: one_file(folder, "notes.txt", b"four"), equal_file)
    yield "file unknown", Sample(lambda folder: one_file(folder, "weights.cofferbin", bytes(range(256)) * 10), equal_file)
    yield "folder", Sample(tree, members(TREE))
    yield "folder pattern", Sample(lambda folder: str(tree(folder) / "*.txt"), members(["a.txt", "sub/c.txt"]))
    yield "paths ü", Sample(lambda folder: [tree(folder) / "a.txt", tree(folder) / "sub" / "c.txt"], members(["a.txt", "sub/c.txt"]))


def in_order(mapping):
    """The SDK sorts keys, and a Go map has no order."""

    def ordered(v):
        return {k: ordered(v[k]) for k in sorted(v)} if isinstance(v, dict) else v

    return repr(ordered(mapping))


def as_plain(value):
    """NumPy's and pandas' own kinds of numbers and moments are Go's plain ones, and a zone is its offset."""
    if isinstance(value, np.generic):
        return repr(value.item())
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime()
    if isinstance(value, dt.datetime) and value.utcoffset():
        value = value.astimezone(dt.timezone(value.utcoffset()))
    return repr(value)


def equal_gif(got, sent):
    assert got.size == sent.size and got.convert("RGB").tobytes() == sent.convert("RGB").tobytes()


def equal_pickled(got, sent):
    assert type(got) is type(sent) and repr(got) == repr(sent), f"{got!r} for {sent!r}"


SAMPLES: dict[str, Any] = dict(_samples())
LINK = "s3://bucket/raw.csv"
AUDIT = "audit"  # the name of frame() where it is registered


def truth(name, sent):
    """What Python says of a sample, for package test/truth."""
    sample = SAMPLES[name]
    said = {"repr": sample.prints(sent), "plain": name.removeprefix("pickle ") in PLAIN}
    if sample.pixels:
        said["pixels"] = rgba(sent).tobytes().hex()
    return said
