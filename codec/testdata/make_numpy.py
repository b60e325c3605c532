"""Writes numpy/*.npy and numpy/repr.json, what NumPy prints of each. Run with the newest compat environment:

    .venv/compat-newest/bin/python codec/testdata/make_numpy.py
"""

import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent / "numpy"
RNG = np.random.default_rng(1)


def arrays():
    for kind in ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "f16", "c8", "c16", "c32"]:
        for order in "<>":
            values = (np.arange(12) * 7 - 20).astype(np.int64)
            if kind[0] in "fc":
                values = values / 3
            yield f"{kind.replace('?', 'bool')}{'le' if order == '<' else 'be'}", values.astype(order + kind).reshape(3, 4)
    yield "fortran", np.asfortranarray(np.arange(24.0).reshape(2, 3, 4))
    yield "fortran-be", np.asfortranarray(np.arange(6, dtype=">i4").reshape(2, 3))
    yield "scalar", np.array(2.5)
    yield "scalar-bool", np.array(True)
    yield "empty", np.zeros(0)
    yield "empty-int", np.zeros((0, 3), dtype=np.int16)
    yield "empty-deep", np.zeros((2, 0, 3), dtype=np.float32)
    for unit in ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "25s"]:
        yield f"datetime-{unit}", np.array([0, 1, -1, 12345, "NaT"], dtype=f"M8[{unit}]")
        yield f"timedelta-{unit}", np.array([0, 1, -1, 12345, "NaT"], dtype=f"m8[{unit}]")
    yield "datetime-be", np.array(["2024-02-29T12:34:56.789", "1969-12-31"], dtype=">M8[ms]")
    yield "unicode", np.array([["a", "größe"], ["日本語", "it's"]])
    yield "unicode-be", np.array(["ab", "🎛"], dtype=">U3")
    yield "bytes", np.array([b"ab", b"", b"\x00\xff'"], dtype="S3")
    yield "void", np.array([b"ab", b"\x00\x01"], dtype="V2")
    yield "structured", np.array([(1, 0.5, b"ab"), (2, -1.25, b"cd")], dtype=[("id", "<i4"), ("score", "<f8"), ("label", "S4")])
    yield "structured-be", np.array([(1, "x", True)], dtype=[("id", ">i8"), ("word", "<U2"), ("ok", "?")])
    yield "structured-nested", np.array(
        [(1, (2.5, [1, 2, 3])), (2, (3.5, [4, 5, 6]))], dtype=[("a", "i1"), ("b", [("c", "f4"), ("d", "u2", (3,))])]
    )
    yield "structured-matrix", np.zeros((2, 2), dtype=[("m", "f8", (2, 2)), ("größe", "i4")])
    yield "structured-one", np.array([(1,), (2,)], dtype=[("only", "i8")])
    yield "structured-fortran", np.asfortranarray(np.arange(6).reshape(2, 3).astype([("x", "i8")]))
    yield "large", np.arange(2000)
    yield "large-2d", np.linspace(-1, 1, 1200).reshape(30, 40)
    yield "large-3d", np.arange(2400, dtype=np.int32).reshape(12, 20, 10)
    yield "large-f4", RNG.normal(size=(1500,)).astype(np.float32)
    yield "nan", np.array([1.0, np.nan, np.inf, -np.inf])
    yield "only-nan", np.array([np.nan, np.inf])
    yield "nan-int-like", np.array([[np.nan, 1.0], [100.0, 2.0]])
    yield "exponents", np.array([1e-10, 1.0, 1e10])
    yield "exponents-long", np.array([1.2345678901234e-5, 9.87654321e100, 0.0, -3.0])
    yield "big", np.array([123456789.0, 1.0])
    yield "small", np.array([0.00001, 0.5])
    yield "ratio", np.array([0.001, 2.0])
    yield "digits", np.array([1 / 3, 2 / 3, 0.1, 123.456])
    yield "digits-f4", np.array([1 / 3, 2 / 3, 0.1, 123.456], dtype="f4")
    yield "digits-f2", np.array([1 / 3, 2 / 3, 0.1, 123.456, 0.0], dtype="f2")
    yield "exponents-f4", np.array([1e-10, 0.1, 3e7], dtype="f4")
    yield "exponents-f2", np.array([1e-4, 0.1, 3e4], dtype="f2")
    yield "zero", np.array([0.0, -0.0])
    yield "halves", np.array([0.5, 1.5, 2.0])
    yield "complex-mixed", np.array([1 + 2j, -3.5j, 0, complex(np.nan, np.inf), 1e10])
    yield "complex-neg", np.array([-1 - 2j, 0.25 + 0j])
    yield "normal", RNG.normal(size=(5, 4))
    yield "normal-scaled", RNG.normal(size=(4, 3)) * np.array([1e-3, 1.0, 1e4])
    yield "wide", RNG.integers(-(10**9), 10**9, size=(3, 12))
    yield "bool-wide", RNG.random((4, 30)) > 0.5
    yield "five-d", np.arange(16, dtype="u1").reshape(1, 2, 2, 2, 2)
    yield "uint8-image", RNG.integers(0, 255, size=(40, 30, 3), dtype=np.uint8)
    for i in range(30):
        scale = 10.0 ** RNG.integers(-6, 9)
        yield f"random-{i}", (RNG.normal(size=int(RNG.integers(1, 9))) * scale).astype(RNG.choice(["f2", "f4", "f8"]))


def main():
    texts = {}
    for name, array in arrays():
        np.save(HERE / f"{name}.npy", array)
        texts[name] = repr(array)
    (HERE / "repr.json").write_text(json.dumps(texts, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
