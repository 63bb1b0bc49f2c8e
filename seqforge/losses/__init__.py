# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Losses, one formula per file; importing this package registers them."""

from seqforge.losses import bce_with_logits_loss, cross_entropy_loss

__all__ = ["bce_with_logits_loss", "cross_entropy_loss"]
