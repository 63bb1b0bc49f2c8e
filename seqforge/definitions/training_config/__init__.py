# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""JSON training configurations of the BPNet family: the same definitions, in the form of existing practice."""

from seqforge.definitions.training_config.grammar import FORM, mark_of
from seqforge.definitions.training_config.reader import read, recognised

__all__ = ["FORM", "mark_of", "read", "recognised"]
