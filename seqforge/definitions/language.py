# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""The grammar of both definition languages, said once: elements, attributes, order, occurrence, kinds of value, keys.

The structural check, the typed reader, the JSON twin, `--set`, both XSDs and both JSON Schemas are made from it.
`MODEL` is the element `seqgramodel`, `DATA` the element `seqgradata`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seqforge.errors import one_of
from seqforge.parameters import Flag, Integer, Kind, Number, String

VERSION = 1  # of the language, as written in @version of the root
XSI = "http://www.w3.org/2001/XMLSchema-instance"
SETS = ("training", "validation", "test")
FORMATS = (
    "pytorch-module",
    "keras-module",
    "keras-json-architecture-only",
    "keras-h5-whole-model",
    "keras-tf-whole-model",
    "data-definition",
    "seqforge",
)
LAYOUTS = ("NCL", "NLC")
# seqgra's learner classes: the words that their names are made of
IMPLEMENTATIONS = {
    f"{library}{space}{task}ClassificationLearner": (library, space, task)
    for library in ("Torch", "Keras", "BayesOptimal")
    for space in ("DNA", "Protein")
    for task in ("MultiClass", "MultiLabel")
}


class Free(Kind):
    """Any text, also none."""

    expected = "a text"

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}


class Seed(Integer):
    """What a random generator can start from."""

    expected = "an integer from 0 to 4294967295"  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__(ge=0, le=2**32 - 1)


class Shaped(Kind):
    """A text that a regular expression matches as a whole (the part common to Python, XSD and ECMAScript)."""

    def __init__(self, pattern: str, expected: str):
        self.pattern = pattern
        self.expected = expected
        self._match = re.compile(pattern).fullmatch

    def check(self, value: Any) -> Any:
        if not isinstance(value, str) or self._match(value) is None:
            raise self.unfit(value)
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{self.pattern}$"}


class Words(Kind):
    """One word of a closed list, spelt exactly so."""

    def __init__(self, *words: str):
        self.words = words
        self.expected = one_of(words)

    def check(self, value: Any) -> Any:
        if value not in self.words:
            raise self.unfit(value)
        return value

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.words)}


class Known(Kind):
    """A name that a registry knows, in any case. Resolving judges it, once the backend is known."""

    expected = "a name"

    def __init__(self, names: Callable[[], list[str]]):
        self._names = names

    def names(self) -> list[str]:
        return self._names()

    def check(self, value: Any) -> Any:
        if not value:
            raise self.unfit(value)
        return value


class Position(Kind):
    """Where a rule places: random, start, center, end, or a number counted from 1."""

    words = ("random", "start", "center", "end")
    expected = "random, start, center, end or a position ≥ 1"
    number = Integer(ge=1)

    def parse(self, text: str) -> Any:
        try:
            return text if text in self.words else self.number.parse(text)
        except ValueError:
            raise self.unfit(text) from None

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"enum": list(self.words)}, self.number.schema()]}


@dataclass(frozen=True)
class Value:
    """A kind of text or attribute under the name it has in the schemas. `later`: it is judged when it is resolved."""

    name: str
    kind: Kind
    doc: str = ""
    later: bool = False

    @property
    def may_be_empty(self) -> bool:
        return self.later or isinstance(self.kind, Free)

    @property
    def bare(self) -> bool:
        """Whether JSON writes it without quotes where it looks like a number, true or false."""
        return self.name in ("value", "setting") or isinstance(self.kind, (Number, Flag, Position))

    @property
    def judged_later(self) -> bool:
        return self.later or isinstance(self.kind, Known)


@dataclass(frozen=True)
class Attribute:
    name: str
    value: Value
    doc: str
    required: bool = False
    default: str | None = None


@dataclass(frozen=True)
class Item:
    """A child element and how often it may stand there; `max` None: any number of times."""

    element: Element
    min: int = 1
    max: int | None = 1


@dataclass(frozen=True)
class Slot:
    """One place in the order of children: one item, or a choice between several."""

    items: tuple[Item, ...]
    required: bool = True

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(item.element.tag for item in self.items)


@dataclass(frozen=True)
class Key:
    """The attribute `field` of the elements at `path` (from the root) is unique; `noun` names it in messages."""

    name: str
    noun: str
    path: str
    field: str


@dataclass(frozen=True)
class Reference:
    """The attribute `field` of the elements at `path` is a value of the key `key`."""

    name: str
    key: str
    path: str
    field: str


