"""The time left that a run tells: from this run and from earlier ones, and never an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from outgrow import rates
from outgrow.experiment import Experiment
from outgrow.forecast import Forecast, about, between, constant
from outgrow.models.base import Model
from outgrow.plan import Plan, make_plan
from outgrow.runtime import Runtime
from outgrow.steps import Dataset, Features, Finetuned, Step, TrainedHead
from outgrow.store import Store
from outgrow.sweep import Silent, _Recording, run_plan

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


def replayed(plan: Plan, seconds: Callable[[Step], float], *, known: dict[str, float] | None = None) -> list[float]:
    """What is told to be left over what is, before each step, in a run whose steps take so long."""
    clock, found = Clock(), []
    forecast = Forecast(plan, clock=clock, known=known)
    left = sum(seconds(plan.steps[key]) for key in plan.todo)
    for key in plan.todo:
        step = plan.steps[key]
        found.append(forecast.left() / left)
        forecast.started(step)
        clock.now += seconds(step)
        left -= seconds(step)
        forecast.finished(step)
    return found


@pytest.fixture
def heads_at_last(toy: Toy, frozen_toy: Callable[..., Model]) -> Plan:
    """Features that are nearly all of the expected time, then heads, scores and comparisons."""
    (one,) = toy("method.name=naive", seeds=[0])
    strong = replace(one.strong, model=frozen_toy(view=0))
    return make_plan([replace(one, strong=strong, seed=seed) for seed in range(12)], cached=set())


def test_how_fast_a_machine_multiplies_says_nothing_of_its_files(heads_at_last: Plan) -> None:
    def seconds(step: Step) -> float:
        return 20.0 if isinstance(step, Features) else constant(step)

    features = next(step for step in heads_at_last.steps.values() if isinstance(step, Features))
    extractor = features.extractor
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(extractor), "cost", property(lambda self: 100 * 20e9 / features.dataset.size))
        told = replayed(heads_at_last, seconds)
        at = heads_at_last.todo.index(features.key)
        assert told[at] > 3, "else there is nothing to learn"
        assert all(0.8 < one < 1.25 for one in told[at + 1 :])


def test_reading_data_while_libraries_are_imported_teaches_nothing_else(plan: Plan) -> None:
    told = replayed(plan, lambda step: 30.0 if isinstance(step, Dataset) else constant(step))
    assert all(0.8 < one < 1.25 for one in told[1:])


def test_what_needs_a_step_that_failed_is_no_longer_waited_for(plan: Plan, store: Store) -> None:
    clock = Clock()
    forecast = Forecast(plan, clock=clock)
    recording = _Recording(forecast, store, plan)
    failed = next(step for step in plan.steps.values() if isinstance(step, Finetuned))
    needing = {failed.key}
    for key in plan.todo:
        if any(needed.key in needing for needed in plan.steps[key].inputs().values()):
            needing.add(key)
    before = forecast.left()
    recording.started(failed)
    clock.now += forecast._expected[failed.key]
    recording.finished(failed)  # and nothing of it is in the store
    gone = sum(forecast._expected[key] for key in needing)
    assert len(needing) > 3
    assert before - forecast.left() == pytest.approx(gone)


def test_heads_tell_how_far_they_are(heads_at_last: Plan, store: Store) -> None:
    told: dict[str, list[float]] = {}

    class Watcher(Silent):
        def progressed(self, step: Step, progress: float) -> None:
            told.setdefault(step.key, []).append(progress)

    run_plan(heads_at_last, store, Runtime(), Watcher())
    heads = [step for step in heads_at_last.steps.values() if isinstance(step, TrainedHead)]
    assert len(heads) > 10
    for step in heads:
        assert told[step.key] == sorted(told[step.key])
        assert any(0 < far < 1 for far in told[step.key])


def test_workers_that_start_teach_nothing(plan: Plan) -> None:
    clock = Clock()
    forecast = Forecast(plan, workers=2, clock=clock)
    before = forecast.left()
    trainings = [plan.steps[key] for key in plan.todo if isinstance(plan.steps[key], Finetuned)]
    for step in trainings[:2]:
        forecast.started(step)
    clock.now = 50.0
    for step in trainings[:2]:
        forecast.finished(step)
    assert forecast.learned() == {}
    assert forecast.left() < before


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
