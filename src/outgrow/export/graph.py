"""A student as an ONNX graph: numbers in, probabilities or rewards out; units and softmax are part of it."""

from __future__ import annotations

import contextlib
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from outgrow.errors import MissingDependency
from outgrow.export.classifier import cutting_tokenizer, reader
from outgrow.export.head import head_of
from outgrow.student import Student

if TYPE_CHECKING:
    from torch import Tensor, nn

    from outgrow.learning.network import Network
    from outgrow.text.network import TextNetwork

MODEL = "model.onnx"
MOST_BYTES = 1_900_000_000  # of one file of its format; weights beyond that lie in another beside it


def write_graph(student: Student, rows: np.ndarray, folder: Path) -> dict[str, Any]:
    """Write `model.onnx`, and a tokenizer for texts, into a folder; returns what has to be known to feed it.

    Args:
        rows: some that it can answer, by which the graph is traced.

    Raises:
        MissingDependency: a library that writes it is not installed.
    """
    try:
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MissingDependency("ONNX needs the extra [export]: pip install 'outgrow[export]'") from error
    network = reader(student)
    inputs, values, told = _fed(student, network, rows)
    graph = _graph(student, network)
    output = "reward" if student.output.kind == "preference" else "probabilities"
    facts = {"kind": student.output.kind, "classes": student.classes, "inputs": told, "output": output}
    _trace(graph, inputs, values, output, facts, folder / MODEL)
    if "input_ids" in inputs:
        text: Any = network
        tokenizer = cutting_tokenizer(text)
        if tokenizer.pad_token is None:  # any token will do, as the mask leaves it out
            tokenizer.pad_token = tokenizer.eos_token or tokenizer.convert_ids_to_tokens(0)
        tokenizer.save_pretrained(folder)
    return facts


def _fed(student: Student, network: Network, rows: np.ndarray) -> tuple[list[str], tuple[Tensor, ...], dict[str, Any]]:
    """Names and values of the graph's inputs, and what they are."""
    import torch

    from outgrow.text.network import TextNetwork

    if isinstance(network, TextNetwork):
        ids = torch.ones(2, 5, dtype=torch.int64)
        said: dict[str, Any] = {"what": "tokens of tokenizer.json", "max_length": network.limit}
        return ["input_ids", "attention_mask"], (ids, ids.clone()), {**said, "truncation": network.cut}
    encoded = network.encode(rows)
    one = encoded.batch(np.arange(2), torch.device("cpu"))
    if hasattr(encoded, "preprocessing"):
        how = encoded.preprocessing
        said = {
            "what": "images, float32 [n, 3, resolution, resolution], (pixel / 255 - mean) / deviation",
            **{name: getattr(how, name) for name in ("resolution", "crop", "mean", "deviation", "filter")},
        }
        return ["pixel_values"], (one,), said
    shape = one.shape[2:] if student.output.kind == "preference" else one.shape[1:]
    dtype = str(one.dtype).removeprefix("torch.")
    said = {"what": f"what {student.model.label} makes of a row, {dtype} [{', '.join(['n', *map(str, shape)])}]"}
    return ["values"], (one.reshape(-1, *shape),), said


def _graph(student: Student, network: Network) -> nn.Module:
    from torch import nn

    from outgrow.text.network import TextNetwork, pool

    reads, rewards = isinstance(network, TextNetwork), student.output.kind == "preference"
    linear: nn.Module = nn.Identity()
    if reads or student.is_probe:
        head = head_of(student)
        linear = nn.Linear(head.weight.shape[1], head.size)
        linear.weight.data, linear.bias.data = head.weight.float(), head.bias.float()

    class Answers(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network, self.linear = network, linear

        def forward(self, *batch: Tensor) -> Tensor:
            logits: Tensor = self.linear(self._states(*batch))
            return logits.squeeze(-1) if rewards else logits.softmax(-1)

        def _states(self, *batch: Tensor) -> Tensor:
            if not reads:
                return self.network(*batch)  # type: ignore[no-any-return]
            text: TextNetwork = self.network  # type: ignore[assignment]
            states = text.backbone(input_ids=batch[0], attention_mask=batch[1], **text.options).last_hidden_state
            return pool(states, batch[1], text.pooling)

    if reads:
        text: Any = network
        text.backbone.set_attn_implementation("eager")  # plain operations, which every runtime has
    return Answers().eval()


def _trace(
    graph: nn.Module, inputs: list[str], values: tuple[Tensor, ...], output: str, facts: dict[str, Any], file: Path
) -> None:
    import torch

    free = {0: torch.export.Dim.DYNAMIC, **({1: torch.export.Dim.DYNAMIC} if len(inputs) == 2 else {})}
    with _quiet():
        program = torch.onnx.export(
            graph, values, input_names=inputs, output_names=[output], dynamo=True, verbose=False,
            dynamic_shapes=((free,) * len(inputs),),
        )  # fmt: skip
        assert program is not None
        for name, value in facts.items():
            program.model.metadata_props[name] = json.dumps(value, ensure_ascii=False)
        size = sum(one.numel() * one.element_size() for one in graph.parameters())
        program.save(file, external_data=size > MOST_BYTES)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter says of itself."""
    log = logging.getLogger("torch.onnx")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)
