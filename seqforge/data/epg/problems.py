# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The ids of what can be wrong with electropherogram data; `seqforge.data.problems.refuse` makes the lines."""

from __future__ import annotations

TABLE = "SF0720"  # an array of a profile table: its shape, type or values
PANEL = "SF0721"
ALLELES = "SF0722"  # allele reports, sample tables, donors
GROUPS = "SF0723"  # profiles that may not be split
MARKERS = "SF0724"  # without a panel or base pairs
CLASSES = "SF0725"  # masks that are missing, or have other classes than the definition
ABIF = "SF0740"  # a file of a sequencer that is not sound
DYES = "SF0741"  # of such a file: missing, unequal, or not those of the kit
CALIBRATION = "SF0742"  # a size standard that does not fit its kit
