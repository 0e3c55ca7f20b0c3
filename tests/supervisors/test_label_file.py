"""A file of labels as the supervisor of a study: several labellers, abstentions, and what is told of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from outgrow import experiment
from outgrow.config import expand, read, to_toml
from outgrow.errors import ConfigError
from outgrow.experiment import Experiment
from outgrow.runtime import Runtime
from outgrow.steps import Context, Given, Steps
from outgrow.store import Store
from outgrow.sweep import run_experiments

WHO = ("ann", "ben", "cem")


def one_of(document: dict[str, Any], path: Path, **weak: Any) -> Experiment:
    document = {**document, "weak": {"model": "labels", "path": str(path), **weak}, "method": "naive"}
    document.pop("sweep", None)
    (one,) = expand(document, name="labelled")
    return one


@pytest.fixture
def truth(document: dict[str, Any]) -> dict[str, int]:
    one = expand(document, name="labelled")[0]
    examples = one.task.load()
    assert examples.truth is not None
    return dict(zip(examples.ids, examples.truth.tolist(), strict=True))


def said_of(one: Experiment, store: Store, part: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """The labels of each labeller, what the rule makes of them, and what is told."""
    assert not run_experiments([one], store).failures
    by = experiment.run(one, Steps()).weak.by
    assert isinstance(by, Given)
    context, rows = Context(store, Runtime(device="cpu")), by.split.part(part)
    return by.votes(context, rows), by.answers(context, rows), by.notes(context)


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("rule", ["mean", "vote"])
def test_several_labellers_are_fused_by_the_rule(
    wide: bool, rule: str, document: dict[str, Any], truth: dict[str, int], store: Store, tmp_path: Path
) -> None:
    def says(i: int, label: int) -> tuple[object, ...]:
        return label, 1 - label if i % 3 == 0 else label, "" if i % 5 == 0 else label

    said = {one: says(i, label) for i, (one, label) in enumerate(truth.items())}
    path = tmp_path / "crowd.csv"
    if wide:
        lines = [",".join(("id", *WHO)), *(",".join(map(str, (one, *own))) for one, own in said.items())]
    else:
        rows = [(one, who, label) for one, own in said.items() for who, label in zip(WHO, own, strict=True)]
        lines = ["id,who,label", *(f"{one},{who},{label}" for one, who, label in rows)]
    path.write_text("\n".join(lines))
    how: dict[str, Any] = {"columns": list(WHO)} if wide else {"annotator": "who"}
    one = one_of(document, path, rule=rule, **how)
    votes, answers, notes = said_of(one, store, "test")
    assert votes.shape == (3, 100, 2)
    tied = (votes.sum(-1) == 0).any(0) & (votes.sum(0) == 1).all(1)
    assert tied.any(), "no ties make no test"
    assert (answers[tied] == 0.5).all()
    expected = votes.sum(0) / votes.sum((0, 2))[:, None] if rule == "mean" else votes.sum(0) >= 2
    np.testing.assert_allclose(answers[~tied & (votes.sum((0, 2)) == 3)], expected[~tied & (votes.sum((0, 2)) == 3)])
    assert one.weak.label == f"labels: {rule} of {'ann, ben, cem' if wide else 'who'}"
    assert notes == []


def test_who_abstains_is_counted_and_left_out_of_the_training(
    document: dict[str, Any], truth: dict[str, int], store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "weak.csv"
    path.write_text(
        "\n".join(["id,label", *(f"{one},{-1 if i % 4 == 0 else y}" for i, (one, y) in enumerate(truth.items()))])
    )
    one = one_of(document, path)
    votes, _, notes = said_of(one, store, "test")
    silent = int((votes.sum((0, 2)) == 0).sum())
    assert 15 < silent < 35
    (note,) = notes
    assert f" and {silent} of 100 examples of test, which count as wrong answers" in note
    student = experiment.run(one, Steps()).student.by
    left_out = said_of(one, store, "transfer")[0].sum((0, 2)) == 0
    assert student.notes(Context(store))[0].startswith(f"{left_out.sum()} of 60 rows have no label to learn from")


def test_options_are_checked_and_written_back(document: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "weak.csv").write_text("id,label\na,1\n")
    one = one_of(document, tmp_path / "weak.csv", columns=["a", "b"], values="names", rule="vote")
    assert read(to_toml(one), name=one.name) == one
    with pytest.raises(ConfigError, match=r"weak\.values = 'name'"):
        one_of(document, tmp_path / "weak.csv", values="name")
    with pytest.raises(ConfigError, match=r"unknown key 'weak\.column'; did you mean 'columns'"):
        one_of(document, tmp_path / "weak.csv", column=["a"])
