# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Profile tables: what is read, from which forms, and what is refused with which words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_epg import DYES, LENGTH, REAL, real_data, table

from seqforge.data.epg import reading
from seqforge.data.epg.tables import IGNORE, Peaks, ProfileTable
from seqforge.errors import DataError

FORMS = (".npz", ".h5")


def refused(run: Any, *parts: str) -> None:
    with pytest.raises(DataError) as caught:
        run()
    for part in parts:
        assert part in str(caught.value), str(caught.value)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_written_is_read(form: str, tmp_path: Path) -> None:
    peaks = Peaks(*(np.array(column) for column in ([0, 1], [1, 0], [50, 20], [10.5, 30.0], [3, 0], [1, 0])))
    given = table(4, peaks=peaks)
    reading.write_table(given, tmp_path / f"t{form}")
    found = reading.read_table(tmp_path / f"t{form}")
    assert replace(found, content="").digest == given.digest
    assert (found.names, found.donors, found.kit) == (given.names, given.donors, given.kit)
    assert found.peaks is not None
    assert found.peaks.position.tolist() == [50, 20]
    assert isinstance(found.profiles, np.memmap)
    shape = reading.shape(tmp_path / f"t{form}")
    assert shape[:4] == (4, DYES, LENGTH, ("blue", "green", "yellow"))
    assert (shape.masks, shape.base_pairs, shape.peak_markers, shape.peak_labels) == (True, True, True, True)
    assert shape == found.shape


@pytest.mark.parametrize("form", FORMS)
def test_tables_longer_than_a_block_are_read_whole(form: str, tmp_path: Path) -> None:
    given = table(150)
    reading.write_table(given, tmp_path / f"t{form}")
    found = reading.read_table(tmp_path / f"t{form}")
    assert np.array_equal(found.profiles, given.profiles)
    assert np.array_equal(found.masks, given.masks)


def test_a_folder_is_a_table(tmp_path: Path) -> None:
    given = table(3)
    for name, signal, mask in zip(given.names, given.profiles, given.masks, strict=True):
        np.save(tmp_path / f"{name}.npy", signal[..., None].astype(np.int64))
        np.save(tmp_path / f"{name}_annotation.npy", mask[..., None].astype(float if name == "p1" else np.int8))
    np.save(tmp_path / "base_pairs.npy", given.base_pairs)
    found = reading.read_table(tmp_path)
    assert found.names == ("p0", "p1", "p2")
    assert (found.profiles.dtype, found.masks.dtype) == (np.int32, np.int8)
    assert np.array_equal(found.profiles, given.profiles)
    assert np.array_equal(found.masks, given.masks)
    assert np.array_equal(found.base_pairs, given.base_pairs)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (np.int8, np.int16),
        (np.int16, np.int16),
        (np.uint16, np.int32),
        (np.int32, np.int32),
        (np.int64, np.int32),
        (np.float32, np.float32),
        (np.float64, np.float32),
    ],
)
def test_types_are_narrowed_without_loss(given: Any, kept: Any, tmp_path: Path) -> None:
    signal = (np.arange(24).reshape(2, 3, 4, 1) - (0 if given is np.uint16 else 5)).astype(given)
    np.savez(tmp_path / "t.npz", profiles=signal)
    for found in (ProfileTable(profiles=signal), reading.read_table(tmp_path / "t.npz")):
        assert found.profiles.dtype == kept
        assert np.array_equal(found.profiles, signal[..., 0])


def test_the_trailing_axis_is_squeezed_once() -> None:
    assert ProfileTable(profiles=np.ones((2, 3, 4, 1), dtype=np.int16)).profiles.shape == (2, 3, 4)
    assert ProfileTable(profiles=np.ones((2, 3, 1), dtype=np.int16)).profiles.shape == (2, 3, 1)
    refused(lambda: ProfileTable(profiles=np.ones((2, 3, 4, 1, 1))), "expected (profile, dye, scan)", "(2, 3, 4, 1, 1)")


