"""The artifact type matrix: one of every kind the SDK knows, and what must come back of it.

A row gives the object and the record the SDK must find for it. Nothing here needs the SDK, so that every process of a
test can import it.
"""

import io
import json
from dataclasses import dataclass, field
from typing import Any, Callable, Optional

import numpy as np
import pandas as pd
import yaml
from PIL import Image

from peer import digest

# Pillow loads its formats when they are first needed, and the SDK takes an extension only of a format that is loaded.
Image.init()


@dataclass(frozen=True)
class Sample:
    """One artifact: `make(folder)` gives the object to log, with files of its own below the folder.

    `file` is the last part of the stored path, `preview` the recorded text (or a function of the object that gives it),
    `comes_back(report, sent)` checks what `.get()` gave in another process.
    """

    name: str
    make: Callable
    type: str
    content_type: Optional[str]
    file: str
    preview: Any
    comes_back: Callable
    options: dict = field(default_factory=dict)

    def expected_preview(self, sent):
        return self.preview(sent) if callable(self.preview) else self.preview


@dataclass(frozen=True)
class Measurement:
    """An object only pickle can keep."""

    sensor: str
    values: tuple


def to_bytes(value):
    """A serialization_function; from_bytes is its counterpart."""
    return b"COFFER1\n" + json.dumps(value).encode()


def from_bytes(content):
    assert content.startswith(b"COFFER1\n"), content[:20]
    return json.loads(content[8:])


# --- how a value is compared


def equal(report, sent):
    assert report["value"] == sent
    assert type(report["value"]) is type(sent)


def equal_array(report, sent):
    got = report["value"]
    assert got.dtype == sent.dtype and got.shape == sent.shape
    assert np.array_equal(got, sent)


def equal_numbers(report, sent):
    np.testing.assert_allclose(report["value"], sent, rtol=0, atol=0)


def equal_frame(report, sent):
    pd.testing.assert_frame_equal(report["value"], sent)


def equal_pixels(report, sent):
    got = report["value"]
    assert (got.mode, got.size) == (sent.mode, sent.size)
    assert got.tobytes() == sent.tobytes()


def equal_jpeg_pixels(report, sent):
    """JPEG loses: what comes back must be what decoding the same encoding gives."""
    encoded = io.BytesIO()
    sent.save(encoded, format="JPEG")
    with Image.open(encoded) as expected:
        equal_pixels(report, expected)


def equal_file(report, sent):
    assert report["value"] is None
    assert report["value_path"]["sha256"] == digest(sent.read_bytes())


def nothing_to_read(report, sent):
    assert report["copy"] is None and report["value_path"] is None


def serialized(report, sent):
    assert report["value_path"]["sha256"] == digest(to_bytes(sent))


def equal_shape(report, sent):
    assert list(report["value"].columns) == list(sent.columns) and len(report["value"]) == len(sent)


def members(contents):
    """The folder that an archive is unpacked to holds exactly these files."""
    expected = {name: digest(content) for name, content in contents.items()}

    def check(report, sent):
        assert report["value_path"]["folder"] == expected

    return check


# --- the objects


def frame(rows=4):
    return pd.DataFrame(
        {"number": np.arange(rows), "half": np.arange(rows) / 2, "word": [f"w{i}" for i in range(rows)]}
    )


def typed_frame():
    return frame().assign(
        day=pd.date_range("2024-02-28", periods=4, freq="D"),
        kind=pd.Categorical(["a", "b", "a", "c"]),
        maybe=pd.array([1, None, 3, 4], dtype="Int64"),
    )


def multi_index_frame():
    index = pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["letter", "digit"])
    return frame().set_index(index)


def multi_column_frame():
    columns = pd.MultiIndex.from_tuples([("mean", "x"), ("mean", "y"), ("max", "x")])
    return pd.DataFrame(np.arange(6.0).reshape(2, 3), columns=columns)


