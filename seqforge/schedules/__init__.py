# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Learning-rate schedules, shared by the backends; importing this package registers them."""

from seqforge.schedules import cosine, exponential, reduce_lr_on_plateau, step

__all__ = ["cosine", "exponential", "reduce_lr_on_plateau", "step"]
