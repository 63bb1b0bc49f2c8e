# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Data definitions of profiles: what is read from them, in both forms, and what each place takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from definition_samples import DATA
from profile_samples import BARE, PROFILES, SIMULATION

from seqforge.definitions.canonical import canonical
from seqforge.definitions.profile_data import MOTIFS, SAMPLES, Peak, ProfilePreparation, ProfileSimulation, Split
from seqforge.definitions.reader import read, read_data, read_preparation, read_simulation
from seqforge.definitions.writer import to_json, to_xml
from seqforge.heads import Head
from seqforge.parameters import Unfit, parameters_of
from seqforge.provenance import rows
from seqforge.resources import folder


def preparation(*edits: tuple[str, str]) -> ProfilePreparation:
    text = PROFILES
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    found, problems = read_preparation(text.encode())
    assert problems == []
    assert found is not None
    return found


def simulation(text: str = SIMULATION) -> ProfileSimulation:
    found, problems = read_simulation(text.encode())
    assert problems == []
    assert found is not None
    return found


def said(text: str) -> list[str]:
    return [str(problem) for problem in read(text.encode())[1]]


def test_a_preparation_is_typed() -> None:
    found = preparation()
    options = found.options
    assert (found.id, found.seed) == ("nexus", 1)
    assert (options.genome, options.regions) == ("genome/hg38.fa", "peaks.bed.gz")
    assert (options.input_length, options.output_length, options.max_jitter) == (2114, 1000, 128)
    assert options.splits == {
        "training": Split(pattern="^(?!held)"),
        "validation": Split(file="held-out.bed"),
        "test": Split(chromosomes=("chr8", "chr9")),
    }
    assert (options.resize, options.unknown_bases, options.overlap_distance) == ("center", "drop", None)
    assert (options.min_counts, options.min_quantile, options.max_counts, options.max_quantile) == (0, 0, None, 1)
    assert [one.head for one in found.heads] == [
        Head(name="nexus", tasks=("plus", "minus")),
        Head(name="atac", tasks=("0",)),
    ]
    assert [one.tracks for one in found.heads] == [("plus.bw", "minus.bw"), ("/tracks/atac.bw",)]
    assert found.task_orders() == ((1, 0), (0,))


def test_paths_start_at_the_folder_of_the_definition(tmp_path: Path) -> None:
    file = tmp_path / "nexus.xml"
    file.write_text(PROFILES)
    found, _ = read_preparation(file)
    assert found is not None
    assert found.path(found.options.genome) == tmp_path / "genome/hg38.fa"
    assert found.path(found.heads[1].tracks[0]) == Path("/tracks/atac.bw")


@pytest.mark.parametrize(
    ("written", "orders"),
    [
        ("auto", ((1, 0), (0,))),
        ("1, 0; auto", ((1, 0), (0,))),
        ("[0, 1]; [0]", ((0, 1), (0,))),
        ("((0, 1), (0,))", ((0, 1), (0,))),
    ],
)
def test_orders_of_tasks(written: str, orders: tuple[tuple[int, ...], ...]) -> None:
    assert preparation(("((1, 0), (0,))", written)).task_orders() == orders


def test_three_tasks_need_an_order_only_on_both_strands() -> None:
    three = ('tasks="plus, minus">', 'tasks="3">\n            <track>third.bw</track>')
    auto = ("((1, 0), (0,))", "auto")
    (problem,) = said(PROFILES.replace(*three).replace(*auto))
    assert "SF0633: revcomp_task_order: head 'nexus' has 3 tasks" in problem
    once = ('name="max_jitter">128</hyperparameter>', 'name="reverse_complement">no</hyperparameter>')
    preparation(three, auto, once)


def test_what_no_split_is() -> None:
    kind = parameters_of(type(preparation().options))["training"].kind
    for text in kind.bad_values():
        with pytest.raises(Unfit):
            kind.parse(text)
    assert kind.parse("('chr1', 'chr2')") == Split(("chr1", "chr2"))
    assert kind.parse("a/b.BED.gz") == Split(file="a/b.BED.gz")
    assert [str(kind.parse(text)) for text in ("chr1,chr2", "x.bed", "name:^a")] == ["chr1, chr2", "x.bed", "name:^a"]


def test_a_simulation_is_typed() -> None:
    found = simulation()
    assert [motif.consensus for motif in found.motifs] == ["TTGACTCATG"]
    assert found.motifs[0].peaks == (Peak(-12, 4, 2), Peak(3.5, 1))
    one, two = found.samples
    assert (one.name, one.kappa, one.background, one.with_motifs) == ("one", 0.7, 0.3, True)
    assert (two.name, two.kappa, two.background, two.with_motifs) == ("two", 1, 1, False)
    assert [found.count(name) for name in ("training", "validation", "test")] == [40, 500, 500]


def test_without_motifs_and_samples_it_has_the_documented_ones() -> None:
    found = simulation(BARE)
    assert (found.motifs, found.samples) == (MOTIFS, SAMPLES)
    assert [motif.name for motif in MOTIFS] == ["A", "B"]
    assert [(one.name, one.kappa, one.background, one.with_motifs) for one in SAMPLES] == [
        ("control", 1, 1, False),
        ("background", 0.7, 0.3, False),
        ("peaks", 0.7, 0.3, True),
    ]
    options = found.options
    assert (options.input_length, options.output_length, options.max_jitter) == (288, 200, 0)
    assert (options.training, options.validation, options.test) == (4000, 500, 500)
    assert (options.letters, options.bias_strength) == ((0.29, 0.21, 0.21, 0.29), 0.8)


