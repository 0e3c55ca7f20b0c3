"""The shipped experiments on text, offline: the very same code on tiny random models and made-up rows of data sets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from outgrow import experiment
from outgrow.config import Experiment, expand
from outgrow.errors import ConfigError
from outgrow.features import load as load_features
from outgrow.predict import predict
from outgrow.runtime import Context, Runtime
from outgrow.steps import Adapted, Comparison, Features, Prompted, Steps, Trained, walk_unique
from outgrow.store import Store
from outgrow.sweep import run_experiments
from outgrow.train import new_network

SMALL = {
    "split.supervisor": 24, "split.transfer": 24, "split.validation": 12, "split.test": 40, "split.pool": 0,
    "train.epochs": 1, "train.batch_size": 8, "train.evaluations": 2,
}  # fmt: skip
Outgrow = Callable[..., tuple[int, str, str]]


def settings(**more: Any) -> list[str]:
    values = SMALL | {name.replace("__", "."): value for name, value in more.items()}
    return [f"--set={name}={json.dumps(value)}" for name, value in values.items()]


@pytest.fixture
def outgrow(cli: Outgrow, tmp_path: Path) -> Outgrow:
    """The command line on a store of this test."""
    return lambda command, *arguments: cli(command, *arguments, "--store", str(tmp_path / "store"))


def rows(outgrow: Outgrow) -> list[dict[str, Any]]:
    status, out, _ = outgrow("results", "--format", "json")
    assert status == 0
    found: list[dict[str, Any]] = json.loads(out)
    return found


HUB = {  # experiment -> data set, rows of it, number of methods, and what makes it small
    "sciq-gpt2": ("sciq", 80, 2, {"weak__model": "gpt2", "strong__model": "gpt2-medium"}),
    "sst2-pythia": ("sst2", 140, 3, {"strong__model": "pythia-1b"}),
    "boolq-qwen": ("boolq", 140, 2, {"strong__model": "qwen2.5-1.5b"}),
    "hh-reward": ("anthropic-hh", 140, 2, {}),
    "chess-lm": ("", 0, 2, {"strong__model": "pythia-1b"}),
}


@pytest.mark.parametrize("name", HUB)
def test_an_experiment_of_the_hub_runs_offline(
    name: str, outgrow: Outgrow, offline_hub: Any, hub_cache: Callable[..., str], tinies: ModuleType, tmp_path: Path
) -> None:
    dataset, n, methods, small = HUB[name]
    if dataset:
        made = tinies.dataset(dataset, n)
        hub_cache(made["repo"], made["config"], made["splits"])
    command = ["run", name, "--seeds", "0", *settings(**small)]
    status, out, err = outgrow(*command)
    assert status == 0, err + out
    assert "warn" not in err.lower()
    found = rows(outgrow)
    assert len(found) == methods
    for row in found:
        assert row["verdict"] != "failed"
        assert None not in [row[f"{role}_score"] for role in ("weak", "student", "ceiling")]
        assert row["n_test"] == 40
    assert (tmp_path / "store" / f"report-{name}.html").read_text().count("<svg") >= 3
    status, out, err = outgrow(*command)
    assert status == 0
    assert "Computed 0 steps" in out
    assert outgrow("store", "verify")[0] == 0


# Methods, on a table of our own


FLOAT32 = Runtime(device="cpu", precision="float32")


@pytest.fixture
def table(tmp_path: Path, tinies: ModuleType) -> Path:
    """Texts with the classes `bad` and `good`, by whether they hold the word good; ids t0, t1, ..."""
    file = tmp_path / "texts.csv"
    texts = dict.fromkeys(tinies.texts(400, longest=9))
    lines = [f"t{i},{text},{'good' if 'good' in text else 'bad'}" for i, text in enumerate(texts)]
    file.write_text("\n".join(["id,text,label", *lines]) + "\n")
    return file


@pytest.fixture
def wanted(table: Path, tiny: Callable[..., Path]) -> Callable[..., list[Experiment]]:
    """Experiments on the table: `wanted("few_shot", strong={"training": "lora"})`."""

    def make(name: str = "naive", *, seeds: list[int] | None = None, **more: Any) -> list[Experiment]:
        document: dict[str, Any] = {
            "task": {"name": "csv", "path": str(table), "text": "text", "label": "label", "id": "id"},
            "split": {"supervisor": 32, "transfer": 32, "validation": 24, "test": 60, "pool": 100},
            "weak": {"model": "transformer", "path": str(tiny("llama", layers=1)), "max_length": 16},
            "strong": {"model": "transformer", "path": str(tiny("llama", layers=3, seed=1)), "max_length": 16},
            "train": {"epochs": 2, "batch_size": 8, "learning_rate": 3e-3, "evaluations": 2},
            "method": {"name": name},
        }
        for table_name, fields in more.items():
            document[table_name] |= fields
        return expand(document, name="mine", seeds=seeds)

    return make


def carried_out(one: Experiment, store: Store) -> tuple[Comparison, Context]:
    """An experiment's result after it has been computed."""
    swept = run_experiments([one], store, runtime=FLOAT32)
    assert not swept.failures, swept.failures
    result = experiment.run(one, Steps())
    assert result.key == swept.plan.results[0].key
    return result, Context(store, FLOAT32)


