# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Chromosomes as tables of bins: reading and checking, names, splits, normalisation, and the sets of a training."""
