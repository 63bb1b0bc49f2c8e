# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""What new model definitions are like: published architectures with their training, and the loss of each task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seqforge.registry import KERAS, PYTORCH

Settings = Mapping[str, Any]
Layers = list[tuple[str, Settings]]

LOSSES: Mapping[tuple[str, str], Settings] = {
    (PYTORCH, "multi-class classification"): {"loss": "CrossEntropyLoss"},
    (PYTORCH, "multi-label classification"): {"loss": "BCEWithLogitsLoss"},
    (PYTORCH, "regression"): {"loss": "MSELoss"},
    (KERAS, "multi-class classification"): {"loss": "categorical_crossentropy", "from_logits": True},
    (KERAS, "multi-label classification"): {"loss": "binary_crossentropy", "from_logits": True},
    (KERAS, "regression"): {"loss": "mean_squared_error"},
}


def _block(filters: int, width: int, pool: int, *, norm: bool = False, dropout: float = 0.0) -> Layers:
    """Convolution, [normalisation,] ReLU, [pool,] [dropout]."""
    plain = {"filters": filters, "kernel_size": width}
    layers: Layers = [("Conv1D", plain), ("BatchNormalization", {}), ("Activation", {"activation": "relu"})]
    layers = layers if norm else [("Conv1D", plain | {"activation": "relu"})]
    layers += [("MaxPool1D", {"pool_size": pool})] if pool > 1 else []
    return layers + ([("Dropout", {"rate": dropout})] if dropout else [])


def _dense(*units: int, dropout: float = 0.0) -> Layers:
    drop: Layers = [("Dropout", {"rate": dropout})] if dropout else []
    hidden = [[("Dense", {"units": number, "activation": "relu"}), *drop] for number in units]
    return [("Flatten", {}), *(layer for layers in hidden for layer in layers)]


_LSTM = ("LSTM", {"units": 320, "return_sequences": True, "bidirectional": True})


@dataclass(frozen=True)
class Recipe:
    """What a new definition is like. `registered`: its class; `layers`: the same as layers, without the last one."""

    about: str
    registered: str | None = None
    layers: Layers | None = None
    optimizer: Settings = field(default_factory=lambda: {"optimizer": "Adam", "learning_rate": 0.001})
    batch_size: int = 100
    arrays: Arrays | None = None  # of models that do not read sequences


@dataclass(frozen=True)
class Arrays:
    """What is different where a model reads arrays: it has one task and one space, and starts on simulated data.

    `size`: the option of the simulation that the wish's length is, and its default. `table`: the format of one's own
    data, the option that names them, and where they come from. `parts`: a comment on the parts of the architecture.
    """

    task: str
    loss: Settings
    simulation: tuple[str, Settings]
    size: tuple[str, int]
    table: tuple[str, str, str]
    space: str = "signal"
    labels: tuple[str, ...] = ("background", "allele")
    settings: Settings = field(default_factory=dict)
    schedule: Settings | None = None
    process: Settings = field(default_factory=dict)
    epochs: int = 15
    panel: bool = False  # whether the table's panel is needed, too
    parts: str = ""


_BASSET = {"optimizer": "Adam", "learning_rate": 0.0001, "clipnorm": 0.5}
_SGD = {"optimizer": "SGD", "learning_rate": 0.01, "momentum": 0.9, "clipnorm": 0.5}

_ADAMW = {"optimizer": "AdamW", "learning_rate": 0.0001, "weight_decay": 0.0005}
_DECAY = {"schedule": "Exponential", "gamma": 0.8}


def _stop(monitor: str, patience: int, least: float = 0.0) -> Settings:
    """When training stops early."""
    settings = {"early_stopping_monitor": monitor, "early_stopping_patience": patience}
    return settings | ({"early_stopping_min_delta": least} if least else {})


def _electropherograms(task: str, loss: Settings, **more: Any) -> Arrays:
    table = ("epg", "profiles", "seqforge prepare epg")
    return Arrays(task, loss, ("epg-simulation", {"profiles": 120}), ("length", 4096), table, **more)


