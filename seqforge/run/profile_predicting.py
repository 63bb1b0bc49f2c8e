# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A profile run's model, whole or a part of it, applied to inputs: into memory, or into files as they stream."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from seqforge.architectures.lengths import LengthWarning
from seqforge.data.problems import EMPTY, refuse
from seqforge.errors import UsageError, did_you_mean
from seqforge.evaluation import profile_tracks
from seqforge.evaluation.profile_file import AXES, About, PredictionFile, PredictionWriter
from seqforge.evaluation.profile_outputs import expected_reads
from seqforge.evaluation.profile_predict import PredictedProfiles, ProfilePredictor
from seqforge.registry import KERAS
from seqforge.run.models import PARTS, inside, part_of
from seqforge.run.profile_inputs import Asked, Inputs, Say
from seqforge.run.profiles import both_strands
from seqforge.run.record import Run

if TYPE_CHECKING:
    from seqforge.backends.base import Learner
    from seqforge.data.profiles.dataset import Locus

ENDINGS = (".h5", ".hdf5")


class ProfilePrediction(NamedTuple):
    """Predictions in memory, per head by its name; n regions in the order of the input.

    `reads` (n, position, task) float32: expected reads at every base of the output window;
    `logits` (n, position, task) float32: the profile before the softmax over positions and tasks;
    `logcounts` (n, 1) float32, or (n, task) for a head with `counts_per_task`: natural logarithm of the pseudocount
    plus the reads in the output window;
    `names` (n): of the sequences, "" for regions; `windows` (n): output windows, 0-based and half-open, or None.
    """

    reads: dict[str, np.ndarray]
    logits: dict[str, np.ndarray]
    logcounts: dict[str, np.ndarray]
    names: list[str]
    windows: list[Locus] | None


class Written(NamedTuple):
    """How many regions were predicted, and the files that hold them."""

    regions: int
    files: list[Path]


def predictor(
    run: Run,
    part: str | None = None,
    device: str = "auto",
    threads: int | None = None,
    reverse_complement_average: bool = False,
) -> ProfilePredictor:
    """The run's best weights, ready to predict; raises UsageError for a part that its model does not have.

    `reverse_complement_average`: predictions are the means of both strands.
    """
    experiment = run.experiment
    name = part_of(experiment.architecture.name, part)
    if name and experiment.library != KERAS:
        raise UsageError(f"part '{part}': a run on {experiment.library} predicts as a whole; leave the part out")
    learner: Any = run.learner(device, threads)
    length = int(run.manifest["data"]["length"])
    read = length
    if name:
        model = inside(learner.model, name)
        learner.predict_with(model)
        read = int(model.input_shape[1])
    output = _output_length(run, learner, length)
    if reverse_complement_average:
        learner = both_strands(learner, experiment)
    return ProfilePredictor(learner, experiment.heads, length, output, read, experiment.batch_size)


def _output_length(run: Run, learner: Learner, length: int) -> int:
    """What the architecture says; one that does not know is tried."""
    from seqforge.data.dataset import Batch

    window = run.experiment.architecture.window()
    if window:
        return window[1]
    blank = np.zeros((1, length), dtype=np.uint8)
    return int(learner.eval_step(Batch(np.arange(1), sequence=blank)).prediction[0].shape[1])


def predict(run: Run, asked: Asked, part: str | None = None, device: str = "auto") -> ProfilePrediction:
    """Predictions in memory. Raises DataError for inputs that the model does not read."""
    model = predictor(run, part, device)
    inputs = asked.open(run, model, _warn)
    found = list(model.of(inputs.chunks))
    if not found:
        raise refuse(EMPTY, "there is nothing to predict")
    return _gathered(found, model, inputs, _pseudocount(run))


def _warn(line: str) -> None:
    """As Python's warning, if it is one; the stack level is that of who calls `Run.predict`."""
    if line.startswith("warning: "):
        warnings.warn(line.removeprefix("warning: "), LengthWarning, stacklevel=6)


def _gathered(
    found: list[PredictedProfiles], model: ProfilePredictor, inputs: Inputs, pseudocount: float
) -> ProfilePrediction:
    reads, logits, logcounts = {}, {}, {}
    for number, head in enumerate(model.heads):
        pairs = [(one.logits[number], one.logcounts[number]) for one in found]
        reads[head.name] = np.concatenate([expected_reads(*pair, pseudocount).astype(np.float32) for pair in pairs])
        logits[head.name] = np.concatenate([pair[0] for pair in pairs])
        logcounts[head.name] = np.concatenate([pair[1] for pair in pairs])
    names = [name for one in found for name in one.names]
    return ProfilePrediction(reads, logits, logcounts, names, _windows(found, inputs))


