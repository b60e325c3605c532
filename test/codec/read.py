"""Reads what Go wrote into the folder argv[1] and compares it with the objects that Python wrote into argv[2]."""

import datetime as dt
import json
import pickle
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from PIL import Image

OUT, TABLES = Path(sys.argv[1]), Path(sys.argv[2])
RECORDS = json.loads((OUT / "records.json").read_text())

READERS = {
    ".parquet": pd.read_parquet,
    ".feather": pd.read_feather,
    ".csv.gz": lambda path: pd.read_csv(path, index_col=[0]),
}


def tables():
    frames = sorted(TABLES.glob("*.pickle"))
    assert len(frames) > 10
    for path in frames:
        sent = pd.read_pickle(path)
        for extension, read in READERS.items():
            expected = read(TABLES / f"{path.stem}.csv.gz") if extension == ".csv.gz" else sent
            got = read(OUT / f"{path.stem}{extension}")
            pd.testing.assert_frame_equal(got, expected, check_freq=False, obj=f"{path.stem}{extension}")
            assert RECORDS[path.stem + extension]["Preview"] == repr(sent), path.stem
    assert repr(pd.read_parquet(OUT / "nested.parquet")) == repr(pd.read_parquet(TABLES / "nested.parquet"))


def others():
    array = np.load(OUT / "array.npz")["array"]
    assert array.dtype == np.float64 and array.tolist() == [[1, 2], [3, 4]]
    assert np.genfromtxt(OUT / "lines.csv.gz", delimiter=",").tolist() == [[0.1, 2], [3, -4e-30]]
    with Image.open(OUT / "image.png") as image:
        assert (image.mode, image.size, image.getpixel((1, 1))) == ("RGBA", (3, 2), (1, 2, 3, 4))
    settings = {"a": 1.0, "b": [1, None, "yes", "größe"]}
    assert json.loads((OUT / "json.json").read_text()) == settings
    assert RECORDS["json"]["Preview"] == json.dumps(settings, sort_keys=True, indent=4)
    assert yaml.safe_load((OUT / "yaml.yaml").read_text()) == settings
    expected = (
        (1, -5, 1 << 40, 2.5, "s", b"\x01\x02", [1], {1}, {1: "x"}, None, True, 1 + 2j)
        + (dt.timedelta(seconds=90), dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 1, 2, 3, 4))
        + (dt.datetime(2024, 2, 29, 1, 2, 3, tzinfo=dt.timezone.utc), {"k": 1})
    )
    got = pickle.loads((OUT / "pickle.pkl").read_bytes())
    assert got == expected and [type(v) for v in got] == [type(v) for v in expected]
    assert RECORDS["pickle"]["Preview"] == repr(expected)


tables()
others()
