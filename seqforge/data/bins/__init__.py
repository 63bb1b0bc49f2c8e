# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Chromosomes as rows of bins: tables, features, labels, crops and windows."""
