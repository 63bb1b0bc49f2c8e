# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Small definitions that use every element of the languages."""

from __future__ import annotations

from profile_samples import BARE, PROFILES, SIMULATION

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<seqgramodel version="1">
    <general id="torch-mc2-dna20-all-s1">
        <name>everything</name>
        <description/>
        <task>multi-class classification</task>
        <sequencespace>DNA</sequencespace>
        <library>PyTorch</library>
        <inputencoding>1D</inputencoding>
        <labels>
            <label>c1</label>
            <label>c2</label>
        </labels>
        <seed>1</seed>
    </general>
    <architecture>
        <sequential>
            <operation input_shape="(20, 4)" filters="10" kernel_size="(5,)" activation="relu">Conv1D</operation>
            <operation>Flatten</operation>
            <operation units="2">Dense</operation>
        </sequential>
        <hyperparameters>
            <hyperparameter name="x">1.50</hyperparameter>
        </hyperparameters>
        <part name="inner" run="runs/a" freeze="True"/>
    </architecture>
    <loss>
        <hyperparameter name="loss">CrossEntropyLoss</hyperparameter>
    </loss>
    <optimizer parameters="0.*">
        <hyperparameter name="optimizer">SGD</hyperparameter>
        <hyperparameter name="learning_rate">1e-3</hyperparameter>
    </optimizer>
    <optimizer parameters="*">
        <hyperparameter name="optimizer">Adam</hyperparameter>
        <hyperparameter name="betas">(0.9, 0.99)</hyperparameter>
    </optimizer>
    <schedule optimizer="2">
        <hyperparameter name="schedule">Exponential</hyperparameter>
    </schedule>
    <trainingprocess>
        <hyperparameter name="batch_size">10</hyperparameter>
        <hyperparameter name="epochs">05</hyperparameter>
        <hyperparameter name="shuffle">true</hyperparameter>
        <hyperparameter name="early_stopping">True</hyperparameter>
    </trainingprocess>
    <data format="table">
        <hyperparameter name="format">&lt;tsv&gt; &amp; "more"</hyperparameter>
    </data>
</seqgramodel>
"""

HEADS = MODEL.replace(
    """        <labels>
            <label>c1</label>
            <label>c2</label>
        </labels>
""",
    """        <heads>
            <head name="nexus" tasks="plus, minus">
                <hyperparameter name="profile_loss_weight">1</hyperparameter>
            </head>
            <head name="other" tasks="1"/>
        </heads>
""",
)

DATA = """<?xml version="1.0" encoding="UTF-8"?>
<seqgradata>
    <general id="mc2-dna20-sim-all-s1">
        <name>everything</name>
        <description>two classes</description>
        <task>multi-class classification</task>
        <sequencespace>DNA</sequencespace>
        <seed>1</seed>
    </general>
    <background>
        <minlength>20</minlength>
        <maxlength>20</maxlength>
        <alphabetdistributions>
            <alphabetdistribution>
                <letter probability="0.25">A</letter>
                <letter probability=".25">C</letter>
                <letter probability="2.5e-1">G</letter>
                <letter probability="0.250">T</letter>
            </alphabetdistribution>
            <alphabetdistribution setname="training" cid="c1">
                <letter probability="1">A</letter>
            </alphabetdistribution>
        </alphabetdistributions>
    </background>
    <datageneration>
        <sets>
            <set name="training">
                <example samples="10">
                    <conditionref cid="c1"/>
                </example>
                <example samples="10">
                    <conditionref cid="c2"/>
                </example>
            </set>
            <set name="validation">
                <example samples="5">
                    <conditionref cid="c1"/>
                </example>
            </set>
            <set name="test">
                <example samples="5">
                    <conditionref cid="c2"/>
                </example>
            </set>
        </sets>
        <postprocessing>
            <operation k="2" labels="c1">kmer-frequency-preserving-shuffle</operation>
        </postprocessing>
    </datageneration>
    <conditions>
        <condition id="c1">
            <label>one</label>
            <description/>
            <mode>mutually exclusive</mode>
            <grammar>
                <rule>
                    <position>random</position>
                    <probability>0.5</probability>
                    <sequenceelementrefs>
                        <sequenceelementref sid="e1"/>
                        <sequenceelementref sid="e2"/>
                    </sequenceelementrefs>
                    <spacingconstraints>
                        <spacingconstraint sid1="e1" sid2="e2" mindistance="1" maxdistance="5" order="in-order"/>
                    </spacingconstraints>
                </rule>
            </grammar>
        </condition>
        <condition id="c2">
            <label>two</label>
            <description/>
            <grammar>
                <rule>
                    <position>5</position>
                    <probability>1.0</probability>
                    <sequenceelementrefs>
                        <sequenceelementref sid="e2"/>
                    </sequenceelementrefs>
                </rule>
            </grammar>
        </condition>
    </conditions>
    <sequenceelements>
        <sequenceelement id="e1">
            <kmerbased>
                <kmer probability="0.5">ACGT</kmer>
                <kmer probability="0.5">TTTT</kmer>
            </kmerbased>
        </sequenceelement>
        <sequenceelement id="e2">
            <matrixbased>
                <position>
                    <letter probability="0.5">A</letter>
                    <letter probability="0.5">C</letter>
                </position>
                <position>
                    <letter probability="1">T</letter>
                </position>
            </matrixbased>
        </sequenceelement>
    </sequenceelements>
</seqgradata>
"""

ALL = {
    "model": MODEL,
    "heads": HEADS,
    "data": DATA,
    "profiles": PROFILES,
    "profilesimulation": SIMULATION,
    "bare simulation": BARE,
}
