# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What a data definition means, judged: whether it can be simulated as written, and what is probably not meant.

The structure, plain values, keys and references are checked before; an unknown reference is passed over here. A warning
never changes what is generated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from seqforge.data.encodings import LETTERED, Alphabet
from seqforge.definitions import general
from seqforge.definitions.data import (
    AlphabetDistribution,
    Condition,
    DataDefinition,
    DataSet,
    Example,
    Rule,
    SequenceElement,
    SpacingConstraint,
)
from seqforge.definitions.tree import Node
from seqforge.errors import NOWHERE, Place, Problem

MULTI_CLASS = "multi-class classification"
TASKS = (MULTI_CLASS, "multi-label classification")
ODD_SUM = 0.05  # probabilities whose sum is farther from 1 are probably mistyped
ROUNDING = 1e-9


def check(definition: DataDefinition) -> list[Problem]:
    """Every problem of the definition, sorted by place."""
    problems: list[Problem] = []
    alphabet = general.alphabet(definition.sequencespace, problems, LETTERED)
    if alphabet is not None:
        problems += _letters(definition, alphabet)
    problems += _task(definition)
    problems += chain.from_iterable(judge(definition) for judge in _CHECKS)
    return sorted(problems)


def _warning(place: Place, id: str, message: str, hint: str = "") -> Problem:
    return Problem(place, id, message, hint, "warning")


def _is_multi_class(definition: DataDefinition) -> bool:
    return definition.task.casefold() == MULTI_CLASS


def _task(definition: DataDefinition) -> Iterator[Problem]:
    unknown: list[Problem] = []
    task = general.task(definition.task, unknown, TASKS)
    yield from unknown
    if task is not None and task.name not in TASKS:
        message = f"task '{definition.task}' cannot be simulated"
        yield Problem(definition.task.place, "SF0601", message, f"expected {' or '.join(TASKS)}")


def _lengths(definition: DataDefinition) -> Iterator[Problem]:
    background = definition.background
    if background.minlength > background.maxlength:
        message = f"minlength {background.minlength} is greater than maxlength {background.maxlength}"
        yield Problem(background.place, "SF0602", message, "exchange them")


# letters and probabilities


def _letters(definition: DataDefinition, alphabet: Alphabet) -> Iterator[Problem]:
    for distribution in definition.background.distributions:
        yield from _distribution(distribution.letters, alphabet, "the alphabet distribution", distribution.place)
    for element in definition.elements:
        what = f"sequence element '{element.id}'"
        for number, letters in enumerate(element.positions or (), 1):
            yield from _distribution(letters, alphabet, f"position {number} of {what}", element.place)
        if element.kmers is not None:
            yield from _kmers(element.kmers, alphabet, what, element.place)


def _distribution(letters: Mapping[str, float], alphabet: Alphabet, what: str, place: Place) -> Iterator[Problem]:
    for letter in letters:
        if len(letter) != 1 or alphabet.codes(letter)[0] == alphabet.unknown:
            yield _foreign(letter, letter, alphabet, what, place)
    yield from _twice(letters, alphabet.codes, what, place)
    yield from _sum(letters, what, _first_place(letters, place))


def _kmers(kmers: Mapping[str, float], alphabet: Alphabet, what: str, place: Place) -> Iterator[Problem]:
    for word in kmers:
        foreign = [letter for letter in word if alphabet.codes(letter)[0] == alphabet.unknown]
        if foreign:
            yield _foreign(word, foreign[0], alphabet, what, place)
    yield from _twice(kmers, alphabet.codes, what, place)
    yield from _sum(kmers, what, _first_place(kmers, place))


def _foreign(text: str, letter: str, alphabet: Alphabet, what: str, place: Place) -> Problem:
    subject = f"'{letter}'" if letter == text else f"'{letter}' in '{text}'"
    message = f"{subject} of {what} is no letter of {alphabet.name}"
    return Problem(getattr(text, "place", place), "SF0603", message, f"expected {', '.join(alphabet.letters)}")


def _twice(texts: Iterable[str], code: Callable[[str], bytes], what: str, place: Place) -> Iterator[Problem]:
    """Different spellings of one letter or word, such as T and U of DNA."""
    seen: dict[bytes, str] = {}
    for text in texts:
        if code(text) in seen:
            message = f"'{text}' of {what} is the same as '{seen[code(text)]}'"
            yield Problem(getattr(text, "place", place), "SF0604", message, "keep one")
        seen.setdefault(code(text), text)


def _first_place(texts: Iterable[str], place: Place) -> Place:
    return getattr(next(iter(texts), None), "place", place)


def _sum(weights: Mapping[str, float], what: str, place: Place) -> Iterator[Problem]:
    total = sum(weights.values())
    if total <= 0:
        yield Problem(place, "SF0605", f"the probabilities of {what} are all 0", "give at least one a chance")
    elif abs(total - 1) > ODD_SUM + ROUNDING:
        yield _warning(place, "SF0606", f"the probabilities of {what} sum up to {total:.4g}", "they are divided by it")


