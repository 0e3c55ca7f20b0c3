"""Students as ONNX graphs: they answer as the student does, whatever the number and the length of texts."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
import torch
from tiny_students import PAIRS, PLAIN, THREE, TWO, pairs_of, student

pytest.importorskip("transformers")

from outgrow.errors import ConfigError, MissingDependency
from outgrow.export import export
from outgrow.export.trial import answers_of, reference, trial_rows
from outgrow.models.base import models
from outgrow.models.bases.language import LanguageModel
from outgrow.models.pixels import Pixels
from outgrow.student import Student
from outgrow.student.base import DEVIATION, MEAN
from outgrow.tasks.base import Output

CLOSE = 1e-5


@pytest.fixture
def onnx() -> None:
    pytest.importorskip("onnxscript")
    pytest.importorskip("onnxruntime")


def gpt2(tiny: Callable[..., Path], **fields: Any) -> LanguageModel:
    return LanguageModel(name="transformer", path=str(tiny("gpt2")), training="probe", max_length=40, **fields)


def seeing(n_classes: int = 3) -> Student:
    """A linear head on pixels."""
    draw, width = torch.Generator().manual_seed(0), 3 * 8 * 8
    state = {
        "head.weight": torch.randn(n_classes, width, generator=draw) * 0.1,
        "head.bias": torch.randn(n_classes, generator=draw),
        MEAN: torch.zeros(width),
        DEVIATION: torch.ones(width),
    }
    return Student(model=Pixels(), output=Output(kind="classification", n_classes=n_classes), state=state)


@pytest.mark.usefixtures("onnx")
@pytest.mark.parametrize(
    ("family", "training", "output"),
    [("bert", "probe", TWO), ("llama", "lora", THREE), ("gpt2", "full", PAIRS)],
)
def test_a_graph_answers_as_its_student(
    tiny: Callable[..., Path], tmp_path: Path, family: str, training: Any, output: Output
) -> None:
    made = LanguageModel(name="transformer", path=str(tiny(family)), training=training, max_length=40)
    one = student(made, output)
    done = export(one, tmp_path / "out", format="onnx")
    texts = tiny_models.texts(23, seed=1, longest=30)
    rows = pairs_of(texts) if output.kind == "preference" else texts
    for at_once in (1, 7):
        found = answers_of(done.folder, one, rows, at_once=at_once)
        assert found is not None
        np.testing.assert_allclose(found, reference(one, rows), atol=CLOSE)
    facts = json.loads((done.folder / "outgrow.json").read_text())
    assert facts["classes"] == one.classes
    assert facts["inputs"]["max_length"] == 40
    assert "takes" not in done.said
    import onnxruntime

    kept = onnxruntime.InferenceSession(done.folder / "model.onnx").get_modelmeta().custom_metadata_map
    assert json.loads(kept["classes"]) == one.classes


@pytest.mark.usefixtures("onnx")
def test_what_transformers_cannot_hold_becomes_a_graph_that_says_why(tiny: Callable[..., Path], tmp_path: Path) -> None:
    done = export(student(gpt2(tiny, pooling="mean"), TWO), tmp_path / "out")
    assert done.format == "onnx"
    assert done.why.endswith("for 'gpt2' cannot hold the mean over tokens")
    assert done.difference is not None
    assert done.difference < CLOSE


@pytest.mark.usefixtures("onnx")
def test_images_go_in_normalised(tmp_path: Path) -> None:
    done = export(seeing(), tmp_path / "out")
    assert done.format == "onnx"
    assert done.difference is not None
    assert done.difference < CLOSE
    assert "model.onnx, which takes images, float32 [n, 3, resolution, resolution]" in done.said
    facts = json.loads((done.folder / "outgrow.json").read_text())
    assert facts["inputs"]["resolution"] == 8
    assert 'pipeline_tag: "image-classification"' in (done.folder / "README.md").read_text()


def test_without_its_library_the_extra_is_named(
    tiny: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(MissingDependency, match=r"ONNX needs the extra \[export\]"):
        export(student(gpt2(tiny), TWO), tmp_path / "out", format="onnx")
    assert not any(tmp_path.iterdir())


def test_rows_to_try_are_known_ones_or_built_in(tiny: Callable[..., Path]) -> None:
    own = np.array(["one", "two"], dtype=object)
    one = student(gpt2(tiny), PAIRS)
    assert trial_rows(one, own) is not None
    assert trial_rows(one).shape[1] == 2
    assert trial_rows(seeing()).dtype == np.uint8
    made = models["toy-l"]()
    toy = Student(model=made, output=Output(kind="classification", n_classes=2), state={})
    with pytest.raises(ConfigError, match=r"toy-l takes numbers that only its task knows"):
        trial_rows(toy)
    assert np.isfinite(one.answers(trial_rows(one), PLAIN)).all()
