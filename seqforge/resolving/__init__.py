# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The steps of `seqforge.experiment.resolve`: which architecture, which data, and whether the parts fit together."""