def broken(value: float, kind: Any = float) -> np.ndarray:
    signal = np.zeros((3, 2, 8), dtype=kind)
    signal[2, 1, 5] = value
    return signal


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (broken(np.nan), "profile 2, dye 1, scan point 5 is nan"),
        (broken(np.inf), "profile 2, dye 1, scan point 5 is inf"),
        (broken(2**40, np.int64), "int32 cannot hold"),
        (broken(0.1), "float32 cannot hold"),
        (np.zeros((0, 2, 8)), "no profiles"),
        (np.zeros((2, 2, 0)), "no scan points"),
        (np.zeros((2, 2, 8), dtype=complex), "expected numbers, received complex128"),
    ],
)
def test_values_that_are_no_rfu_are_refused(array: np.ndarray, words: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", profiles=array)
    refused(lambda: ProfileTable(profiles=array), words)
    refused(lambda: reading.read_table(tmp_path / "t.npz"), words, "t.npz")


@pytest.mark.parametrize(("value", "words"), [(0.5, "0.5; expected a class"), (-1, "-1; expected"), (200, "200;")])
def test_masks_hold_classes(value: float, words: str, tmp_path: Path) -> None:
    masks = broken(value)
    np.savez(tmp_path / "t.npz", profiles=broken(3, np.int16), masks=masks)
    refused(lambda: ProfileTable(profiles=broken(3, np.int16), masks=masks), "profile 2, dye 1, scan point 5", words)
    refused(lambda: reading.read_table(tmp_path / "t.npz"), words)
    ignored = ProfileTable(profiles=broken(3, np.int16), masks=broken(IGNORE))
    assert ignored.masks is not None
    assert ignored.masks[2, 1, 5] == IGNORE


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"masks": np.zeros((4, DYES, 8))}, f"masks: expected (4, {DYES}, {LENGTH}) as the profiles"),
        ({"names": ("a", "b", "a", "c")}, "'a' is there twice"),
        ({"names": ("a", "b")}, "names: expected 4, one per profile, received 2"),
        ({"donors": (("a",),)}, "donors: expected 4"),
        ({"contributors": np.array([1.5, 1, 1, 1])}, "expected a whole number per profile"),
        ({"base_pairs": np.linspace(10, 0, LENGTH)}, "base_pairs do not ascend"),
        ({"base_pairs": np.ones(7)}, f"({LENGTH},) or (4, {LENGTH}), received (7,)"),
        ({"dye_names": ("a",)}, "dye_names: expected 3"),
        ({"peaks": Peaks(np.array([0]), np.array([9]), np.array([1]))}, "peak_dye: peak 0 is 9, expected 0 to 2"),
        ({"peaks": Peaks(np.array([0, 0]), np.array([1, 1]), np.array([5, 5]))}, "is there twice"),
        ({"peaks": Peaks(np.array([0, 1]), np.array([1]), np.array([5]))}, "peak_dye: expected numbers (2,)"),
    ],
)
def test_arrays_must_belong_together(changes: dict[str, Any], words: str) -> None:
    refused(lambda: table(4, **changes), words)


def test_base_pairs_may_be_unknown_at_the_ends_only() -> None:
    scale = table(2).base_pairs.copy()
    scale[:3] = scale[-2:] = np.nan
    assert np.isnan(table(2, base_pairs=scale).base_pairs[:3]).all()
    scale[20] = np.nan
    refused(lambda: table(2, base_pairs=np.stack([table(2).base_pairs, scale])), "base_pairs of profile 1: NaN")


def test_peaks_are_sorted() -> None:
    given = Peaks(np.array([1, 0, 0]), np.array([0, 2, 1]), np.array([7, 8, 9]), label=np.array([1, 2, 0]))
    found = table(2, peaks=given).peaks
    assert found is not None
    assert (found.profile.tolist(), found.dye.tolist(), found.label.tolist()) == ([0, 0, 1], [1, 2, 0], [0, 2, 1])


def test_the_size_standard_is_the_last_dye() -> None:
    six = np.zeros((1, 6, 10), dtype=np.int16)
    assert ProfileTable(profiles=six).size_standard == 5
    assert ProfileTable(profiles=six, dye_names=("a", "b", "c", "d", "e", "f")).size_standard is None
    assert table(1).size_standard is None
    named = table(2, dye_names=("blue", "green", "WEN"), peaks=Peaks(*np.array([[0, 0], [1, 2], [9, 9]])))
    without = named.without_standard()
    assert without.profiles.shape == (2, 2, LENGTH)
    assert without.masks is not None
    assert without.masks.shape == (2, 2, LENGTH)
    assert without.dye_names == ("blue", "green")
    assert without.peaks is not None
    assert without.peaks.dye.tolist() == [1]
    assert without.digest != named.digest


def test_the_digest_covers_everything() -> None:
    signal = table(2).profiles.copy()
    signal[1, 2, 3] += 1
    changes: list[dict[str, Any]] = [{}, {"profiles": signal}, {"masks": None}, {"kit": "other"}, {"donors": None}]
    changes += [{"base_pairs": None}, {"peaks": Peaks(np.array([0]), np.array([1]), np.array([5]))}]
    assert len({table(2, **change).digest for change in changes}) == len(changes)
    assert table(2).digest == table(2).digest


