# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A run's model applied to electropherograms: a profile table, files of a sequencer, or a set of the run's own data.

Profiles are scaled, cut into windows and searched for peaks as the run's own data options say; a profile of other dyes
or another length is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from seqforge.backends.base import Learner
from seqforge.data.epg.dataset import PeakSet, ProfileSet
from seqforge.data.epg.opening import EpgSource, base_pair_ends, whole_set
from seqforge.data.epg.panels import Panel, read_panel
from seqforge.data.epg.peaks import labels as labels_of
from seqforge.data.epg.problems import MARKERS, TABLE
from seqforge.data.epg.tables import Peaks, ProfileTable
from seqforge.data.problems import EMPTY, refuse
from seqforge.data.sources.base import Wanted
from seqforge.errors import DataError, RunError, UsageError, did_you_mean
from seqforge.evaluation import epg_calling as calling
from seqforge.evaluation import epg_evaluate as evaluating
from seqforge.evaluation import epg_outputs as outputs
from seqforge.evaluation import epg_plots as plots
from seqforge.evaluation.epg_outputs import ArrayFile, Called
from seqforge.run.electropherograms import drawn_of, threshold_of, windows_of
from seqforge.run.record import Run
from seqforge.run.written import Written

Say = Callable[[str], None]
OPTIONS = ("set", "panel", "exact", "plots", "plot_format", "call_labels")
OF_ALLELES = ("panel", "exact", "call_labels")
CUT = 25.0  # bp that a profile may lack at an end, where its size standard does not reach
SETS = ("training", "validation", "test")
PLOTS = "plots"


@dataclass(frozen=True)
class _Job:
    """What is predicted, with which model, how alleles are called, and where it goes."""

    run: Run
    learner: Learner
    dataset: ProfileSet | PeakSet
    panel: Panel | None
    folder: Path
    labels: tuple[str, ...]
    called: tuple[int, ...]
    exact: bool
    plots: int
    form: str
    described: Mapping[str, Any]  # the options, for the record
    say: Say

    @property
    def table(self) -> ProfileTable:
        return self.dataset.store.table

    @property
    def calls_alleles(self) -> bool:
        return self.panel is not None and self.table.base_pairs is not None


def predict(
    run: Run,
    given: str | None,
    output: Path | None,
    options: Mapping[str, Any],
    say: Say = lambda line: None,
    device: str = "auto",
    threads: int | None = None,
) -> Written:
    """Predictions in the folder `output`; without `given`, of the set `set` of the run's data (test).

    Options: `panel` (a file, instead of the run's own), `exact`, `call_labels` (names, or a text with commas), `plots`
    (how many profiles), `plot_format` (svg, png). Raises UsageError, and DataError for profiles that the model does
    not read.
    """
    how = _checked(run, given, output, options)
    assert output is not None
    dataset, panel = _inputs(run, given, how, say)
    _refuse_other_sizes(run, dataset)
    job = _Job(
        run=run,
        learner=run.learner(device, threads),
        dataset=dataset,
        panel=panel,
        folder=output,
        labels=run.experiment.labels,
        called=calling.called_labels(run.experiment.labels, how.get("call_labels")),
        exact=bool(how.get("exact")),
        plots=int(how.get("plots") or 0),
        form=str(how.get("plot_format") or "svg"),
        described={"input": given or f"{how.get('set') or 'test'} set"},
        say=say,
    )
    output.mkdir(exist_ok=True)
    return WRITERS[run.experiment.task.targets](job)