def test_early_stopping_keeps_the_look_with_the_best_agreement(
    wanted: Callable[..., list[Experiment]], store: Store
) -> None:
    train = {"epochs": 4, "evaluations": 8, "batch_size": 4, "learning_rate": 2e-2, "keep": "best"}
    fell = 0
    for one in wanted(strong={"train": train}, seeds=[0, 1, 2]):
        result, context = carried_out(one, store)
        student = result.student.model
        assert isinstance(student, Trained)
        curve = json.loads((store.open(student.key) / "curve.json").read_text())
        agreements = [point["agreement"] for point in curve]
        fell += agreements[-1] < max(agreements[1:])
        held_out = student.part.split.part("validation")
        said, supervisor = (model.answer(context, held_out).argmax(1) for model in (student, result.weak.model))
        assert (said == supervisor).mean() == pytest.approx(max(agreements[1:]))
        ceiling = result.ceiling.model
        curve = json.loads((store.open(ceiling.key) / "curve.json").read_text())
        right = ceiling.answer(context, held_out).argmax(1) == context.split(held_out.split).labels[
            context.split(held_out.split).rows(held_out)
        ]  # fmt: skip
        assert right.mean() == pytest.approx(max(point["accuracy"] for point in curve[1:]))
    assert fell, "at least one of them must have been better before the end"


@pytest.mark.parametrize("training", ["full", "lora", "probe"])
def test_generative_finetuning_is_what_student_and_ceiling_begin_from(
    training: str, wanted: Callable[..., list[Experiment]], store: Store
) -> None:
    (one,) = wanted("generative_finetuning", strong={"training": training}, method={"learning_rate": 1e-2})
    result, context = carried_out(one, store)
    steps = walk_unique(result)
    (adapted,) = (step for step in steps if isinstance(step, Adapted))
    assert adapted.part.name == "transfer"
    weights = context.weights(adapted)
    untouched = one.strong.model.load().backbone.state_dict()  # type: ignore[attr-defined]
    assert weights.keys() == untouched.keys()
    assert not torch.equal(weights["layers.0.mlp.up_proj.weight"], untouched["layers.0.mlp.up_proj.weight"])
    for role in (result.student, result.ceiling):
        step = role.model
        assert isinstance(step, Trained)
        assert step.start is adapted or step.start.key == adapted.key  # type: ignore[union-attr]
        if training == "probe":
            continue
        begun = new_network(step, context).backbone  # type: ignore[union-attr]
        begun = begun.get_base_model() if training == "lora" else begun  # type: ignore[operator]
        found = {name.replace(".base_layer", ""): value for name, value in begun.state_dict().items()}  # type: ignore[union-attr, operator]
        assert all(torch.equal(found[name], value) for name, value in weights.items())
    if training == "probe":
        (features,) = (step for step in steps if isinstance(step, Features))
        assert features.start is not None
        plain = Features(model=features.model, dataset=features.dataset, start=None)
        assert plain.key != features.key
        plain.compute(context, store.root)
        assert np.abs(load_features(store.root) - load_features(store.open(features.key))).max() > 0.1


def test_generative_finetuning_of_an_encoder_is_refused(
    wanted: Callable[..., list[Experiment]], tiny: Callable[..., Path], offline_hub: Any
) -> None:
    document = {"model": "bert-base", "path": ""}
    (one,) = wanted("generative_finetuning", strong=document)
    with pytest.raises(ConfigError, match="needs a causal language model as the student, and 'bert-base' is none"):
        experiment.run(one, Steps())


