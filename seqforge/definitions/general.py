# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What `<general>` says, as typed values: task, alphabet, library, labels, encoding, seed; and what its ids promise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seqforge import registry
from seqforge.data.encodings import ALPHABETS, Alphabet
from seqforge.definitions import language
from seqforge.definitions.heads import read_heads
from seqforge.definitions.model import General, ModelDefinition
from seqforge.definitions.tree import Text
from seqforge.errors import Place, Problem, did_you_mean, nearest, one_of
from seqforge.heads import Head
from seqforge.registry import BAYES, KERAS, PYTORCH

ENCODINGS = ("1D", "2D")
LIBRARY_NAMES = {"pytorch": PYTORCH, "keras": KERAS, "tensorflow": KERAS, "bayesoptimalclassifier": BAYES}

_LIBRARY_WORDS = {"Torch": PYTORCH, "Keras": KERAS, "BayesOptimal": BAYES}
_TASK_WORDS = {"MultiClass": "multi-class classification", "MultiLabel": "multi-label classification"}
# the classes that seqgra built; here they only have to agree with the rest of the definition
IMPLEMENTATIONS = {
    name: (_LIBRARY_WORDS[library], space.casefold(), _TASK_WORDS[task])
    for name, (library, space, task) in language.IMPLEMENTATIONS.items()
}


@dataclass(frozen=True)
class Setting:
    """The typed `<general>`; None where the file's word is unknown, no labels where their number is."""

    task: registry.Component | None
    alphabet: Alphabet | None
    library: str | None
    labels: tuple[str, ...]
    encoding: str
    seed: int
    heads: tuple[Head, ...] = ()


def read_general(general: General, problems: list[Problem]) -> Setting:
    """The values of `general`; every problem is appended to `problems`."""
    setting = Setting(
        task(general.task, problems),
        alphabet(general.sequencespace, problems),
        library(general.library, problems),
        () if "labels" in general.unread else general.labels,
        _spelt_encoding(general),
        general.seed,
        read_heads(general.heads, problems),
    )
    problems.extend(_implementation(general, setting))
    problems.extend(_labels(general))
    problems.extend(_no_labels(general, setting))
    problems.extend(_encoding(general))
    return setting


def task(name: Text, problems: list[Problem], fitting: Sequence[str] = ()) -> registry.Component | None:
    """The task called `name`; messages list the `fitting` ones, or all."""
    try:
        return registry.find("tasks", name)()
    except registry.UnknownName as unknown:
        known = fitting or unknown.known
        guess = nearest(name, known)
        hint = f"did you mean '{guess}'? The tasks are {', '.join(known)}" if guess else f"expected {one_of(known)}"
        problems.append(Problem(name.place, "SF0151", f"unknown task '{name}'", hint))
        return None


def alphabet(name: Text, problems: list[Problem], fitting: Sequence[str] = tuple(ALPHABETS)) -> Alphabet | None:
    """The alphabet of the sequence space called `name`, one of `fitting`."""
    found = {known.casefold(): ALPHABETS[known] for known in fitting}.get(name.casefold())
    if found is None:
        hint = f"expected {', '.join(fitting)}"
        problems.append(Problem(name.place, "SF0152", f"unknown sequencespace '{name}'", hint))
    return found


def library(name: Text, problems: list[Problem]) -> str | None:
    """The library called `name`, TensorFlow being Keras."""
    found = LIBRARY_NAMES.get(name.casefold())
    if found is None:
        guess = LIBRARY_NAMES.get((nearest(name, LIBRARY_NAMES) or "").casefold())
        expected = f"expected {PYTORCH}, {KERAS} (TensorFlow), {BAYES}"
        hint = f"did you mean '{guess}'? {expected[0].upper()}{expected[1:]}" if guess else expected
        problems.append(Problem(name.place, "SF0153", f"unknown library '{name}'", hint))
    return found


def _implementation(general: General, setting: Setting) -> Iterator[Problem]:
    name = general.implementation
    if name is None:
        return
    known = {spelling.casefold(): spelling for spelling in IMPLEMENTATIONS}.get(name.casefold())
    if known is None:
        yield Problem(
            name.place, "SF0154", f"unknown implementation '{name}'", did_you_mean(name, list(IMPLEMENTATIONS))
        )
        return
    contradictions = list(_contradictions(IMPLEMENTATIONS[known], general, setting))
    for part, wanted, received in contradictions:
        message = f"implementation '{name}' is for {part} {wanted}, but the definition says '{received}'"
        yield Problem(name.place, "SF0155", message, "remove implementation, it has no effect")
    if not contradictions:
        yield Problem(name.place, "SF0156", f"implementation '{name}' has no effect", severity="note")


