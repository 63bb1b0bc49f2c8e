# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Data formats, one file each; importing this package registers them."""

from seqforge.data.sources.definition import DefinitionSource
from seqforge.data.sources.fasta import FastaSource
from seqforge.data.sources.table import TableSource

__all__ = ["DefinitionSource", "FastaSource", "TableSource"]
