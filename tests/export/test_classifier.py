"""Exported models of transformers give the student's probabilities, whatever the architecture's own head can hold."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
from tiny_students import PAIRS, PLAIN, THREE, TWO, pairs_of, student

pytest.importorskip("transformers")

from outgrow.errors import ConfigError, DataError
from outgrow.export import export
from outgrow.export.classifier import CannotHold, classifier_of
from outgrow.export.trial import answers_of, reference
from outgrow.export.write import FACTS
from outgrow.models.bases.language import LanguageModel
from outgrow.tasks.base import Output

CLOSE = 1e-5  # ten times nearer than is promised
CASES = [
    (family, training, output)
    for family in tiny_models.FAMILIES
    for training in ("probe", "full", "lora")
    for output in (TWO, THREE, PAIRS)
]
MEANS = [(family, output) for family in ("llama", "qwen2", "qwen3", "bert") for output in (TWO, PAIRS)]


def model(folder: Path, **fields: Any) -> LanguageModel:
    return LanguageModel(name="transformer", path=str(folder), **{"max_length": 40, **fields})


def rows_for(output: Output) -> np.ndarray:
    texts = tiny_models.texts(40, seed=1, longest=30)
    return pairs_of(texts) if output.kind == "preference" else texts


def apart(one: Any, folder: Path, rows: np.ndarray) -> float:
    found = answers_of(folder, one, rows, at_once=7)
    assert found is not None
    wanted = reference(one, rows)
    assert wanted.std(0).max() > 1e-3, "all rows get the same answer: nothing is compared"
    return float(np.abs(found - wanted).max())


@pytest.mark.parametrize(("family", "training", "output"), CASES)
def test_probabilities_are_the_students(
    tiny: Callable[..., Path], tmp_path: Path, family: str, training: str, output: Output
) -> None:
    one = student(model(tiny(family), training=training), output)
    done = export(one, tmp_path / "out")
    assert done.format == "transformers"
    assert done.difference is not None
    assert max(done.difference, apart(one, done.folder, rows_for(output))) < CLOSE


def test_every_family_and_training_is_among_the_cases() -> None:
    assert len(CASES) == 6 * 3 * 3
    assert len(MEANS) == 8


@pytest.mark.parametrize(("family", "output"), MEANS)
def test_the_mean_over_tokens_is_held(tiny: Callable[..., Path], tmp_path: Path, family: str, output: Output) -> None:
    one = student(model(tiny(family), training="probe", pooling="mean"), output)
    assert apart(one, export(one, tmp_path / "out").folder, rows_for(output)) < CLOSE


@pytest.mark.parametrize(("family", "pooling"), [("gpt2", "mean"), ("bert", "last")])
def test_what_no_head_can_hold_is_told(tiny: Callable[..., Path], tmp_path: Path, family: str, pooling: str) -> None:
    one = student(model(tiny(family), training="probe", pooling=pooling), TWO)
    with pytest.raises(CannotHold, match=r"cannot hold the (mean over tokens|last token): leave --format out"):
        export(one, tmp_path / "out", format="transformers")
    assert not any(tmp_path.iterdir())


def test_more_classes_than_a_layer_has_room_for_are_told(tiny: Callable[..., Path]) -> None:
    with pytest.raises(CannotHold, match="room for 15 classes, and there are 16"):
        classifier_of(student(model(tiny("llama"), training="probe"), Output(kind="classification", n_classes=16)))
    with pytest.raises(CannotHold, match="room for 15 classes, and there are 16"):
        classifier_of(student(model(tiny("bert"), training="probe"), Output(kind="classification", n_classes=16)))


@pytest.mark.parametrize("family", ["llama", "bert"])
def test_as_many_classes_as_there_is_room_for_are_held(tiny: Callable[..., Path], tmp_path: Path, family: str) -> None:
    one = student(model(tiny(family), training="probe"), Output(kind="classification", n_classes=15))
    assert apart(one, export(one, tmp_path / "out").folder, rows_for(TWO)) < CLOSE


def test_a_text_that_ends_with_the_token_that_others_pad_with(tiny: Callable[..., Path], tmp_path: Path) -> None:
    """The classification model reads the last token that is no padding: so padding must stand in no text."""
    one = student(model(tiny("llama"), training="probe"), TWO)
    rows = np.array([f"good film{tiny_models.END}", "a dull and long film, is the food warm?"], dtype=object)
    assert apart(one, export(one, tmp_path / "out").folder, rows) < CLOSE


def test_depth_and_generative_fine_tuning_go_along(tiny: Callable[..., Path], tmp_path: Path) -> None:
    made = model(tiny("llama"), training="probe", layers=2)
    other = LanguageModel(name="transformer", path=str(tiny("llama", seed=5)), layers=2)
    start = {name: value.clone() for name, value in other.load().backbone.state_dict().items()}
    with_start, without = student(made, TWO, start=start), student(made, TWO)
    rows = rows_for(TWO)
    assert np.abs(reference(with_start, rows) - reference(without, rows)).max() > 0.01
    folder = export(with_start, tmp_path / "out").folder
    assert apart(with_start, folder, rows) < CLOSE
    config = json.loads((folder / "config.json").read_text())
    assert config["num_hidden_layers"] == 3  # two, and the one that computes the logits
    assert json.loads((folder / FACTS).read_text())["layers_appended"] == 1


@pytest.mark.parametrize("cut", ["left", "right"])
def test_texts_are_cut_where_the_student_cuts_them(tiny: Callable[..., Path], tmp_path: Path, cut: str) -> None:
    one = student(model(tiny("gpt2"), training="full", truncation=cut, max_length=8), TWO)
    rows = np.array([f"{word} film " + "warm " * 30 + word for word in ("good", "bad", "dull", "no")], dtype=object)
    assert apart(one, export(one, tmp_path / "out").folder, rows) < CLOSE


def test_others_open_it_with_names_of_classes(tiny: Callable[..., Path], tmp_path: Path) -> None:
    import torch
    import transformers

    one = student(model(tiny("bert"), training="full"), THREE)
    folder = str(export(one, tmp_path / "out").folder)
    library: Any = transformers
    opened = library.AutoModelForSequenceClassification.from_pretrained(folder)
    assert opened.dtype == torch.float32
    assert not [file.name for file in Path(folder).glob("*.py")]
    assert len({file.stat().st_mode for file in Path(folder).iterdir()}) == 1
    ask = library.pipeline("text-classification", model=folder, top_k=None)
    [found] = ask(["a good film"], truncation=True)
    said = {each["label"]: each["score"] for each in found}
    wanted = one.answers(np.array(["a good film"], dtype=object), PLAIN)[0]
    assert said == pytest.approx(dict(zip(THREE.class_names, wanted.tolist(), strict=True)), abs=CLOSE)


def test_a_reward_model_gives_rewards_whose_difference_is_the_probability(
    tiny: Callable[..., Path], tmp_path: Path
) -> None:
    """Loaded as TRL loads reward models: num_labels = 1, texts padded on the right, no special tokens, no cutting."""
    import torch
    import transformers

    one = student(model(tiny("llama"), training="lora", max_length=512), PAIRS)
    folder, library = str(export(one, tmp_path / "out").folder), transformers
    maker: Any = library.AutoModelForSequenceClassification
    reward = maker.from_pretrained(folder, num_labels=1).eval()
    tokenizer = library.AutoTokenizer.from_pretrained(folder)
    assert tokenizer.pad_token_id not in (None, tokenizer.eos_token_id)
    assert reward.config.pad_token_id == tokenizer.pad_token_id
    pairs = rows_for(PAIRS)
    tokens = tokenizer(
        text=pairs.reshape(-1).tolist(), return_tensors="pt", padding=True, padding_side="right",
        add_special_tokens=False,
    )  # fmt: skip
    with torch.inference_mode():
        rewards = reward(**tokens).logits[:, 0].view(-1, 2)
    second = torch.sigmoid(rewards[:, 1] - rewards[:, 0]).numpy()
    np.testing.assert_allclose(second, one.answers(pairs, PLAIN)[:, 1], atol=CLOSE)


def test_nothing_is_left_of_a_model_that_answers_otherwise(
    tiny: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outgrow.export import places

    monkeypatch.setattr(places, "SIZE", 2.0**30)  # a constant too near the logits
    with pytest.raises(DataError, match=r"probabilities up to [\d.e-]+ apart .* nothing was written"):
        export(student(model(tiny("llama"), training="probe"), TWO), tmp_path / "out")
    assert not any(tmp_path.iterdir())


def test_a_place_that_is_taken_is_left_alone(tiny: Callable[..., Path], tmp_path: Path) -> None:
    one = student(model(tiny("bert"), training="probe"), TWO)
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match="holds other files: choose another folder with --to"):
        export(one, tmp_path)
    with pytest.raises(ConfigError, match="is a file"):
        export(one, tmp_path / "mine.txt")
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
    (tmp_path / "empty").mkdir()
    assert export(one, tmp_path / "empty").difference is not None


@pytest.mark.parametrize("library", ["weights", "tokenizer"])
def test_a_full_disk_is_one_error(
    tiny: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    """Neither library raises an OSError."""
    import transformers
    from safetensors import SafetensorError

    errors = {
        "weights": SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
        "tokenizer": Exception("No space left on device (os error 28)"),
    }
    maker: Any = transformers.PreTrainedModel if library == "weights" else transformers.PreTrainedTokenizerBase

    def full(*_: Any, **__: Any) -> None:
        raise errors[library]

    monkeypatch.setattr(maker, "save_pretrained", full)
    one = student(model(tiny("bert"), training="probe"), TWO)
    with pytest.raises(ConfigError, match=r"cannot write the model to .*out: No space left on device; choose another"):
        export(one, tmp_path / "out")
    errors[library] = ValueError("a fault of the program")
    with pytest.raises(ValueError, match="a fault of the program"):
        export(one, tmp_path / "out")
    assert not any(tmp_path.iterdir())


def test_a_writer_of_texts_is_refused(tiny: Callable[..., Path], tmp_path: Path) -> None:
    made = model(tiny("llama"), training="full")
    one = student(model(tiny("llama"), training="probe"), TWO)
    writer = type(one)(model=made, output=Output(kind="generation", n_classes=2), state={})
    with pytest.raises(ConfigError, match="writes texts; only classes and rewards"):
        export(writer, tmp_path / "out")


@pytest.mark.parametrize("training", ["probe", "lora"])
@pytest.mark.parametrize("format", [None, "onnx"])
def test_weights_of_few_bits_are_refused(tiny: Callable[..., Path], tmp_path: Path, training: str, format: Any) -> None:
    few = model(tiny("gpt2"), training=training, quantised="8bit")
    one = dataclasses.replace(student(model(tiny("gpt2"), training=training), TWO), model=few)
    with pytest.raises(ConfigError, match="has weights of few bits, and only full ones are exported: keep it as"):
        export(one, tmp_path / "out", format=format)
    assert not any(tmp_path.iterdir())
