# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Profile tables in files: `.npz`, `.h5`, or a folder of NAME.npy and NAME_annotation.npy; and how they are written.

Every form is checked and converted once, some profiles at a time, into memory-mapped arrays of the cache. Nothing is
ever unpickled. A folder may also hold base_pairs.npy.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from seqforge.data import cache
from seqforge.data.epg.checks import shape_of
from seqforge.data.epg.problems import TABLE
from seqforge.data.epg.tables import (
    BLOCK,
    INTEGERS,
    Peaks,
    ProfileTable,
    Shape,
    empty_refused,
    narrowed,
    narrowed_masks,
)
from seqforge.data.problems import DAMAGED, MISSING, refuse
from seqforge.errors import BackendError, DataError, did_you_mean, nearest, quoted
from seqforge.files import new_file

ANNOTATION = "_annotation"
LARGE = ("profiles", "masks")
TEXTS = ("names", "mixture_set", "donors", "dye_names", "kit")
PEAKS = tuple(f"peak_{name}" for name in ("profile", "dye", "position", "height", "marker", "label"))
NUMBERS = ("contributors", "base_pairs", *PEAKS)
KNOWN = (*LARGE, *TEXTS, *NUMBERS)
HDF5 = (".h5", ".hdf5")
POINTER = b"version https://git-lfs"
VERSION = 1  # of what is stored in the cache


@dataclass
class _Content:
    """An opened file: shapes and types of the large arrays, their rows in blocks, and what gives every other one."""

    forms: Mapping[str, tuple[tuple[int, ...], np.dtype]]
    rows: Callable[[str], Iterator[np.ndarray]]  # blocks of a large array, in order
    small: Mapping[str, Callable[[], Any]]


def read_table(path: Path) -> ProfileTable:
    """The table in a file or folder, memory-mapped; raises DataError with the array, profile and dye that is wrong."""
    content = digest(path)
    folder = cache.entry(cache.hash_of("epg", VERSION, content), lambda fresh: _convert(path, fresh))
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    numbers = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in about["arrays"]}
    return _table(about["texts"], numbers, str(path), content=content, checked=True)


def shape(path: Path) -> Shape:
    """Sizes of a table, read from headers alone; raises DataError where the file is no table."""
    with _opened(path) as content:
        found = _sizes(content, path)
        given = content.small.get("dye_names")
        names = tuple(_texts(given(), "dye_names", path)) if given else None
        small = content.small
        return Shape(
            *found,
            names,
            masks="masks" in content.forms,
            base_pairs="base_pairs" in small,
            peak_markers="peak_marker" in small,
            peak_labels="peak_label" in small,
            groups="mixture_set" in small or "donors" in small,
        )


def digest(path: Path) -> str:
    """A hash of the bytes of the table's files, and of their names where it is a folder."""
    from seqforge.data.profiles.hdf5 import checksum

    _refuse_absent(path)
    if not path.is_dir():
        return cache.hash_of("epg", checksum(path))
    return cache.hash_of("epg", [(one.name, checksum(one)) for one in _members(path)])


def _convert(path: Path, folder: Path) -> None:
    """The table as arrays in `folder`, in bounded memory."""
    with _opened(path) as content:
        sizes = _sizes(content, path)
        for name in content.forms:
            _store(content, name, sizes, path, folder)
        arrays = {name: np.asarray(content.small[name]()) for name in NUMBERS if name in content.small}
        texts = {name: _texts(content.small[name](), name, path) for name in TEXTS if name in content.small}
        for name, array in arrays.items():
            _refuse_objects(array.dtype, name, path)
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        about = {"texts": texts, "arrays": [*content.forms, *arrays]}
        (folder / "about.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")


def _store(content: _Content, name: str, sizes: tuple[int, ...], path: Path, folder: Path) -> None:
    kind = np.dtype(np.int8) if name == "masks" else _kind(content.forms[name][1], path)
    stored = np.lib.format.open_memmap(folder / f"{name}.npy", mode="w+", dtype=kind, shape=sizes)
    narrow, first = (narrowed_masks if name == "masks" else narrowed), 0
    for block in content.rows(name):
        stored[first : first + len(block)] = narrow(block.reshape(-1, *sizes[1:]), name, str(path), first)
        first += len(block)
    stored.flush()


def _kind(given: np.dtype, path: Path) -> np.dtype:
    """The type in which RFU of the type `given` are stored."""
    if given in INTEGERS:
        return np.dtype(INTEGERS[given])
    if given.kind in "iu":
        return np.dtype(np.int32)
    if given.kind == "f":
        return np.dtype(np.float32)
    raise refuse(TABLE, f"profiles: expected numbers, received {given}", "save RFU as int16, int32 or float32", path)


