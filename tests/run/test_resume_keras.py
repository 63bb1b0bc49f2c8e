# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Runs on Keras that are killed within an epoch continue to the same bytes."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import killing
import pytest

SIMULATION = """<seqgradata>
    <general id="few"><name/><description/><task>profile prediction</task><sequencespace>DNA</sequencespace>
        <seed>3</seed></general>
    <profilesimulation>
        <hyperparameter name="input_length">40</hyperparameter>
        <hyperparameter name="output_length">24</hyperparameter>
        <hyperparameter name="margin">0</hyperparameter>
        <hyperparameter name="grid">12</hyperparameter>
        <hyperparameter name="max_motifs">2</hyperparameter>
        <hyperparameter name="max_jitter">2</hyperparameter>
        <hyperparameter name="training">40</hyperparameter>
        <hyperparameter name="validation">16</hyperparameter>
        <hyperparameter name="test">16</hyperparameter>
    </profilesimulation>
</seqgradata>
"""
PROFILES = """<seqgramodel>
    <general id="profiles">
        <name>profiles</name>
        <description>the counts loss is weighed anew after every epoch</description>
        <task>profile prediction</task>
        <sequencespace>DNA</sequencespace>
        <library>Keras</library>
        <heads>
            <head name="nexus" tasks="plus, minus">
                <hyperparameter name="counts_loss_frac_target">0.2</hyperparameter>
            </head>
        </heads>
        <seed>2</seed>
    </general>
    <architecture>
        <external format="seqforge" classname="BPNet"/>
        <hyperparameters>
            <hyperparameter name="input_length">40</hyperparameter>
            <hyperparameter name="output_length">24</hyperparameter>
            <hyperparameter name="num_filters">4</hyperparameter>
            <hyperparameter name="num_layers">1</hyperparameter>
            <hyperparameter name="input_filter_width">7</hyperparameter>
            <hyperparameter name="output_filter_width">7</hyperparameter>
        </hyperparameters>
    </architecture>
    <loss><hyperparameter name="loss">BPNetLoss</hyperparameter></loss>
    <optimizer>
        <hyperparameter name="optimizer">Adam</hyperparameter>
        <hyperparameter name="learning_rate">0.05</hyperparameter>
    </optimizer>
    <schedule>
        <hyperparameter name="schedule">ReduceLROnPlateau</hyperparameter>
        <hyperparameter name="patience">1</hyperparameter>
    </schedule>
    <trainingprocess>
        <hyperparameter name="batch_size">5</hyperparameter>
        <hyperparameter name="epochs">6</hyperparameter>
        <hyperparameter name="shuffle">True</hyperparameter>
        <hyperparameter name="early_stopping">True</hyperparameter>
        <hyperparameter name="early_stopping_patience">3</hyperparameter>
    </trainingprocess>
    <data format="profile-simulation">
        <hyperparameter name="definition">few.xml</hyperparameter>
        <hyperparameter name="sample">control</hyperparameter>
        <hyperparameter name="max_jitter">2</hyperparameter>
        <hyperparameter name="reverse_complement">True</hyperparameter>
    </data>
</seqgramodel>
"""


@pytest.mark.keras
@pytest.mark.slow
def test_a_killed_run_continues_to_the_same_bytes(tmp_path: Path) -> None:
    """8 steps per epoch: killed outright within the second epoch, asked to end within the third."""
    kills = [(13, signal.SIGKILL, -signal.SIGKILL), (18, signal.SIGTERM, 128 + signal.SIGTERM)]
    killing.check_resume(tmp_path, "Keras", kills)


@pytest.mark.keras
@pytest.mark.slow
def test_a_killed_profile_run_keeps_its_adapted_weights(tmp_path: Path) -> None:
    """The factor of the counts loss, the history that it is made of and every best epoch judged by it are restored."""
    (tmp_path / "few.xml").write_text(SIMULATION)
    (tmp_path / "profiles.xml").write_text(PROFILES)
    kills = [(13, signal.SIGKILL, -signal.SIGKILL), (30, signal.SIGTERM, 128 + signal.SIGTERM)]
    killing.check_continued(tmp_path, ["profiles.xml"], kills)
    (run,) = tmp_path.glob("whole/profiles/*")
    factors = [json.loads(line)["loss_weights"]["nexus_counts_mse"] for line in killing.epochs(run)]
    assert len(set(factors)) == len(factors), "the factor did not move"
