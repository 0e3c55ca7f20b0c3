"""The time left that a run tells: from this run and from earlier ones, and never an error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from outgrow import rates
from outgrow.experiment import Experiment
from outgrow.forecast import Forecast, about, between
from outgrow.models.base import Model
from outgrow.plan import Plan, make_plan
from outgrow.steps import Finetuned, Step, TrainedHead

Toy = Callable[..., list[Experiment]]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def cost(step: Step) -> float:
    """What steps really take in these tests: nothing as expected."""
    return 7.0 if isinstance(step, Finetuned) else 0.5


def carried_out(plan: Plan, known: dict[str, float] | None = None) -> tuple[list[tuple[float, float]], Forecast]:
    """Seconds told to be left, and seconds left, after each step."""
    clock = Clock()
    forecast = Forecast(plan, known=known, clock=clock)
    told = [forecast.left()]
    left = [sum(cost(plan.steps[key]) for key in plan.todo)]
    for key in plan.todo:
        step = plan.steps[key]
        forecast.started(step)
        clock.now += cost(step)
        forecast.finished(step)
        told.append(forecast.left())
        left.append(left[-1] - cost(step))
    return list(zip(told, left, strict=True)), forecast


@pytest.fixture
def plan(toy: Toy) -> Plan:
    return make_plan(toy(seeds=[0, 1, 2, 3]), cached=set())


def test_a_run_teaches_what_its_steps_take(plan: Plan) -> None:
    found, forecast = carried_out(plan)
    assert found[0][0] < found[0][1] / 4, "else there is nothing to learn"
    half = len(found) // 2
    assert all(0.5 < told / left < 2 for told, left in found[half:-1])
    assert max(found[-1]) < 1e-6
    again, _ = carried_out(plan, known=forecast.learned())
    assert all(0.8 < told / left < 1.25 for told, left in again[:-1])
    assert Forecast(plan, known=forecast.learned()).seen == 1


def test_a_step_that_runs_tells_before_it_ends(plan: Plan) -> None:
    clock = Clock()
    forecast = Forecast(plan, clock=clock)
    step = next(plan.steps[key] for key in plan.todo if isinstance(plan.steps[key], Finetuned))
    trainings = sum(isinstance(plan.steps[key], Finetuned) for key in plan.todo)
    before = forecast.left()
    forecast.started(step)
    clock.now = 50.0
    forecast.progressed(step, 0.5)
    assert 50 * trainings < forecast.left() < 200 * trainings
    assert forecast.left() > 10 * before
    clock.now = 51.0
    assert forecast.left() > 50 * trainings


def test_a_step_that_says_nothing_is_never_nearly_done_for_long(plan: Plan) -> None:
    clock = Clock()
    forecast = Forecast(plan, clock=clock)
    rest = forecast.left()
    forecast.started(plan.steps[plan.todo[0]])
    clock.now = 1000.0
    assert forecast.left() > 200
    assert rest < 20


def test_heads_that_are_trained_together_count_once(toy: Toy, frozen_toy: Callable[..., Model]) -> None:
    one = toy("method.name=naive", "train.optimizer=adam")[0]
    from dataclasses import replace

    strong = replace(one.strong, model=frozen_toy(view=0))
    plan = make_plan([replace(one, strong=strong, seed=seed) for seed in range(10)], cached=set())
    heads = [plan.steps[key] for key in plan.todo if isinstance(plan.steps[key], TrainedHead)]
    together = [step for step in heads if step.together == heads[0].together]
    assert len(together) == 20
    clock = Clock()
    forecast = Forecast(plan, clock=clock)
    for step in together:
        forecast.started(step)
    clock.now = 2.0
    for step in together:
        forecast.finished(step)
    assert forecast.learned()["TrainedHead adam"] == pytest.approx(
        2.0 / sum(forecast._expected[step.key] for step in together)
    )
    assert forecast.left() < 60


def test_workers_share_the_work(plan: Plan) -> None:
    alone, four = Forecast(plan).left(), Forecast(plan, workers=4).left()
    assert alone / 4 <= four <= alone * 1.001


def test_rates_are_kept_beside_the_packs_and_never_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cache"
    monkeypatch.setattr(rates, "cache_folder", lambda: folder)
    assert rates.read_rates("cpu") == {}
    rates.keep_rates("cpu", {"Split": 4.0, "Features": float("nan"), "Labels": float("inf")})
    rates.keep_rates("cpu", {"Split": 1.0, "Scored": 2.0})
    rates.keep_rates("cuda", {"Split": 9.0})
    assert rates.read_rates("cpu") == {"Split": 2.0, "Scored": 2.0}
    assert [path.name for path in folder.iterdir()] == ["rates.json"]
    rates.keep_rates("cpu", {str(number): 1.0 for number in range(2000)})
    assert len(rates.read_rates("cpu")) == rates.MOST
    for text in ("", "[]", '{"cpu": 3}', '{"cpu": {"Split": "x"}}', '{"cpu": {"Split": -1}}', "[" * 9999):
        (folder / "rates.json").write_text(text)
        assert rates.read_rates("cpu") == {}
    (folder / "rates.json").unlink()
    folder.rmdir()
    folder.write_text("no folder")
    rates.keep_rates("cpu", {"Split": 1.0})
    assert rates.read_rates("cpu") == {}


def test_times_in_words() -> None:
    assert [about(one) for one in (3, 42, 100, 700, 7000, 90000)] == [
        "a few seconds", "40 s", "2 min", "12 min", "1.9 h", "25 h",
    ]  # fmt: skip
    assert between(120, 300) == "about 2 to 5 min"
    assert between(40, 120) == "about 40 s to 2 min"
    assert between(3, 5) == "a few seconds"
    assert between(3, 20) == "up to 20 s"
    assert between(100, 110) == "about 2 min"