@dataclass(frozen=True)
class Element:
    """`text`: what its character data may say (None: nothing). `any_attributes`: the kind of attributes not listed.

    In JSON its text is called `text_name`. `entry` (key, value), each "text" or an attribute's name: in JSON a list of
    such elements is one object key → value. `default`: what an absent one says. `type_name`: its name in the XSD.
    `kinds`: groups of children of which one is there, and whole; their slots are the last ones.
    """

    tag: str
    doc: str
    attributes: tuple[Attribute, ...] = ()
    slots: tuple[Slot, ...] = ()
    text: Value | None = None
    any_attributes: Value | None = None
    text_name: str = ""
    entry: tuple[str, str] | None = None
    default: str | None = None
    type_name: str = ""
    keys: tuple[Key, ...] = ()
    references: tuple[Reference, ...] = ()
    kinds: tuple[frozenset[str], ...] = ()

    @cached_property
    def children(self) -> dict[str, Element]:
        return {item.element.tag: item.element for slot in self.slots for item in slot.items}

    @cached_property
    def items(self) -> dict[str, Item]:
        return {item.element.tag: item for slot in self.slots for item in slot.items}

    @cached_property
    def slot_of(self) -> dict[str, int]:
        """The place of each child in the order, by tag."""
        return {tag: number for number, slot in enumerate(self.slots) for tag in slot.tags}

    @cached_property
    def attribute(self) -> dict[str, Attribute]:
        return {attribute.name: attribute for attribute in self.attributes}

    @cached_property
    def sole(self) -> Element | None:
        """The one repeatable child that is all this element holds: in JSON a list, or an object of entries."""
        if self.text or len(self.slots) != 1 or len(self.slots[0].items) != 1:
            return None
        item = self.slots[0].items[0]
        return item.element if item.max != 1 else None

    @cached_property
    def entries(self) -> Element | None:
        """The child of which several are one object key → value in JSON, alone or beside other children."""
        return next((child for child in self.children.values() if child.entry), None)

    def slots_of(self, tags: Collection[str]) -> tuple[Slot, ...]:
        """The slots that count beside children `tags`: those of their kind, of the first kind if they have none."""
        if not self.kinds:
            return self.slots
        chosen = next((kind for kind in self.kinds if not kind.isdisjoint(tags)), self.kinds[0])
        others = frozenset().union(*self.kinds) - chosen
        return tuple(slot for slot in self.slots if others.isdisjoint(slot.tags))

    @property
    def type(self) -> str:
        return self.type_name or self.tag

    def walk(self) -> Iterator[Element]:
        """This element and every one below it, each type once."""
        seen: set[str] = set()
        pending = [self]
        while pending:
            element = pending.pop(0)
            if element.type not in seen:
                seen.add(element.type)
                yield element
                pending.extend(element.children.values())


def _one(element: Element) -> Slot:
    return Slot((Item(element),))


def _maybe(element: Element) -> Slot:
    return Slot((Item(element, 0),), required=False)


def _some(element: Element, count: int | None = None) -> Slot:
    return Slot((Item(element, count or 1, count),))


def _any(element: Element) -> Slot:
    return Slot((Item(element, 0, None),), required=False)


def _registered(room: str) -> Callable[[], list[str]]:
    def names() -> list[str]:
        from seqforge import registry

        return registry.names(room)

    return names


def _spaces() -> list[str]:
    from seqforge.data.encodings import ALPHABETS

    return list(ALPHABETS)


def _libraries() -> list[str]:
    from seqforge.registry import LIBRARIES

    return [*LIBRARIES, "TensorFlow"]


