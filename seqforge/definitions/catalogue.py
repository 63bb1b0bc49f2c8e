# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Every problem id with what it means and the way out: the text behind `seqforge explain`.

SF00xx files and syntax · SF01xx structure and general · SF02xx components and hyper-parameters · SF03xx parts that do not
fit together · SF04xx architectures and external files · SF05xx shapes · SF06xx data definitions · SF07xx data files
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    title: str
    explanation: str  # why it is wrong, and how to mend it


CATALOGUE: dict[str, Entry] = {
    # SF00xx files and syntax
    # SF01xx structure and general
    # SF02xx components and hyper-parameters
    # SF03xx parts that do not fit together
    # SF04xx architectures and external files
    # SF05xx shapes
    "SF0501": Entry(
        "the architecture cannot take its input",
        "An input of the declared length and alphabet was pushed through the architecture before any training, and the "
        "sub-module named in the message refused the shape that reached it. Either the window of the data differs from "
        "the one the architecture was written for, or two neighbouring layers do not fit; `layout` and `inputencoding` "
        "decide the order of the axes.",
    ),
    "SF0502": Entry(
        "the output does not fit the labels",
        "An architecture must put out one row per example and one column per label. Another number of columns means "
        "that the last layer and the list of labels disagree; another number of rows means that a reshape to a fixed "
        "size inside the architecture belongs to another input length.",
    ),
    "SF0503": Entry(
        "the input is too short for the architecture",
        "Convolutions and pools shorten the sequence; of a shorter input than the stated minimum nothing is left.",
    ),
    "SF0504": Entry(
        "the shapes were not proven",
        "The length of the input is not known without opening data files, or the sequences have several lengths, so "
        "the architecture was not tried out. Nothing is wrong; training checks the shapes once the data is open.",
    ),
    # SF06xx data definitions
    # SF07xx data files
}