def _sizes(content: _Content, path: Path) -> tuple[int, int, int]:
    """(profile, dye, scan) of the large arrays, a trailing axis of length 1 left out."""
    found = {name: _squeezed(form[0]) for name, form in content.forms.items()}
    if "profiles" not in found:
        known = ", ".join(sorted([*content.forms, *content.small])) or "none"
        raise refuse(TABLE, f"the table has no array profiles, it has {known}", "", path)
    for name, (_, kind) in content.forms.items():
        _refuse_objects(kind, name, path)
    sizes = found["profiles"]
    if len(sizes) != 3:
        hint = "one profile is (1, dye, scan)"
        raise refuse(TABLE, f"profiles: expected (profile, dye, scan), received {_spelt(sizes)}", hint, path)
    if not sizes[0]:
        raise empty_refused(str(path))
    if 0 in sizes:
        raise refuse(TABLE, f"profiles: {_spelt(sizes)} has no scan points", file=path)
    if found.get("masks", sizes) != sizes:
        message = f"masks: expected {_spelt(sizes)} as the profiles, received {_spelt(found['masks'])}"
        raise refuse(TABLE, message, "", path)
    return sizes[0], sizes[1], sizes[2]


def _squeezed(sizes: tuple[int, ...]) -> tuple[int, ...]:
    return sizes[:-1] if len(sizes) == 4 and sizes[-1] == 1 else sizes


def _spelt(sizes: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, sizes))})"


def _refuse_objects(kind: np.dtype, name: str, path: Path) -> None:
    if kind.hasobject:
        hint = "save numbers as numbers and names as texts (dtype str)"
        raise refuse(TABLE, f"{name} is an array of Python objects, which is not read", hint, path)


def _texts(values: Any, name: str, path: Path) -> Any:
    """Texts of an array of texts or bytes; one text for `kit`."""
    array = np.asarray(values)
    if array.dtype.kind not in "USO" or any(not isinstance(text, (str, bytes)) for text in array.reshape(-1).tolist()):
        raise refuse(TABLE, f"{name}: expected texts, received {shape_of(array)} {array.dtype}", file=path)
    plain = [text.decode() if isinstance(text, bytes) else text for text in array.reshape(-1).tolist()]
    if name == "kit":
        return plain[0] if plain else ""
    if array.ndim != 1:
        raise refuse(TABLE, f"{name}: expected a list of texts, received {shape_of(array)}", file=path)
    return plain


def _table(texts: Mapping[str, Any], numbers: Mapping[str, np.ndarray], file: str, **rest: Any) -> ProfileTable:
    """The record of the arrays of a table."""
    columns = {name.removeprefix("peak_"): numbers[name] for name in PEAKS if name in numbers}
    lacking = [f"peak_{name}" for name in ("profile", "dye", "position") if columns and name not in columns]
    if lacking:
        raise refuse(
            TABLE, f"{', '.join(lacking)}: missing beside {', '.join(f'peak_{name}' for name in columns)}", file=file
        )
    fields: dict[str, Any] = {name: numbers[name] for name in (*LARGE, "contributors", "base_pairs") if name in numbers}
    return ProfileTable(**fields, **texts, peaks=Peaks(**columns) if columns else None, file=file, **rest)


# the forms


@contextmanager
def _opened(path: Path) -> Iterator[_Content]:
    _refuse_absent(path)
    opener = _folder if path.is_dir() else _npz if path.suffix == ".npz" else _hdf5 if path.suffix in HDF5 else None
    if opener is None:
        expected = f"expected .npz, {', '.join(HDF5)} or a folder, received {quoted(path.name)}"
        raise refuse(TABLE, f"unknown form of a profile table: {expected}", file=path)
    with ExitStack() as stack:
        content = opener(path, stack)
        _refuse_misspelt(content, path)
        yield content


def _refuse_absent(path: Path) -> None:
    if path.exists():
        return
    beside = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    near = nearest(path.name, beside)
    raise refuse(MISSING, "no such profile table", f"did you mean '{near}'?" if near else "", path)


def _refuse_misspelt(content: _Content, path: Path) -> None:
    """Arrays of other names are left alone, unless their name is nearly that of one which is not there."""
    there = [*content.forms, *content.small]
    for name in there:
        near = nearest(name, KNOWN) if name not in KNOWN else None
        if near is not None and near not in there:
            raise refuse(TABLE, f"unknown array '{name}'", f"did you mean '{near}'?", path)