TEXT = Value("text", Free())
WORD = Value("word", String(), "A text that is not empty.")
LITERAL = Value("value", String(), "A number, a text, True or False, None, or a tuple of those.")
SETTING = Value("setting", Free(), "A number, a text, True or False, None, or a tuple of those.")
ID = Value("id", Shaped("[A-Za-z0-9_\\-]+", "letters, digits, '_' or '-'"), "Letters, digits, underscores, hyphens.")
LABEL = Value("label", Shaped("[^|\\t]+", "a text without '|' and tab"), "A text without | and tab.", later=True)
SEED = Value("seed", Seed(), "A whole number from 0 to 4294967295.")
NUMBER = Value("version", Integer(ge=1), "The number of a language version.")
WHOLE = Value("wholeNumber", Integer(), "A whole number.")
COUNT = Value("count", Integer(ge=1), "A whole number from 1.")
NATURAL = Value("natural", Integer(ge=0), "A whole number from 0.")
WEIGHT = Value("probability", Number(ge=0, le=1), "A probability from 0 to 1.")
REAL = Value("real", Number(), "A number.")
POSITIVE = Value("positive", Number(gt=0), "A number above 0.")
NONNEGATIVE = Value("nonNegative", Number(ge=0), "A number from 0.")
CHANCE = Value("chance", Number(gt=0, le=1), "A probability above 0, at most 1.")
FLAG = Value("flag", Flag(), "True or False; also yes, y, t, on, 1 and no, n, f, off, 0, in any case.")
TASK = Value("task", Known(_registered("tasks")), "What is predicted.")
SPACE = Value("sequencespace", Known(_spaces), "The alphabet of the sequences.")
LIBRARY = Value("library", Known(_libraries), "The backend; TensorFlow is another name of Keras.")
IMPLEMENTATION = Value("implementation", Known(lambda: list(IMPLEMENTATIONS)), "A learner class of seqgra.")
ENCODING = Value(
    "inputencoding", Known(lambda: ["1D", "2D"]), "1D: (channel, position); 2D: with an axis of length 1 between."
)
FORMAT = Value("format", Known(lambda: list(FORMATS)), "What the external file is.")
LAYOUT = Value("layout", Known(lambda: list(LAYOUTS)), "The order of axes: examples N, channels C, positions L.")
LAYER = Value("layer", Known(_registered("layers")), "The name of a layer.")
SOURCE = Value("dataFormat", Known(_registered("sources")), "The name of a data format.")
SET = Value("setName", Words(*SETS), "One of the three sets.")
MODE = Value("mode", Words("sequential", "mutually exclusive"), "How the rules of a condition are drawn.")
ORDER = Value("order", Words("random", "in-order"), "Whether the two elements of a pair may swap.")
POSITION = Value("position", Position(), "Where the elements of a rule are placed; numbers count from 1.")
HEAD = Value("headName", Shaped("[A-Za-z][A-Za-z0-9_\\-]*", "letters, digits, '_' or '-', a letter first"), "A head.")
CONSENSUS = Value("consensus", Shaped("[ACGTacgt]+", "a word of A, C, G and T"), "The likeliest letters.")
PROCESSING = Value("postprocessing", Words("kmer-frequency-preserving-shuffle"), "An operation on generated sets.")

HYPERPARAMETER = Element(
    "hyperparameter",
    "One hyper-parameter: its name and, as text, its value.",
    (Attribute("name", WORD, "Compared without case and underscores.", required=True),),
    text=LITERAL,
    text_name="value",
    entry=("name", "text"),
)


def _text(tag: str, value: Value, doc: str, type_name: str = "", default: str | None = None) -> Element:
    return Element(tag, doc, text=value, type_name=type_name, default=default)


def _section(tag: str, doc: str, *attributes: Attribute) -> Element:
    return Element(tag, doc, attributes, (_any(HYPERPARAMETER),))


