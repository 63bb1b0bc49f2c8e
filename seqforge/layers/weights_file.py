# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Arrays of one layer from a file, in Keras' order: `.npy` (one array), `.npz` or `.safetensors`; never pickle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from seqforge.arrays import np
from seqforge.definitions.locate import Located, locate
from seqforge.errors import DataError, Place


def find_weights(spelt: str, place: Place) -> Located:
    """Where the file named at `place` lies, looked for as every file that a definition names."""
    return locate(spelt, Path(place.file).parent if place.file else Path.cwd())


def read_weights(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """The arrays of `path` as the weights `shapes`: by name if the file has these names, else in order."""
    arrays = _read(path)
    chosen = [arrays[name] for name in shapes] if set(shapes) <= set(arrays) else list(arrays.values())
    found, wanted = [array.shape for array in chosen], [tuple(shape) for shape in shapes.values()]
    if found != wanted:
        expected = ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "no weights"
        received = ", ".join(map(str, found)) or "none"
        raise DataError(f"{path}: expected {expected}, received {received}")
    return {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in zip(shapes, chosen, strict=True)}


def _read(path: Path) -> dict[str, np.ndarray]:
    """Every array of the file by name, in file order."""
    try:
        if path.suffix == ".safetensors":
            from safetensors.numpy import load_file

            return dict(load_file(path))
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"": loaded}
        with loaded:
            return {name: loaded[name] for name in loaded.files}
    except FileNotFoundError:
        raise DataError(f"{path}: no such weights file") from None
    except Exception as error:
        if "pickle" in str(error).casefold() or "Object arrays" in str(error):
            raise DataError(f"{path}: holds pickled objects, which are not read; {_conversion(path)}") from None
        raise DataError(f"{path}: not a readable .npy, .npz or .safetensors file ({error})") from None


def _conversion(path: Path) -> str:
    code = f"import numpy as np; np.savez('{path.stem}.npz', *np.load('{path.name}', allow_pickle=True))"
    return f'if you trust it, convert it once: python -c "{code}"'
