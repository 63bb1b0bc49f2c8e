# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Per-bin features out of a FASTA file: k-mers as fingerprints, counted in bounded memory, reduced to bins."""
