"""The `tokenizer.json` of an exported folder makes of a text what the student read, also without transformers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
from tiny_students import TWO, student

pytest.importorskip("transformers")

from outgrow.errors import DataError
from outgrow.export import export
from outgrow.export.classifier import cutting_tokenizer
from outgrow.export.write import Format
from outgrow.models.bases.language import LanguageModel
from outgrow.student import Student

LIMIT = 40
CASES = [("bert", "right"), ("bert", "left"), ("llama", "right"), ("llama", "left")]
TEXTS = ["good film", "good " * 30 + "bad", "the food is " + "warm and " * 60 + "cold"]


def a_student(folder: Path, cut: str) -> Student:
    fields: dict[str, Any] = {"path": str(folder), "training": "probe", "max_length": LIMIT, "truncation": cut}
    return student(LanguageModel(name="transformer", **fields), TWO)


def another_use(folder: Path, target: Path, pad: str) -> Path:
    """A copy of a model whose tokenizer was saved with lengths of its own, as many on the hub are."""
    made = tiny_models.copied(folder, target)
    told = json.loads((made / "tokenizer.json").read_text())
    told["truncation"] = {"direction": "Right", "max_length": 6, "strategy": "LongestFirst", "stride": 2}
    told["padding"] = {
        "strategy": {"Fixed": 64}, "direction": "Left", "pad_to_multiple_of": 8, "pad_id": 0, "pad_type_id": 0,
        "pad_token": pad,
    }  # fmt: skip
    (made / "tokenizer.json").write_text(json.dumps(told))
    return made


@pytest.mark.parametrize("format", ["transformers", "onnx"])
@pytest.mark.parametrize(("family", "cut"), CASES)
def test_it_cuts_where_the_student_did_and_pads_nothing(
    tiny: Callable[..., Path], tmp_path: Path, family: str, cut: str, format: Format
) -> None:
    from tokenizers import Tokenizer

    if format == "onnx":
        pytest.importorskip("onnxscript")
    one = a_student(another_use(tiny(family), tmp_path / "base", "[PAD]" if family == "bert" else tiny_models.END), cut)
    folder = export(one, tmp_path / "out", format=format).folder
    found = [each.ids for each in Tokenizer.from_file(str(folder / "tokenizer.json")).encode_batch(TEXTS)]
    wanted = tiny_models.sequences(one.encode(np.array(TEXTS, dtype=object)))
    assert found == [each.tolist() for each in wanted]
    assert len(found[0]) < len(found[1]) < len(found[2]) == LIMIT
    told = json.loads((folder / "tokenizer_config.json").read_text())
    assert not {"max_length", "stride", "pad_to_multiple_of"} & told.keys()
    assert (told["model_max_length"], told["truncation_side"], told["padding_side"]) == (LIMIT, cut, "right")


def test_a_graph_is_tried_by_the_file_alone(
    tiny: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that cuts otherwise is found, though transformers would cut by what its own settings say."""
    pytest.importorskip("onnxscript")
    pytest.importorskip("onnxruntime")

    def short(network: Any) -> Any:
        tokenizer = cutting_tokenizer(network)
        tokenizer.backend_tokenizer.enable_truncation(8)
        return tokenizer

    monkeypatch.setattr("outgrow.export.graph.cutting_tokenizer", short)
    with pytest.raises(DataError, match="apart from the student's"):
        export(a_student(tiny("llama"), "right"), tmp_path / "out", format="onnx")
