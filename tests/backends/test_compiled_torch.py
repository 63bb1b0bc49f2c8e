# SPDX-FileCopyrightText: 2026 The SeqForge authors
# SPDX-License-Identifier: MIT
"""Models that run compiled: the numbers, names and states of eager ones, and one message where a compiler fails.

What a compiler makes of a model is tried with the real one in slow tests; else with one that traces and does no more.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from small_experiments import batches, experiment

from seqforge.architectures.base import Architecture
from seqforge.architectures.convnet import ConvNet
from seqforge.architectures.deepsea import DeepSEA
from seqforge.backends import open_learner, torch_compiled
from seqforge.backends.torch import TorchLearner
from seqforge.data.dataset import Batch
from seqforge.experiment import read
from seqforge.registry import PYTORCH

pytestmark = pytest.mark.torch

ROOT = Path(__file__).parents[2]
LENGTH = 30
NOISY = ConvNet(descriptor="conv6n-bn6-do02-gmp-fc5-do05")
PLAIN = ConvNet(descriptor="conv6n-bn6-gmp-fc5")
AVERAGED = {"ema_decay": 0.5, "ema_warmup": True}


@pytest.fixture(params=["aot_eager", pytest.param("inductor", marks=pytest.mark.slow)])
def compiler(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What compiles; without optimizing anything it computes as eager models do."""
    use(monkeypatch, request.param)
    return str(request.param)


def use(monkeypatch: pytest.MonkeyPatch, backend: Any) -> None:
    original = torch.compile

    @functools.wraps(original)
    def replaced(*arguments: Any, **options: Any) -> Any:
        return original(*arguments, backend=backend, **options)

    monkeypatch.setattr(torch, "compile", replaced)


def opened(compiled: bool, architecture: Architecture = PLAIN, length: int = LENGTH, **settings: Any) -> TorchLearner:
    settings = {"library": PYTORCH, "loss": ("CrossEntropyLoss", {})} | settings
    one = experiment(architecture=architecture, length=length, compile=compiled, **settings)
    learner = open_learner(one, length, device="cpu", threads=1)
    assert isinstance(learner, TorchLearner)
    return learner


def some(count: int = 6, length: int = LENGTH) -> list[Batch]:
    """Batches of 8, every third of 5."""
    found = batches(count, length=length)
    short = batches(count, size=5, length=length, seed=1)
    return [short[number] if number % 3 == 2 else found[number] for number in range(count)]