# files


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", profiles=np.zeros((1, 2, 8)), names=np.array(["a"], dtype=object))
    refused(lambda: reading.read_table(tmp_path / "t.npz"), "names is an array of Python objects")
    np.savez(tmp_path / "u.npz", profiles=np.array([[["a", 1]]], dtype=object))
    refused(lambda: reading.read_table(tmp_path / "u.npz"), "profiles is an array of Python objects")
    folder = tmp_path / "folder"
    folder.mkdir()
    np.save(folder / "a.npy", np.array([None, 1], dtype=object))
    refused(lambda: reading.read_table(folder), "a is an array of Python objects")


def test_misspelt_arrays_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", profiles=np.zeros((1, 2, 8)), mask=np.zeros((1, 2, 8)))
    refused(lambda: reading.read_table(tmp_path / "t.npz"), "unknown array 'mask'; did you mean 'masks'?")
    np.savez(tmp_path / "u.npz", signal=np.zeros((1, 2, 8)))
    refused(lambda: reading.shape(tmp_path / "u.npz"), "no array profiles, it has signal")


def test_damaged_files_are_named(tmp_path: Path) -> None:
    reading.write_table(table(4), tmp_path / "t.npz")
    data = (tmp_path / "t.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(data[: len(data) // 2])
    refused(lambda: reading.read_table(tmp_path / "cut.npz"), "cannot read the file", "cut.npz")
    (tmp_path / "no.h5").write_bytes(b"nothing")
    refused(lambda: reading.read_table(tmp_path / "no.h5"), "cannot read the file", "no.h5")
    (tmp_path / "lfs.npz").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    refused(lambda: reading.read_table(tmp_path / "lfs.npz"), "pointer of Git LFS")
    refused(lambda: reading.read_table(tmp_path / "tt.npz"), "no such profile table; did you mean 't.npz'?")
    (tmp_path / "t.csv").write_text("a")
    refused(lambda: reading.read_table(tmp_path / "t.csv"), "unknown form of a profile table")
    refused(lambda: reading.write_table(table(1), tmp_path / "t.csv"), "expected a name ending in .npz")


def test_groups_in_hdf5_are_no_arrays(tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "t.h5", "w") as file:
        file.create_group("profiles")
    refused(lambda: reading.read_table(tmp_path / "t.h5"), "profiles: expected an array, received a group")
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["profiles"] = np.zeros((1, 2, 8), dtype=np.int16)
        file["masks"] = h5py.SoftLink("/nowhere")
    refused(lambda: reading.read_table(tmp_path / "t.h5"), "masks: expected an array, received a link")


def test_folders_that_are_no_tables_are_refused(tmp_path: Path) -> None:
    refused(lambda: reading.read_table(tmp_path), "the folder has no profiles")
    np.save(tmp_path / "a.npy", np.zeros((2, 8), dtype=np.int16))
    np.save(tmp_path / "b.npy", np.zeros((2, 9), dtype=np.int16))
    refused(lambda: reading.read_table(tmp_path), "expected (2, 8) as a.npy, received (2, 9)")
    np.save(tmp_path / "b.npy", np.zeros((2, 8), dtype=np.int16))
    np.save(tmp_path / "a_annotation.npy", np.zeros((2, 8), dtype=np.int8))
    refused(lambda: reading.read_table(tmp_path), "'b_annotation.npy' is missing")
    np.save(tmp_path / "bb_annotation.npy", np.zeros((2, 8), dtype=np.int8))
    refused(lambda: reading.read_table(tmp_path), "'bb_annotation.npy' belongs to no profile", "'b'")


def test_peak_columns_come_together(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", profiles=np.zeros((1, 2, 8)), peak_dye=np.array([1]))
    refused(lambda: reading.read_table(tmp_path / "t.npz"), "peak_profile, peak_position: missing beside peak_dye")


@real_data
def test_the_real_profiles_are_read() -> None:
    found = reading.read_table(REAL)
    assert found.names == ("1A2_A01_01", "1A2_E01_13")
    assert found.profiles.shape == (2, 5, 4096)
    assert found.masks is not None
    assert [int(mask.sum()) for mask in found.masks] == [638, 651]
    assert [int(signal.max()) for signal in found.profiles] == [15433, 15944]