def _repeated_texts(definition: DataDefinition) -> Iterator[Problem]:
    """A letter or k-mer that stands twice in one list: the records keep only the last, so the tree is asked."""
    for node in definition.tree.walk():
        if node.tag in ("alphabetdistribution", "position", "kmerbased"):
            yield from _repeats(node)


def _repeats(node: Node) -> Iterator[Problem]:
    seen: dict[str, Place] = {}
    for child in node.children:
        if child.text in seen:
            lines = f"lines {seen[child.text].line} and {child.place.line}"
            yield Problem(child.text.place, "SF0604", f"{child.tag} '{child.text}' occurs twice ({lines})", "keep one")
        seen.setdefault(child.text, child.place)


# backgrounds and sets


def _backgrounds(definition: DataDefinition) -> Iterator[Problem]:
    """A used pair of set and condition for which no alphabet distribution holds."""
    scopes = {(one.setname, one.cid) for one in definition.background.distributions}
    known = {condition.id for condition in definition.conditions}
    for drawn in definition.sets:
        for cid in dict.fromkeys(cid for example in drawn.examples for cid in example.conditions if cid in known):
            if scopes.isdisjoint({(drawn.name, cid), (drawn.name, None), (None, cid), (None, None)}):
                message = f"no alphabet distribution holds for condition '{cid}' in set '{drawn.name}'"
                yield Problem(cid.place, "SF0607", message, "add one without setname and cid for all others")


def _repeated_backgrounds(definition: DataDefinition) -> Iterator[Problem]:
    seen: dict[tuple[str | None, str | None], AlphabetDistribution] = {}
    for one in definition.background.distributions:
        first = seen.setdefault((one.setname, one.cid), one)
        if first is one:
            continue
        lines = f"lines {first.place.line} and {one.place.line}"
        message = f"two alphabet distributions hold for {_scope(one)} ({lines})"
        if one.setname and one.cid:
            yield Problem(one.place, "SF0608", message, "keep one")
        else:
            yield _warning(one.place, "SF0608", message, "the last one is used; keep one")


def _scope(one: AlphabetDistribution) -> str:
    parts = [f"set '{one.setname}'" if one.setname else "", f"condition '{one.cid}'" if one.cid else ""]
    return " and ".join(filter(None, parts)) or "all sets and conditions"


def _examples(definition: DataDefinition) -> Iterator[Problem]:
    for drawn in definition.sets:
        for example in drawn.examples:
            yield from _references(example, drawn, _is_multi_class(definition))


def _references(example: Example, drawn: DataSet, multi_class: bool) -> Iterator[Problem]:
    for cid, times in Counter(example.conditions).items():
        if times > 1:
            message = f"an example of set '{drawn.name}' names condition '{cid}' {times} times"
            yield Problem(_last_place(cid, example.conditions), "SF0610", message, "keep one reference")
    if multi_class and len(example.conditions) != 1:
        count = len(example.conditions) or "no"
        message = f"an example of set '{drawn.name}' names {count} conditions, but the task is {MULTI_CLASS}"
        hint = "name exactly one, or make the task multi-label classification"
        yield _warning(example.place, "SF0611", message, hint)


def _last_place(text: str, texts: Iterable[str]) -> Place:
    return [getattr(one, "place", NOWHERE) for one in texts if one == text][-1]


def _unused(definition: DataDefinition) -> Iterator[Problem]:
    conditions = {cid for drawn in definition.sets for example in drawn.examples for cid in example.conditions}
    elements = {sid for condition in definition.conditions for rule in condition.rules for sid in rule.elements}
    for condition in definition.conditions:
        if condition.id not in conditions:
            yield _warning(condition.place, "SF0609", f"no example has the condition '{condition.id}'")
    for element in definition.elements:
        if element.id not in elements:
            yield _warning(element.place, "SF0609", f"no rule places the sequence element '{element.id}'")


def _postprocessing(definition: DataDefinition) -> Iterator[Problem]:
    for step in definition.postprocessing:
        labels = list(filter(None, step.labels.split("|")))
        if _is_multi_class(definition) and len(labels) != 1:
            message = f"the rows of operation '{step.operation}' have {len(labels) or 'no'} labels"
            hint = f"a {MULTI_CLASS} model cannot be trained on them; give labels one name"
            yield _warning(step.place, "SF0612", message, hint)


# rules


def _rules(definition: DataDefinition) -> Iterator[Problem]:
    elements = {str(element.id): element for element in definition.elements}
    for condition in definition.conditions:
        for rule in condition.rules:
            for judge in (_repeated_elements, _overlap):
                yield from judge(rule, condition)
            yield from _position(rule, definition, elements)
            yield from _constraints(rule, definition, elements)


def _longest(element: SequenceElement | None) -> int:
    return max(element.widths, default=0) if element else 0


