# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What a training configuration may say: every key once, with the models that take it, its kind and its home in XML.

What every such file means without saying it is in `IMPLIED` and `GENERAL`. An absent seed and an empty model-args have
no home: the description remembers them (`Mark`), so that the way back loses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from seqforge.definitions.language import SEED, Shaped
from seqforge.parameters import Flag, Integer, Kind, Number, OneOf, String

FORM = "training configuration"
MODELS = {"solo": "BPNet", "transformation": "BPNetTransformation", "combined": "BPNetCombined"}  # their classes
TERMS = ("linear", "sigmoid", "relu")  # of a transformation
SEED_WITHOUT = "1"  # of a file that gives none
PARTS = {"transformation": "solo", "combined": "bias_model"}  # the frozen sub-model's name in XML


class Path(String):
    """A path; not None, which in XML means that there is no value."""

    expected = "a path"

    def check(self, value: Any) -> Any:
        if not isinstance(value, str) or value in ("", "None"):
            raise self.unfit(value)
        return value


class Prefix(Path):
    """A path whose last part names the model."""

    expected = "a path whose last part is a name"

    def check(self, value: Any) -> Any:
        if super().check(value).rpartition("/")[2] in ("", ".", ".."):
            raise self.unfit(value)
        return value


class Empty(Kind):
    expected = 'an empty text ("")'

    def check(self, value: Any) -> Any:
        if value != "":
            raise self.unfit(value)
        return value

    def near_word(self, text: str) -> str:
        return "nothing reads it"


class Digits(Integer):
    """A whole number written in digits alone, for an attribute that may also hold names."""

    @property
    def expected(self) -> str:  # type: ignore[override]
        return f"{super().expected}, in digits alone"

    def parse(self, text: str) -> Any:
        if not text.isdecimal():
            raise self.unfit(text)
        return super().parse(text)


class Words(Kind):
    """A list of words, at least one; in XML they are separated by commas."""

    def __init__(self, *words: str):
        self.words = words
        self.expected = f"a list with at least one of {', '.join(words)}"


PATH = Path()
COUNT = Integer(ge=1)
WEIGHT = Number(ge=0)
BETWEEN = Number(gt=0, lt=1)
HEAD_NAME = Shaped("[A-Za-z][A-Za-z0-9_\\-]*", "letters, digits, '_' or '-', a letter first")


@dataclass(frozen=True)
class Key:
    """One key of the JSON form. `models`: the initials of those that take it, capital where it is required.

    A scalar has a `kind` and a `home` ("section/name" of a hyper-parameter; "" where the value is implied); an object
    has keys `below`, and with `many` it is a list of such objects.
    """

    name: str
    models: str
    kind: Kind = field(default_factory=Kind)
    home: str = ""
    below: tuple[Key, ...] = ()
    many: bool = False

    def of(self, model: str) -> bool:
        return model[0] in self.models.casefold()

    def required(self, model: str) -> bool:
        return model[0].upper() in self.models

    def walk(self, path: str = "") -> Iterator[tuple[str, Key]]:
        """Every key below, with the path of the object that it stands in."""
        for key in self.below:
            yield path, key
            yield from key.walk(f"{path}.{key.name}".lstrip("."))


def _transformed(output: str) -> tuple[Key, ...]:
    return (
        Key("name", "T", OneOf("passthrough", "simple"), f"architecture/{output}_architecture"),
        Key("types", "t", Words(*TERMS), f"architecture/{output}_types"),
    )


