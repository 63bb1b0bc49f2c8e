# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Predicted chromosomes as files: BED, bedGraph, tables and JSON. Coordinates are 0-based and half-open."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from seqforge import files
from seqforge.data.bins.tables import UNKNOWN
from seqforge.evaluation.bins_scores import Called, Threshold, of_chromosome
from seqforge.evaluation.regions import Region
from seqforge.evaluation.scores import plain
from seqforge.metrics.thresholds import called as is_called

VERSION = 1  # of predictions.json
SORTS = ("position", "score")
RANGES = ("start_score", "end_score", "confidence_score")
DETAILED = ("chrom", "start", "end", "name", "score", "strand", "avg_prob", "max_prob", "length_bp", "length_bins")
SUMMARY = ("file", "sample", "chromosome", "seq_len", "num_regions", "top_region_start", "top_region_end",
           "top_region_prob", "f1", "precision", "recall", "auc")  # fmt: skip
TRACK = 'track name="centromeres" description="Centromeres predicted by SeqForge" useScore=1\n'
APPROXIMATE = "predicted in windows: attention ends at their borders, so this approximates one pass"
LEAST = 1e-9  # what rounding may have taken from a probability before its floor


@dataclass(frozen=True)
class Output:
    """What is written. `untrained`: nothing has trained the range head. `options`: how regions were called."""

    called: Sequence[Called]
    threshold: Threshold
    run: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    sort: str = "position"
    track: bool = False
    untrained: bool = False
    hull: bool = False

    @property
    def range_columns(self) -> tuple[str, ...]:
        """Names of the range scores; none where a chromosome has none."""
        if any(one.predicted.ranges is None for one in self.called):
            return ()
        return tuple(f"{name}_untrained" for name in RANGES) if self.untrained else RANGES


def write(folder: Path, output: Output) -> list[Path]:
    """Every file into `folder`, or, where one cannot be written (OSError), none.

    Samples that share a name of a chromosome have BED and bedGraph files of their own: `{sample}.regions.bed`.
    """
    texts = {f"{prefix}{name}": text for prefix, group in _groups(output.called) for name, text in _beds(group, output)}
    texts |= {"probabilities.csv": _probabilities(output), "summary.csv": _summary(output)}
    texts["predictions.json"] = _json(output)
    written: list[Path] = []
    try:
        for name, text in texts.items():
            files.write(folder / name, text)
            written.append(folder / name)
    except OSError:
        for path in written:
            path.unlink()
        raise
    return written


def _groups(called: Sequence[Called]) -> Iterator[tuple[str, list[Called]]]:
    """The chromosomes of one set of BED files, and how their names begin."""
    names = [one.predicted.chromosome.name for one in called]
    if len(set(names)) == len(names):
        yield "", list(called)
        return
    prefixes: dict[str, str] = {}
    for sample in dict.fromkeys(one.predicted.chromosome.sample for one in called):
        safe = re.sub(r"[^A-Za-z0-9._-]", "-", sample)
        while f"{safe}." in prefixes.values():
            safe += "-"
        prefixes[sample] = f"{safe}."
    for sample, prefix in prefixes.items():
        yield prefix, [one for one in called if one.predicted.chromosome.sample == sample]


def _beds(group: Sequence[Called], output: Output) -> Iterator[tuple[str, str]]:
    rows = [(one.predicted.chromosome.name, region) for one in group for region in one.regions]
    rows.sort(key=_ORDERS[output.sort])
    bed = "".join(_line(_bed(*row)) for row in rows)
    yield "regions.bed", (TRACK if output.track else "") + bed
    detailed = "".join(_line(_detailed(*row)) for row in rows)
    yield "regions.detailed.bed", "#" + _line(DETAILED) + detailed
    yield "probabilities.bedgraph", "".join(_bedgraph(group))


def _by_position(row: tuple[str, Region]) -> tuple[Any, ...]:
    return row[0].encode(), row[1].start_pos, row[1].end_pos


def _by_score(row: tuple[str, Region]) -> tuple[Any, ...]:
    return -row[1].avg_prob, *_by_position(row)


_ORDERS: dict[str, Callable[[tuple[str, Region]], tuple[Any, ...]]] = {"position": _by_position, "score": _by_score}


def score(probability: float) -> int:
    """floor(probability · 1000) in 0..1000."""
    return min(1000, max(0, math.floor(probability * 1000 + LEAST)))


def _bed(chrom: str, region: Region) -> tuple[Any, ...]:
    name = f"centromere_{region.start_pos}_{region.end_pos}"
    return chrom, region.start_pos, region.end_pos, name, score(region.avg_prob), "."


