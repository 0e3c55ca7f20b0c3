"""Claims about supervisors whose errors are made, on studies whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from made_up import Made, World, found, group, study, verdicts

from outgrow.analyses.base import analyses

ROLES = {"weak": 0.7, "ceiling": 0.9}


def taught(world: World, shares: dict[str, float], *, rate: float = 0.3, method: str = "naive", **more: Any) -> Made:
    """Students of simulated supervisors that are right of 70 %."""
    rows = []
    for name, student in shares.items():
        options = {"model": name, "rate": rate, **more}
        g = group(f"{method}-by-{name}", weak=1, strong=4, method=method, weak_options=options)
        rows.append((g, world.cells(student=student, **ROLES)))
    return study(*rows)


def test_errors_by_their_structure() -> None:
    so = {"random": 0.88, "longest": 0.8, "adversarial": 0.72}
    assert verdicts("error_structure", taught(World(), so)) == ["holds"] * 3
    otherwise = {"random": 0.72, "longest": 0.8, "adversarial": 0.88}
    assert verdicts("error_structure", taught(World(), otherwise)) == ["fails here"] * 3
    both = [taught(World(), so), taught(World(), otherwise, method="confidence")]
    beside = Made(groups=[g for one in both for g in one.groups], given=both[0].given | both[1].given)
    findings = found("error_structure", beside).findings
    assert [one.verdict for one in findings] == ["holds"] * 3 + ["fails here"] * 3
    assert ["confidence loss" in one.about for one in findings] == [False] * 3 + [True] * 3
    assert verdicts("synthetic_supervisors", taught(World(), {"random": 0.88, "mixed": 0.75})) == ["holds"]


def test_structures_are_compared_at_equal_rates_alone() -> None:
    a, b = (taught(World(), {name: 0.8}, rate=rate) for name, rate in (("random", 0.3), ("longest", 0.2)))
    both = Made(groups=[*a.groups, *b.groups], given=a.given | b.given)
    assert analyses["error_structure"](both) is None


def test_a_student_at_chance_counts_and_one_without_a_gap_does_not() -> None:
    so = taught(World(), {"random": 0.88, "adversarial": 0.3})
    lost = [replace(g, verdict="chance") if "adversarial" in g.keys[0] else g for g in so.groups]
    assert verdicts("error_structure", replace(so, groups=lost)) == ["holds"]
    world = World()
    g = group("by-random", weak=1, strong=4, weak_options={"model": "random", "rate": 0.1})
    level = study((g, world.cells(weak=0.8, student=0.85, ceiling=0.8)))
    assert analyses["simulable_errors"](level) is None


def test_simulable_random_and_mixed_errors() -> None:
    """The mixture's labels are right of 70 %; the head that is in it is right of 85 %."""
    for students, verdict in (
        ({"simulable": 0.70, "random": 0.87, "mixed": 0.85}, "holds"),
        ({"simulable": 0.85, "random": 0.74, "mixed": 0.75}, "fails here"),
    ):
        world = World(rows=8_000)
        so = taught(world, students)
        head = group("head", weak=1, strong=4, weak_options={"model": "simulable", "rate": 0.15})
        cells = world.cells(weak=0.85, student=0.85 + students["simulable"] - 0.70, ceiling=0.9)
        both = Made(groups=[*so.groups, head], given=so.given | {tuple(head.keys): cells})
        findings = found("simulable_errors", both).findings
        assert [findings[0].verdict, *(one.verdict for one in findings[2:])] == [verdict] * 3
        assert "simulable part (1 mixture)" in findings[-1].about
        assert len(found("simulable_errors", so).findings) == 3, "without the head alone nothing is said of a mixture"


def test_imitation_is_trivial_where_the_label_is_written_in_the_text() -> None:
    world = World(rows=8_000)
    repeats: dict[str, Any] = {"rate": 0.0, "cue": "word"}
    assert verdicts("trivial_imitation", taught(world, {"spurious": 0.70}, **repeats)) == ["holds"]
    assert verdicts("trivial_imitation", taught(world, {"spurious": 0.85}, **repeats)) == ["fails here"]
    assert analyses["trivial_imitation"](taught(world, {"spurious": 0.70}, rate=0.3, cue="word")) is None
    assert analyses["trivial_imitation"](taught(world, {"simulable": 0.70})) is None