def _npz(path: Path, stack: ExitStack) -> _Content:
    if _starts(path, POINTER):
        raise _lfs(path)
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
        names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
        forms = {name: _npy_form(archive, name, path) for name in names if name in LARGE}
        small = {name: partial(_npy, archive, name, path) for name in names if name not in LARGE}
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise _damaged(path, error) from None
    return _Content(forms, lambda name: _npy_rows(archive, name, path), small)


def _damaged(path: Path, error: Exception) -> DataError:
    return refuse(DAMAGED, f"cannot read the file: {error}", "write it again", path)


def _npy_header(stream: Any) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether columns come first, and type of the array that begins in `stream`."""
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return read(stream)


def _npy_form(archive: zipfile.ZipFile, name: str, path: Path) -> tuple[tuple[int, ...], np.dtype]:
    with archive.open(f"{name}.npy") as stream:
        try:
            sizes, _, kind = _npy_header(stream)
        except ValueError as error:
            raise refuse(DAMAGED, f"{name}: {error}", file=path) from None
    return sizes, kind


def _npy(archive: zipfile.ZipFile, name: str, path: Path) -> np.ndarray:
    """A whole array of the archive."""
    with archive.open(f"{name}.npy") as stream:
        try:
            return np.lib.format.read_array(stream, allow_pickle=False)
        except ValueError as error:
            raise _unreadable(name, error, path) from None


def _unreadable(name: str, error: ValueError, path: Path) -> DataError:
    if any(said in str(error) for said in ("allow_pickle", "bject array", "ython objects")):
        hint = "save numbers as numbers and names as texts (dtype str)"
        return refuse(TABLE, f"{name} is an array of Python objects, which is not read", hint, path)
    return refuse(DAMAGED, f"{name}: {error}", "write it again", path)


def _npy_rows(archive: zipfile.ZipFile, name: str, path: Path) -> Iterator[np.ndarray]:
    with archive.open(f"{name}.npy") as stream:
        sizes, columns_first, kind = _npy_header(stream)
        if columns_first:
            yield _npy(archive, name, path)
            return
        size = int(np.prod(sizes[1:])) * kind.itemsize
        for first in range(0, sizes[0], BLOCK):
            rows = min(BLOCK, sizes[0] - first)
            try:
                data = stream.read(rows * size)
            except (zipfile.BadZipFile, EOFError, OSError) as error:
                raise _damaged(path, error) from None
            if len(data) != rows * size:
                raise refuse(DAMAGED, f"{name} ends in profile {first + len(data) // size}", "write it again", path)
            yield np.frombuffer(data, dtype=kind).reshape(rows, *sizes[1:])


def _hdf5(path: Path, stack: ExitStack) -> _Content:
    if _starts(path, POINTER):
        raise _lfs(path)
    try:
        file = stack.enter_context(h5py().File(path, "r"))
    except OSError as error:
        raise _damaged(path, error) from None
    names = list(file)
    forms = {name: _form(file, name, path) for name in LARGE if name in names}
    small = {name: partial(_whole, file, name, path) for name in names if name not in LARGE}

    def rows(name: str) -> Iterator[np.ndarray]:
        for first in range(0, len(file[name]), BLOCK):
            try:
                yield file[name][first : first + BLOCK]
            except OSError as error:
                raise _damaged(path, error) from None

    return _Content(forms, rows, small)


def _form(file: Any, name: str, path: Path) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type of a dataset."""
    found = file.get(name)  # None: a link to nowhere
    if not hasattr(found, "shape"):
        raise refuse(TABLE, f"{name}: expected an array, received a {'link' if found is None else 'group'}", file=path)
    return tuple(found.shape), found.dtype


def _whole(file: Any, name: str, path: Path) -> Any:
    """A dataset at once."""
    _form(file, name, path)
    try:
        return file[name][()]
    except (OSError, TypeError) as error:
        raise _damaged(path, error) from None


def h5py() -> Any:
    try:
        import h5py
    except ImportError:
        raise BackendError("profile tables in HDF5 need h5py; pip install 'seqforge[hdf5]'") from None
    return h5py


def _members(folder: Path) -> list[Path]:
    """The files that make a folder a table."""
    return sorted(folder.glob("*.npy"))