def _windows(found: list[PredictedProfiles], inputs: Inputs) -> list[Locus] | None:
    from seqforge.data.profiles.dataset import Locus

    if inputs.chromosomes is None:
        return None
    names = list(inputs.chromosomes)
    rows = (row for one in found if one.coords is not None for row in one.coords.tolist())
    return [Locus(names[chrom], start, stop, strand) for chrom, start, stop, strand in rows]


def write(
    run: Run,
    asked: Asked,
    output: Path | None,
    *,
    part: str | None = None,
    axes: str = "positions-first",
    bigwig: str | None = None,
    mode: str = "profile",
    device: str = "auto",
    threads: int | None = None,
    reverse_complement_average: bool = False,
    say: Say = lambda line: None,
) -> Written:
    """Predictions into an HDF5 file, into bigWig tracks, or both; every file appears whole or not at all.

    Names are checked before anything is read. Without `output` the predictions lie beside the tracks until these are
    written.
    """
    part_of(run.experiment.architecture.name, part)
    _refuse_output(output, axes)
    if output is None and bigwig is None:
        raise UsageError("name a file for the predictions with -o predictions.h5, or tracks with --bigwig PREFIX")
    tracks = profile_tracks.tracks(run.experiment.heads, bigwig, mode) if bigwig is not None else []
    if bigwig is not None and asked.given is not None and asked.genome is None:
        raise _without_places()
    model = predictor(run, part, device, threads, reverse_complement_average)
    inputs = asked.open(run, model, say)
    if bigwig is not None and not all((inputs.chromosomes or {"": None}).values()):
        raise _without_places()
    more = {"reverse_complement_average": True} if reverse_complement_average else {}
    about = _about(run, asked, model, inputs, part, axes, more)
    with _place(output, tracks) as path:
        with PredictionWriter(path, about) as file:
            for found in model.of(inputs.chunks):
                file.add(found)
        if bigwig is not None:
            say(f"writing {len(tracks)} tracks")
            with PredictionFile(path) as predictions:
                profile_tracks.write(predictions, bigwig, mode)
    return Written(file.rows, [*([output] if output else []), *(track.path for track in tracks)])


def _refuse_output(output: Path | None, axes: str) -> None:
    if axes not in AXES:
        raise UsageError(f"--axes: unknown '{axes}'; {did_you_mean(axes, AXES)}")
    if output is None:
        return
    if output.suffix.casefold() not in ENDINGS or output.is_dir():
        way_out = "tracks are written by --bigwig PREFIX"
        raise UsageError(f"-o {output}: profiles are written as HDF5, expected a file that ends in .h5; {way_out}")
    if not output.parent.is_dir():
        raise UsageError(f"-o {output}: there is no folder '{output.parent}'")
    if output.exists():
        raise UsageError(f"-o {output}: the file exists already; remove it, or choose another name")


def _without_places() -> UsageError:
    return UsageError("--bigwig: these inputs have no known place in a genome; give regions (BED) and --genome")


@contextmanager
def _place(output: Path | None, tracks: list[profile_tracks.Track]) -> Iterator[Path]:
    """Where the predictions are written: `output`, or a temporary file in the folder of the tracks."""
    if output is not None:
        yield output
        return
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix=".predictions.", dir=tracks[0].path.parent) as folder:
        yield Path(folder) / "predictions.h5"


def _about(
    run: Run,
    asked: Asked,
    model: ProfilePredictor,
    inputs: Inputs,
    part: str | None,
    axes: str,
    more: dict[str, Any],
) -> About:
    whole = PARTS.get(run.experiment.architecture.name, ("model",))[0]
    return About(
        run=run.id,
        part=part or whole,
        heads=model.heads,
        pseudocount=_pseudocount(run),
        input_length=model.input_length,
        output_length=model.output_length,
        chromosomes=inputs.chromosomes,
        config={"run": run.id, "part": part or whole, "axes": axes, **asked.described(), **more},
        axes=axes,
    )


def _pseudocount(run: Run) -> float:
    return float(getattr(run.experiment.loss, "pseudocount", None) or 0.0)


def tracks_of(file: Path, bigwig: str, mode: str) -> Written:
    """bigWig tracks of predictions that were written before."""
    with PredictionFile(file) as predictions:
        return Written(len(predictions), profile_tracks.write(predictions, bigwig, mode))
