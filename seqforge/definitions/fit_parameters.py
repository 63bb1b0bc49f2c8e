# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""JSON fit parameters of Cherimoya → the tree that the same definition has in XML.

The keys are those of both generations of the published tool, and no others. An absent key has the value of the
documented generation, or of the later one where `defaults` says so. What has no meaning in a definition is accepted and
listed in `notes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from seqforge.definitions.jsontree import Array, Json, Object, Scalar, place_of
from seqforge.definitions.tree import Node, Text
from seqforge.errors import DefinitionError, Place, Problem, did_you_mean, nearest
from seqforge.parameters import Flag, Integer, Kind, Number, OneOf, String, Unfit

FORM = "fit parameters"
DOCUMENTED, LATER = "documented", "later"
DEFAULTS = (DOCUMENTED, LATER)
MATRICES, LOSS_WEIGHTS, REST = "blocks.*.linear?.weight", "lw?", "*"
PRECISIONS = {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16"}
EMA_DECAY, START_FACTOR, LEAST_RATE = "0.999", "0.01", "0.00001"


class Paths(Kind):
    """A path, or a list of paths."""

    expected = "a path or a list of paths"


class Groups(Kind):
    """A path, or a list of groups: a path is a group of one, a list of paths one group."""

    expected = "a path, or a list of paths and of lists of paths (a list is a group)"


class Names(Kind):
    """A name, or a list of names."""

    expected = "a chromosome or a list of chromosomes"


class Weights(Kind):
    """Two factors, of profiles and of counts."""

    expected = "a list of two numbers ≥ 0, for profiles and for counts"


class Key(NamedTuple):
    """What a key takes, its value in the two generations (None: null), and the hyper-parameter that it becomes.

    `home`: "section/name"; "": it is used in another way, or means nothing in a definition (`idle`).
    """

    kind: Kind
    documented: str | None
    later: str | None
    home: str = ""
    idle: str = ""


COUNT, NATURAL, AMOUNT = Integer(ge=1), Integer(ge=0), Number(ge=0)
RATE = Number(gt=0)
KEYS: dict[str, Key] = {
    "n_filters": Key(COUNT, "96", "128", "architecture/n_filters"),
    "n_layers": Key(COUNT, "9", "9", "architecture/n_layers"),
    "expansion": Key(COUNT, "2", "2", "architecture/expansion"),
    "residual_scale": Key(Number(), "0.15", "0.15", "architecture/residual_scale"),
    "name": Key(String(), None, None),
    "sequences": Key(String(), None, None, "data/sequences"),
    "loci": Key(Paths(), None, None, "data/loci"),
    "signals": Key(Groups(), None, None, "data/signals"),
    "negatives": Key(Paths(), None, None, "data/negatives"),
    "controls": Key(Groups(), None, None, "data/controls"),
    "exclusion_lists": Key(Paths(), None, None, "data/exclusion_lists"),
    "in_window": Key(COUNT, "2114", "2114", "data/in_window"),
    "out_window": Key(COUNT, "1000", "1000", "data/out_window"),
    "max_jitter": Key(NATURAL, "500", "500", "data/max_jitter"),
    "reverse_complement": Key(Flag(), "true", "true", "data/reverse_complement"),
    "summits": Key(Flag(), "false", "false", "data/summits"),
    "reverse_complement_average": Key(
        Flag(), "false", "false", idle="say --reverse-complement-average to evaluate and predict"
    ),
    "negative_ratio": Key(AMOUNT, "0.1", "0.25", "data/negative_ratio"),
    "random_state": Key(NATURAL, None, None),
    "num_workers": Key(NATURAL, "1", "1", idle="no number of workers changes a batch"),
    "training_chroms": Key(Names(), None, None, "data/training_chroms"),
    "validation_chroms": Key(Names(), None, None, "data/validation_chroms"),
    "batch_size": Key(COUNT, "64", "64", "trainingprocess/batch_size"),
    "max_epochs": Key(COUNT, "50", "20", "trainingprocess/epochs"),
    "early_stopping": Key(COUNT, "15", "5", "trainingprocess/early_stopping_patience"),
    "muon_lr": Key(RATE, "0.025", "0.025"),
    "muon_wd": Key(AMOUNT, "0.01", "0.03"),
    "adam_lr": Key(RATE, "0.004", "0.001"),
    "adam_wd": Key(AMOUNT, "0.2", "0"),
    "lw_lr": Key(RATE, None, "0.001"),
    "lw_wd": Key(AMOUNT, None, "0"),
    "lw_momentum": Key(Number(ge=0, lt=1), None, "0.9"),
    "n_warmup_epochs": Key(NATURAL, "5", "2"),
    "single_count_output": Key(Flag(), None, None),
    "loss_weights": Key(Weights(), None, None),
    "min_counts": Key(AMOUNT, None, None, "data/min_counts"),
    "max_counts": Key(AMOUNT, None, None, "data/max_counts"),
    "dtype": Key(OneOf(*PRECISIONS), "float32", "float32"),
    "device": Key(String(), None, None, idle="the command line says the device"),
    "verbose": Key(Flag(), None, None, idle="it has no meaning in a definition"),
    "skip": Key(Flag(), None, None, idle="it has no meaning in a definition"),
    "performance_filename": Key(String(), None, None, idle="it has no meaning in a definition"),
}
REQUIRED = ("name", "sequences", "loci", "signals")
LW = ("lw_lr", "lw_wd", "lw_momentum")
NOTHING: Mapping[str, str] = {}


def recognised(document: Json) -> bool:
    """Whether a JSON document is meant as fit parameters."""
    keys = {str(key) for key, _ in document.entries} if isinstance(document, Object) else set()
    return not keys & {"seqgramodel", "seqgradata", "settings", "heads", "train-data"} and bool(keys & {*KEYS})


def read(document: Object, defaults: str = DOCUMENTED) -> Node:
    """The tree of the same definition in XML; raises DefinitionError with every problem of keys and values."""
    reader = _Reader(document, defaults)
    reader.judge()
    if reader.problems:
        raise DefinitionError(reader.problems)
    return reader.tree()


def notes(document: Object) -> list[Problem]:
    """A note for every key that means nothing in a definition."""
    idle = [(key, KEYS[key].idle) for key, _ in document.entries if key in KEYS and KEYS[key].idle]
    return [Problem(key.place, "SF0149", f"'{key}' is left out: {why}", severity="note") for key, why in idle]


@dataclass
class _Reader:
    """The values of one file as XML spells them, with their places; null is no value."""

    document: Object
    defaults: str
    problems: list[Problem] = field(default_factory=list)
    given: dict[str, Json] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        return self.document.place

    def refuse(self, place: Place, id: str, message: str, hint: str = "") -> None:
        self.problems.append(Problem(place, id, message, hint))

    # what is wrong

    def judge(self) -> None:
        for name, value in self.document.entries:
            if name not in KEYS:
                self.refuse(name.place, "SF0146", f"{FORM} have no key '{name}'", did_you_mean(name, list(KEYS)))
            elif not _is_null(value):
                self.given[str(name)] = value
                self._value(str(name), value)
        self._missing()
        if not self.problems:
            self._together()

    def _value(self, name: str, value: Json) -> None:
        kind, place = KEYS[name].kind, place_of(value)
        reason = _LISTS[type(kind)](value) if type(kind) in _LISTS else _unfit(kind, value)
        if reason:
            self.refuse(place, "SF0148", f"{name}: {reason}")

    def _missing(self) -> None:
        misspelt = {nearest(name, list(KEYS)) for name, _ in self.document.entries if name not in KEYS}
        lacking = [f"'{name}'" for name in REQUIRED if name not in self.given and name not in misspelt]
        if lacking:
            self.refuse(self.place, "SF0147", f"{FORM} lack {', '.join(lacking)}")

    def _together(self) -> None:
        ratio = self.text("negative_ratio")
        if "negative_ratio" in self.given and float(ratio) > 0 and "negatives" not in self.given:
            hint = "give negatives, or negative_ratio 0"
            self.refuse(ratio.place, "SF0148", f"negative_ratio: {ratio} needs negatives", hint)
        groups, single = self.groups("signals"), self.given.get("single_count_output")
        tracks = sum(map(len, groups))
        if isinstance(single, Scalar) and single.text == "false" and tracks > 1:
            message = f"single_count_output: false with {tracks} tracks; counts belong to groups of tracks here"
            self.refuse(single.text.place, "SF0148", message, "leave it out, and make each group a list in signals")
        if "loss_weights" in self.given and any(name in self.given for name in LW):
            place = place_of(self.given["loss_weights"])
            self.refuse(place, "SF0148", "loss_weights: fixed weights beside lw_… of learned ones", "keep one of them")

    # values

    def text(self, name: str) -> Text:
        """The value, or the default, as XML spells it; "" where there is none."""
        value = self.given.get(name)
        if value is None:
            default = getattr(KEYS[name], LATER if name in LW else self.defaults)
            return Text("" if default is None else default, self.place)
        return value.text if isinstance(value, Scalar) else Text(self.listed(name), place_of(value))

    def listed(self, name: str) -> str:
        if isinstance(KEYS[name].kind, Groups):
            return "; ".join(", ".join(group) for group in self.groups(name))
        return ", ".join(_strings(self.given[name]))

    def groups(self, name: str) -> list[list[str]]:
        value = self.given.get(name)
        if value is None:
            return []
        found = [_strings(item) for item in (value.items if isinstance(value, Array) else [value])]
        single = self.given.get("single_count_output")
        flat = isinstance(value, Array) and all(isinstance(item, Scalar) for item in value.items)
        if name == "signals" and flat and isinstance(single, Scalar) and single.text == "true":
            return [[path for group in found for path in group]]
        return found

    def gone(self, name: str) -> bool:
        """Whether the file says null."""
        return any(key == name and _is_null(value) for key, value in self.document.entries)

    @property
    def learned(self) -> bool:
        return "loss_weights" not in self.given

    @property
    def third(self) -> bool:
        """Whether the loss weights have an optimizer of their own."""
        return self.learned and (self.defaults == LATER or any(name in self.given for name in LW))

    # the tree

    def tree(self) -> Node:
        root = Node("seqgramodel", self.place, text=Text("", self.place), form=FORM)
        root.children = [
            self._general(),
            self._architecture(),
            self._section("loss", self._loss()),
            *self._optimizers(),
            *self._schedules(),
            self._section("trainingprocess", self._process()),
            self._section("data", self._data(), format="genome"),
        ]
        return root

    def _node(self, tag: str, text: str = "", **attributes: str) -> Node:
        placed = {name: _placed(value, self.place) for name, value in attributes.items()}
        return Node(tag, self.place, placed, [], _placed(text, self.place))

    def _section(self, tag: str, options: dict[str, str], **attributes: str) -> Node:
        section = self._node(tag, **attributes)
        section.children = [self._node("hyperparameter", value, name=name) for name, value in options.items() if value]
        return section

    def _general(self) -> Node:
        name = self.text("name")
        general = self._node("general", id=Text(re.sub(r"[^A-Za-z0-9_-]", "-", name), name.place))
        heads = self._node("heads")
        groups = self.groups("signals")
        called = ["signal"] if len(groups) == 1 else [f"signal{number}" for number in range(1, len(groups) + 1)]
        heads.children = [
            self._node("head", name=head, tasks=str(len(group))) for head, group in zip(called, groups, strict=True)
        ]
        texts = {"name": name, "description": f"{FORM}, {self.defaults} defaults", "task": "profile prediction"}
        texts |= {"sequencespace": "DNA", "library": "PyTorch"}
        seed = self._node("seed", self.text("random_state") or "0")
        general.children = [*(self._node(tag, text) for tag, text in texts.items()), heads, seed]
        return general

    def _homes(self, section: str) -> dict[str, str]:
        """The hyper-parameters of a section that a key says."""
        homes = {name: key.home.partition("/") for name, key in KEYS.items() if key.home}
        return {home[2]: self.text(name) for name, home in homes.items() if home[0] == section}

    def _architecture(self) -> Node:
        later = self.defaults == LATER
        options = self._homes("architecture") | {"profile_kernel_size": "75" if later else "1"}
        controls = sum(map(len, self.groups("controls")))
        options |= {"n_control_tracks": str(controls) if controls else "", "weight_scope": "group" if later else ""}
        architecture = self._node("architecture")
        arguments = self._section("hyperparameters", options)
        architecture.children = [self._node("external", format="seqforge", classname="Cherimoya"), arguments]
        return architecture

    def _loss(self) -> dict[str, str]:
        options = {"loss": "ProfileCountLoss", "weights": "learned" if self.learned else "fixed"}
        if self.learned:
            return options | {"weight_scope": "group" if self.defaults == LATER else ""}
        profile, count = _numbers(self.given["loss_weights"])
        return options | {"profile_weight": profile, "count_weight": count, "divide_by_depth": "True"}

    def _optimizers(self) -> Iterator[Node]:
        yield self._optimizer("Muon", MATRICES, "muon_lr", "muon_wd")
        if self.third:
            options = {"momentum": self.text("lw_momentum")}
            yield self._optimizer("SGD", LOSS_WEIGHTS, "lw_lr", "lw_wd", options)
        yield self._optimizer("AdamW", REST, "adam_lr", "adam_wd")

    def _optimizer(self, name: str, pattern: str, rate: str, decay: str, more: Mapping[str, str] = NOTHING) -> Node:
        options = {"optimizer": name, "learning_rate": self.text(rate), "weight_decay": self.text(decay)}
        return self._section("optimizer", {**options, **more}, parameters=pattern)

    def _schedules(self) -> Iterator[Node]:
        """One for all; loss weights with an optimizer of their own keep their rate after the warm-up."""
        least = {2: self.text("lw_lr")} if self.third else {}
        for number in (1, 2, 3) if self.third else (0,):
            options = {"schedule": "WarmupCosine", "warmup_epochs": self.text("n_warmup_epochs")}
            options |= {"start_factor": START_FACTOR, "min_learning_rate": least.get(number, LEAST_RATE)}
            yield self._section("schedule", options, **({"optimizer": str(number)} if number else {}))

    def _process(self) -> dict[str, str]:
        options = self._homes("trainingprocess") | {"shuffle": "True", "drop_last": "True"}
        options |= {"precision": PRECISIONS[KEYS["dtype"].kind.parse(self.text("dtype"))], "matmul_precision": "high"}
        options |= {"ema_decay": EMA_DECAY, "early_stopping": "True", "early_stopping_monitor": "counts_pearson"}
        if self.gone("early_stopping"):
            options |= {"early_stopping": "False", "early_stopping_patience": ""}
        return options

    def _data(self) -> dict[str, str]:
        options = self._homes("data")
        if "negatives" not in self.given:
            options["negative_ratio"] = ""
        return options


# values of several kinds


def _is_null(value: Json) -> bool:
    return isinstance(value, Scalar) and not value.is_string and value.text == "None"


def _unfit(kind: Kind, value: Json) -> str:
    """Why a value that is no list does not fit."""
    bare = isinstance(kind, (Number, Flag))
    if not isinstance(value, Scalar) or value.is_string == bare:
        return f"expected {_expected(kind)}, received {_shown(value)}"
    if isinstance(kind, Flag) != (not value.is_string and value.text in ("true", "false")):
        return f"expected {_expected(kind)}, received {_shown(value)}"
    try:
        kind.parse(value.text)
    except Unfit as unfit:
        return str(unfit)
    return ""


def _expected(kind: Kind) -> str:
    return "true or false" if isinstance(kind, Flag) else kind.expected


def _shown(value: Json) -> str:
    if not isinstance(value, Scalar):
        return "a list" if isinstance(value, Array) else "an object"
    return f"the text '{value.text}'" if value.is_string else str(value.text)


def _strings(value: Json) -> list[str]:
    """The texts of a text or a list of texts."""
    items: list[Any] = value.items if isinstance(value, Array) else [value]
    return [str(item.text) for item in items if isinstance(item, Scalar)]


def _numbers(value: Json) -> list[str]:
    return _strings(value)


def _not_texts(value: Json, expected: str, nested: bool = False) -> str:
    items: list[Any] = value.items if isinstance(value, Array) else [value]
    if not items:
        return f"expected {expected}, received an empty list"
    for item in items:
        if nested and isinstance(item, Array):
            reason = _not_texts(item, expected)
        elif not isinstance(item, Scalar) or not item.is_string or not item.text:
            reason = f"expected {expected}, received {_shown(item)}"
        else:
            reason = "commas and semicolons separate paths, this one has some" if re.search("[,;]", item.text) else ""
        if reason:
            return reason
    return ""


def _not_weights(value: Json) -> str:
    items: list[Any] = value.items if isinstance(value, Array) else []
    if len(items) != 2 or any(_unfit(AMOUNT, item) for item in items):
        return f"expected {Weights.expected}, received {_shown(value)}"
    return ""


_LISTS = {
    Paths: lambda value: _not_texts(value, Paths.expected),
    Groups: lambda value: _not_texts(value, Groups.expected, nested=True),
    Names: lambda value: _not_texts(value, Names.expected),
    Weights: _not_weights,
}


def _placed(text: str, place: Place) -> Text:
    return text if isinstance(text, Text) else Text(text, place)
