# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Runs side by side: what differs between them, how they were trained, and what they are worth."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shlex import quote
from typing import Any

from seqforge import registry
from seqforge.definitions.data import SETS
from seqforge.errors import RunError, UsageError, did_you_mean, nearest
from seqforge.parameters import folded
from seqforge.registry import UnknownName
from seqforge.run.directory import EFFECTIVE, SCORES
from seqforge.run.identity import canonical, placeless
from seqforge.run.record import Run, folders
from seqforge.training.monitor import watched, weighed

ABSENT = object()  # what a run does not have where another one has something
SHORT = 12  # digits of a hash that are shown
SINGULAR = {"optimizers": "optimizer", "schedules": "schedule"}  # as paths of --set name them
# what of a metric's scores says how it is spread, and what of a score's name says over what it was taken
SPREAD = ("mean", "median", "min", "max", "q25", "q75", "value")
AFFIX = re.compile(r"^(allele|region)_|_(micro|macro|rfu|per_profile)$")
JUDGED = ("judging", "truth", "ob", "markers", "threshold_source")  # how, not how well


@dataclass(frozen=True)
class Side:
    """One run: what it has of all that differs, how its training went, its scores on the chosen set."""

    run: Run
    settings: Mapping[str, Any]
    training: Mapping[str, Any]
    scores: Mapping[str, Any]

    def row(self) -> dict[str, Any]:
        facts = {"run": self.run.id, "path": str(self.run.path), "state": self.run.state, "task": task(self.run)}
        return {**facts, "settings": self.settings, "training": self.training, "scores": self.scores}


@dataclass(frozen=True)
class Comparison:
    """`differing`: the paths in which settings differ, in order; `best`: the name of a row → the numbers of the runs,
    from 0, that are best in it; `notes` are sentences."""

    set_name: str
    sides: tuple[Side, ...]
    differing: list[str]
    best: dict[str, list[int]]
    notes: list[str]

    def rows(self, part: str) -> list[str]:
        """The names of the rows of a part: settings, training or scores."""
        names = self.differing if part == "settings" else (name for side in self.sides for name in getattr(side, part))
        return list(dict.fromkeys(names))

    def plain(self) -> dict[str, Any]:
        """The whole for JSON; a name that a run lacks is not there."""
        runs = [side.row() for side in self.sides]
        return {"set": self.set_name, "runs": runs, "best": self.best, "notes": self.notes}

    def table(self) -> list[list[Any]]:
        """A row per run under a header; None where a run has no such value."""
        parts = [(part, name) for part in ("settings", "training", "scores") for name in self.rows(part)]
        header = [f"{self.set_name}.{name}" if part == "scores" else name for part, name in parts]
        lines = [[_cell(getattr(side, part).get(name)) for part, name in parts] for side in self.sides]
        heads = [[side.run.id, str(side.run.path), side.run.state] for side in self.sides]
        return [["run", "path", "state", *header], *(head + line for head, line in zip(heads, lines, strict=True))]