LABELS = Element(
    "labels",
    "The classes in the order of the targets' columns: each by itself, or numbered by one pattern; "
    "empty for a reconstruction.",
    slots=(
        Slot(
            (
                Item(_text("label", LABEL, "The name of one class."), 0, None),
                Item(
                    Element(
                        "pattern",
                        "prefix + number + postfix for every number from min to max.",
                        (
                            Attribute("prefix", TEXT, "Before the number.", default=""),
                            Attribute("postfix", TEXT, "Behind the number.", default=""),
                            Attribute("min", WHOLE, "The first number.", default="1"),
                            Attribute("max", WHOLE, "The last number, included.", required=True),
                        ),
                        text=TEXT,
                    )
                ),
            ),
            required=False,
        ),
    ),
)
HEADS = Element(
    "heads",
    "The outputs of a profile model, instead of labels.",
    slots=(
        _some(
            Element(
                "head",
                "Tracks that share one multinomial and one total count.",
                (
                    Attribute("name", WORD, "The name of the head.", required=True),
                    Attribute("tasks", LITERAL, "How many tracks, or their names.", required=True),
                ),
                (_any(HYPERPARAMETER),),
            )
        ),
    ),
)
IDENTIFIER = Attribute("id", ID, "The name of the definition, its runs and their folder.", required=True)
NAME = _text("name", TEXT, "A short name for people.")
DESCRIPTION = _text("description", TEXT, "What it is for.")
SEED_ELEMENT = _text("seed", SEED, "Every random number follows from it.")
GENERAL = Element(
    "general",
    "What the model is, what it predicts and from what.",
    (IDENTIFIER,),
    (
        _one(NAME),
        _one(DESCRIPTION),
        _one(_text("task", TASK, "What is predicted.")),
        _one(_text("sequencespace", SPACE, "The alphabet of the sequences.")),
        _one(_text("library", LIBRARY, "The backend that trains it.")),
        _maybe(
            _text("implementation", IMPLEMENTATION, "The learner class of seqgra; it must agree and has no effect.")
        ),
        _maybe(_text("inputencoding", ENCODING, "How sequences are fed; default 1D.", default="1D")),
        Slot((Item(LABELS), Item(HEADS))),
        _one(SEED_ELEMENT),
    ),
    type_name="modelGeneral",
)
SEQUENTIAL = Element(
    "sequential",
    "Layers in order, embedded in the definition.",
    slots=(
        _some(
            Element(
                "operation",
                "One layer: its name as text, its hyper-parameters as attributes.",
                text=LAYER,
                any_attributes=SETTING,
                type_name="layerOperation",
            )
        ),
    ),
)
EXTERNAL = Element(
    "external",
    "An architecture from a file, or from the registry (format seqforge, where the text is empty).",
    (
        Attribute("format", FORMAT, "What the file is.", required=True),
        Attribute("classname", WORD, "The class that builds the model."),
        Attribute("layout", LAYOUT, "The axis order that the module wants."),
    ),
    text=TEXT,
    text_name="path",
)
PART = Element(
    "part",
    "A nested sub-model: an argument of the architecture.",
    (
        Attribute("name", WORD, "The argument's name.", required=True),
        Attribute("definition", WORD, "A model definition that is built anew."),
        Attribute("run", WORD, "A finished run whose architecture and weights are taken."),
        Attribute("freeze", FLAG, "Whether its weights stay as they are."),
    ),
)
ARCHITECTURE = Element(
    "architecture",
    "The model: embedded layers or an external architecture, its arguments and its parts.",
    slots=(
        Slot((Item(SEQUENTIAL), Item(EXTERNAL))),
        _maybe(_section("hyperparameters", "Arguments of the architecture.")),
        _any(PART),
    ),
)
MODEL = Element(
    "seqgramodel",
    "A model definition: what is learned, by which model, from which data, and how.",
    (Attribute("version", NUMBER, "The version of the language.", default=str(VERSION)),),
    (
        _one(GENERAL),
        _one(ARCHITECTURE),
        _maybe(_section("loss", "The loss: its name under 'loss', then its options.")),
        _any(
            _section(
                "optimizer",
                "An optimizer: its name under 'optimizer', then its options.",
                Attribute("parameters", WORD, "A pattern over parameter names: those that it updates; default all."),
            )
        ),
        _any(
            _section(
                "schedule",
                "A learning-rate schedule: its name under 'schedule', then its options.",
                Attribute("optimizer", COUNT, "The number of the optimizer that it drives, from 1; default all."),
            )
        ),
        _maybe(_section("trainingprocess", "How the loop runs: batch size, epochs, stopping, precision.")),
        _maybe(
            _section(
                "data",
                "Where sequences and targets come from.",
                Attribute("format", SOURCE, "The data format.", required=True),
            )
        ),
    ),
)