def _contradictions(
    implied: tuple[str, str, str], general: General, setting: Setting
) -> Iterator[tuple[str, str, Text]]:
    library, space, task = implied
    if setting.library not in (None, library):
        yield "library", library, general.library
    if setting.alphabet is not None and setting.alphabet.name.casefold() != space:
        yield "sequencespace", space if space == "protein" else space.upper(), general.sequencespace
    if setting.task is not None and setting.task.name != task:
        yield "task", task, general.task


def _labels(general: General) -> Iterator[Problem]:
    """Labels are not empty, hold neither '|' nor tab, and occur once; a pattern gives at least one."""
    pattern = general.pattern
    if pattern is not None and pattern.min > pattern.max:
        yield Problem(pattern.place, "SF0158", f"pattern gives no labels: min {pattern.min} > max {pattern.max}")
    if pattern is not None:
        yield from _forbidden(f"{pattern.prefix}{pattern.min}{pattern.postfix}", pattern.place)
        return
    seen: dict[str, Place] = {}
    for label in general.labels:
        place = getattr(label, "place", general.labels_place)
        yield from _forbidden(label, place)
        if label and label in seen:
            lines = f"lines {seen[label].line} and {place.line}"
            yield Problem(place, "SF0157", f"label '{label}' occurs twice ({lines})", "remove one")
        seen.setdefault(str(label), place)


LABELLESS = ("reconstruction",)  # tasks that need no labels


def _no_labels(general: General, setting: Setting) -> Iterator[Problem]:
    """Labels are there, but for tasks without; where the task is unknown, nothing is said."""
    named = general.labels or general.pattern or general.heads or "labels" in general.unread
    if not named and setting.task is not None and setting.task.name not in LABELLESS:
        yield Problem(general.labels_place, "SF0106", "'labels' is empty", "it needs 'label' or 'pattern'")


def _spelt_encoding(general: General) -> str:
    spelt = (general.inputencoding or ENCODINGS[0]).upper()
    return spelt if spelt in ENCODINGS else ENCODINGS[0]


def _encoding(general: General) -> Iterator[Problem]:
    name = general.inputencoding
    if name is not None and name.upper() not in ENCODINGS:
        yield Problem(name.place, "SF0161", f"unknown inputencoding '{name}'", f"expected {' or '.join(ENCODINGS)}")


def _forbidden(label: str, place: Place) -> Iterator[Problem]:
    if not label:
        yield Problem(place, "SF0159", "empty label", "write a name")
    for character, name in (("|", "'|', which joins several labels"), ("\t", "a tab, which separates columns")):
        if character in label:
            yield Problem(place, "SF0159", f"label {label!r} contains {name}", "use another character")


_ID = re.compile(
    r"(?P<library>torch|tf|keras|boc)-(?P<task>mc|ml)(?P<labels>\d+)-(?P<space>dna|rna|protein)(?P<width>\d+)-"
    r".*?(?:-s(?P<seed>\d+))?$"
)
_LIBRARY_TOKENS = {"torch": PYTORCH, "tf": KERAS, "keras": KERAS, "boc": BAYES}
_TASK_TOKENS = {"mc": "multi-class classification", "ml": "multi-label classification"}


def id_problems(definition: ModelDefinition, setting: Setting, length: int | None = None) -> Iterator[Problem]:
    """Warnings where file name, id and content of a definition tell different stories. `length`: of the input."""
    general = definition.general
    place = general.id.place
    if definition.file is not None and definition.file.stem != general.id and not definition.tree.form:
        message = f"the file is called '{definition.file.stem}', the definition '{general.id}'"
        yield Problem(place, "SF0162", message, "runs lie under the id; give both the same name", "warning")
    found = _ID.fullmatch(general.id)
    for token, says, actual in _claims(found, setting, general, length) if found else ():
        if says != actual:
            message = f"id '{general.id}' says {says} ({token}), the definition says {actual}"
            yield Problem(place, "SF0163", message, severity="warning")


def width_of(id: str) -> int | None:
    """The length of the input that an id promises (150 in torch-mc2-dna150-…)."""
    found = _ID.fullmatch(id)
    return int(found["width"]) or None if found else None


def _claims(
    found: re.Match[str], setting: Setting, general: General, length: int | None
) -> Iterator[tuple[str, str, str]]:
    """(token, what it promises, what holds), for everything that is known."""
    if setting.library:
        yield found["library"], _LIBRARY_TOKENS[found["library"]], setting.library
    if setting.task:
        yield found["task"], _TASK_TOKENS[found["task"]], setting.task.name
    if setting.labels:
        yield found["task"] + found["labels"], f"{found['labels']} labels", f"{len(setting.labels)} labels"
    if setting.alphabet:
        yield found["space"], found["space"].upper(), setting.alphabet.name.upper()
    if length is not None:
        yield found["space"] + found["width"], f"{found['width']} letters", f"{length} letters"
    if found["seed"] is not None and "seed" not in general.unread:
        yield f"s{found['seed']}", f"seed {int(found['seed'])}", f"seed {setting.seed}"
