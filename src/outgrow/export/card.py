"""The model card of an exported student: where it comes from, how good it is, and how to open it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from outgrow.export.licence import Base, base_of
from outgrow.models.bases.images import ImageModel
from outgrow.models.bases.texts import TextModel
from outgrow.plain import counted, plain
from outgrow.student import Student

NO_ACCURACY = "Nobody has checked its answers against the truth: no accuracy is known."
APPENDED = (
    "The head of this architecture cannot hold the student's, which has a bias or reads the mean over tokens. So one "
    "more layer was appended, which computes the logits, and the head copies them. Its numbers are large: load it in "
    "float32 or bfloat16, not in float16, and do not train it further."
)
KNOWN = {"coverage": "coverage", "agreement": "agreement with the vote", "accuracy": "accuracy of its labels"}
SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~$])")


def card(student: Student, *, format: str, appended: bool, difference: float | None) -> str:
    """The text of README.md: a header that model hubs read, and what people want to know.

    Args:
        appended: whether a layer was appended to hold the head.
        difference: the largest between its probabilities and the student's on a few rows.
    """
    base, about = base_of(student.model), student.about
    parts = [
        _header(student, base, format),
        f"# {escaped(student.model.label)}{', taught by weak labels' if about.get('supervisors') else ''}",
        _what(student),
        "## Use",
        _use(student, format),
        "## Where it comes from",
        "\n".join(f"* {line}" for line in _origin(student, base)),
        "## How good it is",
        accuracy(about.get("accuracy")),
        "## How it was exported",
        " ".join(filter(None, [_compared(difference), APPENDED if appended else ""])),
    ]
    return "\n\n".join(parts) + "\n"


def escaped(text: object) -> str:
    """A text from outside as Markdown shows it letter by letter, on one line."""
    return SPECIAL.sub(r"\\\1", plain(text))


def yaml(entries: Mapping[str, Any]) -> str:
    """Texts and lists of texts as YAML, quoted as JSON quotes them; what is None or empty is left out."""
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in entries.items() if value]
    return "\n".join(["---", *lines, "---"])


def accuracy(found: object) -> str:
    """What is known of its accuracy, with its interval, as a sentence; else that nothing is known."""
    if not isinstance(found, Mapping) or not isinstance(found.get("value"), (int, float)):
        return NO_ACCURACY
    metric = str(found.get("metric") or "accuracy").replace("_", " ")
    low, high, n = (found.get(name) for name in ("low", "high", "n"))
    interval = "no interval is known" if low is None or high is None else f"95 % interval {low:.3f} to {high:.3f}"
    rows = f", from {counted(int(n), 'checked row')}" if isinstance(n, (int, float)) else ""
    how = f" ({escaped(found['how'])})" if found.get("how") else ""
    return f"{escaped(metric).capitalize()} {found['value']:.3f}, {interval}{rows}{how}."


def _header(student: Student, base: Base, format: str) -> str:
    pairs = student.output.kind == "preference"
    tag = "text" if isinstance(student.model, TextModel) else "image" if isinstance(student.model, ImageModel) else ""
    return yaml({
        "license": base.licence_id,
        "base_model": base.repository,
        "library_name": "transformers" if format == "transformers" else "onnx",
        "pipeline_tag": tag and f"{tag}-classification",
        "tags": ["weak-to-strong", "weak-supervision", "outgrow", *(["reward-model"] if pairs else [])],
    })  # fmt: skip


def _what(student: Student) -> str:
    if student.output.kind == "preference":
        return (
            "It gives a text a reward. P(second text is better) = 1 / (1 + exp(reward of first - reward of second)). A "
            "text is the prompt and the answer, in full, one after the other. Only differences of rewards mean "
            "something."
        )
    return f"It gives a probability to each of: {', '.join(map(escaped, student.classes))}."


def _use(student: Student, format: str) -> str:
    pairs = student.output.kind == "preference"
    if format == "onnx":
        return (
            "`model.onnx` takes and gives what `outgrow.json` says; units, pooling and softmax are part of it. "
            "Texts go through `tokenizer.json`, if that is here, with padding and truncation:\n\n"
            "```python\nimport onnxruntime\n\n"
            'session = onnxruntime.InferenceSession("model.onnx")\n'
            f"({'rewards' if pairs else 'probabilities'},) = session.run(None, inputs)\n```"
        )
    scores = "rewards = model(**tokens).logits[:, 0]" if pairs else "print(model(**tokens).logits.softmax(-1))"
    return (
        "```python\nfrom transformers import AutoModelForSequenceClassification, AutoTokenizer\n\n"
        'folder = "."  # this one\n'
        "model = AutoModelForSequenceClassification.from_pretrained(folder)\n"
        "tokenizer = AutoTokenizer.from_pretrained(folder)\n"
        'tokens = tokenizer(["a text", "another"], padding=True, truncation=True, return_tensors="pt")\n'
        f"{scores}\n```\n\n"
        "`truncation=True` matters: the student never saw longer texts. In a pipeline, give it too."
    )


def _origin(student: Student, base: Base) -> list[str]:
    about = student.about
    licence = f"licence {escaped(base.licence)}" if base.licence else "its licence is not known here: see its source"
    source = f" ({escaped(base.repository)})" if base.repository else ""
    lines = [f"Base model: {escaped(student.model.label)}{source}; {licence}."]
    if "method" in about:
        chosen = "".join(f" {escaped(reason)}" for reason in _listed(about.get("chosen")))
        lines.append(f"Method: {escaped(method_words(about['method']))}.{chosen}")
    supervisors = [escaped(one) for one in map(_supervisor, _listed(about.get("supervisors"))) if one]
    lines.append(f"Supervisors: {'; '.join(supervisors)}." if supervisors else "Supervisors: not told.")
    data = about.get("data")
    if isinstance(data, Mapping):
        rows = f", {counted(int(data['rows']), 'row')}" if isinstance(data.get("rows"), int) else ""
        lines.append(f"Data: {escaped(data.get('name', 'not named'))}{rows}.")
    told = [f"{name} {escaped(about[name])}" for name in ("seed", "outgrow") if name in about]
    return [*lines, *([f"Made with {', '.join(told)}."] if told else [])]


def method_words(method: object) -> str:
    """A method's table, or several, or its name, as words: `confidence (alpha 0.5)`."""
    if isinstance(method, Mapping):
        options = ", ".join(f"{key} {value}" for key, value in method.items() if key != "name")
        return f"{method.get('name', '?')}{f' ({options})' if options else ''}"
    if isinstance(method, Sequence) and not isinstance(method, str):
        return ", then ".join(map(method_words, method))
    return str(method)


def _supervisor(one: object) -> str:
    if not isinstance(one, Mapping):
        return str(one)
    facts = [
        f"{words} {value:.3f}" for name, words in KNOWN.items() if isinstance(value := one.get(name), (int, float))
    ]
    name = str(one.get("name", "?"))
    return f"{name} ({', '.join(facts)})" if facts else name


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []


def _compared(difference: float | None) -> str:
    if difference is None:
        return "It was not opened after it was written, since onnxruntime is not installed there."
    return (
        "It was opened after it was written: its probabilities and those of the student differ by at most "
        f"{difference:.1g} on a few rows, both in float32."
    )