def _detailed(chrom: str, region: Region) -> tuple[Any, ...]:
    probabilities = (f"{value:.4f}" for value in (region.avg_prob, region.max_prob))
    return *_bed(chrom, region), *probabilities, region.length_bp, region.length_bins


def _line(cells: Sequence[Any]) -> str:
    return "\t".join(map(str, cells)) + "\n"


def _bedgraph(group: Sequence[Called]) -> Iterator[str]:
    for one in sorted(group, key=lambda one: one.predicted.chromosome.name.encode()):
        predicted = one.predicted
        for (start, end), p in zip(predicted.positions.tolist(), predicted.p.tolist(), strict=True):
            yield f"{predicted.chromosome.name}\t{start}\t{end}\t{p:.6g}\n"


def _probabilities(output: Output) -> str:
    """One row per bin; has_cen where a table has it, empty where it is unknown."""
    labelled = any(one.predicted.labels is not None for one in output.called)
    head = ["sample", "chromosome", "start", "end", "probability", "predicted"]
    text, writer = _table([*head, *(["has_cen"] if labelled else []), *output.range_columns])
    for one in output.called:
        writer.writerows(_bins(one, output, labelled))
    return text.getvalue()


def _bins(one: Called, output: Output, labelled: bool) -> Iterator[list[Any]]:
    predicted = one.predicted
    names = [predicted.chromosome.sample, predicted.chromosome.name]
    columns = [_shortest(predicted.p), is_called(predicted.p, output.threshold.value).astype(int).tolist()]
    if labelled:
        labels = predicted.labels if predicted.labels is not None else np.full(len(predicted.p), UNKNOWN)
        columns.append(["" if label == UNKNOWN else label for label in labels.tolist()])
    if output.range_columns and predicted.ranges is not None:
        columns += [_shortest(column) for column in predicted.ranges.T]
    for place, *cells in zip(predicted.positions.tolist(), *columns, strict=True):
        yield [*names, *place, *cells]


def _shortest(values: np.ndarray) -> list[Any]:
    """float32 numbers in the shortest form that reads back the same, as Python floats."""
    numbers: list[Any] = values.astype(np.float32).astype(str).astype(np.float64).tolist()
    return numbers


def _table(header: Sequence[str]) -> tuple[io.StringIO, Any]:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    return text, writer


def _summary(output: Output) -> str:
    """One row per chromosome."""
    text, writer = _table(SUMMARY)
    for one in output.called:
        chromosome = one.predicted.chromosome
        top = one.regions[0] if one.regions else None
        where = [top.start_pos, top.end_pos, f"{top.avg_prob:.4f}"] if top else [""] * 3
        found = of_chromosome(one, output.threshold, output.hull) or {}
        metrics = [_cell(found.get(name)) for name in ("f1", "precision", "recall", "roc_auc")]
        head = [str(chromosome.block.file), chromosome.sample, chromosome.name, len(chromosome), len(one.regions)]
        writer.writerow([*head, *where, *metrics])
    return text.getvalue()


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _json(output: Output) -> str:
    """Undefined numbers are null; a NaN would be an error."""
    document = {
        "version": VERSION,
        "run": output.run,
        "threshold": output.threshold.value,
        "threshold_source": output.threshold.source,
        "options": dict(output.options),
        "chromosomes": [_chromosome(one, output) for one in output.called],
    }
    return json.dumps(plain(document), ensure_ascii=False, allow_nan=False) + "\n"


def _chromosome(one: Called, output: Output) -> dict[str, Any]:
    predicted, chromosome = one.predicted, one.predicted.chromosome
    found: dict[str, Any] = {
        "csv_file": str(chromosome.block.file),
        "sample": chromosome.sample,
        "chromosome": chromosome.name,
        "bin_size": chromosome.bin_size,
        "seq_len": len(chromosome),
        "windows": predicted.windows,
        "predictions": _shortest(predicted.p),
        "positions": predicted.positions.tolist(),
        "predicted_regions": [region.plain for region in one.regions],
        "num_predicted_regions": len(one.regions),
    }
    if predicted.windows > 1:
        found["approximation"] = APPROXIMATE
    if output.range_columns and predicted.ranges is not None:
        scores = {name: _shortest(column) for name, column in zip(RANGES, predicted.ranges.T, strict=True)}
        found["range_scores"] = {"trained": not output.untrained, **scores}
    if predicted.labels is not None:
        true = predicted.true_regions
        found["true_regions"] = [region.plain for region in true]
        found["num_true_regions"] = len(true)
        found["metrics"] = of_chromosome(one, output.threshold, output.hull)
    return found
