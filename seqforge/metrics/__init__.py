# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Metrics in NumPy, shared by the backends; importing this package registers them."""

from seqforge.metrics import accuracy, areas, correlations, errors, rates

__all__ = ["accuracy", "areas", "correlations", "errors", "rates"]
