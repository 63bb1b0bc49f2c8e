# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""`python -m seqforge`: the command without its script."""

from seqforge.cli import main

main()