def test_few_shot_prompts_hold_hardened_weak_labels_and_no_truth(
    wanted: Callable[..., list[Experiment]], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = wanted("few_shot", method={"shots": 5})
    result, context = carried_out(one, store)
    student, ceiling, zero = (role.model for role in (result.student, result.ceiling, result.zero_shot) if role)
    assert isinstance(student, Prompted)
    data = context.split(student.part.split)
    where = {data.inputs[row]: i for i, row in enumerate(data.rows(student.part))}
    weak = context.labels(result.labels)
    truth = data.labels[data.rows(student.part)]
    names = data.output.class_names
    for step, labels in ((student, weak.argmax(1)), (ceiling, truth)):
        shots = json.loads((store.open(step.key) / "shots.json").read_text())
        assert len(shots) == len({text for text, _ in shots}) == 5
        assert all(label == labels[where[text]] for text, label in shots)
        counts = np.bincount([label for _, label in shots], minlength=2)
        assert counts.tolist() in ([2, 3], [3, 2]) or np.bincount(labels, minlength=2).min() < 2
        network = step.network(context, student.part.split)
        prompt = "".join(f"{text}\nLabel: {names[label]}\n\n" for text, label in shots)
        rows = network.encode(np.array(["dull food"], dtype=object))  # type: ignore[operator]
        assert network.tokenizer.decode(rows.sequences[0]) == f"{prompt}dull food\nLabel:"  # type: ignore[union-attr, operator]
        with torch.inference_mode():
            logits = network.backbone.eval()(input_ids=torch.from_numpy(rows.sequences[0])[None]).last_hidden_state  # type: ignore[union-attr, operator]
            unembedding = one.strong.model.load().unembedding  # type: ignore[attr-defined]
            tokens = [network.tokenizer(f" {name}")["input_ids"][0] for name in names]  # type: ignore[union-attr, operator]
            expected = (logits[0, -1] @ unembedding[tokens].T).softmax(-1)
        np.testing.assert_allclose(predict(network, rows, machine=context.machine)[0], expected, atol=1e-5)
    assert zero is not None
    assert json.loads((store.open(zero.key) / "shots.json").read_text()) == []
    network = zero.network(context, student.part.split)
    rows = network.encode(np.array(["dull food"], dtype=object))  # type: ignore[operator]
    assert network.tokenizer.decode(rows.sequences[0]) == "dull food\nLabel:"  # type: ignore[union-attr, operator]
    before = (store.open(student.key) / "shots.json").read_text()
    data.labels[data.rows(student.part)] = -7
    monkeypatch.setattr(context, "split", lambda split: data)
    student.compute(context, store.root)
    assert (store.root / "shots.json").read_text() == before


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (True, "few_shot needs a causal language model, and 'bert-base' is none"),
        (False, r"few_shot needs a causal language model, and 'bert\d+' is an encoder"),
    ],
)
def test_few_shot_of_an_encoder_is_refused(
    known: bool, why: str, wanted: Callable[..., list[Experiment]], store: Store, tiny: Callable[..., Path],
    offline_hub: Any,
) -> None:  # fmt: skip
    strong = {"model": "bert-base", "path": ""} if known else {"path": str(tiny("bert"))}
    swept = run_experiments(wanted("few_shot", strong=strong), store, runtime=FLOAT32)
    for failure in swept.failures.values():
        with pytest.raises(ConfigError, match=why):
            raise failure


@pytest.mark.parametrize(("name", "kind"), [("hh-reward", "preference"), ("chess-lm", "generation")])
def test_few_shot_is_for_classification_alone(
    name: str, kind: str, outgrow: Outgrow, offline_hub: Any, hub_cache: Callable[..., str], tinies: ModuleType
) -> None:
    made = tinies.dataset("anthropic-hh", 140)
    hub_cache(made["repo"], made["config"], made["splits"])
    command = ["run", name, "--seeds", "0", *settings(method__name="few_shot", strong__model="pythia-1b")]
    status, _, err = outgrow(*command)
    assert status == 2
    assert f"few_shot is for classification tasks, and this one is of kind {kind}" in err


def test_few_shot_prompts_stay_within_what_the_model_reads(
    wanted: Callable[..., list[Experiment]], store: Store, tiny: Callable[..., Path]
) -> None:
    (one,) = wanted("few_shot", strong={"path": str(tiny("gpt2")), "max_length": 1024}, method={"shots": 5})
    result, context = carried_out(one, store)
    network = result.student.model.network(context, result.student.split)
    rows = network.encode(np.array(["good film " * 2000], dtype=object))  # type: ignore[operator]
    assert len(rows.sequences[0]) == 1024
    assert network.tokenizer.decode(rows.sequences[0]).endswith("film \nLabel:")  # type: ignore[union-attr, operator]
    predict(network, rows, machine=context.machine)
