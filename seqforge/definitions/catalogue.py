# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Every problem id with what it means and the way out: the text behind `seqforge explain`.

SF00xx files and syntax · SF01xx structure and general · SF02xx components and hyper-parameters · SF03xx parts that do not
fit together · SF04xx architectures and external files · SF05xx shapes · SF06xx data definitions · SF07xx data files
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    title: str
    explanation: str  # why it is wrong, and how to mend it


CATALOGUE: dict[str, Entry] = {
    # SF00xx files and syntax
    "SF0001": Entry(
        "the file does not exist",
        "There is no file at this path. Paths on the command line start at the working directory; the message"
        " names the most similar definition beside it.",
    ),
    "SF0002": Entry(
        "the file cannot be read",
        "The path is a folder, or the operating system refuses to read it. `validate` takes folders, the "
        "other verbs take one file.",
    ),
    "SF0003": Entry(
        "the file is empty",
        "A definition needs a root element, `seqgramodel` or `seqgradata`. `seqforge new` writes a valid one "
        "to start from.",
    ),
    "SF0004": Entry(
        "the file is too large",
        "A definition is a few kilobytes; more than 10 MiB is refused before it is read. Data belong into "
        "files that a definition names.",
    ),
    "SF0005": Entry(
        "the file is not text in UTF-8, or neither XML nor JSON",
        "Definitions are UTF-8, with or without a byte order mark. The line and column are those of the first"
        " byte that is not. XML begins with '<', JSON with '{'.",
    ),
    "SF0006": Entry(
        "not well-formed XML",
        "A tag is not closed, an attribute stands twice, or a character such as '&' stands unescaped. Nothing"
        " behind this place can be read before it is mended.",
    ),
    "SF0007": Entry(
        "a document type or entity",
        "DOCTYPE and entity declarations can read other files and expand without bounds, and no definition "
        "needs them: remove the declaration. The five entities of XML itself (&lt; &gt; &amp; &quot; &apos;) "
        "always work.",
    ),
    "SF0008": Entry(
        "nested too deeply",
        "The language needs 9 levels; more than 64 are refused.",
    ),
    "SF0009": Entry(
        "a CDATA section",
        "Values are plain texts. What stands inside <![CDATA[…]]> is not read; write it plainly, with &lt; "
        "for < and &amp; for &.",
    ),
    "SF0010": Entry(
        "not valid JSON",
        "JSON as in RFC 8259: keys and texts in double quotes, no comments, no comma behind the last item, no"
        " NaN or Infinity.",
    ),
    "SF0011": Entry(
        "a JSON key twice",
        "Most readers would silently keep the last one. Keep one. A list of hyper-parameters in which a name "
        'really occurs twice can be written at length: "hyperparameter": [{"name": …, "value": …}, …].',
    ),
    # SF01xx structure and general
    "SF0101": Entry(
        "the schema refuses it",
        "The definition violates schemas/model-definition.xsd or schemas/data-definition.xsd at this place.",
    ),
    "SF0102": Entry(
        "unknown root",
        "A model definition has the root `seqgramodel`, a data definition `seqgradata`; in JSON it is the one"
        " key of the outermost object.",
    ),
    "SF0103": Entry(
        "the other kind of definition",
        "A data definition was given where a model definition is needed, or the reverse.",
    ),
    "SF0104": Entry(
        "unknown element",
        "This element does not exist here. The message names the nearest one, or where an element of this "
        "name belongs. Element names compare with case.",
    ),
    "SF0105": Entry(
        "unknown attribute",
        "This element does not have the attribute. Attribute names compare with case.",
    ),
    "SF0106": Entry(
        "an element is missing",
        "The language requires the element here; the message says where it stands.",
    ),
    "SF0107": Entry(
        "an attribute is missing",
        "The language requires the attribute.",
    ),
    "SF0108": Entry(
        "elements in the wrong order",
        "The children of an element stand in a fixed order, which the message lists. (In JSON the order of "
        "keys is free.)",
    ),
    "SF0109": Entry(
        "an element is repeated",
        "The element may stand here once, or a fixed number of times.",
    ),
    "SF0110": Entry(
        "an empty value",
        "A value is required. A comment is not a value.",
    ),
    "SF0111": Entry(
        "a value that does not fit",
        "The text is not what its element or attribute may say; the message gives the expected kind and "
        "range.",
    ),
    "SF0112": Entry(
        "stray text",
        "This element holds elements only. Often a tag is missing around the text.",
    ),
    "SF0113": Entry(
        "two alternatives at once",
        "The elements exclude each other: labels or heads, label or pattern, sequential or external, "
        "kmerbased or matrixbased.",
    ),
    "SF0114": Entry(
        "a newer language version",
        "The definition is written in a version of the language that this SeqForge does not know. Update "
        "SeqForge.",
    ),
    "SF0115": Entry(
        "an id twice",
        "Ids of conditions and sequence elements and names of sets are unique, because others refer to them.",
    ),
    "SF0116": Entry(
        "a reference to nothing",
        "No condition, sequence element or set has this id. Ids compare with case.",
    ),
    "SF0117": Entry(
        "the wrong JSON form",
        "A list stands where an object is expected, or the reverse. `seqforge convert FILE.xml -` shows the "
        "JSON form of a definition.",
    ),
    "SF0118": Entry(
        "a pattern of too many labels",
        "The range of the pattern was probably mistyped.",
    ),
    # SF02xx components and hyper-parameters
    # SF03xx parts that do not fit together
    # SF04xx architectures and external files
    # SF05xx shapes
    "SF0501": Entry(
        "the architecture cannot take its input",
        "An input of the declared length and alphabet was pushed through the architecture before any training, and the "
        "sub-module named in the message refused the shape that reached it. Either the window of the data differs from "
        "the one the architecture was written for, or two neighbouring layers do not fit; `layout` and `inputencoding` "
        "decide the order of the axes.",
    ),
    "SF0502": Entry(
        "the output does not fit the labels",
        "An architecture must put out one row per example and one column per label. Another number of columns means "
        "that the last layer and the list of labels disagree; another number of rows means that a reshape to a fixed "
        "size inside the architecture belongs to another input length.",
    ),
    "SF0503": Entry(
        "the input is too short for the architecture",
        "Convolutions and pools shorten the sequence; of a shorter input than the stated minimum nothing is left.",
    ),
    "SF0504": Entry(
        "the shapes were not proven",
        "The length of the input is not known without opening data files, or the sequences have several lengths, so "
        "the architecture was not tried out. Nothing is wrong; training checks the shapes once the data is open.",
    ),
    # SF06xx data definitions
    # SF07xx data files
    "SF0701": Entry(
        "A data file cannot be read",
        "The file is not there, may not be read, or the folder of the cache cannot be written. Paths in the data options "
        "start at the definition's folder, or at the option `folder`, which `--set data.folder=…` changes.",
    ),
    "SF0702": Entry(
        "A column is missing",
        "A table has no column of the declared name, or a row is shorter than the header. Name the columns with "
        "sequence_column and label_column.",
    ),
    "SF0703": Entry(
        "A label does not fit the model",
        "Every label of the data must be one of the definition's labels, spelt alike; a multi-class example has exactly "
        "one, a multi-label example any number joined by `|`, a regression example one number per label.",
    ),
    "SF0704": Entry(
        "A letter outside the alphabet",
        "The data options say `unknown` error, or the run is strict, and a sequence has a letter that the sequence space "
        "does not know. Mend the file, or declare how such letters are fed: unknown uniform or zeros.",
    ),
    "SF0705": Entry(
        "A sequence of another length",
        "All sequences of a model have one length. Declare `pad` and `crop` (centre or right) and `length` in the data "
        "options, or make the file even.",
    ),
    "SF0706": Entry(
        "Repeated sequences",
        "The data options say `duplicates` error, and a sequence occurs more than once: within a set, in several sets "
        "(the test then flatters the model), or with contradicting labels. `drop` keeps the first one.",
    ),
    "SF0707": Entry(
        "Data options that contradict each other",
        "Some options exclude each other, need each other, or would have no effect: fractions beside folds, a label "
        "pattern where every file has its label, reverse complements of proteins.",
    ),
    "SF0708": Entry(
        "A damaged data file",
        "The file is not what it should be: FASTA that does not begin with `>`, gzip that ends too early, a table whose "
        "quotes do not close.",
    ),
    "SF0709": Entry(
        "No data",
        "A file, a record or a set is empty.",
    ),
}
