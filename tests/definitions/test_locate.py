# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Where paths of definitions lead."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqforge.definitions.locate import Paths, locate, near_name, neighbours, shown
from seqforge.definitions.tree import Text
from seqforge.errors import Place


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "defs/model/a.xml",
        "defs/model/PyTorch/net.py",
        "defs/data/d.xml",
        "data-defs/sim-s1.xml",
        "work/here.py",
        "extra/there.py",
        "defs/data-defs/one-s3.xml",
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def test_the_definitions_folder_comes_before_def_path_and_the_working_directory(house: Path) -> None:
    folder = house / "defs/model"
    assert locate("PyTorch/net.py", folder).path == folder / "PyTorch/net.py"
    assert locate("there.py", folder, (house / "extra",)).path == house / "extra/there.py"
    assert locate("here.py", folder).path == Path("here.py")
    (folder / "here.py").write_text("")
    assert locate("here.py", folder).path == folder / "here.py"


def test_an_absolute_path_is_taken_as_it_is(house: Path) -> None:
    assert locate(str(house / "work/here.py"), house).path == house / "work/here.py"
    assert locate(str(house / "none.py"), house) == (None, (house / "none.py",), False)


def test_trailing_parts_are_found_below_the_folder_and_its_parents(house: Path) -> None:
    located = locate("configs/model/PyTorch/net.py", house / "defs/model")
    assert located.path == house / "defs/model/PyTorch/net.py"
    assert located.guessed
    assert locate("configs/data/d.xml", house / "defs/model").path == house / "defs/data/d.xml"


def test_data_definitions_are_looked_for_beside_and_with_their_seed(house: Path) -> None:
    folder = house / "defs/model"
    assert neighbours(folder) == [house / "defs/data-defs"]
    assert locate("configs/data/one.xml", folder, data=True).path == house / "defs/data-defs/one-s3.xml"
    assert locate("configs/data/one.xml", folder).path is None
    (house / "defs/data-defs/one-s4.xml").write_text("")
    assert locate("configs/data/one.xml", folder, data=True).path is None


def test_a_missing_file_lists_what_was_tried_and_a_near_name(house: Path) -> None:
    problems: list = []
    spelt = Text("PyTorch/nett.py", Place("a.xml", 7, 3))
    assert Paths(house / "defs/model").find(spelt, "external file", problems) is None
    (problem,) = problems
    assert (problem.id, problem.severity, problem.place.line) == ("SF0401", "error", 7)
    assert "net.py'?" in problem.hint
    assert problem.hint.count("nett.py") == 2


def test_without_files_it_is_a_note(house: Path) -> None:
    problems: list = []
    Paths(house, need_files=False).find(Text("nowhere.py"), "external file", problems)
    assert [problem.severity for problem in problems] == ["note"]


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "..", "~nobody-at-all/x", "/dev/null/x"])
def test_strange_paths_do_not_crash(house: Path, name: str) -> None:
    located = locate(name, house / "defs/model", data=True)
    assert located.path is None or located.path.exists()
    assert isinstance(located.hint, str)


def test_paths_are_shown_from_the_working_directory(house: Path) -> None:
    assert shown(house / "work/here.py") == "here.py"
    assert shown(house / "extra/there.py") == str(house / "extra/there.py")
    assert near_name([house / "work/hare.py"]) == house / "work/here.py"
