"""The shipped toy experiment through the public API."""

from __future__ import annotations

from pathlib import Path

import outgrow


def test_a_student_outgrows_its_supervisor(tmp_path: Path) -> None:
    experiments = outgrow.read_experiments("toy", seeds=[0, 1])
    store = outgrow.Store(tmp_path)
    swept = outgrow.run_experiments(experiments, store)
    assert swept.computed == len(swept.plan.steps) == 27
    assert not swept.failures
    assert len(swept.records) == 4
    for record in swept.records:
        row = record.row
        assert row.verdict == "ok"
        assert row.weak_score is not None
        assert row.student_score is not None
        assert row.ceiling_score is not None
        assert row.pgr is not None
        assert row.weak_score < row.student_score < row.ceiling_score
        assert row.pgr > 0
        assert abs(row.pgr - (row.student_score - row.weak_score) / (row.ceiling_score - row.weak_score)) < 1e-9
        assert row.zero_shot_score is None
    assert outgrow.read_records(store) == sorted(swept.records, key=lambda one: (one.row.method, one.row.seed))

    groups = outgrow.pool(store, swept.records)
    assert [(group.method, group.seeds) for group in groups] == [("naive", [0, 1]), ("confidence", [0, 1])]
    for group in groups:
        assert group.verdict in ("ok", "chance", "no-gap")  # two seeds say little about the spread between seeds
        assert (group.pgr is not None) == (group.verdict == "ok")
        assert group.student is not None
        low, high = group.student.ends
        assert low < group.student.value < high
        assert group.curves["student"][0].progress == 0

    again = outgrow.run_experiments(experiments, store)
    assert again.computed == 0
    assert again.records == swept.records
