# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Data definitions → sequences, vectorised and reproducible by (definition, set, row)."""

from seqforge.simulation.generator import Chunk, Simulator, codes, count, simulate

__all__ = ["Chunk", "Simulator", "codes", "count", "simulate"]