def _cell(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def compare(paths: Sequence[Path], set_name: str = "test", metrics: Sequence[str] = ()) -> Comparison:
    """The runs in `paths`, folders of a run or of several, compared; `metrics`: only these scores.

    Raises UsageError for fewer than two runs, one that is there twice, an unknown set or metric; RunError for a folder
    without a run and for a damaged one.
    """
    if set_name not in SETS:
        raise UsageError(f"unknown set '{set_name}'; {did_you_mean(set_name, SETS)}")
    runs = opened(paths)
    alike = len({task(run) for run in runs}) == 1
    differing = _differing([_settings(run) for run in runs], shared_only=not alike)
    settings = [_of_one(differing, number) for number in range(len(runs))]
    scored = [_scored(run, set_name) for run in runs]
    names = _chosen(scored, metrics) if metrics else _usual(scored, shared_only=not alike)
    scores = [{name: found[name] for name in names if name in found} if found else {} for found in scored]
    if metrics and not any(scored):
        scores = [dict.fromkeys(names) for _ in runs]
    sides = tuple(map(Side, runs, settings, _trainings(runs), scores))
    best = _best(sides, _one_loss(runs))
    return Comparison(set_name, sides, list(differing), best, list(_notes(runs, set_name, scored)))


def opened(paths: Iterable[Path]) -> list[Run]:
    """Every run in `paths`; raises UsageError where there are fewer than two, or one is there twice."""
    found = [folder for path in paths for folder in folders(path)]
    places = [folder.resolve() for folder in found]
    for number, (folder, place) in enumerate(zip(found, places, strict=True)):
        if place in places[:number]:
            raise UsageError(f"{folder}: this run is given twice; name it once")
    if len(found) < 2:
        raise UsageError(f"expected two runs or more, received one: {', '.join(map(str, found))}")
    return [Run(folder) for folder in found]


def task(run: Run) -> str:
    return str(_part(run, "general").get("task"))


def _part(run: Run, name: str) -> Mapping[str, Any]:
    """A section of the effective definition; raises RunError where it is no section."""
    found = run.effective.get(name)
    if not isinstance(found, dict):
        raise RunError(f"{run.path / EFFECTIVE}: is damaged ('{name}' missing)")
    return found


# what differs


def _settings(run: Run) -> dict[str, Any]:
    """Whatever could tell this run from another: definition, data, code beside it, versions. Names do not count."""
    effective, manifest, identity = run.effective, run.manifest, run.manifest["identity"]
    _part(run, "general")
    definition = canonical({"trainingprocess": None, **effective})
    definition["general"].pop("id", None)
    facts = {"fingerprint": identity["data"][:SHORT] or ABSENT, "sizes": manifest["data"].get("sizes", {})}
    data = placeless(effective.get("data"))
    policy = {name: value for name, value in identity.get("policy_values", {}).items() if value != ""}
    return {
        **definition,
        "data": (data if isinstance(data, dict) else {}) | facts,
        "external files": identity["external"][:SHORT] or ABSENT,
        **policy,
        "versions": manifest.get("versions", {}),
        "device": manifest.get("device", ABSENT),
    }


def _differing(trees: Sequence[Mapping[str, Any]], shared_only: bool) -> dict[str, list[Any]]:
    """The values of each tree by path, where they are not the same; `shared_only`: of paths that all have."""
    leaves = ((path, values) for path, values in _paired(trees, "") if not _same(values))
    return {path: values for path, values in leaves if not (shared_only and any(one is ABSENT for one in values))}


def _of_one(differing: Mapping[str, Sequence[Any]], number: int) -> dict[str, Any]:
    return {path: values[number] for path, values in differing.items() if values[number] is not ABSENT}


def _same(values: Sequence[Any]) -> bool:
    return all(value == values[0] for value in values)


def _paired(values: Sequence[Any], path: str) -> Iterator[tuple[str, list[Any]]]:
    """Leaves by path, a value of each tree. Lists of one length are compared item by item, others by their names."""
    there = [value for value in values if value is not ABSENT]
    if there and all(isinstance(value, Mapping) for value in there):
        for key in dict.fromkeys(key for value in there for key in value):
            below = [ABSENT if value is ABSENT else value.get(key, ABSENT) for value in values]
            yield from _paired(below, f"{path}.{key}" if path else SINGULAR.get(key, key))
    elif there and _alike(there):
        for number in range(len(there[0])):
            below = [ABSENT if value is ABSENT else value[number] for value in values]
            yield from _paired(below, f"{path}[{number + 1}]" if len(there[0]) > 1 else path)
    else:
        yield path, [_named(value) for value in values]


def _alike(values: Sequence[Any]) -> bool:
    """Whether all are lists of components, and as long as each other."""
    lists = [value for value in values if isinstance(value, list)]
    of_components = all(isinstance(item, Mapping) for value in lists for item in value)
    return len(lists) == len(values) and of_components and len({len(value) for value in lists}) == 1


def _named(value: Any) -> Any:
    """A component that is compared as a whole is its name."""
    if isinstance(value, Mapping):
        return value.get("operation") or value.get("name") or dict(value)
    return [_named(item) for item in value] if isinstance(value, list) else value


# training


def _trainings(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """State, size, epochs, and every value that one of the runs watched, at the best epoch of each."""
    epochs = [run.history for run in runs]
    chosen = [_best_epoch(run, history) for run, history in zip(runs, epochs, strict=True)]
    monitors = dict.fromkeys(found[1] for found in chosen if found)
    return [
        {
            "parameters": run.manifest.get("parameters", {}).get("parameters"),
            "epochs": len(history) or None,
            "best_epoch": found[0] if found else None,
            **{name: _at_best(name, found, history) for name in monitors},
            "seconds": round(sum(epoch.get("seconds") or 0 for epoch in history), 1) if history else None,
        }
        for run, history, found in zip(runs, epochs, chosen, strict=True)
    ]


Best = tuple[int, str, float]  # epoch from 1, the value that is watched, what it was


def _best_epoch(run: Run, history: Sequence[Mapping[str, Any]]) -> Best | None:
    """As the run says; of an unfinished one as its history says so far."""
    said = run.manifest.get("best")
    if said:
        return said["epoch"], said["monitor"], said["value"]
    name = _monitor(run, history)
    found = [(value, epoch["epoch"]) for epoch in history if (value := _watched(epoch, name, history[-1])) is not None]
    if not found:
        return None
    sign = -1 if greater_is_better(name) else 1
    value, number = min(found, key=lambda pair: (sign * pair[0], pair[1]))
    return number, name, value


def _monitor(run: Run, history: Sequence[Mapping[str, Any]]) -> str:
    wanted = folded((run.effective.get("trainingprocess") or {}).get("early_stopping_monitor") or "validation_loss")
    names = [name for epoch in history[-1:] for name in epoch]
    spelt = {folded(name.removeprefix("validation_")): name for name in names if name.startswith("validation_")}
    return (spelt | {folded(name): name for name in names}).get(wanted, "loss")


def _watched(epoch: Mapping[str, Any], name: str, last: Mapping[str, Any]) -> float | None:
    try:
        return weighed(watched(epoch, name), last)
    except (KeyError, TypeError, ValueError):  # not measured, or not a number
        return None


def _at_best(name: str, best: Best | None, history: Sequence[Mapping[str, Any]]) -> Any:
    if best is None or name == best[1]:
        return best and best[2]
    return next((epoch.get(name) for epoch in history if epoch["epoch"] == best[0]), None)


# scores


def _scored(run: Run, set_name: str) -> dict[str, Any]:
    found = run.scores.get(set_name, {})
    if not isinstance(found, dict):
        raise RunError(f"{run.path / SCORES}: is damaged (expected an object as '{set_name}')")
    return flat(found)


def flat(scores: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Single scores by dotted name: `accuracy`, `labels.c1.f1`, `heads.x.joint.counts_mse.value`; None: undefined."""
    found: dict[str, Any] = {}
    for name, value in scores.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{above}{name}.")
        elif not isinstance(value, list):
            found[f"{above}{name}"] = value
    return found


def _is_score(name: str, value: Any) -> bool:
    return name.split(".")[0] not in (*JUDGED, "loss_weights") and not isinstance(value, (str, bool))


def _usual(scored: Sequence[Mapping[str, Any]], shared_only: bool) -> list[str]:
    """What is shown unless metrics are named: single scores and the parts of the loss."""
    found = [[name for name, value in one.items() if _is_score(name, value)] for one in scored]
    names = dict.fromkeys(name for one in found for name in one if "." not in name or name.startswith("losses."))
    return [name for name in names if not shared_only or all(name in one for one in found if one)]


def _chosen(scored: Sequence[Mapping[str, Any]], wanted: Sequence[str]) -> list[str]:
    """The names of scores that `wanted` are spellings of; before anything is judged, those of registered metrics."""
    there = dict.fromkeys(name for one in scored for name, value in one.items() if _is_score(name, value))
    known = list(there) or ["loss", *registry.names("metrics")]
    return list(dict.fromkeys(_score_name(name, known) for name in wanted))


def _score_name(wanted: str, known: Sequence[str]) -> str:
    by_fold = {folded(name): name for name in known}
    found = by_fold.get(folded(wanted)) or by_fold.get(folded(_registered(wanted)))
    if found is None:
        guess = nearest(wanted, known)
        single = [name for name in known if "." not in name]
        hint = f"did you mean '{guess}'?" if guess else did_you_mean(wanted, single)
        raise UsageError(f"unknown metric '{wanted}'; {hint}")
    return found


def _registered(name: str) -> str:
    """The name of the metric that `name`, perhaps an alias, is registered for."""
    try:
        return str(registry.find("metrics", name).name)
    except UnknownName:
        return name


# judging


@cache
def _directions() -> dict[str, bool]:
    known = {metric.name: metric.greater_is_better for metric in registry.classes("metrics")}
    del known["threshold"]  # where a metric is best, no metric
    return {**known, "loss": False}


def greater_is_better(name: str) -> bool | None:
    """Which way a score is better, or None for a count or whatever else has no better: `n`, `tp`, `threshold`."""
    parts = [part for part in name.removeprefix("validation_").split(".") if part not in SPREAD]
    if not parts or "floors" in parts:
        return None
    if parts[0] == "losses":
        return False
    return _directions().get(parts[-1], _directions().get(AFFIX.sub("", parts[-1])))


def _one_loss(runs: Sequence[Run]) -> bool:
    """Whether values of the loss mean the same in all runs."""
    losses = [(run.effective.get("loss"), run.loss_weights) for run in runs]
    return all(loss == losses[0] for loss in losses)


def _best(sides: Sequence[Side], one_loss: bool) -> dict[str, list[int]]:
    """The winners of every row in which there is better and worse; losses of different kinds are not compared."""
    parts: tuple[Callable[[Side], Mapping[str, Any]], ...] = (lambda side: side.training, lambda side: side.scores)
    best: dict[str, list[int]] = {}
    for part in parts:
        for name in dict.fromkeys(name for side in sides for name in part(side)):
            winners = _winners([part(side).get(name) for side in sides], greater_is_better(name))
            if winners and (one_loss or not _is_loss(name)):
                best[name] = winners
    return best


def _is_loss(name: str) -> bool:
    return name in ("loss", "validation_loss") or name.startswith("losses.")


def _winners(values: Sequence[Any], greater: bool | None) -> list[int]:
    numbers = [value for value in values if isinstance(value, (int, float))]
    if greater is None or len(numbers) < 2 or len(set(numbers)) == 1:
        return []
    best = max(numbers) if greater else min(numbers)
    return [number for number, value in enumerate(values) if value == best]


# what to know about it


def _notes(runs: Sequence[Run], set_name: str, scored: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    tasks: dict[str, list[int]] = {}
    for number, run in enumerate(runs, 1):
        tasks.setdefault(task(run), []).append(number)
    if len(tasks) > 1:
        listed = "; ".join(f"{name}: {', '.join(map(str, numbers))}" for name, numbers in tasks.items())
        yield f"the tasks differ ({listed}); only what all runs share is compared"
    if len({run.manifest["identity"]["data"] for run in runs}) > 1:
        yield "the data differ; scores are of different examples"
    if not _one_loss(runs):
        yield "the losses or their weights differ; their values are not compared"
    yield from _judged_differently(scored)
    for number, run in enumerate(runs, 1):
        if way_out := _missing(run, set_name):
            yield f"{number}: {way_out}"


def _judged_differently(scored: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for name in dict.fromkeys(name for one in scored for name in one if name.split(".")[0] in JUDGED):
        values = [one[name] for one in scored if name in one]
        if not _same(values):
            yield f"judged with different {name}: {', '.join(map(str, dict.fromkeys(values)))}"


def _missing(run: Run, set_name: str) -> str:
    """Why a run has no scores on a set, and the command that makes them; "" where it has some."""
    if set_name in run.scores:
        return ""
    path = quote(str(run.path))
    if run.state != "finished":
        ended = f"{run.state} after {len(run.history)} epochs, no scores yet"
        return ended if run.state == "running" else f"{ended}; seqforge train {path} --resume"
    sizes = run.manifest["data"].get("sizes", {})
    if not sizes.get(set_name):
        return f"its data have no {set_name} set"
    return f"not judged on the {set_name} set; seqforge evaluate {path} --set {set_name}"
