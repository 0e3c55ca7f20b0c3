"""What was exported is opened again and asked: its answers have to be the student's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from outgrow.errors import ConfigError, DataError
from outgrow.export.classifier import reader
from outgrow.export.graph import MODEL
from outgrow.student import Student

TOKENIZER = "tokenizer.json"
Inputs = dict[str, np.ndarray]
CLOSE = 1e-4  # between probabilities
TEXTS = (
    "a warm and funny film, with two fine actors",
    "The plot is dull.",
    "I did not like it; but my daughter, who is nine, laughed from the first minute to the last!",
    "No.",
    "What can a film about a long winter in a small town tell us? More than I thought, as it turns out.",
    "it's neither good nor bad",
    "Préférez-vous le thé ou le café ? 42 %",
    "very " * 600 + "long",
)
IMAGES, SIDE = 4, 64


def trial_rows(student: Student, known: np.ndarray | None = None) -> np.ndarray:
    """Rows to try a student with: some that are known, else built-in texts or images.

    Raises:
        ConfigError: it takes neither texts nor images, and no rows are known.
    """
    if known is not None and len(known) > 1:
        return known[:16]
    texts = np.array(TEXTS, dtype=object)
    if not student.model.misfit(texts, student.output):
        return np.stack([texts, texts[::-1]], 1) if student.output.kind == "preference" else texts
    images = np.random.default_rng(0).integers(0, 256, (IMAGES, SIDE, SIDE, 3), np.uint8)
    if not student.model.misfit(images, student.output):
        return images
    raise ConfigError(
        f"{student.model.label} takes numbers that only its task knows: export it out of its store (--store), or keep "
        "it as --format student"
    )


def check(folder: Path, student: Student, rows: np.ndarray) -> float | None:
    """The largest difference between the probabilities of an exported folder and the student's, both in float32.

    Returns None where there is no library to open the folder with.

    Raises:
        DataError: it is larger than 0.0001.
    """
    found = answers_of(folder, student, rows)
    if found is None:
        return None
    difference = float(np.abs(found - reference(student, rows)).max())
    if not difference <= CLOSE:
        raise DataError(
            f"the exported model gives probabilities up to {difference:.2g} apart from the student's, on "
            f"{len(rows)} rows, where {CLOSE:g} is allowed: nothing was written; --format student keeps it exactly"
        )
    return difference


def reference(student: Student, rows: np.ndarray) -> np.ndarray:
    """The student's own answers, computed in float32."""
    import torch

    from outgrow.learning.machine import Machine

    return student.answers(rows, Machine(device=torch.device("cpu"), precision="float32"))


def answers_of(folder: Path, student: Student, rows: np.ndarray, *, at_once: int = 16) -> np.ndarray | None:
    """Probabilities of rows by an exported folder alone, float32 [n, classes]; None without a library to open it."""
    onnx = (folder / MODEL).is_file()
    if onnx and not _has_runtime():
        return None
    pairs = student.output.kind == "preference"
    if rows.dtype == object and (folder / TOKENIZER).is_file():
        answer, tokens = (_session(folder), _plain_tokens(folder)) if onnx else (_classifier(folder), _tokens(folder))
        texts = rows.reshape(-1).tolist()
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))  # little padding
        batches = [order[start : start + at_once] for start in range(0, len(texts), at_once)]
        answers = [answer(tokens([texts[i] for i in some])) for some in batches]
        found = np.concatenate(answers)[np.argsort(order)]
    else:
        found = _session(folder)(_encoded(student, rows))
    if pairs:
        found = found.reshape(-1, 2)
    return found if onnx and not pairs else _softmax(found)


def _encoded(student: Student, rows: np.ndarray) -> Inputs:
    import torch

    encoded = reader(student).encode(rows)
    values = encoded.batch(np.arange(len(encoded)), torch.device("cpu")).numpy()
    if student.output.kind == "preference":
        values = values.reshape(-1, *values.shape[2:])
    return {"pixel_values" if hasattr(encoded, "preprocessing") else "values": values}


def _tokens(folder: Path) -> Callable[[list[str]], Inputs]:
    """Texts to tokens as transformers reads the folder."""
    from outgrow.hub import transformers_library

    tokenizer = transformers_library().AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    return lambda texts: dict(tokenizer(texts, return_tensors="np", padding=True, truncation=True))


def _plain_tokens(folder: Path) -> Callable[[list[str]], Inputs]:
    """Texts to tokens by `tokenizer.json` alone, as those read it who have a graph and no transformers."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.enable_padding()

    def read(texts: list[str]) -> Inputs:
        found = tokenizer.encode_batch(texts)
        return {
            "input_ids": np.array([one.ids for one in found], np.int64),
            "attention_mask": np.array([one.attention_mask for one in found], np.int64),
        }

    return read


def _classifier(folder: Path) -> Any:
    """The folder's model of transformers, as a function from tokens to logits."""
    import torch

    from outgrow.hub import transformers_library

    maker = transformers_library().AutoModelForSequenceClassification
    model = maker.from_pretrained(folder, trust_remote_code=False).eval()

    @torch.inference_mode()
    def answer(tokens: Inputs) -> np.ndarray:
        given = {name: torch.from_numpy(value) for name, value in tokens.items()}
        found: np.ndarray = model(**given).logits.numpy()
        return found

    return answer


def _session(folder: Path) -> Any:
    """The folder's graph, as a function from its inputs to its output."""
    import onnxruntime

    session = onnxruntime.InferenceSession(folder / MODEL, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_inputs()]

    def answer(values: Inputs) -> np.ndarray:
        (found,) = session.run(None, {name: values[name] for name in names})
        return np.asarray(found)

    return answer


def _has_runtime() -> bool:
    from importlib.util import find_spec

    return find_spec("onnxruntime") is not None


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True), np.float32)