def image(mode="RGB", size=(8, 6)):
    bands = len(Image.new(mode, (1, 1)).getbands())
    values = np.arange(size[0] * size[1] * bands, dtype=np.uint8) * 5
    return Image.frombytes(mode, size, values.tobytes())


def settings():
    return {"rate": 0.1, "layers": [64, 32], "nested": {"zeta": None, "alpha": True}, "größe": "日本語"}


def one_file(folder, name="notes.txt", content=b"four"):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path


def tree(folder):
    """A folder of four files on three levels."""
    root = folder / "tree"
    for name, content in TREE.items():
        one_file((root / name).parent, (root / name).name, content)
    return root


TREE = {
    "a.txt": b"first",
    "b.csv": b"x,y\n1,2\n",
    "sub/c.txt": b"third",
    "sub/deeper/d.bin": bytes(range(256)),
}


def path_list(folder):
    root = tree(folder)
    return [root / "a.txt", root / "sub" / "c.txt"]


def png_preview(sent):
    return f"PIL.Image.Image image mode={sent.mode} size={sent.size[0]}x{sent.size[1]}"


def json_text(sent):
    return json.dumps(sent, indent=4, sort_keys=True)


def yaml_text(sent):
    return yaml.dump(sent, indent=4, sort_keys=True)


# --- the matrix


def _array(name, make, **changes):
    row = dict(type="numpy", content_type="application/numpy", file=f"{name}.npz", preview=repr, comes_back=equal_array)
    return Sample(name, lambda _folder: make(), **{**row, **changes})


def _frame(name, make, **changes):
    row = dict(type="pandas", content_type="text/csv", file=f"{name}.csv.gz", preview=repr, comes_back=equal_frame)
    return Sample(name, lambda _folder: make(), **{**row, **changes})


def _frame_as(name, extension, content_type, make=typed_frame):
    return _frame(name, make, content_type=content_type, file=name + extension, options={"extension_name": extension})


def _image(name, extension, content_type, comes_back=equal_pixels, mode="RGB"):
    options = {} if extension == ".png" else {"extension_name": extension}
    return Sample(
        name, lambda _folder: image(mode), "image", content_type, name + extension, png_preview, comes_back, options
    )


def _pickled(name, make, **changes):
    row = dict(type="pickle", content_type="application/pickle", file=f"{name}.pkl", preview=repr, comes_back=equal)
    return Sample(name, lambda _folder: make(), **{**row, **changes})


STRUCTURED = np.dtype([("id", "<i4"), ("score", "<f8"), ("label", "S4")])

