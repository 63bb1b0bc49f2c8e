# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Keras models from files: JSON, HDF5, `.keras` and folders of them, written by Keras 2 or Keras 3.

A whole model may bring the loss and the optimizer that it was compiled with: `compiled_sections` reads them, without a
framework, for definitions that leave their own out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, NamedTuple
from zipfile import BadZipFile, ZipFile

from seqforge.architectures.base import Architecture, InputSpec
from seqforge.arrays import np
from seqforge.definitions.model import Hyperparameter, Section
from seqforge.definitions.tree import Text
from seqforge.errors import NOWHERE, BackendError, Place, Problem, first_line
from seqforge.parameters import Name, folded, parameters_of
from seqforge.registry import KERAS, UnknownName, find, register

CONVERSION = "load it in TensorFlow 2.15 or older and write it anew: model.save('model.h5')"


@dataclass(frozen=True, kw_only=True)
class KerasFile(Architecture):
    """A model in the file or folder `path`; its initial weights are those of the file, if it has any."""

    libraries: ClassVar[tuple[str, ...]] = (KERAS,)

    path: Name

    def check(self, spec: InputSpec) -> list[Problem]:
        """The file is looked at from outside: nothing in it runs."""
        found = unreadable(Path(self.path))
        return [Problem(NOWHERE, "SF0415", found)] if found else []

    def keras(self, spec: InputSpec) -> Any:
        import keras

        try:
            model = self.load(Path(self.path))
        except BackendError:
            raise
        except Exception as error:  # Keras raises whatever a damaged file leads to
            raise BackendError(f"{self.path}: Keras cannot read this model: {first_line(error)}") from error
        if isinstance(model, keras.Model) and not model.built:
            model.build((None, *spec.shape("NLC")))
        return model

    def load(self, path: Path) -> Any:
        """The keras.Model, not compiled."""
        raise NotImplementedError

    def fingerprint(self) -> str:
        """A hash of the file, or of every file of the folder."""
        digest = sha256()
        path = Path(self.path)
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(file.name.encode() + b"\0" + sha256(file.read_bytes()).digest())
        return digest.hexdigest()


@register("architectures", "keras-json-architecture-only")
@dataclass(frozen=True, kw_only=True)
class KerasJson(KerasFile):
    """The layers as JSON, by Keras 2 or 3; the weights start as the layers' initializers say."""

    def load(self, path: Path) -> Any:
        return from_json(path)


@register("architectures", "keras-h5-whole-model")
@dataclass(frozen=True, kw_only=True)
class KerasHdf5(KerasFile):
    """Layers and weights in one HDF5 file."""

    def load(self, path: Path) -> Any:
        return from_hdf5(path)


@register("architectures", "keras-tf-whole-model")
@dataclass(frozen=True, kw_only=True)
class KerasWhole(KerasFile):
    """A `.keras` file, or a folder with `saved_model.h5`, or with `model-architecture.json` and the weights."""

    def load(self, path: Path) -> Any:
        whole = whole_model(path)
        return READERS[whole.kind](whole.path)


class Whole(NamedTuple):
    """What a whole model turned out to be: "keras", "h5", "folder" (JSON and weights) or, in `problem`, nothing."""

    kind: str
    path: Path
    problem: str = ""


def whole_model(path: Path) -> Whole:
    """The form in which `path` holds a whole model."""
    if path.is_file():
        return Whole("keras" if _is_zip(path) else "h5", path)
    if (path / "saved_model.h5").is_file():
        return Whole("h5", path / "saved_model.h5")
    if (path / "model-architecture.json").is_file():
        return Whole("folder", path)
    if (path / "saved_model.pb").is_file():
        return Whole("", path, f"{path}: a SavedModel folder cannot be trained by Keras 3; {CONVERSION}")
    expected = "a .keras file, or a folder with saved_model.h5 or model-architecture.json"
    return Whole("", path, f"{path}: expected {expected}")


