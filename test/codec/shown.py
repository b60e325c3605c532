"""Writes files of every kind that people log into a folder, for a preview to show."""

import gzip
import json
import pickle
import sys
import wave
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from PIL import Image

out = Path(sys.argv[1])
rng = np.random.default_rng(7)


class Net:
    """A class of this program alone."""

    def __init__(self):
        self.layers = [1, 2]


def arrays():
    np.save(out / "ramp.npy", np.arange(12, dtype=np.int32).reshape(3, 4))
    np.save(out / "fortran.npy", np.asfortranarray(np.arange(12.0).reshape(3, 4)))
    np.save(out / "big_endian.npy", np.arange(3, dtype=">f8"))
    np.save(out / "objects.npy", np.array([{"a": 1}, None], dtype=object))
    np.savez_compressed(out / "several.npz", first=rng.normal(size=(300, 400)), second=np.array(["a", "bc"]), scalar=np.float64(2.5))
    np.save(out / "holes.npy", np.array([1.0, np.nan, np.inf, -np.inf, 0.0]))
    np.save(out / "picture.npy", rng.integers(0, 255, (64, 48, 3), dtype=np.uint8))
    np.save(out / "records.npy", np.array([(1, 2.5, b"x")], dtype=[("id", "<i8"), ("score", "<f4"), ("tag", "S3")]))


def tables():
    n = 5000
    frame = pd.DataFrame(
        {
            "id": np.arange(n),
            "score": rng.normal(size=n),
            "label": pd.Categorical.from_codes(rng.integers(0, 3, n), ["cat", "dog", "owl"]),
            "when": pd.date_range("2026-01-01", periods=n, freq="min"),
            "flag": rng.random(n) > 0.5,
            "note": [None if i % 4 == 0 else f"row {i}, with a comma" for i in range(n)],
        }
    )
    frame.to_csv(out / "frame.csv.gz", compression="gzip")
    frame.to_parquet(out / "frame.parquet")
    frame.to_parquet(out / "groups.parquet", row_group_size=700, compression="zstd")
    frame.to_feather(out / "frame.feather")
    frame.to_pickle(out / "frame.pkl")
    frame.to_csv(out / "frame.csv", index=False)
    pd.DataFrame({"nested": [[1, 2], [3], None], "text": ["a", "b", "c"]}).to_parquet(out / "nested.parquet")
    pd.DataFrame().to_parquet(out / "empty.parquet")
    expected = {"rows": n, "nulls": int(frame["note"].isna().sum()), "mean": frame["score"].mean(), "std": frame["score"].std(ddof=0), "min": frame["score"].min(), "max": frame["score"].max()}
    (out / "expected.txt").write_text(json.dumps(expected))


def images():
    for mode, name in [("RGB", "rgb.png"), ("RGBA", "rgba.png"), ("L", "gray.png"), ("P", "palette.png"), ("I;16", "deep.png"), ("RGB", "photo.jpg"), ("CMYK", "print.jpg"), ("RGB", "web.webp"), ("P", "anim.gif"), ("RGB", "old.bmp"), ("1", "bits.png")]:
        Image.new(mode, (90, 60)).save(out / name)


def others():
    (out / "config.json").write_text(json.dumps({"lr": 0.1, "nan": float("nan"), "layers": [1, {"deep": [True, None]}], "größe": "ü"}))
    (out / "config.yaml").write_text(yaml.safe_dump({"a": [1, 2.5, "yes", None], "b": {"c": "ü"}}))
    (out / "plain.pkl").write_bytes(pickle.dumps(OrderedDict(a=[1, 2.5, "x"], b={"s": {1, 2}})))
    (out / "array.pkl").write_bytes(pickle.dumps(rng.normal(size=(20, 30))))
    (out / "object.pkl").write_bytes(pickle.dumps(Net()))
    (out / "old.pkl").write_bytes(pickle.dumps({"a": 1}, protocol=0))
    (out / "code.py").write_text("import os\n\nprint(os.name)\n")
    with gzip.open(out / "log.txt.gz", "wt") as f:
        f.write("line\n" * 1000)
    with zipfile.ZipFile(out / "folder.zip", "w", zipfile.ZIP_DEFLATED) as z:
        for name in ["rgb.png", "frame.csv.gz", "several.npz", "config.json"]:
            z.write(out / name, "run/" + name)
    with wave.open(str(out / "tone.wav"), "wb") as w:
        w.setnchannels(2)
        w.setsampwidth(2)
        w.setframerate(8000)
        w.writeframes(bytes(8000 * 4 * 3))


arrays()
tables()
images()
others()
