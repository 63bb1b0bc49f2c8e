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
    # SF06xx data definitions
    # SF07xx data files
}
