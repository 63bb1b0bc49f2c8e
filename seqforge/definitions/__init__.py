# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What the files say: typed model and data definitions, read from XML or JSON with the place of every value."""