RECIPES: Mapping[str, Recipe] = {
    "basset": Recipe(
        "Basset (Kelley et al. 2016): three convolutions with batch normalisation, two hidden layers of 1,000",
        "Basset",
        [
            *_block(300, 19, 3, norm=True),
            *_block(200, 11, 4, norm=True),
            *_block(200, 7, 4, norm=True),
            *_dense(1000, 1000, dropout=0.3),
        ],
        _BASSET,
    ),
    "chromdragonn": Recipe(
        "ChromDragoNN (Nair et al. 2019): residual convolutions, two hidden layers of 1,000",
        "ChromDragoNN",
        None,
        _BASSET | {"learning_rate": 0.002},
        256,
    ),
    "deepsea": Recipe(
        "DeepSEA (Zhou & Troyanskaya 2015): three convolutions, a hidden layer of 925",
        "DeepSEA",
        [
            *_block(320, 8, 4, dropout=0.2),
            *_block(480, 8, 4, dropout=0.2),
            *_block(960, 8, 1, dropout=0.5),
            *_dense(925),
        ],
        _SGD,
    ),
    "danq": Recipe(
        "DanQ (Quang & Xie 2016): a convolution, a bidirectional LSTM of two layers, a hidden layer of 925",
        "DanQ",
        [*_block(320, 26, 13, dropout=0.2), _LSTM, ("Dropout", {"rate": 0.5}), _LSTM, *_dense(925)],
    ),
    "sequential": Recipe(
        "a small convolutional network as embedded layers, the same on both backends",
        None,
        [*_block(32, 11, 1), ("GlobalMaxPool1D", {}), ("Dense", {"units": 32, "activation": "relu"})],
    ),
    "unet": Recipe(
        "U-Net of electropherograms: the class of every scan point",
        "UNet",
        optimizer=_ADAMW,
        batch_size=16,
        arrays=_electropherograms(
            "segmentation",
            {"loss": "DiceLoss"},
            settings={"depth": 4, "num_filters": 32},
            schedule=_DECAY,
            process=_stop("validation_loss", 5, 0.01),
        ),
    ),
    "autoencoder": Recipe(
        "an autoencoder of electropherograms, with a network of its own for every dye",
        "PerDyeConv1dAutoencoder",
        optimizer=_ADAMW | {"weight_decay": 0.0},
        batch_size=16,
        arrays=_electropherograms(
            "reconstruction",
            {"loss": "MSELoss"},
            labels=(),
            settings={"depth": 5, "compression": 8},
            process=_stop("validation_mean_squared_error", 8),
            epochs=150,
        ),
    ),
    "peak-classifier": Recipe(
        "the class of each peak of electropherograms, from its window and its marker",
        "PeakClassifier",
        optimizer=_ADAMW,
        batch_size=1024,
        arrays=_electropherograms(
            "peak classification",
            {"loss": "CrossEntropyLoss"},
            settings={"pooling": "flat"},
            schedule=_DECAY,
            process=_stop("validation_f1", 5),
            panel=True,
        ),
    ),
    "peaknet": Recipe(
        "PeakNet: the class of each peak from its window, its marker and the latent of the whole electropherogram",
        "PeakNet",
        optimizer=_ADAMW,
        batch_size=16,
        arrays=_electropherograms(
            "segmentation",
            {"loss": "CrossEntropyLoss", "scope": "peaks"},
            settings={"combiner": "mlp"},
            schedule=_DECAY,
            process=_stop("validation_peak_f1", 5),
            panel=True,
            parts="a part that is not named is new and trains along; trained ones, behind hyperparameters: "
            '<part name="autoencoder" run="RUN" freeze="true"/>, <part name="peak_classifier" run="RUN"/>',
        ),
    ),
    "peak-only": Recipe(
        "the class of each peak of whole electropherograms from its window and its marker alone",
        "PeakOnlyClassifier",
        optimizer=_ADAMW,
        batch_size=16,
        arrays=_electropherograms(
            "segmentation",
            {"loss": "CrossEntropyLoss", "scope": "peaks"},
            schedule=_DECAY,
            process=_stop("validation_peak_f1", 5),
            panel=True,
            parts='a part that is not named is new; a trained one: <part name="peak_classifier" run="RUN"/>',
        ),
    ),
    "centromere": Recipe(
        "centromere Transformer: whether each bin of a chromosome lies in a centromere, from statistics of k-mers",
        "CentromereTransformer",
        optimizer=_ADAMW | {"learning_rate": 0.0005, "weight_decay": 0.00001},
        batch_size=1,
        arrays=Arrays(
            "sequence labeling",
            {"loss": "WeightedBCELoss", "pos_weight": 15},
            ("bins-simulation", {"training_samples": 16, "validation_samples": 4, "test_samples": 4}),
            ("bins", 200),
            ("bins", "tables", "seqforge prepare centromere"),
            space="features",
            labels=("background", "centromere"),
            settings={"d_model": 128, "num_layers": 4},
            schedule={"schedule": "ReduceLROnPlateau", "monitor": "f1", "factor": 0.5, "patience": 5},
            process=_stop("f1", 20, 0.00001),
            epochs=100,
        ),
    ),
}

USUAL = "basset"  # of tasks on sequences
OF_TASK = {"segmentation": "unet"} | {
    one.arrays.task: name for name, one in RECIPES.items() if one.arrays and one.arrays.task != "segmentation"
}
