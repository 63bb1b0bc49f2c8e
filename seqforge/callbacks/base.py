# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What every callback has: settings that are checked like any hyper-parameter, and the hooks of the loop."""

from __future__ import annotations

from dataclasses import dataclass

from seqforge.parameters import Unfit, parameters_of
from seqforge.training.progress import Callback


@dataclass(kw_only=True, eq=False)
class Watcher(Callback):
    """A callback whose init fields are its settings; what it learns while it watches lies in other attributes."""

    def __post_init__(self) -> None:
        for parameter in parameters_of(type(self)).values():
            try:
                setattr(self, parameter.name, parameter.kind.check(getattr(self, parameter.name)))
            except Unfit as unfit:
                raise ValueError(f"{self.name}.{parameter.name}: {unfit}") from None