def _elements(definition: DataDefinition) -> Iterator[Problem]:
    shortest, longest = definition.background.minlength, definition.background.maxlength
    for element in definition.elements:
        width = _longest(element)
        what = f"sequence element '{element.id}' is {width} long"
        if width > longest:
            hint = "shorten it, or raise maxlength"
            yield Problem(element.place, "SF0613", f"{what}, no sequence is longer than {longest}", hint)
        elif width > shortest:
            message = f"{what}, but sequences may be as short as {shortest}"
            yield _warning(element.place, "SF0613", message, "one of those would end the simulation; raise minlength")


def _repeated_elements(rule: Rule, condition: Condition) -> Iterator[Problem]:
    for sid, times in Counter(rule.elements).items():
        if times > 1:
            message = f"a rule of condition '{condition.id}' names sequence element '{sid}' {times} times"
            hint = "it is placed once; write one rule for each copy"
            yield _warning(_last_place(sid, rule.elements), "SF0614", message, hint)


def _overlap(rule: Rule, condition: Condition) -> Iterator[Problem]:
    if rule.position == "random" or rule.constraints or len(set(rule.elements)) < 2:
        return
    message = f"the {len(set(rule.elements))} elements of a rule of condition '{condition.id}' are all placed at"
    hint = "they overwrite one another: use position random, a spacing constraint, or separate rules"
    yield _warning(rule.place, "SF0615", f"{message} {rule.position}", hint)


def _position(rule: Rule, definition: DataDefinition, elements: Mapping[str, SequenceElement]) -> Iterator[Problem]:
    if not isinstance(rule.position, int):
        return
    shortest = definition.background.minlength
    alone = set(rule.elements) - {sid for one in rule.constraints for sid in (one.sid1, one.sid2)}
    width = max((_longest(elements.get(sid)) for sid in alone), default=0)
    if rule.position > shortest:
        message = f"position {rule.position} lies behind the end of sequences of minlength {shortest}"
        yield Problem(rule.place, "SF0616", message, f"expected a position from 1 to {shortest}")
    elif rule.position - 1 + width > shortest:
        message = f"an element of length {width} at position {rule.position} reaches over minlength {shortest}"
        hint = f"expected a position ≤ {shortest - width + 1}" if width <= shortest else "raise minlength"
        yield Problem(rule.place, "SF0616", message, hint)


def _constraints(rule: Rule, definition: DataDefinition, elements: Mapping[str, SequenceElement]) -> Iterator[Problem]:
    taken: set[str] = set()
    for one in rule.constraints:
        pair = (one.sid1, one.sid2)
        yield from _pair(one, rule, elements)
        for sid in dict.fromkeys(pair):
            if sid in taken:
                message = f"two spacing constraints of a rule name sequence element '{sid}'"
                yield Problem(sid.place, "SF0619", message, "an element is placed once: keep one of them")
        taken.update(map(str, pair))
        if all(sid in elements for sid in pair):
            yield from _gap(one, rule, definition.background.minlength, [_longest(elements[sid]) for sid in pair])


def _pair(one: SpacingConstraint, rule: Rule, elements: Mapping[str, SequenceElement]) -> Iterator[Problem]:
    if one.sid1 == one.sid2:
        message = f"a spacing constraint needs two elements, received '{one.sid1}' twice"
        yield Problem(one.place, "SF0617", message, "declare a copy of the element under another id")
    for sid in dict.fromkeys((one.sid1, one.sid2)):
        if sid in elements and sid not in rule.elements:
            message = f"a spacing constraint names sequence element '{sid}', which its rule does not place"
            yield Problem(sid.place, "SF0618", message, "add a sequenceelementref to the rule")
    if one.mindistance > one.maxdistance:
        message = f"mindistance {one.mindistance} is greater than maxdistance {one.maxdistance}"
        yield Problem(one.place, "SF0620", message, "exchange them")


def _gap(one: SpacingConstraint, rule: Rule, shortest: int, widths: list[int]) -> Iterator[Problem]:
    available = shortest - (rule.position if isinstance(rule.position, int) else 0)
    needed = one.mindistance + sum(widths)
    if needed > available:
        where = f"; from position {rule.position}, {max(available, 0)} are left" if available < shortest else ""
        message = (
            f"elements of {widths[0]} and {widths[1]} letters at mindistance {one.mindistance} need {needed} letters, "
            f"but sequences may be as short as {shortest}{where}"
        )
        yield Problem(one.place, "SF0621", message, "lower mindistance or raise minlength")


def _exclusive(definition: DataDefinition) -> Iterator[Problem]:
    for condition in definition.conditions:
        total = sum(rule.probability for rule in condition.rules)
        if condition.mode == "mutually exclusive" and total > 1 + ROUNDING:
            message = f"the rules of condition '{condition.id}' exclude each other, but their probabilities sum up to"
            yield Problem(condition.place, "SF0622", f"{message} {total:.4g}", "expected at most 1")


_CHECKS = (
    _lengths,
    _repeated_texts,
    _backgrounds,
    _repeated_backgrounds,
    _examples,
    _unused,
    _postprocessing,
    _elements,
    _rules,
    _exclusive,
)