def _folder(path: Path, stack: ExitStack) -> _Content:
    arrays = {one.stem: one for one in _members(path)}
    scale = arrays.pop("base_pairs", None)
    names = sorted(name for name in arrays if not name.endswith(ANNOTATION))
    if not names:
        raise refuse(MISSING, "the folder has no profiles", "expected NAME.npy and NAME_annotation.npy", path)
    stray = [name for name in arrays if name.endswith(ANNOTATION) and name.removesuffix(ANNOTATION) not in names]
    if stray:
        hint = did_you_mean(stray[0].removesuffix(ANNOTATION), names)
        raise refuse(MISSING, f"'{stray[0]}.npy' belongs to no profile", hint, path)
    annotated = [name for name in names if f"{name}{ANNOTATION}" in arrays]
    if annotated and len(annotated) < len(names):
        lacking = next(name for name in names if name not in annotated)
        hint = "annotate every profile, or move it to another folder"
        raise refuse(MISSING, f"'{lacking}{ANNOTATION}.npy' is missing", hint, path)
    files = {"profiles": [arrays[name] for name in names]}
    files |= {"masks": [arrays[f"{name}{ANNOTATION}"] for name in names]} if annotated else {}
    small: dict[str, Callable[[], Any]] = {"names": partial(np.array, names)}
    small |= {"base_pairs": partial(_single, scale)} if scale is not None else {}
    return _Content({name: _joined(of) for name, of in files.items()}, lambda name: map(_one, files[name]), small)


def _one(path: Path) -> np.ndarray:
    return _single(path)[None]


def _single(path: Path) -> np.ndarray:
    if _starts(path, POINTER):
        raise _lfs(path)
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        raise _unreadable(path.stem, error, path) from None
    except (OSError, EOFError) as error:
        raise _damaged(path, error) from None


def _joined(paths: list[Path]) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type of the arrays of a folder together; raises DataError unless all have one shape."""
    found = [_single(path) for path in paths]
    sizes = [_alone(array.shape) for array in found]
    other = next((number for number, size in enumerate(sizes) if size != sizes[0]), None)
    if other is not None:
        message = f"expected {_spelt(sizes[0])} as {paths[0].name}, received {_spelt(found[other].shape)}"
        raise refuse(TABLE, message, "all profiles of a table have the same dyes and scan points", paths[other])
    return (len(found), *sizes[0]), np.result_type(*{array.dtype for array in found})


def _alone(sizes: tuple[int, ...]) -> tuple[int, ...]:
    return sizes[:-1] if len(sizes) == 3 and sizes[-1] == 1 else sizes


def _starts(path: Path, bytes_: bytes) -> bool:
    try:
        with open(path, "rb") as stream:
            return stream.read(len(bytes_)) == bytes_
    except OSError as error:
        raise refuse(MISSING, f"cannot read the file: {error.strerror or error}", file=path) from None


def _lfs(path: Path) -> DataError:
    return refuse(DAMAGED, "the file is a pointer of Git LFS, not the data", "fetch them with git lfs pull", path)


# writing


def write_table(table: ProfileTable, path: Path) -> None:
    """`table` as `.npz` or `.h5`, by the ending of `path`; whole or not at all."""
    arrays = _arrays(table)
    if path.suffix == ".npz":
        with new_file(path) as fresh:
            np.savez_compressed(fresh, **arrays)
    elif path.suffix in HDF5:
        with new_file(path) as fresh:
            _write_hdf5(arrays, fresh)
    else:
        expected = f"expected a name ending in .npz, {' or '.join(HDF5)}, received {quoted(path.name)}"
        raise refuse(TABLE, f"unknown form of a profile table: {expected}", file=path)


def _arrays(table: ProfileTable) -> dict[str, Any]:
    """The arrays of a file, as they are called there."""
    joined = None if table.donors is None else [";".join(names) for names in table.donors]
    texts = {"names": table.names, "mixture_set": table.mixture_set, "donors": joined, "dye_names": table.dye_names}
    found = {name: np.array(values, dtype=str) for name, values in texts.items() if values is not None}
    found |= {"kit": np.array(table.kit)} if table.kit else {}
    numbers = {name: getattr(table, name) for name in (*LARGE, "contributors", "base_pairs")}
    columns = {} if table.peaks is None else {f"peak_{key}": value for key, value in table.peaks.columns.items()}
    return {name: value for name, value in (numbers | columns).items() if value is not None} | found


def _write_hdf5(arrays: Mapping[str, Any], path: Path) -> None:
    """Large arrays in chunks of one profile, compressed."""
    with h5py().File(path, "w") as file:
        for name, array in arrays.items():
            if name in LARGE:
                chunk = (1, *array.shape[1:])
                file.create_dataset(name, data=array, chunks=chunk, compression="gzip", shuffle=True)
            elif array.dtype.kind == "U":
                file.create_dataset(name, data=array.astype(object), dtype=h5py().string_dtype("utf-8"))
            else:
                file.create_dataset(name, data=array)