def unreadable(path: Path) -> str:
    """Why the file cannot be a Keras model ("" if it may be one)."""
    if path.suffix == ".json":
        return "" if _json(path) else f"{path}: expected a Keras model as JSON, with class_name and config"
    whole = whole_model(path)
    if whole.problem or whole.kind != "h5":
        return whole.problem
    with whole.path.open("rb") as file:
        start = file.read(8)
    return "" if start == b"\x89HDF\r\n\x1a\n" else f"{whole.path}: not an HDF5 file"


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def _json(path: Path) -> dict[str, Any]:
    """The model's configuration, or nothing."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) and {"class_name", "config"} <= set(read) else {}


def from_json(path: Path) -> Any:
    import keras

    config = _json(path)
    if not config:
        raise BackendError(f"{path}: expected a Keras model as JSON, with class_name and config")
    if str(config.get("keras_version", "3")).startswith("3") and "module" in config:
        return keras.models.model_from_json(json.dumps(config))
    return _from_keras_2(config)


def _from_keras_2(config: Mapping[str, Any]) -> Any:
    """A configuration of Keras 1 or 2; its spellings are brought up to date first."""
    import keras

    current = modern(config)
    known = {"Sequential": keras.Sequential, "Functional": keras.Model, "Model": keras.Model}
    if current["class_name"] not in known:
        raise BackendError(f"a model of class '{current['class_name']}' is code, not a configuration")
    from keras.src.legacy.saving import saving_utils

    return saving_utils.model_from_config(current)


# attributes of Keras 2 layers that Keras 3 has dropped
_GONE = {"ragged", "time_major", "batch_input_shape", "implementation_selector"}


def modern(config: Any) -> Any:
    """A Keras 2 configuration as Keras 3 spells it: input layers added where a layer held the input shape."""
    if isinstance(config, list):
        return [modern(part) for part in config]
    if not isinstance(config, Mapping):
        return config
    current = {key: modern(value) for key, value in config.items() if key not in _GONE}
    shape = config.get("batch_input_shape")
    if shape is not None:
        current["batch_shape" if config.get("class_name") == "InputLayer" or "sparse" in config else "_input"] = shape
    if config.get("class_name") == "Sequential":
        current["config"] = _with_input(current["config"])
    return current


def _with_input(config: Any) -> Any:
    """The Sequential's configuration with the first layer's input shape as a layer of its own."""
    layers = config["layers"] if isinstance(config, Mapping) else config
    shapes = [layer["config"].pop("_input", None) for layer in layers]
    if shapes and shapes[0] is not None:
        entrance = {"class_name": "InputLayer", "config": {"batch_shape": shapes[0], "name": "input"}}
        layers = [entrance, *layers]
    return {**(config if isinstance(config, Mapping) else {"name": "sequential"}), "layers": layers}


def from_hdf5(path: Path) -> Any:
    """The model of an HDF5 file; a configuration of Keras 2 is brought up to date first."""
    import h5py
    import keras

    with h5py.File(path, "r") as file:
        version, text = str(file.attrs.get("keras_version", "3")), file.attrs.get("model_config")
        if text is None:
            raise BackendError(f"{path}: holds weights only; the whole model is needed: model.save('model.h5')")
        if version.startswith("3"):
            return keras.models.load_model(path, compile=False, safe_mode=True)
        from keras.src.legacy.saving import legacy_h5_format

        model = _from_keras_2(json.loads(text))
        legacy_h5_format.load_weights_from_hdf5_group(file["model_weights"], model)
        return model


def from_keras(path: Path) -> Any:
    import keras

    return keras.models.load_model(path, compile=False, safe_mode=True)


def from_folder(path: Path) -> Any:
    """`model-architecture.json` and, if there is one, the only HDF5 file of weights beside it."""
    model = from_json(path / "model-architecture.json")
    weights = sorted({*path.glob("*.h5"), *path.glob("*.hdf5")})
    if len(weights) > 1:
        raise BackendError(f"{path}: several files of weights: {', '.join(file.name for file in weights)}; keep one")
    if weights:
        model.load_weights(weights[0])
    return model


READERS: Mapping[str, Callable[[Path], Any]] = {"keras": from_keras, "h5": from_hdf5, "folder": from_folder}


class Compiled(NamedTuple):
    """The loss and the optimizer that a file was compiled with, as sections of a definition; None: it has none."""

    loss: Section | None = None
    optimizer: Section | None = None


def compiled_sections(path: Path) -> Compiled:
    """What the whole model `path` (HDF5, `.keras` or a folder of them) was compiled with; no framework is needed."""
    whole = whole_model(path)
    read = {"keras": _compiled_keras, "h5": _compiled_hdf5}.get(whole.kind)
    config = read(whole.path) if read else {}
    place = Place(str(whole.path))
    return Compiled(_loss(config.get("loss"), place), _optimizer(config, place))


def _compiled_keras(path: Path) -> dict[str, Any]:
    try:
        with ZipFile(path) as file:
            return json.loads(file.read("config.json")).get("compile_config") or {}
    except (OSError, BadZipFile, KeyError, ValueError):
        return {}


def _compiled_hdf5(path: Path) -> dict[str, Any]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return json.loads(file.attrs.get("training_config", "{}"))
    except (OSError, ValueError):
        return {}


def _loss(config: Any, place: Place) -> Section | None:
    """A name, or a class with options."""
    if isinstance(config, Mapping) and len(config) == 1 and "class_name" not in config:
        config = next(iter(config.values()))  # {"output layer": loss}
    name, options = _named(config)
    return None if name is None else _section("loss", _snake(name), options, place)


def _optimizer(config: Mapping[str, Any], place: Place) -> Section | None:
    name, options = _named(config.get("optimizer") or config.get("optimizer_config"))
    if name is None:
        return None
    options = {"learning_rate" if key == "lr" else key: _short(value) for key, value in options.items()}
    return _section("optimizer", name.removeprefix("Custom>"), options, place)


def _named(config: Any) -> tuple[str | None, dict[str, Any]]:
    if isinstance(config, str):
        return config, {}
    if not isinstance(config, Mapping):
        return None, {}
    options = config.get("config")
    if isinstance(options, str):
        return options, {}
    return config.get("class_name"), dict(options or {})


def _section(kind: str, name: str, options: Mapping[str, Any], place: Place) -> Section | None:
    """A section with those options that the component of this name has; None if SeqForge does not know the name."""
    try:
        known = parameters_of(find({"loss": "losses", "optimizer": "optimizers"}[kind], name, KERAS))
    except UnknownName:
        return None
    by_fold = {folded(parameter): parameter for parameter in known}
    values = {by_fold[folded(key)]: value for key, value in options.items() if folded(key) in by_fold}
    written = {kind: name} | {key: value for key, value in values.items() if isinstance(value, (int, float, str, bool))}
    items = (Hyperparameter(Text(key, place), Text(str(value), place)) for key, value in written.items())
    return Section(tuple(items), {}, place)


def _short(value: Any) -> Any:
    """0.01 for 0.009999999776482582: Keras keeps such values in float32."""
    narrow = np.float32(value) if isinstance(value, float) else None
    return float(str(narrow)) if narrow is not None and float(narrow) == value else value


def _snake(name: str) -> str:
    """CategoricalCrossentropy → categorical_crossentropy; names compare without underscores, so this is for the eye."""
    return "".join(
        f"_{letter.lower()}" if letter.isupper() and at else letter.lower() for at, letter in enumerate(name)
    )
