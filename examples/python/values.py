"""What the examples log: the same objects in every process, so that the reading side can compare.

The Go example logs the same array, settings, note, picture, file and folder under the same names.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

# Pillow loads its formats when they are first needed, and the SDK accepts `extension_name=".jpg"` only of a loaded one.
Image.init()

ADDRESS = "https://example.org/data/training-set.csv"
NOTE = "Two lines of text,\nwith äöü, 日本語 and a 🗝."
SETTINGS = {"learning_rate": 0.25, "layers": [64, 32], "optimizer": {"name": "adam", "nesterov": False}, "owner": "Zoë"}
FILE = b"layer,weight\nfirst,0.5\nsecond,-1.25\n"
FOLDER = {
    "readme.txt": b"Four files on two levels.\n",
    "classes.csv": b"id,name\n0,cat\n1,dog\n",
    "masks/first.bin": bytes(range(256)),
    "masks/notes.txt": b"One byte per pixel.\n",
}


@dataclass(frozen=True)
class Measurement:
    """An object of a class of your own: only pickle can keep it."""

    sensor: str
    values: tuple


MEASUREMENT = Measurement("north", (1.5, -2.25, 3.0))


def array():
    return np.arange(12, dtype=np.float64).reshape(3, 4) / 2


def structured_array():
    return np.array([(1, 0.5, b"cat"), (2, -1.25, b"dog")], dtype=[("id", "<i4"), ("score", "<f8"), ("label", "S4")])


def frame():
    return pd.DataFrame({"number": np.arange(4), "half": np.arange(4) / 2, "word": [f"w{i}" for i in range(4)]})


def frame_with_two_indexes():
    return frame().set_index(pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["letter", "digit"]))


def picture():
    """A gradient of 16 x 12 pixels."""
    pixels = [(x * 16, y * 20, 128) for y in range(12) for x in range(16)]
    return Image.frombytes("RGB", (16, 12), bytes(band for pixel in pixels for band in pixel))


def to_bytes(value):
    """A file format of your own; from_bytes is the other direction."""
    return b"MINE" + json.dumps(value, sort_keys=True).encode()


def from_bytes(content):
    assert content[:4] == b"MINE", "not a file of to_bytes"
    return json.loads(content[4:])


def write_files(where):
    """Writes FILE, an empty file and FOLDER below the directory `where`; gives the three paths."""
    where = Path(where)
    weights, empty, folder = where / "weights.csv", where / "empty.txt", where / "dataset"
    weights.write_bytes(FILE)
    empty.write_bytes(b"")
    for name, content in FOLDER.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return weights, empty, folder