LETTER = Element(
    "letter",
    "A letter of the alphabet and its probability.",
    (Attribute("probability", WEIGHT, "Divided by the sum over all letters.", required=True),),
    text=WORD,
    entry=("text", "probability"),
)
BACKGROUND = Element(
    "background",
    "What every sequence is before rules write into it.",
    slots=(
        _one(_text("minlength", COUNT, "The shortest length.")),
        _one(_text("maxlength", COUNT, "The longest length.")),
        _one(
            Element(
                "alphabetdistributions",
                "Letter probabilities, for all sequences or for some.",
                slots=(
                    _some(
                        Element(
                            "alphabetdistribution",
                            "Letter probabilities for one set, one condition, both, or all.",
                            (
                                Attribute("setname", SET, "Only in this set."),
                                Attribute("cid", ID, "Only where this condition comes first."),
                            ),
                            (_some(LETTER),),
                        )
                    ),
                ),
            )
        ),
    ),
)
DATAGENERATION = Element(
    "datageneration",
    "How many sequences of what the sets hold.",
    slots=(
        _one(
            Element(
                "sets",
                "The three sets.",
                slots=(
                    _some(
                        Element(
                            "set",
                            "One set.",
                            (Attribute("name", SET, "training, validation or test.", required=True),),
                            (
                                _some(
                                    Element(
                                        "example",
                                        "Sequences that carry the same conditions.",
                                        (Attribute("samples", COUNT, "How many.", required=True),),
                                        (
                                            _any(
                                                Element(
                                                    "conditionref",
                                                    "A condition that they carry.",
                                                    (Attribute("cid", ID, "Its id.", required=True),),
                                                )
                                            ),
                                        ),
                                    )
                                ),
                            ),
                        ),
                        count=3,
                    ),
                ),
            )
        ),
        _maybe(
            Element(
                "postprocessing",
                "Operations on every generated set, in order.",
                slots=(
                    _some(
                        Element(
                            "operation",
                            "Its name as text.",
                            (
                                Attribute("labels", TEXT, "The label of the added sequences.", required=True),
                                Attribute("k", COUNT, "The length of words whose counts are kept.", default="1"),
                            ),
                            text=PROCESSING,
                            type_name="processingOperation",
                        )
                    ),
                ),
            )
        ),
    ),
)
CONSTRAINT = Element(
    "spacingconstraint",
    "Two elements are placed as a pair with a gap between them.",
    (
        Attribute("sid1", ID, "The first element.", required=True),
        Attribute("sid2", ID, "The second element.", required=True),
        Attribute("mindistance", NATURAL, "The smallest gap.", required=True),
        Attribute("maxdistance", NATURAL, "The largest gap.", required=True),
        Attribute("order", ORDER, "random: the two may swap.", required=True),
    ),
)
RULE = Element(
    "rule",
    "Elements that are written into a sequence together.",
    slots=(
        _one(_text("position", POSITION, "Where.", type_name="rulePosition")),
        _one(_text("probability", CHANCE, "How often.", type_name="ruleProbability")),
        _one(
            Element(
                "sequenceelementrefs",
                "Which elements.",
                slots=(
                    _some(
                        Element(
                            "sequenceelementref",
                            "One element.",
                            (Attribute("sid", ID, "Its id.", required=True),),
                        )
                    ),
                ),
            )
        ),
        _maybe(Element("spacingconstraints", "The gaps between them.", slots=(_some(CONSTRAINT),))),
    ),
)
CONDITIONS = Element(
    "conditions",
    "The classes: what makes a sequence belong to each.",
    slots=(
        _some(
            Element(
                "condition",
                "One class.",
                (Attribute("id", ID, "The label that sequences get.", required=True),),
                (
                    _one(_text("label", TEXT, "A name for people.", type_name="conditionLabel")),
                    _one(DESCRIPTION),
                    _maybe(_text("mode", MODE, "sequential: every rule by itself; default.", default="sequential")),
                    _one(Element("grammar", "The rules.", slots=(_some(RULE),))),
                ),
            )
        ),
    ),
)
SEQUENCEELEMENTS = Element(
    "sequenceelements",
    "The motifs.",
    slots=(
        _some(
            Element(
                "sequenceelement",
                "One motif: words with probabilities, or letters with probabilities per position.",
                (Attribute("id", ID, "The name that rules use.", required=True),),
                (
                    Slot(
                        (
                            Item(
                                Element(
                                    "kmerbased",
                                    "One of several words.",
                                    slots=(
                                        _some(
                                            Element(
                                                "kmer",
                                                "A word and its probability.",
                                                (Attribute("probability", WEIGHT, "Its share.", required=True),),
                                                text=WORD,
                                                entry=("text", "probability"),
                                            )
                                        ),
                                    ),
                                )
                            ),
                            Item(
                                Element(
                                    "matrixbased",
                                    "A letter per position.",
                                    slots=(
                                        _some(
                                            Element(
                                                "position",
                                                "The letters of one position.",
                                                slots=(_some(LETTER),),
                                                type_name="matrixPosition",
                                            )
                                        ),
                                    ),
                                )
                            ),
                        )
                    ),
                ),
            )
        ),
    ),
)
PROFILESIMULATION = Element(
    "profilesimulation",
    "Simulated reads at every base of two strands: a cutting bias times what the motifs leave.",
    slots=(
        _any(HYPERPARAMETER),
        _any(
            Element(
                "motif",
                "A motif and the footprint that it leaves in the reads; without any: A and B of the documentation.",
                (
                    Attribute("name", ID, "Its name.", required=True),
                    Attribute("consensus", CONSENSUS, "The likeliest letter of every position.", required=True),
                ),
                (
                    _some(
                        Element(
                            "peak",
                            "A normal peak of the footprint on the plus strand; the minus strand mirrors it.",
                            (
                                Attribute("position", REAL, "Bases from the motif's centre.", required=True),
                                Attribute("sd", POSITIVE, "Its standard deviation in bases.", required=True),
                                Attribute("weight", POSITIVE, "Divided by the sum over all peaks.", default="1"),
                            ),
                        )
                    ),
                ),
            )
        ),
        _any(
            Element(
                "sample",
                "One experiment; without any: control, background and peaks of the documentation.",
                (
                    Attribute("name", ID, "Its name.", required=True),
                    Attribute("kappa", NONNEGATIVE, "How strong the bias is, relative to bias_strength.", default="1"),
                    Attribute("background", POSITIVE, "Reads of a base and strand without motifs.", default="1"),
                    Attribute("with_motifs", FLAG, "Whether its regions hold motifs.", default="False"),
                ),
            )
        ),
    ),
)
PROFILES = Element(
    "profiles",
    "Regions of a genome and tracks of reads, made into training files by `seqforge prepare profiles`.",
    slots=(
        _any(HYPERPARAMETER),
        _some(
            Element(
                "head",
                "Tracks that share one multinomial and one total count.",
                (
                    Attribute("name", HEAD, "The name of the head.", required=True),
                    Attribute("tasks", LITERAL, "How many tracks, or their names.", required=True),
                ),
                (_some(_text("track", WORD, "The bigWig file of one task, in the order of tasks.")),),
                type_name="trackHead",
            )
        ),
    ),
)
DATA = Element(
    "seqgradata",
    "A data definition: what sequences or profiles are simulated from, or how profiles are prepared.",
    (Attribute("version", NUMBER, "The version of the language.", default=str(VERSION)),),
    (
        _one(
            Element(
                "general",
                "What is simulated.",
                (IDENTIFIER,),
                (
                    _one(NAME),
                    _one(DESCRIPTION),
                    _one(_text("task", TASK, "What a model will predict.")),
                    _one(_text("sequencespace", SPACE, "The alphabet of the sequences.")),
                    _one(SEED_ELEMENT),
                ),
                type_name="dataGeneral",
            )
        ),
        _one(BACKGROUND),
        _one(DATAGENERATION),
        _one(CONDITIONS),
        _one(SEQUENCEELEMENTS),
        _one(PROFILESIMULATION),
        _one(PROFILES),
    ),
    kinds=(
        frozenset({"background", "datageneration", "conditions", "sequenceelements"}),
        frozenset({"profilesimulation"}),
        frozenset({"profiles"}),
    ),
    keys=(
        Key("setKey", "set", "datageneration/sets/set", "name"),
        Key("conditionKey", "condition", "conditions/condition", "id"),
        Key("elementKey", "sequence element", "sequenceelements/sequenceelement", "id"),
        Key("motifKey", "motif", "profilesimulation/motif", "name"),
        Key("sampleKey", "sample", "profilesimulation/sample", "name"),
        Key("headKey", "head", "profiles/head", "name"),
    ),
    references=(
        Reference("alphabetSet", "setKey", "background/alphabetdistributions/alphabetdistribution", "setname"),
        Reference("alphabetCondition", "conditionKey", "background/alphabetdistributions/alphabetdistribution", "cid"),
        Reference("exampleCondition", "conditionKey", "datageneration/sets/set/example/conditionref", "cid"),
        Reference(
            "ruleElement",
            "elementKey",
            "conditions/condition/grammar/rule/sequenceelementrefs/sequenceelementref",
            "sid",
        ),
        *(
            Reference(
                f"constraintElement{number}",
                "elementKey",
                "conditions/condition/grammar/rule/spacingconstraints/spacingconstraint",
                f"sid{number}",
            )
            for number in (1, 2)
        ),
    ),
)
ROOTS = {root.tag: root for root in (MODEL, DATA)}
