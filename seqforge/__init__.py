# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""SeqForge: declarative definitions of biological sequence models."""

__version__ = "0.1.0"
