"""Claims about other supervisors, other splits and other numbers of labels, on studies whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_up import Made, World, found, group, ladder, study, verdicts

from outgrow.analyses.base import analyses
from outgrow.analyses.bases.finding import Finding
from outgrow.analyses.bases.pairs import measured
from outgrow.intervals.measured import mean
from outgrow.results.cells import Cells
from outgrow.results.shortcuts import surface
from outgrow.results.table import Group

ROLES = {"weak": 0.7, "ceiling": 0.9}


def labelled(world: World, students: Sequence[float], ceilings: Sequence[float]) -> Made:
    rows = [
        (group(f"n-{i}", weak=1, strong=4, n_transfer=10 ** (i + 2)), world.cells(weak=0.6, student=s, ceiling=c))
        for i, (s, c) in enumerate(zip(students, ceilings, strict=True))
    ]
    return study(*rows)


def test_more_labels_lower_pgr_where_the_ceiling_gains_more() -> None:
    assert verdicts("more_weak_labels", labelled(World(), [0.7, 0.71, 0.72], [0.75, 0.85, 0.95])) == ["holds"]
    assert verdicts("more_weak_labels", labelled(World(), [0.65, 0.75, 0.85], [0.9, 0.9, 0.9])) == ["fails here"]
    assert analyses["more_weak_labels"](ladder(World(), lambda *_: 0.5)) is None


def test_a_true_label_is_worth_what_the_ceilings_say() -> None:
    """10,000 weak labels give .8, as 1,000 true ones do: each of these is worth ten."""
    panel = found("label_cost", labelled(World(), [0.7, 0.75, 0.8], [0.75, 0.8, 0.9]))
    (one,) = panel.findings
    assert one.value == pytest.approx(1, abs=0.15)
    assert one.verdict == "holds"
    assert analyses["label_cost"](labelled(World(), [0.6, 0.62, 0.64], [0.75, 0.8, 0.9])) is None


def test_ensembles_are_compared_with_their_first_member() -> None:
    world = World()
    alone = group("alone", weak=1, strong=4)
    other = group("other", weak=2, strong=4)
    members = {"model": "ensemble", "members": [{"model": "size-1"}, {"model": "size-2"}]}
    made = {"model": "ensemble", "members": 3, "of": {"model": "size-1"}, "by": "parts"}
    for table in (members, made):
        together = group("together", weak=1, strong=4, weak_options=table)
        if table is made:
            together = replace(together, settings=together.settings | {"weak": made})
        rows = [(alone, world.cells(student=0.75, **ROLES)), (other, world.cells(student=0.75, **ROLES)),
                (together, world.cells(student=0.85, **ROLES))]  # fmt: skip
        assert verdicts("ensembles", study(*rows)) == ["holds"]


def test_no_method_everywhere_has_a_finding_for_each_method() -> None:
    harm = ladder(World(), lambda m, *_: 0.5 - 0.3 * (m == "confidence"), methods=("naive", "confidence", "few_shot"))
    panel = found("no_method_everywhere", harm)
    assert [one.about.split()[0] for one in panel.findings] == ["confidence", "few_shot"]
    assert panel.findings[0].verdict == "holds"


def test_prompting_beside_fine_tuning() -> None:
    def student(method: str, weak: int, strong: int) -> float:
        return 0.5 if method == "naive" or strong == 4 else 0.1

    so = ladder(World(), student, methods=("naive", "few_shot"))
    small, large, *_ = found("prompting", so).findings
    assert (small.verdict, large.verdict) == ("holds", "holds")


def test_generative_finetuning_of_reward_models() -> None:
    methods = ("naive", "generative_finetuning")
    so = ladder(World(), lambda m, *_: 0.2 + 0.3 * (m != "naive"), methods=methods, kind="preference")
    assert verdicts("generative_reward", so) == ["holds"]
    otherwise = ladder(World(), lambda m, *_: 0.5 - 0.3 * (m != "naive"), methods=methods, kind="preference")
    assert verdicts("generative_reward", otherwise) == ["fails here"]


def test_probes_and_fine_tuning_agree_where_both_rise() -> None:
    def both(world: World, full: Any) -> Made:
        made = []
        for training, pgr in (("probe", rises), ("full", full)):
            one = ladder(world, pgr, strong_options={"max_length": 9, "training": training},
                         weak_options={"training": training}, methods=("naive", "confidence"))  # fmt: skip
            groups = [replace(g, keys=[f"{training}-{key}" for key in g.keys]) for g in one.groups]
            given = {tuple(f"{training}-{key}" for key in keys): cells for keys, cells in one.given.items()}
            made.append(Made(groups=groups, given=given))
        return Made(groups=[g for one in made for g in one.groups], given=made[0].given | made[1].given)

    def rises(m: str, w: int, s: int) -> float:
        return 0.2 * w + (0.2 * s - 0.5) * (m == "confidence")

    def falls(m: str, w: int, s: int) -> float:
        return 0.8 - 0.2 * w - (0.2 * s - 0.5) * (m == "confidence")

    def trends(of: Made) -> dict[str, Finding]:
        return {one.about.split(":")[0]: one for one in found("probes_like_finetuning", of).findings}

    same, other = trends(both(World(), rises)), trends(both(World(), falls))
    assert len(same) == len(other) == 5
    for what in ("PGR by the supervisor's size", "the gain in PGR by the confidence loss, by the student's size"):
        assert same[what].verdict == "holds"
        assert other[what].verdict == "fails here"
    assert same["the mean gain over supervisors"].verdict == other["the mean gain over supervisors"].verdict == "holds"


def test_saliency_has_five_bars_and_two_steps() -> None:
    world = World()

    def row(key: str, training: str, method: str, student: float, ceiling: float) -> tuple[Group, Cells]:
        options = {"max_length": 9, "training": training}
        g = group(key, weak=1, strong=4, method=method, strong_options=options)
        return g, world.cells(weak=0.6, student=student, ceiling=ceiling)

    bars = [row("a", "probe", "naive", 0.65, 0.72), row("b", "full", "naive", 0.7, 0.85)]
    first, second = found("saliency", study(*bars, row("c", "full", "saliency", 0.78, 0.86))).findings
    assert (first.verdict, second.verdict) == ("holds", "holds")
    assert first.value == pytest.approx(0.06, abs=0.02)
    assert [float(one.split()[-1]) for one in first.about.split(": ")[1].rstrip(")").split("; ")] == pytest.approx(
        [72, 70, 78, 85, 86], abs=1.5
    )
    assert verdicts("saliency", study(*bars, row("c", "full", "saliency", 0.66, 0.86)))[0] == "fails here"
    assert analyses["saliency"](study(*bars)) is None


def test_easy_to_hard_goes_by_the_difficulty() -> None:
    """The model learned from the easier half: it is better there than untrained, and worse on the rest."""
    world = World()
    g = group("easy", weak=3, strong=3, task="chess-puzzles", split={"easy": 0.5})
    cells = world.cells(weak=0.7, student=0.7, ceiling=0.8, zero_shot=0.6)
    hard = np.linspace(0, 1, world.rows)
    trained = np.where(hard > 0.5, 0.0, 1.0) * np.ones((world.seeds, 1))
    untrained = (world.rng.random(trained.shape) < 0.4).astype(float)
    cells = replace(cells, difficulty=hard, values=cells.values | {"weak": trained, "zero_shot": untrained})
    assert verdicts("easy_to_hard", study((g, cells))) == ["holds", "holds"]
    better = replace(cells, values=cells.values | {"weak": np.ones_like(trained)})
    assert verdicts("easy_to_hard", study((g, better))) == ["holds", "fails here"]


def test_accuracy_rises_with_the_cutoff() -> None:
    world = World()
    rows = [
        (group(f"{size}-{cut}", weak=size, strong=4, split={"easy": float(cut)}),
         world.cells(weak=0.5 + 0.1 * size + 0.1 * i * (size == 2), student=0.8, ceiling=0.9))
        for size in (1, 2) for i, cut in enumerate((1, 10, 100))
    ]  # fmt: skip
    every, small = found("difficulty_cutoff", study(*rows)).findings
    assert every.verdict == "holds"
    assert small.verdict != "holds"
    assert every.value == pytest.approx(0.05, abs=0.02)


def test_unbalanced_transfer_beside_balanced() -> None:
    world = World(rows=8_000)
    even = group("even", weak=1, strong=4, split={"test": 9})
    odd = group("odd", weak=1, strong=4, split={"test": 9, "transfer_shares": [0.9, 0.1]})
    for student, verdict in ((0.8, "holds"), (0.72, "fails here")):
        rows = [(even, world.cells(student=0.8, **ROLES)), (odd, world.cells(student=student, **ROLES))]
        assert verdicts("stress", study(*rows)) == [verdict]
    lost = replace(odd, verdict="no-gap")
    for student, verdict in ((0.75, "holds"), (0.6, "fails here")):
        cells = world.cells(weak=0.7, student=student, ceiling=0.65)
        (one,) = found("stress", study((even, world.cells(student=0.8, **ROLES)), (lost, cells))).findings
        assert (one.verdict, "which leave no gap (1 pair)" in one.about) == (verdict, True)


def test_what_tells_beforehand_is_ranked() -> None:
    so = ladder(World(), lambda m, weak, strong: 0.1 + 0.2 * weak)
    by = {one.about: one for one in found("predictors_of_gain", so).findings}
    size = next(one for about, one in by.items() if "the supervisor's size" in about)
    assert size.value == pytest.approx(1, abs=0.1)
    assert size.verdict == "holds"
    few = Made(groups=so.groups[:4], given=so.given)
    assert analyses["predictors_of_gain"](few) is None


def test_of_least_squares_the_gain_is_the_misfit_exactly() -> None:
    """Students fit the weak labels of the very rows, in a space that holds the truth (Charikar et al. 2024)."""
    rng = np.random.default_rng(0)
    features = rng.standard_normal((200, 10))
    truth = features @ rng.standard_normal(10)
    weak = truth + rng.standard_normal((3, 200)) * (1 + np.abs(truth))
    student = np.stack([features @ np.linalg.lstsq(features, labels, rcond=None)[0] for labels in weak])
    gain = mean((weak - truth) ** 2) - mean((student - truth) ** 2)
    apart = mean((student - weak) ** 2)
    assert gain.value > 0.1
    assert (gain - apart).value == pytest.approx(0, abs=1e-10)
    g = group("least-squares", weak=1, strong=4)
    world = World(rows=200, seeds=3)
    cells = world.cells(student=0.8, **ROLES)
    values = cells.values | {
        "weak_positive": weak, "student_positive": student, "truth": np.broadcast_to(truth, weak.shape)
    }  # fmt: skip
    (one,) = found("misfit", study((g, replace(cells, values=values)))).findings
    assert one.value == pytest.approx(0, abs=1e-10)


def test_hard_answers_gain_less_than_their_misfit() -> None:
    """Of answers 0 and 1 the misfit counts also where the student became wrong."""
    (one,) = found("misfit", ladder(World(), lambda *_: 0.3)).findings
    assert one.verdict == "fails here"
    assert one.value < 0


def test_similarity_is_beyond_what_accuracies_explain() -> None:
    """Of independent errors nothing is left; of equal answers, all."""
    world = World(rows=4_000)
    rng = np.random.default_rng(0)
    g = group("a", weak=1, strong=4)
    cells = world.cells(student=0.8, **ROLES)
    truth = cells.values["truth"]
    said = {
        role: np.where(rng.random(truth.shape) < right, truth, 1 - truth) for role, right in (("w", 0.7), ("s", 0.9))
    }

    def capa(weak: np.ndarray, student: np.ndarray) -> float:
        values = cells.values | {"weak_positive": weak, "student_positive": student}
        of = study((g, replace(cells, values=values)))
        return measured(of, of.groups)[0].capa.value

    assert capa(said["w"], said["s"]) == pytest.approx(0, abs=0.03)
    assert capa(said["w"], said["w"]) == pytest.approx(1)


def test_the_surface_of_a_text_has_no_words() -> None:
    texts = np.array(["Good film.", "BAD FILM!!", "Dogs gilm."], dtype=object)
    found = surface(texts)
    assert (found[0] == found[2]).all()
    assert (found[0] != found[1]).any()
    pairs = np.stack([texts, texts[::-1]], 1)
    assert (surface(pairs)[1] == 0).all()
