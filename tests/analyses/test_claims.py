"""Claims on studies whose truth is known: each holds where it is so, and fails where the opposite is so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_up import Made, World, ladder

from outgrow.analyses.base import Panel, Study, analyses
from outgrow.analyses.bases.claim import claims
from outgrow.analyses.bases.field import field_of
from outgrow.analyses.bases.pairs import contrasts, measured, ordinary
from outgrow.experiment import Experiment
from outgrow.results.cells import Cells
from outgrow.results.pooling import pool
from outgrow.store import Store
from outgrow.sweep import run_experiments

CHESS: dict[str, Any] = {"task": "chess-puzzles"}
REWARD: dict[str, Any] = {"kind": "preference"}
VISION: dict[str, Any] = {"strong_options": {"resolution": 224}}
BOTH = ("naive", "bootstrapping")
LOSS = ("naive", "confidence")

Build = Callable[[World], Made]
SO: dict[str, tuple[Build, Build]] = {
    "gain_over_supervisor": (lambda w: ladder(w, lambda *_: 0.3), lambda w: ladder(w, lambda *_: -0.3)),
    "widest_gap": (lambda w: ladder(w, lambda *_: 0.4), lambda w: ladder(w, lambda *_: 0.05)),
    "supervisor_size": (
        lambda w: ladder(w, lambda m, weak, strong: 0.2 * weak),
        lambda w: ladder(w, lambda m, weak, strong: 0.8 - 0.2 * weak),
    ),
    "student_size": (
        lambda w: ladder(w, lambda m, weak, strong: 0.2 * strong),
        lambda w: ladder(w, lambda m, weak, strong: 1 - 0.2 * strong),
    ),
    "smallest_supervisor": (
        lambda w: ladder(w, lambda *_: 0.0, **CHESS),
        lambda w: ladder(w, lambda *_: 0.3, **CHESS),
    ),
    "next_size_up": (lambda w: ladder(w, lambda *_: 0.7, **CHESS), lambda w: ladder(w, lambda *_: 0.1, **CHESS)),
    "student_size_chess": (
        lambda w: ladder(w, lambda m, weak, strong: 1 - 0.2 * strong, **CHESS),
        lambda w: ladder(w, lambda m, weak, strong: 0.2 * strong, **CHESS),
    ),
    "reward_recovery": (lambda w: ladder(w, lambda *_: 0.1, **REWARD), lambda w: ladder(w, lambda *_: 0.4, **REWARD)),
    "bootstrapping_chess": (
        lambda w: ladder(w, lambda m, weak, strong: 0.2 + (m != "naive") * 0.15 * strong, methods=BOTH, **CHESS),
        lambda w: ladder(
            w, lambda m, weak, strong: 0.9 - (m != "naive") * (0.1 + 0.4 * strong), methods=BOTH, **CHESS
        ),
    ),
    "bootstrapping_elsewhere": (
        lambda w: ladder(w, lambda m, *_: 0.3 + 0.1 * (m != "naive"), methods=BOTH),
        lambda w: ladder(w, lambda m, *_: 0.3 + 0.5 * (m != "naive"), methods=BOTH),
    ),
    "confidence_by_size": (
        lambda w: ladder(w, lambda m, weak, strong: 0.4 + (m != "naive") * 0.3 * (strong - 2.9), methods=LOSS),
        lambda w: ladder(w, lambda m, weak, strong: 0.4 - (m != "naive") * 0.3 * (strong - 2.9), methods=LOSS),
    ),
    "confidence_reward": (
        lambda w: ladder(w, lambda m, *_: 0.3 - 0.2 * (m != "naive"), methods=LOSS, **REWARD),
        lambda w: ladder(w, lambda m, *_: 0.3 + 0.3 * (m != "naive"), methods=LOSS, **REWARD),
    ),
    "below_zero_shot": (
        lambda w: ladder(w, lambda *_: 0.2, zero_shot=0.8, **CHESS),
        lambda w: ladder(w, lambda *_: 0.2, zero_shot=0.55, **CHESS),
    ),
    "excess_agreement": (
        lambda w: ladder(w, lambda *_: 0.5, copies=lambda *_: 0.7),
        lambda w: scrambled(ladder(w, lambda *_: 0.5)),
    ),
    "confidence_agreement": (
        lambda w: ladder(w, lambda *_: 0.5, methods=LOSS, copies=lambda m, *_: 0.8 * (m == "naive")),
        lambda w: ladder(w, lambda *_: 0.5, methods=LOSS, copies=lambda m, *_: 0.8 * (m != "naive")),
    ),
    "inverse_scaling": (
        lambda w: ladder(w, lambda *_: 0.5, copies=lambda m, weak, strong: 1 - 0.25 * strong),
        lambda w: ladder(w, lambda *_: 0.0, copies=lambda m, weak, strong: 0.25 * strong),
    ),
    "vision_probes": (lambda w: ladder(w, lambda *_: 0.6, **VISION), lambda w: ladder(w, lambda *_: 0.1, **VISION)),
}  # fmt: skip


def scrambled(study: Made) -> Made:
    """Its students agree with their supervisors on half of the rows."""
    rng = np.random.default_rng(1)
    given = {}
    for keys, cells in study.given.items():
        same = (rng.random(cells.values["same"].shape) < 0.5).astype(float)
        given[keys] = replace(cells, values=cells.values | {"same": same, "same_right": same * cells.values["right"]})
    return replace(study, given=given)


def said(name: str, study: Made) -> Panel:
    found = analyses[name](study)
    assert found is not None
    return found


@pytest.mark.parametrize("name", SO)
def test_a_claim_holds_where_it_is_so(name: str) -> None:
    found = said(name, SO[name][0](World()))
    assert [one.verdict for one in found.findings] == ["holds"] * len(found.findings), found.sentences


@pytest.mark.parametrize("name", SO)
def test_a_claim_fails_where_the_opposite_is_so(name: str) -> None:
    found = said(name, SO[name][1](World()))
    assert found.findings[0].verdict == "fails here", found.sentences
    assert "holds" not in {one.verdict for one in found.findings}


@pytest.mark.parametrize("name", SO)
def test_a_panel_has_a_row_and_a_sentence_for_each_finding(name: str) -> None:
    found = said(name, SO[name][0](World()))
    assert [row[6] for row in found.rows] == [one.verdict for one in found.findings]
    assert all(one.claim == found.findings[0].claim > 0 for one in found.findings)
    assert all(one.verdict in text for one, text in zip(found.findings, found.sentences, strict=False))
    assert [row["verdict"] for row in found.to_dict()["findings"]] == [one.verdict for one in found.findings]


def test_of_one_seed_nothing_is_said() -> None:
    world = World(seeds=1)
    found = said("gain_over_supervisor", ladder(world, lambda *_: 0.5, seeds=1))
    assert found.findings[0].verdict == "undecided"
    assert "two seeds" in found.findings[0].decides


def test_claims_of_other_fields_are_not_looked_at() -> None:
    study = ladder(World(), lambda *_: 0.5)
    assert field_of(study.groups[0]) == "text"
    names = {one.name for one in claims() if analyses[one.name](study) is not None}
    assert {"gain_over_supervisor", "widest_gap"} <= names
    assert not names & {one.name for one in claims() if one.fields and "text" not in one.fields}


def test_claims_have_numbers_of_their_own_and_a_source() -> None:
    found = claims()
    assert len(found) == len({one.number for one in found}) >= 17
    assert all(one.says and not one.says.endswith(".") and one.source for one in found)
    assert {one.name for one in found} >= set(SO)


def test_pairs_are_compared_on_the_seeds_that_all_have() -> None:
    study = ladder(World(), lambda *_: 0.5)
    first, *others = study.groups

    def only(cells: Cells, seeds: list[int]) -> Cells:
        return replace(cells, seeds=tuple(seeds), values={k: v[seeds] for k, v in cells.values.items()})

    given = study.given | {tuple(first.keys): only(study.given[tuple(first.keys)], [3, 1])}
    pairs = measured(replace(study, given=given), [first, *others])
    assert {one["student"].n_seeds for one in pairs} == {2}
    whole = study.given[tuple(others[0].keys)].values["student"][[1, 3]]
    assert pairs[1]["student"].value == pytest.approx(whole.mean())
    assert pairs[0]["student"].value == pytest.approx(given[tuple(first.keys)].values["student"].mean())


def test_results_on_other_examples_are_left_out() -> None:
    study = ladder(World(), lambda *_: 0.5)
    first = tuple(study.groups[0].keys)
    given = study.given | {first: replace(study.given[first], examples="others")}
    assert len(measured(replace(study, given=given), study.groups)) == len(study.groups) - 1


def test_what_has_no_gap_is_not_read() -> None:
    study = ladder(World(), lambda *_: 0.5, verdict="no-gap")
    assert ordinary(study)
    assert not ordinary(study, gap=True)
    assert analyses["gain_over_supervisor"](study) is None


def test_a_method_that_comes_down_to_naive_is_no_contrast() -> None:
    study = ladder(World(), lambda *_: 0.5, methods=BOTH)
    assert len(contrasts(study, "bootstrapping")) == 6
    naive, boot = study.groups[:2]
    groups = [naive, replace(boot, keys=naive.keys), *study.groups[2:]]
    assert len(contrasts(replace(study, groups=groups), "bootstrapping")) == 5


def test_cells_are_what_the_table_was_made_of(store: Store, toy: Callable[..., list[Experiment]]) -> None:
    """Means of the cells are the scores, agreement and intervals of the pooled rows."""
    groups = pool(store, run_experiments(toy("task.n=1500", "split.test=600", seeds=[0, 1, 2]), store).records)
    study = Study(groups=groups, store=store)
    pairs = measured(study, groups)
    assert len(pairs) == 2
    for pair in pairs:
        g = pair.group
        for role, at in {"weak": g.weak_score, "student": g.student, "ceiling": g.ceiling, "same": g.agreement}.items():
            assert at is not None
            assert pair[role].value == pytest.approx(at.value, abs=1e-6)
        assert g.agreement_when_wrong is not None
        assert pair.agreement_when_wrong.value == pytest.approx(g.agreement_when_wrong.value, abs=1e-6)
        assert "zero_shot" not in pair
        assert pair.misfit.value > 0
    assert study.cells(groups[0]) is study.cells(groups[0])
    assert Study(groups=groups).cells(groups[0]) is None
    gone = replace(groups[0], keys=[groups[0].keys[0], "ab" * 32, groups[0].keys[2]])
    cells = study.cells(gone)
    assert cells is not None
    assert cells.seeds == (0, 2)
