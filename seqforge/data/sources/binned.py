# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What all formats of genome bins share: the crop of long chromosomes, checks, normalisation, and the three sets."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from seqforge.arrays import np
from seqforge.data import cache
from seqforge.data.bins.tables import FEATURES, FEWEST_BINS
from seqforge.data.dataset import Data
from seqforge.data.problems import OPTION, refuse, together
from seqforge.data.profiles.checks import counted
from seqforge.data.sources.base import Source, Wanted
from seqforge.parameters import Count, setting

if TYPE_CHECKING:
    from seqforge.data.bins.identity import Chromosome

Report = Callable[[str], None]
VERSION = 1  # of what a fingerprint covers
NO_CENTROMERE = "SF0738"


class Members(NamedTuple):
    """Set → chromosomes, what a user should know, and what features.json says of the features (None: no such file)."""

    sets: Mapping[str, Sequence[Chromosome]]
    notes: Sequence[str] = ()
    features: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class BinnedSource(Source):
    """Options of every format of genome bins. An example is a chromosome; features are z-scored by the training set."""

    task_names: ClassVar[tuple[str, ...]] = ("sequence labeling",)

    train_window: Count | None = setting(
        None, "bins of the crop that a longer chromosome gives in each epoch of training; None: whole chromosomes"
    )

    @abstractmethod
    def members(self, wanted: Wanted, report: Report) -> Members:
        """The chromosomes of each set; "training" must be there."""

    def channels(self, wanted: Wanted) -> int:
        return len(FEATURES)

    def problems(self) -> list[tuple[str, str]]:
        """(option, sentence) for each combination of values that cannot work."""
        if self.train_window is not None and self.train_window < FEWEST_BINS:
            message = f"train_window: expected {FEWEST_BINS} or more bins, received {self.train_window}"
            return [("train_window", message)]
        return []

    def judge(self, wanted: Wanted) -> None:
        problems = [sentence for _, sentence in self.problems()]
        if wanted.labels and len(wanted.labels) != 2:
            received = f"received {len(wanted.labels)}: {', '.join(wanted.labels)}"
            problems.append(f"expected two labels, background and centromere in this order, {received}")
        if problems:
            raise together([refuse(OPTION, f"data format {self.name}: {one}") for one in problems])

    def open(self, wanted: Wanted, report: Report = lambda text: None) -> Data:
        from seqforge.data.bins.dataset import BinsSet
        from seqforge.data.bins.normalising import of_training

        self.judge(wanted)
        sets, notes, features = self.members(wanted, report)
        for name in ("training", "validation"):
            _refuse_without(name, sets.get(name, ()))
        normalisation = of_training([one.block.features for one in sets["training"]])
        opened = {
            name: BinsSet(tuple(members), normalisation, self.train_window if name == "training" else None, wanted.seed)
            for name, members in sets.items()
        }
        for name, members in sets.items():
            report(f"{name}: {_described(members)}")
        return Data(
            opened.get("training"),
            opened.get("validation"),
            opened.get("test"),
            fingerprint=self._fingerprint({name: one.identity() for name, one in opened.items()}),
            labels=wanted.labels,
            notes=(*notes, *_silent(sets["training"]), *normalisation.notes),
            facts={
                "normalisation": normalisation.facts,
                "class_counts": _class_counts(sets["training"]),
                "channels": len(FEATURES),
                "bin_sizes": sorted({one.bin_size for one in sets["training"]}),
                "features": dict(features) if features is not None else None,
            },
        )

    def _fingerprint(self, identities: Mapping[str, Any]) -> str:
        return cache.hash_of("bins", VERSION, identities, self.train_window)


def _class_counts(chromosomes: Sequence[Chromosome]) -> list[int]:
    """Bins of background and of centromere."""
    labels = [one.labels for one in chromosomes if one.labels is not None]
    return [sum(int(np.count_nonzero(one == value)) for one in labels) for value in (0, 1)]


def _refuse_without(name: str, chromosomes: Sequence[Chromosome]) -> None:
    if chromosomes and not _class_counts(chromosomes)[1]:
        listing = ", ".join(sorted({one.sample for one in chromosomes})[:5])
        message = f"expected a bin with has_cen 1 in the {name} set, received none in {len(chromosomes)} chromosomes"
        raise refuse(
            NO_CENTROMERE, f"{message} ({listing})", "nothing can be learned or chosen there; divide otherwise"
        )


def _silent(chromosomes: Sequence[Chromosome]) -> list[str]:
    names = [str(one) for one in chromosomes if one.labels is not None and not (one.labels == 1).any()]
    if not names:
        return []
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return [f"training chromosomes without a centromere: {', '.join(names[:5])}{more}"]


def _described(chromosomes: Sequence[Chromosome]) -> str:
    counts = _class_counts(chromosomes)
    samples = len({one.sample for one in chromosomes})
    shares = f"{counts[1]:,} of {sum(counts):,} bins are centromere"
    return f"{counted(len(chromosomes), 'chromosome')} of {counted(samples, 'sample')}, {shares}"