ARCHITECTURE = (
    Key("architecture-name", "SC", OneOf("bpnet")),
    Key("input-length", "SC", COUNT, "architecture/input_length"),
    Key("output-length", "SC", COUNT, "architecture/output_length"),
    Key("model-name", "SC", Shaped("[^/]+", "a text without '/'"), "general/name"),
    Key("model-args", "sc", Empty()),
    Key("filters", "SC", COUNT, "architecture/num_filters"),
    Key("layers", "SC", COUNT, "architecture/num_layers"),
    Key("input-filter-width", "SC", COUNT, "architecture/input_filter_width"),
    Key("output-filter-width", "SC", COUNT, "architecture/output_filter_width"),
)
SETTINGS = (
    Key("output-prefix", "STC", Prefix(), "trainingprocess/output_prefix"),
    Key("epochs", "STC", COUNT, "trainingprocess/epochs"),
    Key("batch-size", "STC", COUNT, "trainingprocess/batch_size"),
    Key("early-stopping-patience", "STC", COUNT, "trainingprocess/early_stopping_patience"),
    Key("learning-rate", "STC", BETWEEN, "optimizer/learning_rate"),
    Key("learning-rate-plateau-patience", "STC", COUNT, "schedule/patience"),
    Key("max-jitter", "STC", Integer(ge=0), "data/max_jitter"),
    Key("seed", "stc", SEED.kind, "general/seed"),
    Key("counts-pseudocount", "stc", WEIGHT, "loss/pseudocount"),
    Key("architecture", "SC", below=ARCHITECTURE),
    Key("solo-model-file", "T", PATH, "part/run"),
    Key("input-length", "T", COUNT, "architecture/input_length"),
    Key("output-length", "T", COUNT, "architecture/output_length"),
    Key("profile-architecture", "T", below=_transformed("profile")),
    Key("counts-architecture", "T", below=_transformed("counts")),
    Key("transformation-model", "C", below=(Key("transformation-model-file", "C", PATH, "part/run"),)),
)
COUNTS = ("counts-loss-weight", "counts-loss-frac-target")  # a head needs one of them
HEAD = (
    Key("head-name", "STC", HEAD_NAME, "head/@name"),
    Key("num-tasks", "STC", Digits(ge=1), "head/@tasks"),
    Key("profile-loss-weight", "STC", WEIGHT, "head/profile_loss_weight"),
    Key(COUNTS[0], "stc", WEIGHT, "head/counts_loss_weight"),
    Key(COUNTS[1], "stc", BETWEEN, "head/counts_loss_frac_target"),
    Key("counts-per-task", "stc", Flag(), "head/counts_per_task"),
    Key("use-bias-counts", "C", Flag(), "head/use_bias_counts"),
)
GRAMMAR = Key(
    "",
    "STC",
    below=(
        Key("settings", "STC", below=SETTINGS),
        Key("train-data", "STC", PATH, "data/train_data"),
        Key("val-data", "STC", PATH, "data/val_data"),
        Key("test-data", "stc", PATH, "data/test_data"),
        Key("heads", "STC", below=HEAD, many=True),
        Key("verbosity", "STC", OneOf("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), "trainingprocess/verbosity"),
    ),
)
NAMES = frozenset(key.name for _, key in GRAMMAR.walk())
DECIDERS = ("architecture", "solo-model-file", "transformation-model")

IMPLIED = {
    "loss/loss": "BPNetLoss",
    "optimizer/optimizer": "Adam",
    "schedule/schedule": "ReduceLROnPlateau",
    "schedule/factor": "0.5",
    "schedule/threshold_mode": "abs",
    "trainingprocess/early_stopping": "True",
}
GENERAL = {"task": "profile prediction", "sequencespace": "DNA", "library": "Keras"}
DATA_FORMAT = "profile-hdf5"
# the order of hyper-parameters in XML
HOMES = {home: number for number, home in enumerate((*IMPLIED, *(key.home for _, key in GRAMMAR.walk())))}
SECTIONS = ("loss", "optimizer", "schedule", "trainingprocess", "data")

_MARK = re.compile(f"({'|'.join(MODELS)}) {FORM}(, without seed)?(, with empty model-args)?")


class Mark(NamedTuple):
    """What the description of a converted definition remembers."""

    model: str
    seed: bool = True  # whether the file gave one
    model_args: bool = False  # whether it had the key, empty

    def __str__(self) -> str:
        seed = "" if self.seed else ", without seed"
        return f"{self.model} {FORM}{seed}{', with empty model-args' if self.model_args else ''}"


def mark_of(description: str) -> Mark | None:
    """What a description remembers; None: the definition was not made from a training configuration."""
    found = _MARK.fullmatch(description)
    return Mark(found[1], not found[2], bool(found[3])) if found else None


def id_of(prefix: str) -> str:
    """The id of the definition whose models are exported under `prefix`: its last part, other characters as '-'."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", prefix.rpartition("/")[2])