SAMPLES = [
    _array("numpy 1-D", lambda: np.arange(10)),
    _array("numpy 2-D", lambda: np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)),
    _array("numpy structured", lambda: np.array([(1, 0.5, b"ab"), (2, -1.25, b"cd")], dtype=STRUCTURED)),
    _array("numpy bool", lambda: np.array([[True, False], [False, True]])),
    _array("numpy complex", lambda: np.array([1 + 2j, -3.5j, 0])),
    _array("numpy empty", lambda: np.zeros((0, 3), dtype=np.int16)),
    _array(
        "numpy csv",
        lambda: np.array([[0.1, 2.0], [3.25, -4e-30]]),
        content_type="text/csv",
        file="numpy csv.csv.gz",
        comes_back=equal_numbers,
        options={"extension_name": ".csv.gz"},
    ),
    _frame("frame", frame),
    _frame("frame with index", lambda: frame().set_index(pd.Index(["q", "r", "s", "t"], name="key"))),
    _frame("frame empty", lambda: pd.DataFrame({"a": pd.Series(dtype="int64")}), comes_back=equal_shape),
    _frame_as("frame parquet", ".parquet", "application/parquet"),
    _frame_as("frame feather", ".feather", "application/feather"),
    _frame_as("frame pickle", ".pickle", "application/pickle"),
    _pickled("frame multi index", multi_index_frame, comes_back=equal_frame),
    _pickled("frame multi columns", multi_column_frame, comes_back=equal_frame),
    _image("image png", ".png", "image/png"),
    _image("image png alpha", ".png", "image/png", mode="RGBA"),
    _image("image png grey", ".png", "image/png", mode="L"),
    _image("image jpg", ".jpg", "image/jpeg", comes_back=equal_jpeg_pixels),
    _image("image bmp", ".bmp", "image/bmp"),
    Sample("dict", lambda _folder: settings(), "dict", "application/json", "dict.json", json_text, equal),
    Sample("dict empty", lambda _folder: {}, "dict", "application/json", "dict empty.json", "{}", equal),
    Sample(
        "dict yaml",
        lambda _folder: settings(),
        "dict",
        "application/yaml",
        "dict yaml.yaml",
        yaml_text,
        equal,
        {"extension_name": ".yaml"},
    ),
    _pickled("dict json cannot say", lambda: {("a", 1): {"b", "c"}, "when": pd.Timestamp("2024-01-01")}),
    Sample("text", lambda _folder: "two\nlines, äöü, 日本語 🎛", "string", "text/plain", "text.txt", str, equal),
    Sample("text long", lambda _folder: "long " * 1000, "string", "text/plain", "text long.txt", str, equal),
    Sample(
        "bytes of a function",
        lambda _folder: {"own": "format"},
        "custom",
        "application/octet-stream",
        "bytes of a function.bin",
        repr,
        serialized,
        {"serialization_function": to_bytes, "extension_name": ".bin"},
    ),
    Sample(
        "bytes with an unknown extension",
        lambda _folder: [1, 2, 3],
        "custom",
        None,
        "bytes with an unknown extension.cofferbytes",
        repr,
        serialized,
        {"serialization_function": to_bytes, "extension_name": ".cofferbytes"},
    ),
    Sample("file", one_file, "custom", "text/plain", "notes.txt", "notes.txt - 4 bytes\n", equal_file),
    Sample(
        "file of no known type",
        lambda folder: one_file(folder, "weights.cofferbin", bytes(range(256)) * 10),
        "custom",
        None,
        "weights.cofferbin",
        "weights.cofferbin - 2.56 KB\n",
        equal_file,
    ),
    Sample(
        "file empty",
        lambda folder: one_file(folder, "empty.txt", b""),
        "custom",
        "text/plain",
        "empty.txt",
        "empty.txt - 0 bytes\n",
        nothing_to_read,
    ),
    Sample(
        "folder",
        tree,
        "archive",
        "application/zip",
        "tree.zip",
        lambda sent: f"Archive content {sent}/*:\na.txt - 5 bytes\nb.csv - 8 bytes\nsub/c.txt - 5 bytes\nsub/deeper/d.bin - 256 bytes\n",
        members(TREE),
    ),
    Sample(
        "wildcard",
        lambda folder: str(tree(folder) / "*.txt"),
        "archive",
        "application/zip",
        "tree.zip",
        lambda sent: f"Archive content {sent}:\na.txt - 5 bytes\nsub/c.txt - 5 bytes\n",
        members({"a.txt": b"first", "sub/c.txt": b"third"}),
    ),
    Sample(
        "list of paths",
        path_list,
        "archive",
        "application/zip",
        "list0x2520of0x2520paths.zip",
        "Archive content:\na.txt - 5 bytes\nsub/c.txt - 5 bytes\n",
        members({"a.txt": b"first", "sub/c.txt": b"third"}),
    ),
    _pickled("object", lambda: Measurement("north", (1.5, 2.5))),
    _pickled("number", lambda: 42),
    _pickled("list", lambda: [1, "two", None]),
    _pickled("bytes", lambda: b"\x00\xff raw"),
    _pickled("none", lambda: None),
    _pickled("text empty", lambda: ""),
    _pickled("tuple empty", lambda: ()),
    _pickled("frame pkl", typed_frame, comes_back=equal_frame, options={"extension_name": ".pkl"}),
]


BY_NAME = {sample.name: sample for sample in SAMPLES}