def test_the_shipped_simulation_is_the_documented_one() -> None:
    found, problems = read_simulation(folder("data-defs") / "nexus-sim.xml")
    assert problems == []
    assert found is not None
    bare = simulation(BARE)
    assert (found.options, found.motifs, found.samples) == (bare.options, bare.motifs, bare.samples)


@pytest.mark.parametrize("text", [PROFILES, SIMULATION, BARE])
def test_both_forms_say_the_same(text: str) -> None:
    xml, _ = read(text.encode())
    assert xml is not None
    twin = to_json(xml.tree)
    read_back, problems = read(twin.encode())
    assert problems == []
    assert read_back is not None
    assert to_xml(read_back.tree) == text
    assert getattr(read_back, "options") == getattr(xml, "options")  # noqa: B009 - of both kinds


def test_hyperparameters_beside_other_children_are_an_object_in_json() -> None:
    document = json.loads(to_json(preparation().tree))["seqgradata"]["profiles"]
    assert document["hyperparameter"]["input_length"] == 2114
    assert document["head"][0] == {"name": "nexus", "tasks": "plus, minus", "track": ["plus.bw", "minus.bw"]}
    document["hyperparameter"]["test"] = ["chr8", "chr9"]
    general = json.loads(to_json(preparation().tree))["seqgradata"]["general"]
    written = json.dumps({"seqgradata": {"general": general, "profiles": document}})
    found, problems = read_preparation(written.encode())
    assert problems == []
    assert found is not None
    assert found.options.test == Split(("chr8", "chr9"))


def test_a_repeated_key_is_written_at_length() -> None:
    twice = SIMULATION.replace('"training">40<', '"training">40</hyperparameter><hyperparameter name="training">5<')
    found, problems = read(twice.encode())
    assert found is None
    assert [problem.id for problem in problems] == ["SF0205"]


def test_settings_reach_hyperparameters_attributes_and_samples() -> None:
    changes = ["profilesimulation.training=7", "profilesimulation.test=8", "profilesimulation.sample[two].kappa=0.5"]
    found, problems = read_simulation(SIMULATION.encode(), changes)
    assert problems == []
    assert found is not None
    assert (found.options.training, found.options.test, found.samples[1].kappa) == (7, 8, 0.5)
    tags = [node.tag for node in found.tree.all("profilesimulation")[0].children]
    assert tags == ["hyperparameter", "hyperparameter", "motif", "sample", "sample"]


def test_every_kind_is_refused_where_another_is_wanted() -> None:
    wanted = {read_data: "background", read_preparation: "profiles", read_simulation: "profilesimulation"}
    given = {"background": DATA, "profiles": PROFILES, "profilesimulation": SIMULATION}
    for reader, section in wanted.items():
        for other, text in given.items():
            found, problems = reader(text.encode())
            assert (found is None) == (section != other)
            assert ["SF0635" in problem.id for problem in problems] == [True] * (section != other)


def test_without_any_section_the_messages_are_those_of_sequences() -> None:
    problems = said(BARE.replace("    <profilesimulation/>\n", ""))
    assert [problem.split(": ", 1)[1] for problem in problems] == [
        "SF0106: 'seqgradata' lacks 'background'; put it after 'general'",
        "SF0106: 'seqgradata' lacks 'conditions'; put it after 'datageneration'",
        "SF0106: 'seqgradata' lacks 'datageneration'; put it after 'background'",
        "SF0106: 'seqgradata' lacks 'sequenceelements'; put it after 'conditions'",
    ]


def test_the_order_names_the_sections_of_its_kind() -> None:
    head, tail = PROFILES.split("    <profiles>")
    general = head[head.index("    <general") :]
    swapped = head.replace(general, "") + "    <profiles>" + tail.replace("</seqgradata>", f"{general}</seqgradata>")
    (problem,) = said(swapped)
    assert problem.endswith("stands in the wrong place in 'seqgradata'; the order is general, profiles")


@pytest.mark.parametrize("text", [PROFILES, SIMULATION, BARE])
def test_what_applies_is_shown_with_its_origin(text: str) -> None:
    found, _ = read(text.encode())
    assert isinstance(found, (ProfilePreparation, ProfileSimulation))
    shown = {row.name: row for row in rows(found)}
    assert set(found.options.settings()) <= set(shown)
    assert shown["max_jitter"].origin == ("15" if text is PROFILES else "default")
    if text is PROFILES:
        assert shown["test"].value == "chr8, chr9"
    if text is BARE:
        assert (shown["motif[B].@consensus"].value, shown["motif[B].peak[2].@sd"].value) == ("GGCCACGTTA", 6)
        assert shown["sample[peaks].@with_motifs"].value is True


def test_names_are_canonical_on_request() -> None:
    odd = PROFILES.replace('"input_length"', '"InputLength"').replace(">DNA<", ">dna<")
    tree = preparation(('"input_length"', '"InputLength"'), (">DNA<", ">dna<")).tree
    assert to_xml(canonical(tree)) == PROFILES
    assert odd == to_xml(tree)
