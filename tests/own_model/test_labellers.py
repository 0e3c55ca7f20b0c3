"""What is said of labellers: the vote as the baseline, its ties, and labels that leave it open."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from audited_models import rows_of

from outgrow.own_model.doubts import BLIND, doubts
from outgrow.own_model.kept_rows import KeptRows
from outgrow.own_model.labellers import labellers
from outgrow.tasks.base import Output

N = 12


def rows(votes: np.ndarray) -> KeptRows:
    """Rows with these votes [labellers, n, 2], the first three checked and true of the second class."""
    n = votes.shape[1]
    names = [str(i) for i in range(n)]
    return KeptRows(
        output=Output(kind="classification", n_classes=2, class_names=("ham", "spam")), ids=names,
        numbers=list(range(1, n + 1)), inputs={"text": names}, labellers=["a", "b", "c"], votes=votes,
        fused=votes.mean(0), answers=votes.mean(0), truth=np.where(np.arange(n) < 3, 1, -1),
        use=["checking"] * 3 + [""] * (n - 3), sources={},
    )  # fmt: skip


def test_the_vote_is_the_baseline_and_what_is_open_is_counted() -> None:
    votes = np.zeros((3, N, 2), np.float32)
    votes[0, :, 1] = 1  # a says spam of all
    votes[1, :6, 0] = 1  # b says ham of six
    votes[2, 0] = 0.5  # c leaves one open, and says spam of two
    votes[2, 1:3, 1] = 1
    found = labellers(rows(votes))
    assert found.sentences[0] == (
        "The majority vote labels 12 of 12 rows; 4 of these are ties, which count in equal shares. Open between "
        "classes, and shared alike: 1 label. All labellers agree on 0.0 % of the 6 rows with several labels."
    )
    assert found.table is not None
    vote = found.table.rows[-1]
    assert vote[:2] == ("majority vote", "100.0 %")
    assert vote[-1].startswith("83.3 %")  # a tie of the first row, and two right


def test_suspects_of_a_model_that_knows_nothing_are_said_to_be_a_guess() -> None:
    found, _ = rows_of(400, 0)
    assert BLIND not in doubts(found).sentences
    mixed = np.random.default_rng(0).permutation(found.answers)
    assert BLIND in doubts(replace(found, answers=mixed)).sentences
