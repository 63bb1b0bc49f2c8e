# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The PyTorch forms of the architectures, as nn.Modules that also work without the rest of SeqForge."""
