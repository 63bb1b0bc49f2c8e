# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Electropherograms: tables of profiles, panels, annotations, peaks, splits, and the Datasets over them."""