def losses(learner: TorchLearner, given: list[Batch]) -> list[float]:
    """The loss of every step, and of the same batch judged after it."""
    found = []
    for batch in given:
        learner.train_step(batch)
        found.append(learner.take_logs()["loss"])
        found.append(float(learner.eval_step(batch).losses["loss"].mean()))
    return found


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What learners have logged about compiling."""
    return [record.getMessage() for record in caplog.records if record.name == torch_compiled.__name__]


def same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    return list(one) == list(other) and all(np.array_equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(
    "settings",
    [{}, {"gradient_accumulation": 2} | AVERAGED, {"precision": "bf16"}],
    ids=["plain", "averaged", "bf16"],
)
def test_losses_are_those_of_eager_models(compiler: str, settings: dict, caplog: pytest.LogCaptureFixture) -> None:
    eager, compiled = (opened(on, **settings) for on in (False, True))
    tolerance = 1e-5 if "precision" not in settings else 2e-2
    assert losses(compiled, some()) == pytest.approx(losses(eager, some()), rel=tolerance)
    assert list(compiled.weights()) == list(eager.weights())
    for name, values in eager.weights().items():
        assert np.allclose(compiled.weights()[name], values, rtol=tolerance, atol=tolerance), name
    assert told(caplog) == []


@pytest.mark.slow
def test_names_of_weights_and_states(compiler: str, tmp_path: Path) -> None:
    eager, compiled = (opened(on, **AVERAGED) for on in (False, True))
    for name, learner in (("eager", eager), ("compiled", compiled)):
        losses(learner, some(2))
        learner.save(tmp_path / name)
    for file in sorted((tmp_path / "eager").glob("*.safetensors")):
        assert list(load_file(file)) == list(load_file(tmp_path / "compiled" / file.name))
    assert type(compiled.model) is type(eager.model)
    assert compiled.summary() == eager.summary()
    eager.load(tmp_path / "compiled")
    assert same(eager.weights(), compiled.weights())


@pytest.mark.slow
@pytest.mark.parametrize("architecture", [PLAIN, NOISY], ids=["plain", "dropout"])
def test_continued_training_gives_equal_bytes(compiler: str, architecture: Architecture, tmp_path: Path) -> None:
    """What ran before the state was saved, such as a smaller batch, does not decide what runs after it."""
    given = some(8)
    whole, first, second = (opened(True, architecture, gradient_accumulation=3, **AVERAGED) for _ in range(3))
    losses(whole, given)
    losses(first, given[:4])
    first.save(tmp_path)
    second.load(tmp_path)
    losses(second, given[4:])
    assert same(whole.weights(), second.weights())
    assert same(
        {name: np.array(value.detach()) for name, value in whole.model.state_dict().items()},
        {name: np.array(value.detach()) for name, value in second.model.state_dict().items()},
    )


def test_one_program_for_training_and_one_for_judging(monkeypatch: pytest.MonkeyPatch) -> None:
    programs: list[int] = []

    def counting(graph: Any, inputs: Any) -> Any:
        programs.append(len(inputs[-1]))
        return graph

    use(monkeypatch, counting)
    learner = opened(True)
    losses(learner, some())
    assert len(programs) == 2
    assert len(learner._run._rehearsed) == 2


def test_outputs_are_not_overwritten(compiler: str) -> None:
    learner, (one, other) = opened(True), batches(2)
    first = learner.eval_step(one).prediction
    kept = first.copy()
    learner.eval_step(other)
    assert np.array_equal(first, kept)
    assert np.array_equal(learner.eval_step(one).prediction, kept)


def test_batches_that_are_not_full(compiler: str) -> None:
    eager, compiled = (opened(on, ConvNet(descriptor="conv6n-gmp-fc5")) for on in (False, True))
    given = [batches(1, size=size)[0] for size in (1, 8, 1, 3)]
    assert losses(compiled, given) == pytest.approx(losses(eager, given), rel=1e-5)


@pytest.mark.slow
def test_gradient_checkpointing(compiler: str, caplog: pytest.LogCaptureFixture) -> None:
    settings = {"gradient_checkpointing": True, "batch_size": 2}
    eager, compiled = (opened(on, DeepSEA(), 180, **settings) for on in (False, True))
    for learner in (eager, compiled):
        learner.train_step(batches(1, size=2, length=180)[0])
        assert np.isfinite(learner.take_logs()["loss"])
    judged = [learner.eval_step(batches(1, size=2, length=180)[0]).prediction for learner in (eager, compiled)]
    assert judged[0].shape == judged[1].shape
    assert told(caplog) == []


@pytest.mark.slow
def test_lbfgs(compiler: str) -> None:
    settings = {"optimizers": (("LBFGS", {"max_iter": 3}, None),)}
    eager, compiled = (opened(on, ConvNet(descriptor="conv6n-gmp-fc5"), **settings) for on in (False, True))
    given = batches(2)
    assert losses(compiled, given) == pytest.approx(losses(eager, given), rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("again", [False, True], ids=["plain", "checkpointing"])
def test_cherimoya(again: bool, caplog: pytest.LogCaptureFixture) -> None:
    path = ROOT / "model-defs" / "torch-cherimoya-nexus-small.xml"
    sizes = ("architecture.hyperparameters.n_filters=4", "architecture.hyperparameters.n_layers=2")
    settings = ("trainingprocess.batch_size=4", f"trainingprocess.gradient_checkpointing={again}")
    draw = np.random.default_rng(0)
    given = [
        Batch(np.arange(n), draw.integers(0, 5, (n, 288)).astype(np.uint8), (draw.poisson(0.5, (n, 200, 2)),))
        for n in (4, 4, 3, 4)
    ]
    found = []
    for compiled in ("False", "True"):
        one = read(path, [*sizes, *settings, f"trainingprocess.compile={compiled}"])[0]
        found.append(losses(open_learner(one, 288, device="cpu", threads=1), given))
    assert found[1] == pytest.approx(found[0], rel=1e-5)
    assert told(caplog) == []


@pytest.mark.slow
def test_a_run_is_compiled_in_training_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from seqforge.run import Options, conduct, load

    use(monkeypatch, "aot_eager")
    asked = []
    counted = torch.compile
    monkeypatch.setattr(torch, "compile", lambda *given, **options: asked.append(given) or counted(*given, **options))
    changes = ("trainingprocess.compile=True", "trainingprocess.epochs=1", "general.id=tiny")
    path = ROOT / "model-defs" / "torch-mc2-dna150-conv10-gmp-fc5-s1.xml"
    trained = conduct(read(path, changes)[0], Options(runs=tmp_path, overrides=changes))
    assert len(asked) == 1
    assert trained.state == "finished"
    scores = load(trained.path).evaluate("test")
    assert len(asked) == 1
    assert scores["loss"] == pytest.approx(trained.scores["test"]["loss"], rel=1e-5)


# compilers that fail


def no_forward(graph: Any, inputs: Any) -> Callable[..., Any]:
    raise RuntimeError("no C++ compiler here\nand much more")


def no_backward() -> Any:
    from torch._dynamo.backends.common import aot_autograd

    return aot_autograd(fw_compiler=lambda graph, inputs: graph, bw_compiler=no_forward)


@pytest.mark.parametrize("failing", ["forward", "backward", "at once"])
def test_a_compiler_that_fails(failing: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    if failing == "at once":
        monkeypatch.setattr(torch, "compile", lambda *_, **__: no_forward(None, None))
    else:
        use(monkeypatch, no_forward if failing == "forward" else no_backward())
    settings = {"gradient_accumulation": 2} | AVERAGED
    eager, fallen = (opened(on, NOISY, **settings) for on in (False, True))
    with caplog.at_level(logging.INFO, logger="seqforge"):
        assert losses(fallen, some()) == losses(eager, some())
    assert same(eager.weights(), fallen.weights())
    messages = told(caplog)
    assert len(messages) == len(caplog.records) == 1, messages
    assert messages[0].startswith("compile: not possible here, the model runs without it (")
    assert "no C++ compiler here" in messages[0]
    assert "\n" not in messages[0]


@pytest.mark.slow
def test_a_machine_without_a_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from torch._inductor import config

    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    with config.patch({"cpp.cxx": ("no-such-compiler",), "fx_graph_cache": False}):
        eager, fallen = (opened(on) for on in (False, True))
        assert losses(fallen, some(3)) == losses(eager, some(3))
    assert len(told(caplog)) == 1


def test_what_the_model_raises_itself_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, "aot_eager")
    learner = opened(True)

    def broken(*_: Any) -> Any:
        raise ValueError("the model is broken")

    monkeypatch.setattr(learner.model, "forward", broken)
    with pytest.raises(ValueError, match="the model is broken"):
        learner.train_step(batches(1)[0])


# the key


def test_compiling_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> Any:
        raise AssertionError("compiled")

    monkeypatch.setattr(torch, "compile", never)
    losses(opened(False), some(2))


def test_runs_from_before_the_key_are_found_again() -> None:
    from seqforge.run.identity import canonical, effective

    path = ROOT / "model-defs" / "torch-mc2-dna150-conv10-gmp-fc5-s1.xml"
    plain, compiled = (effective(read(path, [f"trainingprocess.compile={wanted}"])[0]) for wanted in ("False", "True"))
    assert plain["trainingprocess"]["compile"] is False
    assert "compile" not in canonical(plain)["trainingprocess"]
    assert canonical(compiled)["trainingprocess"]["compile"] is True