def _checked(run: Run, given: str | None, output: Path | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options, refused where they do not go together, before anything is read."""
    task = run.experiment.task
    how = dict(options)
    for name in how:
        if name not in OPTIONS:
            raise UsageError(f"--{name.replace('_', '-')}: not for electropherograms; {did_you_mean(name, OPTIONS)}")
        if name in OF_ALLELES and task.targets != "mask" and (name != "panel" or task.targets == "signal"):
            raise UsageError(f"--{name.replace('_', '-')} is for alleles; the task of this run is {task.name}")
    if output is None:
        raise UsageError("name the folder to write with -o")
    if given is not None and how.get("set") is not None:
        raise UsageError(f"--set {how['set']} is the run's own data: leave it out, or the input")
    if how.get("set") is not None and how["set"] not in SETS:
        raise UsageError(f"--set: unknown '{how['set']}'; {did_you_mean(str(how['set']), SETS)}")
    if how.get("plot_format") is not None:
        plots.check_format(str(how["plot_format"]))
        if not how.get("plots"):
            raise UsageError("--plot-format is of plots: say with --plots how many profiles to draw")
    if how.get("call_labels") is not None:
        how["call_labels"] = _names(how["call_labels"])
        calling.called_labels(run.experiment.labels, how["call_labels"])
    _refuse_output(output)
    return how


def _names(given: str | Sequence[str]) -> list[str]:
    return [name.strip() for name in given.split(",") if name.strip()] if isinstance(given, str) else list(given)


def _refuse_output(output: Path) -> None:
    if output.is_file() or not output.absolute().parent.is_dir():
        raise UsageError(f"-o {output}: expected a folder, in a folder that exists")
    made = (outputs.PREDICTIONS, outputs.RECONSTRUCTIONS, outputs.PEAKS, outputs.CALLS, outputs.CALLS_JSON)
    there = next((name for name in made if (output / name).exists()), None)
    if there:
        raise UsageError(f"-o {output}: {there} is there already; remove it, or choose another folder")


# what is predicted


def _inputs(run: Run, given: str | None, how: Mapping[str, Any], say: Say) -> tuple[ProfileSet | PeakSet, Panel | None]:
    if given is None:
        own = _of_set(run, str(how.get("set") or "test"), say)
        return own, _other_panel(run, how) or own.store.panel
    source, wanted = _source(run), _wanted(run)
    panel = _other_panel(run, how) or _own_panel(source, wanted)
    dataset = whole_set(_table(run, Path(given), say), panel, source, wanted)
    assert isinstance(dataset, (ProfileSet, PeakSet))
    return dataset, panel


def _own_panel(source: EpgSource, wanted: Wanted) -> Panel | None:
    try:
        return source.kit_panel(wanted)
    except DataError as error:
        raise DataError(
            f"{error}\nthe panel of the run's data; if it was moved, name it with --panel", error.problems
        ) from None


def _of_set(run: Run, name: str, say: Say) -> ProfileSet | PeakSet:
    data = run.data(say)
    found = data.set(name)
    if found is None:
        there = ", ".join(one for one in SETS if data.set(one) is not None)
        raise RunError(f"{run.path}: the data has no {name} set; there are: {there}")
    plain = found.plain()
    assert isinstance(plain, (ProfileSet, PeakSet))
    return plain


def _source(run: Run) -> EpgSource:
    source = run.experiment.source
    if not isinstance(source, EpgSource):
        raise RunError(f"{run.path}: the run names no data of electropherograms, which say how profiles are read")
    return source


def _wanted(run: Run) -> Wanted:
    facts = run.manifest["data"]
    wanted = run.experiment.wanted._replace(input_length=facts["length"])
    if run.moved is not None and run.moved.is_dir():
        return wanted._replace(folder=run.moved)
    return wanted if run.manifest["data_definition"] else wanted._replace(folder=Path(facts["folder"]))


def _other_panel(run: Run, how: Mapping[str, Any]) -> Panel | None:
    """The panel that is named; raises DataError where a model that reads markers would read other ones."""
    if how.get("panel") is None:
        return None
    panel = read_panel(Path(how["panel"]))
    own = run.manifest["data"].get("facts", {}).get("panel")
    if "markers" in run.experiment.architecture.reads and own and own["markers"] != len(panel.markers):
        message = f"the model reads the markers of panel {own['name']} by number, of which there are {own['markers']}"
        raise refuse(MARKERS, f"{message}; this panel has {len(panel.markers)}", "name one of the same kit", panel.file)
    return panel


def _table(run: Run, path: Path, say: Say) -> ProfileTable:
    """A table as it is; files of a sequencer, or folders of them, through calibration."""
    from seqforge.data.epg.converting import ENDINGS
    from seqforge.data.epg.reading import read_table

    raw = path.suffix.casefold() in ENDINGS
    if path.is_dir():
        arrays = any(path.glob("*.npy"))
        raw = any(one.suffix.casefold() in ENDINGS for one in path.rglob("*")) and not arrays
        if not raw and not arrays:
            expected = f"expected files of a sequencer ({', '.join(ENDINGS)}), or NAME.npy"
            raise refuse(EMPTY, "the folder has no profiles", expected, path)
    return _calibrated(run, path, say) if raw else read_table(path)


def _calibrated(run: Run, path: Path, say: Say) -> ProfileTable:
    """Runs of a sequencer on the base pairs of the kit that the model was trained on."""
    from seqforge.data.epg import converting, kits

    facts = run.manifest["data"].get("facts", {})
    if not facts.get("kit"):
        hint = "convert the files with seqforge prepare epg, and predict the table that it writes"
        raise UsageError(f"{path}: the run's data do not say which kit they are of; {hint}")
    kit = kits.find(str(facts["kit"]))
    keep, length = facts["channels"] > len(kit.dyes), int(facts["length"])
    grid = kit.base_pairs(length)
    if _elsewhere(facts.get("base_pairs"), [float(grid[0]), float(grid[-1])], length):
        ends, kits_ends = (f"{low:g}–{high:g} bp" for low, high in (facts["base_pairs"], kit.grid))
        message = f"{path}: the model reads {length} scan points of {ends}, files of {kit.name} are put on {kits_ends}"
        raise UsageError(f"{message}; predict a table of the model's own scale")
    conversion = converting.Conversion(kit=kit, length=length, keep_standard=keep)
    say(f"note: {kit.name}: baseline {conversion.baseline}, resampled {conversion.resample}, without a ladder")
    found = converting.convert([path], conversion, say)
    for line in converting.lines(found.report):
        say(line)
    return found.table


def _refuse_other_sizes(run: Run, dataset: ProfileSet | PeakSet) -> None:
    """Nothing is cut, padded or left out silently."""
    table, facts = dataset.store.table, run.manifest["data"].get("facts", {})
    dyes, names = facts.get("channels"), facts.get("dye_names")
    if dyes is not None and dyes != table.dyes:
        hint = "the size standard is left out by size_standard drop" if table.size_standard is not None else ""
        raise refuse(TABLE, f"the profiles have {table.dyes} dyes, the model reads {dyes}", hint, table.file)
    if names and table.dye_names and list(table.dye_names) != list(names):
        message = f"the profiles have the dyes {', '.join(table.dye_names)}, the model reads {', '.join(names)}"
        raise refuse(TABLE, message, "predict profiles of the same kit, dyes in the same order", table.file)
    own, found = facts.get("base_pairs"), base_pair_ends(table)
    if found is not None and _elsewhere(own, found, table.length):
        ends, others = (f"{low:g}–{high:g} bp" for low, high in (own, found))
        raise refuse(
            TABLE, f"the profiles reach over {others}, the model reads {ends}", "calibrate them alike", table.file
        )


def _elsewhere(own: Sequence[float] | None, found: Sequence[float], length: int) -> bool:
    """Whether a scale is another one: an end lies further away than calibration cuts off at most, or can be off."""
    if own is None:
        return False
    allowed = max(CUT, 2 * (own[1] - own[0]) / length)
    return any(abs(one - other) > allowed for one, other in zip(own, found, strict=True))


# what is written


def _segmentation(job: _Job) -> Written:
    """Arrays, peaks, alleles and plots, profile by profile."""
    assert isinstance(job.dataset, ProfileSet)
    paths = [job.folder / outputs.PREDICTIONS, job.folder / outputs.PEAKS]
    called: list[Called] = []
    with ExitStack() as stack:
        arrays = stack.enter_context(ArrayFile(paths[0], {"probabilities": np.float32, "mask": np.int8}))
        peaks = stack.enter_context(outputs.peak_file(paths[1], job.labels))
        for indices, prediction in _predicted(job):
            masks = evaluating.classes_of(prediction)
            rfu = job.dataset.raw(indices)
            arrays.add(
                [job.table.names[row] for row in job.dataset.rows[indices]], probabilities=prediction, mask=masks
            )
            peaks(_peak_rows(job, indices, prediction, rfu))
            called += _called(job, indices, prediction, masks, rfu)
        arrays.facts |= _array_facts(job)
    if job.calls_alleles:
        paths += outputs.write_calls(job.folder, called, _about(job))
    else:
        lacking = "panel (--panel)" if job.panel is None else "base pairs in the profiles"
        job.say(f"note: no alleles are called: there is no {lacking}")
    return Written(paths + _plots(job), len(job.dataset), "profiles")


def _predicted(job: _Job) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Numbers of examples, and what the model says of them."""
    size = job.run.experiment.batch_size
    for first in range(0, len(job.dataset), size):
        indices = np.arange(first, min(first + size, len(job.dataset)))
        batch = replace(job.dataset.batch(indices), target=None)
        yield indices, np.asarray(job.learner.eval_step(batch).prediction)


def _peak_rows(job: _Job, indices: np.ndarray, prediction: np.ndarray, rfu: np.ndarray) -> list[outputs.PeakRow]:
    """The peaks of some profiles, with the probability of each class at their apex."""
    assert isinstance(job.dataset, ProfileSet)
    found = evaluating.peaks_of(job.dataset, indices, rfu, threshold_of(job.run.experiment))
    heights = rfu[found.profile, found.dye, found.position]
    if prediction.ndim == 3:
        positive = prediction[found.profile, found.dye, found.position]
        each = np.stack([1 - positive, positive], axis=1)
    else:
        each = prediction[found.profile, :, found.dye, found.position]
    true = _true(job, indices, found)
    numbered = replace(found, profile=job.dataset.rows[indices][found.profile], label=true)
    dyes = evaluating.dye_names(job.dataset)
    return evaluating.described(job.table, numbered, heights, each, job.labels, dyes, job.panel)


def _true(job: _Job, indices: np.ndarray, found: Peaks) -> np.ndarray | None:
    """The class of each peak, where the profiles say it."""
    masks = evaluating.masks_of(job.dataset.store)
    if found.label is not None or masks is None:
        return found.label
    return labels_of(found, np.asarray(masks[job.dataset.rows[indices]]))


def _called(
    job: _Job, indices: np.ndarray, prediction: np.ndarray, masks: np.ndarray, rfu: np.ndarray
) -> Iterator[Called]:
    if not job.calls_alleles:
        return
    assert job.panel is not None
    for number, row in enumerate(job.dataset.rows[indices].tolist()):
        scale = job.table.base_pairs_of(row)
        assert scale is not None
        how = {"labels": job.called, "exact": job.exact, "mask": masks[number]}
        yield Called(job.table.names[row], calling.call(prediction[number], rfu[number], scale, job.panel, **how))


def _about(job: _Job) -> dict[str, Any]:
    assert job.panel is not None
    called = [job.labels[number] for number in job.called]
    return {"run": job.run.id, **job.described, "panel": job.panel.name, "exact": job.exact, "call_labels": called}


def _array_facts(job: _Job) -> dict[str, np.ndarray]:
    """Small arrays that say what the axes are."""
    facts = {"labels": np.array(job.labels), "dye_names": np.array(evaluating.dye_names(job.dataset))}
    scale = job.table.base_pairs
    if scale is not None:
        facts["base_pairs"] = scale if scale.ndim == 1 else np.asarray(scale[job.dataset.rows])
    return facts


def _reconstruction(job: _Job) -> Written:
    """The reconstructed profiles in RFU."""
    assert isinstance(job.dataset, ProfileSet)
    path = job.folder / outputs.RECONSTRUCTIONS
    with ArrayFile(path, {"profiles": np.float32}) as arrays:
        for indices, prediction in _predicted(job):
            names = [job.table.names[row] for row in job.dataset.rows[indices]]
            arrays.add(names, profiles=job.dataset.store.scaling.inverse(prediction))
        arrays.facts |= {name: array for name, array in _array_facts(job).items() if name != "labels"}
    return Written([path, *_plots(job)], len(job.dataset), "profiles")


def _peaks(job: _Job) -> Written:
    assert isinstance(job.dataset, PeakSet)
    path = job.folder / outputs.PEAKS
    with outputs.peak_file(path, job.labels) as add:
        for indices, prediction in _predicted(job):
            own = replace(job.dataset, chosen=job.dataset.chosen[indices])
            add(evaluating.peak_rows(own, prediction, job.labels, job.panel))
    if job.plots:
        job.say("note: no plots: a classifier of peaks has no scan points to draw")
    return Written([path], len(job.dataset), "peaks")


def _plots(job: _Job) -> list[Path]:
    """Of the first profiles, as many as were asked for."""
    if not job.plots:
        return []
    assert isinstance(job.dataset, ProfileSet)
    indices = np.arange(min(job.plots, len(job.dataset)))
    drawn = drawn_of(job.learner, job.dataset, indices, job.labels, job.panel, job.called, job.exact)
    windows = windows_of(job.panel) if job.run.experiment.task.targets == "mask" else ()
    return plots.write(job.folder / PLOTS, drawn, windows, job.form, job.plots)


WRITERS: Mapping[str, Callable[[_Job], Written]] = {
    "mask": _segmentation,
    "signal": _reconstruction,
    "index": _peaks,
}
