# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""A Python file as a Keras architecture: `<external format="keras-module">`. It runs only when a model is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar

from seqforge.architectures.base import Architecture, InputSpec
from seqforge.architectures.pytorch_module import Arguments, TorchModule, importable, run_file
from seqforge.errors import BackendError, did_you_mean
from seqforge.parameters import Name, OneOf, setting
from seqforge.registry import KERAS, register


@register("architectures", "keras-module")
@dataclass(frozen=True, kw_only=True)
class KerasModule(Architecture):
    """The function (or class) `classname` of the file `path`, called with `arguments`, returns a keras.Model.

    The model is fed axes in the order `order` and need not be built yet. Keras draws its initial weights from the seed.
    Whatever goes wrong in the file is a BackendError with the file and the line.
    """

    libraries: ClassVar[tuple[str, ...]] = (KERAS,)
    guard: ClassVar[Any] = TorchModule.guard
    fingerprint: ClassVar[Any] = TorchModule.fingerprint  # type: ignore[misc]

    path: Name
    classname: Name
    order: Annotated[str, OneOf("NCL", "NLC")] = setting("NLC", "order of the axes that the model takes", "layout")
    arguments: Annotated[dict[str, Any], Arguments()] = field(default_factory=dict)

    def layout(self, library: str) -> str:
        return self.order

    def keras(self, spec: InputSpec) -> Any:
        import keras

        with importable(Path(self.path).parent), self.guard():
            model = self._builder()(**self.arguments)
            if isinstance(model, keras.Model) and not model.built:
                model.build((None, *spec.shape(self.order)))
        if not isinstance(model, keras.Model):
            raise BackendError(
                f"{self.path}: '{self.classname}' returns a {type(model).__name__}, expected a keras.Model"
            )
        return model

    def _builder(self) -> Any:
        """The function or class, as the file defines it now."""
        module = run_file(Path(self.path))
        found = vars(module).get(self.classname)
        if callable(found):
            return found
        names = [name for name, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]
        hint = did_you_mean(self.classname, names) if names else "it defines no function"
        raise BackendError(f"{self.path}: no function '{self.classname}'; {hint}")
