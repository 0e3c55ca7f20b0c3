"""The model card of an exported student: where it comes from, how good it is, and how to open it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from outgrow.export.licence import Base, base_of
from outgrow.export.reading import in_words, reads
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
TOKENS = """import numpy as np
import onnxruntime
from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file("tokenizer.json")  # it cuts texts as those of the student were cut
tokenizer.enable_padding()
tokens = tokenizer.encode_batch(["a text", "another"])
inputs = {
    "input_ids": np.array([one.ids for one in tokens], np.int64),
    "attention_mask": np.array([one.attention_mask for one in tokens], np.int64),
}"""
KNOWN = {"coverage": "coverage", "agreement": "agreement with the vote", "accuracy": "accuracy of its labels"}
SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~$])")


def card(student: Student, *, format: str, appended: bool, difference: float | None, tokens: bool = True) -> str:
    """The text of README.md: a header that model hubs read, and what people want to know.

    Args:
        appended: whether a layer was appended to hold the head.
        difference: the largest between its probabilities and the student's on a few rows.
        tokens: whether it is fed with tokens.
    """
    base, about = base_of(student.model), student.about
    parts = [
        _header(student, base, format),
        f"# {escaped(student.model.label)}{', taught by weak labels' if about.get('supervisors') else ''}"
        + (f" with the truth of {counted(known, 'row')}" if (known := learned_truth(about)) else ""),
        _what(student),
        "## Use",
        _use(student, format, tokens),
        "## Where it comes from",
        "\n".join(f"* {line}" for line in _origin(student, base)),
        "## How good it is",
        accuracy(about),
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


def accuracy(about: Mapping[str, Any]) -> str:
    """What is known of its accuracy, with its interval, as a sentence; else what was checked, if anything."""
    found = about.get("accuracy")
    if not isinstance(found, Mapping) or not isinstance(found.get("value"), (int, float)):
        return _unknown(learned_truth(about), _count(about, "checking") + _count(about, "uncounted"))
    metric = str(found.get("metric") or "accuracy").replace("_", " ")
    low, high, n = (found.get(name) for name in ("low", "high", "n"))
    interval = "no interval is known" if low is None or high is None else f"95 % interval {low:.3f} to {high:.3f}"
    rows = f", from {counted(int(n), 'checked row')}" if isinstance(n, (int, float)) else ""
    how = f" ({escaped(found['how'])})" if found.get("how") else ""
    return f"{escaped(metric).capitalize()} {found['value']:.3f}, {interval}{rows}{how}."


def _unknown(learned: int, uncounted: int) -> str:
    checked = [f"{counted(learned, 'row')} that it learned from"] if learned else []
    if uncounted:
        other = "other row" if learned else "row"
        checked.append(f"{counted(uncounted, other)} that cannot count, as they do not stand for all rows")
    return f"No accuracy is known. Checked were {', and '.join(checked)}." if checked else NO_ACCURACY


def learned_truth(about: Mapping[str, Any]) -> int:
    """Rows whose truth a student was given to learn from."""
    return _count(about, "learned")


def _count(about: Mapping[str, Any], of: str) -> int:
    audited = about.get("audited")
    found = audited.get(of) if isinstance(audited, Mapping) else 0
    return found if isinstance(found, int) else 0


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
        what = (
            "It gives a text a reward. P(second text is better) = 1 / (1 + exp(reward of first - reward of second)). "
            "Only differences of rewards mean something."
        )
    else:
        what = f"It gives a probability to each of: {', '.join(map(escaped, student.classes))}."
    found = reads(student)
    return " ".join(filter(None, [what, found.get("how"), escaped(in_words(found))]))


def _use(student: Student, format: str, tokens: bool) -> str:
    pairs = student.output.kind == "preference"
    if format == "onnx":
        return (
            "`model.onnx` takes and gives what `outgrow.json` says; units, pooling and softmax are part of it.\n\n"
            f"```python\n{TOKENS if tokens else 'import onnxruntime'}\n\n"
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
    nobody = "none, it learned from ground truth" if about.get("supervisors") == [] else "not told"
    lines.append(f"Supervisors: {'; '.join(supervisors) or nobody}.")
    if known := learned_truth(about):
        lines.append(f"Truth: that of {counted(known, 'row')} was known to the training.")
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
