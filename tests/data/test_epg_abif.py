# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""ABIF files: every type there and back, small data inside their entries, and what is refused."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from seqforge.data.epg import capillary, kits
from seqforge.data.epg.abif import FIRST, TYPES, Date, Time, Value, packed, read, write_abif
from seqforge.data.epg.baseline import clipped, subtracted
from seqforge.errors import DataError, UsageError

EVERY = [
    Value("UI08", 1, 1, np.array([0, 1, 255], dtype=np.uint8)),
    Value("CHAR", 1, 2, "base calls: é"),
    Value("UI16", 1, 3, np.array([0, 65535, 7], dtype=np.uint16)),
    Value("SI16", 1, 4, np.array([-32768, 32767, -1], dtype=np.int16)),
    Value("SI32", 1, 5, np.array([-(2**31), 2**31 - 1], dtype=np.int32)),
    Value("FL32", 1, 7, np.array([1.5, -3.25], dtype=np.float32)),
    Value("FL64", 1, 8, np.array([np.pi, -1e300])),
    Value("DATE", 1, 10, (Date(2019, 2, 28), Date(1, 2, 3))),
    Value("TIME", 1, 11, (Time(23, 59, 58, 99), Time(0, 0, 0, 0))),
    Value("BOOL", 1, 13, np.array([True, False, True, True, False])),
    Value("PSTR", 1, 18, "a Pascal text"),
    Value("CSTR", 1, 19, "a C text"),
    Value("USER", 1, 1024, b"\x00\x01kept as bytes"),
    Value("ODD ", 1, 6, b"type 6 is not in the table"),
]
SMALL = [
    Value("UI08", 1, 1, np.array([7], dtype=np.uint8)),
    Value("CHAR", 1, 2, "abcd"),
    Value("UI16", 1, 3, np.array([1, 65535], dtype=np.uint16)),
    Value("SI16", 1, 4, np.array([-2], dtype=np.int16)),
    Value("SI32", 1, 5, np.array([-5], dtype=np.int32)),
    Value("FL32", 1, 7, np.array([0.5], dtype=np.float32)),
    Value("DATE", 1, 10, (Date(2026, 12, 31),)),
    Value("TIME", 1, 11, (Time(1, 2, 3, 4),)),
    Value("BOOL", 1, 13, np.array([True])),
    Value("PSTR", 1, 18, "abc"),
    Value("CSTR", 1, 19, "abc"),
    Value("USER", 1, 2000, b"xyz"),
    Value("NONE", 1, 4, np.array([], dtype=np.int16)),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.hid"


def same(one: object, other: object) -> bool:
    if isinstance(other, np.ndarray):
        return isinstance(one, np.ndarray) and one.dtype == other.dtype and np.array_equal(one, other)
    return bool(one == other)


@pytest.mark.parametrize("values", [EVERY, SMALL], ids=["outside", "inside the entries"])
def test_every_type_comes_back(path: Path, values: list[Value]):
    write_abif(path, values)
    file = read(path)
    assert file.version == 101
    assert file.notes == ()
    for tag, number, kind, value in values:
        assert file.entry(tag, number).type == kind
        assert same(file.value(tag, number), value), tag


def test_the_cases_cover_the_table():
    assert {value.type for value in EVERY} > set(TYPES)
    assert {value.type for value in SMALL} == set(TYPES) - {8} | {2000}  # a float64 has 8 bytes


def test_small_data_lie_in_their_own_entry_whatever_stands_before(path: Path):
    write_abif(path, [*EVERY, Value("last", 9, 4, [258, 3])])
    file = read(path)
    entry = file.entry("last", 9)
    assert entry.start == entry.place + 20
    assert path.read_bytes()[entry.start : entry.start + 4] == b"\x01\x02\x00\x03"
    assert file.value("last", 9).tolist() == [258, 3]


def test_a_directory_with_slack_is_read_by_its_stride_and_count(path: Path):
    data = packed(SMALL, stride=36) + b"\xff" * 100
    path.write_bytes(data)
    file = read(path)
    assert len(file.entries) == len(SMALL)
    assert file.value("UI16").tolist() == [1, 65535]


def test_numbers_are_native_so_that_they_can_be_used(path: Path):
    write_abif(path, EVERY)
    assert all(read(path).value(tag).dtype.isnative for tag in ("UI16", "SI16", "SI32", "FL32", "FL64"))


def test_text_that_is_no_utf_8_is_latin_1(path: Path):
    write_abif(path, [Value("SpNm", 1, 1024, b"\x05M\xfcnch")])
    data = bytearray(path.read_bytes())
    struct.pack_into(">h", data, read(path).entry("SpNm").place + 8, 18)
    path.write_bytes(bytes(data))
    assert read(path).value("SpNm") == "Münch"


def refused(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


def test_refuses_what_is_no_abif(path: Path):
    path.write_bytes(b"<?xml version='1.0'?>")
    assert "not an ABIF file: it begins with b'<?xm' at byte 0" in refused(path)
    path.write_bytes(b"")
    assert "not an ABIF file" in refused(path)
    path.write_bytes(b"ABIF\x00\x65short")
    assert "ends after 11 bytes, inside its header" in refused(path)


def test_names_a_pointer_of_git_lfs(path: Path):
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n")
    assert "Git LFS pointer" in refused(path)
    assert "git lfs pull" in refused(path)


def test_refuses_a_missing_file(path: Path):
    assert "cannot read the file" in refused(path)


@pytest.mark.parametrize("left", [0.99, 0.5, 0.2])
def test_refuses_a_file_that_was_cut_short(path: Path, left: float):
    data = packed([Value("DATA", 1, 4, np.arange(500))])
    path.write_bytes(data[: int(left * len(data))])
    assert "tdir 1 at byte 6: directory of 1 entries from byte 1,128 lies outside the file" in refused(path)


def test_refuses_data_outside_the_file(path: Path):
    data = bytearray(packed([Value("DATA", 1, 4, np.arange(500))]))
    place = len(data) - 28
    struct.pack_into(">i", data, place + 20, len(data) - 10)
    path.write_bytes(bytes(data))
    assert f"DATA 1 at byte {place:,}: its 1,000 bytes of data from byte {len(data) - 10:,} lie outside" in refused(
        path
    )
    struct.pack_into(">i", data, place + 20, -5)
    path.write_bytes(bytes(data))
    assert "outside" in refused(path)


def test_refuses_a_directory_of_short_entries(path: Path):
    data = bytearray(packed(SMALL))
    struct.pack_into(">h", data, FIRST + 10, 20)
    path.write_bytes(bytes(data))
    assert "directory entries of 20 bytes, expected 28" in refused(path)


def test_a_contradiction_matters_only_where_it_is_used(path: Path):
    data = bytearray(packed([Value("DATA", 1, 4, np.arange(500)), Value("SpNm", 1, 18, "sample")]))
    struct.pack_into(">i", data, len(data) - 56 + 12, 499)  # the count of DATA 1
    path.write_bytes(bytes(data))
    file = read(path)
    assert len(file.notes) == 1
    assert "499 elements of 2 bytes are not its 1,000 bytes of data" in file.notes[0]
    assert file.text("SpNm") == "sample"
    with pytest.raises(DataError, match=r"DATA 1 at byte 1,135: 499 elements"):
        file.value("DATA", 1)


def test_a_text_longer_than_its_entry_is_refused(path: Path):
    data = bytearray(packed([Value("SpNm", 1, 18, "a long sample")]))
    data[128] = 200
    path.write_bytes(bytes(data))
    with pytest.raises(DataError, match=r"SpNm 1 at byte \d+: a text of 200 bytes in 13"):
        read(path).value("SpNm")
    assert read(path).text("SpNm", default="run") == "run"


def test_an_absent_entry_is_named_with_those_that_are_there(path: Path):
    write_abif(path, [Value("DATA", 1, 4, [1]), Value("DATA", 105, 4, [1])])
    with pytest.raises(DataError, match="no entry DATA 2; it has DATA 1, 105"):
        read(path).value("DATA", 2)
    with pytest.raises(DataError, match="no entry StdF 1; it has no StdF at all"):
        read(path).value("StdF")


def test_of_two_entries_of_one_name_the_first_counts(path: Path):
    write_abif(path, [Value("SpNm", 1, 18, "first one"), Value("SpNm", 1, 18, "second one")])
    file = read(path)
    assert file.text("SpNm") == "first one"
    assert "twice" in file.notes[0]


# the dyes of a kit


def dyes(numbers: tuple[int, ...], scans: int = 300) -> list[Value]:
    return [Value("DATA", number, 4, np.full(scans, number)) for number in numbers]


def test_dyes_come_in_the_order_of_the_kit(path: Path):
    write_abif(path, [*dyes((1, 2, 3, 4, 105, 106)), *dyes((9, 10, 11, 12, 205, 206)), Value("SpNm", 1, 18, "S 1")])
    for baseline, rows, standard in (("raw", [1, 2, 3, 4, 106], 105), ("analysed", [9, 10, 11, 12, 206], 205)):
        run = capillary.read(path, kits.find("PPF6C"), baseline)
        assert run.signal[:, 0].tolist() == rows
        assert run.standard[0] == standard
        assert run.signal.dtype == np.int32
    assert run.sample == "S 1"
    assert run.dyes == ("FL-6C", "JOE-6C", "TMR-6C", "CXR-6C", "TOM-6C")


def test_kits_of_five_dyes(path: Path):
    write_abif(path, [*dyes((1, 2, 3, 4, 105)), Value("DyeN", 3, 18, "NED"), Value("DyeB", 5, 2, "S")])
    run = capillary.read(path, kits.find("5-dye"), "raw")
    assert run.signal[:, 0].tolist() == [1, 2, 3, 4]
    assert run.dyes == ("blue", "green", "NED", "red")
    assert run.notes == ()


def test_raw_and_analysed_dyes_are_never_mixed(path: Path):
    write_abif(path, [*dyes((1, 2, 3, 4, 105)), *dyes((9, 10, 11, 12, 206, 205))])
    with pytest.raises(DataError, match="no DATA 106 for the raw dyes of PowerPlex Fusion 6C; its analysed dyes are"):
        capillary.read(path, kits.find("PPF6C"), "raw")
    write_abif(path, dyes((1, 2, 3, 4, 105)))
    with pytest.raises(DataError, match="the file has DATA 1, 2, 3, 4, 105: choose the kit"):
        capillary.read(path, kits.find("GlobalFiler"), "raw")


def test_dyes_of_different_lengths_and_counts_are_refused(path: Path):
    write_abif(path, [*dyes((1, 2, 3, 4, 106)), *dyes((105,), 299)])
    with pytest.raises(DataError, match=r"SF0741: dyes of different lengths .*DATA 105: 299"):
        capillary.read(path, kits.find("PPF6C"), "raw")
    write_abif(path, [*dyes((1, 2, 3, 4, 106, 105)), Value("Dye#", 1, 4, [5])])
    with pytest.raises(DataError, match="a run of 5 dyes, PowerPlex Fusion 6C has 6"):
        capillary.read(path, kits.find("PPF6C"), "raw")
    write_abif(path, [*dyes((1, 2, 3, 4, 106)), Value("DATA", 105, 18, "text")])
    with pytest.raises(DataError, match="DATA 105 holds no numbers"):
        capillary.read(path, kits.find("PPF6C"), "raw")


def test_notes_a_size_standard_of_another_kit(path: Path):
    write_abif(path, [*dyes((1, 2, 3, 4, 106, 105)), Value("StdF", 1, 18, "GS600LIZ"), Value("DyeB", 2, 2, "S")])
    notes = capillary.read(path, kits.find("PPF6C"), "raw").notes
    assert any("its size standard is 'GS600LIZ'" in note for note in notes)
    assert any("its size standard is dye 2, that of PowerPlex Fusion 6C is dye 5" in note for note in notes)


def test_names_that_contradict_themselves_are_noted_and_done_without(path: Path):
    data = bytearray(packed([Value("SpNm", 1, 18, "a sample"), *dyes((1, 2, 3, 4, 106, 105))]))
    struct.pack_into(">i", data, len(data) - 7 * 28 + 12, 3)  # the count of SpNm
    path.write_bytes(bytes(data))
    run = capillary.read(path, kits.find("PPF6C"), "raw")
    assert run.sample == "run"
    assert "SpNm 1" in run.notes[0]


def test_any_damage_is_told_in_one_line(path: Path):
    """Bytes of header and directory changed at random: a run, or a DataError, never another exception."""
    good = packed([Value("Dye#", 1, 4, [6]), Value("SpNm", 1, 18, "s"), *dyes((1, 2, 3, 4, 106, 105), 40)])
    places = [*range(128), *range(len(good) - 8 * 28, len(good))]
    random, told = np.random.default_rng(0), []
    for _ in range(300):
        data = bytearray(good)
        for place in random.choice(places, 3):
            data[place] = random.integers(256)
        path.write_bytes(bytes(data))
        try:
            capillary.read(path, kits.find("PPF6C"))
        except DataError as error:
            told.append(str(error))
    assert 50 < len(told) < 300
    assert all(line.startswith(f"{path}: SF074") and "\n" not in line for line in told)


def test_unknown_kits_and_baselines_are_named(path: Path):
    with pytest.raises(UsageError, match="unknown kit 'PPF6'; did you mean 'PPF6C'"):
        kits.find("PPF6")
    with pytest.raises(UsageError, match="unknown baseline 'analyzed'; did you mean 'analysed'"):
        capillary.read(path, kits.find("PPF6C"), "analyzed")


def test_the_kits_have_what_the_others_expect():
    assert len(kits.find("ppf6c").fragments) == 19
    assert kits.find("PPF6C").base_pairs(4096)[[0, -1]].tolist() == [65, 475]
    assert np.diff(kits.find("PPF6C").base_pairs(4096)).mean() == pytest.approx(0.1001, abs=1e-4)
    for kit in kits.KITS.values():
        assert len(kit.raw) == len(kit.analysed) == len(kit.dyes) + 1
        assert list(kit.fragments) == sorted(kit.fragments)
        assert kit.fragments[0] <= kit.grid[0]
        assert kit.fragments[-1] >= kit.grid[1]


def test_the_percentile_baseline_is_that_of_numpy():
    signal = np.random.default_rng(3).integers(-100, 30000, (2, 400)).astype(np.int16)
    around = np.pad(signal.astype(np.int64), ((0, 0), (50, 50)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(around, 101, axis=1)
    expected = signal - np.percentile(windows, 20, axis=-1)
    assert np.array_equal(subtracted(signal, "percentile"), expected)


def test_int16_neither_wraps_in_the_baseline_nor_when_stored():
    signal = np.full((1, 300), -30000, dtype=np.int16)
    signal[0, 150] = 32767
    found = subtracted(signal, "percentile")
    assert found[0, 150] == 62767
    stored, outside = clipped(found)
    assert stored.dtype == np.int16
    assert stored[0, 150] == 32767
    assert outside == 1
