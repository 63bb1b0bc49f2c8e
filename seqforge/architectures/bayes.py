# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The Bayes optimal classifier: no weights, the data definition itself is the model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from seqforge.architectures.base import Architecture, InputSpec
from seqforge.parameters import Name, OneOf
from seqforge.registry import BAYES, register

if TYPE_CHECKING:
    from seqforge.definitions.data import DataDefinition
    from seqforge.errors import Problem

REPRODUCED, CORRECTED = "seqgra", "corrected"


@register("architectures", "BayesOptimal", "data-definition", library=BAYES)
@dataclass(frozen=True, kw_only=True)
class BayesOptimal(Architecture):
    """Scores sequences by the grammar of the data definition `definition` (a path).

    scoring "seqgra": as seqgra scores, with distances from start to start and a rule with spacing constraints replacing
    what came before; "corrected": distances after the first element's end, the maximum included, all rules added.
    """

    libraries: ClassVar[tuple[str, ...]] = (BAYES,)

    definition: Name
    scoring: Annotated[str, OneOf(REPRODUCED, CORRECTED)] = REPRODUCED

    def layout(self, library: str) -> str:
        return "NLC"

    def check(self, spec: InputSpec) -> list[Problem]:
        """The problems of the data definition, and whether it is about such sequences."""
        from seqforge.definitions.reader import errors, read_data

        if not Path(self.definition).is_file():
            return []
        definition, problems = read_data(self.definition)
        wrong = errors(problems)
        return wrong if wrong or definition is None else list(_unfit(definition, spec))

    def fingerprint(self) -> str:
        path = Path(self.definition)
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _unfit(definition: DataDefinition, spec: InputSpec) -> list[Problem]:
    from seqforge.data.encodings import alphabet
    from seqforge.errors import Problem

    space = alphabet(definition.sequencespace)
    if len(space) != spec.channels:
        message = f"the data definition is about {space.name}, but the model reads {spec.channels} letters"
        return [Problem(definition.sequencespace.place, "SF0490", message, "name one of the same sequencespace")]
    return [
        Problem(
            element.place,
            "SF0491",
            f"k-mers of sequence element '{element.id}' have several lengths, which no letter matrix can score",
            "write one element for each length",
        )
        for element in definition.elements
        if len(element.widths) > 1
    ]
