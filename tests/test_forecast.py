"""The time left that a run tells: from this run and from earlier ones, and never an error."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from outgrow import rates
from outgrow.config import read_experiments
from outgrow.durations import about, between
from outgrow.executors.base import compute
from outgrow.executors.schedule import makespan
from outgrow.experiment import Experiment
from outgrow.forecast import Forecast
from outgrow.guesses import guesses
from outgrow.lengths import Longer, longer_at, longer_in
from outgrow.models.base import Model
from outgrow.models.bases.language import LanguageModel
from outgrow.nominal import SPEED, constant, names, nominal, threads
from outgrow.plan import Plan, make_plan
from outgrow.runtime import Runtime
from outgrow.steps import Context, Dataset, Features, Finetuned, Step, TrainedHead
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
    forecast.progressed(step, 0.0)
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
    forecast.progressed(together[0], 0.0)
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
        forecast.progressed(step, 0.0)
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
        patch.setattr(type(extractor), "cost", property(lambda self: 100 * SPEED / features.dataset.size))
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
    recording.finished(failed, "it failed")
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


@pytest.mark.parametrize("tell", [False, True])
def test_a_worker_that_starts_teaches_nothing_until_it_tells_how_far_it_is(plan: Plan, tell: bool) -> None:
    """Two workers import libraries for 40 seconds, and train for 10 seconds then."""
    clock = Clock()
    forecast = Forecast(plan, workers=2, clock=clock)
    trainings = [plan.steps[key] for key in plan.todo if isinstance(plan.steps[key], Finetuned)]
    for step in trainings[:2]:
        forecast.started(step)
    clock.now = 40.0
    for step in trainings[:2] if tell else []:
        forecast.progressed(step, 0.0)
    clock.now = 50.0
    for step in trainings[:2]:
        forecast.finished(step)
    expected = sum(forecast._expected[step.key] for step in trainings[:2])
    assert forecast.learned().get("Finetuned") == (pytest.approx(20 / expected) if tell else None)
    forecast.started(trainings[2])
    clock.now = 60.0
    forecast.finished(trainings[2])
    assert "Finetuned" in forecast.learned(), "a worker starts once"


def test_a_step_goes_on_between_two_times_that_it_tells_how_far_it_is(plan: Plan) -> None:
    """It takes 90 s and tells of its thirds; from the first on, what it tells is right also just before the next."""
    clock = Clock()
    step = next(plan.steps[key] for key in plan.todo if isinstance(plan.steps[key], Finetuned))
    forecast = Forecast(plan, clock=clock, known={"Finetuned": 90 / nominal(step, workers=1)})
    for key in plan.todo:
        if key != step.key:
            forecast.finished(plan.steps[key])
    forecast.started(step)
    forecast.progressed(step, 0.0)
    for third in (1, 2):
        clock.now = 30.0 * third
        forecast.progressed(step, third / 3)
        for passed in (0.0, 15.0, 29.0):
            clock.now = 30.0 * third + passed
            assert forecast.left() == pytest.approx(90 - clock.now, rel=0.05, abs=0.5)
    clock.now = 180.0
    assert forecast.left() < 1, "it should have ended, as far as it told"


def test_workers_share_the_work(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    alone, four = Forecast(plan).left(), Forecast(plan, workers=4).left()
    assert alone / 4 <= four <= 0.6 * alone


@pytest.mark.parametrize("workers", [1, 2, 3, 100])
def test_who_waits_for_whom(heads_at_last: Plan, workers: int) -> None:
    """Two groups of heads and what becomes of them: each group is one worker's, whatever the others have to do."""
    seconds = {key: 1.0 if isinstance(heads_at_last.steps[key], TrainedHead) else 0.0 for key in heads_at_last.todo}
    groups: dict[str, int] = {}
    for key, second in seconds.items():
        if second:
            name = heads_at_last.steps[key].together
            groups[name] = groups.get(name, 0) + 1
    assert len(groups) == 1
    assert makespan(heads_at_last, seconds, running=[], workers=workers) == sum(seconds.values()) == 24


def test_one_worker_never_waits_and_none_can_overtake_what_it_needs(plan: Plan) -> None:
    seconds = {key: cost(plan.steps[key]) for key in plan.todo}
    whole = sum(seconds.values())
    assert makespan(plan, seconds, running=[], workers=1) == pytest.approx(whole)
    assert whole / 2 <= makespan(plan, seconds, running=[], workers=2) < 0.6 * whole
    ends: dict[str, float] = {}
    for key in plan.todo:
        needs = [ends[one.key] for one in plan.steps[key].inputs().values()]
        ends[key] = max(needs, default=0.0) + seconds[key]
    assert makespan(plan, seconds, running=[], workers=100) == pytest.approx(max(ends.values()))


def test_what_runs_is_waited_for(plan: Plan) -> None:
    seconds = dict.fromkeys(plan.todo, 1.0)
    first = plan.todo[0]
    one = makespan(plan, seconds, running=[(1.0, [first])], workers=2)
    assert one == pytest.approx(makespan(plan, seconds, running=[], workers=2))
    assert makespan(plan, seconds, running=[(31.0, [first])], workers=2) == pytest.approx(one + 30)


def test_a_group_of_heads_is_not_shared(heads_at_last: Plan) -> None:
    """Two workers: the heads will be one worker's, and the other will have nothing to do until they are trained."""
    forecast = Forecast(heads_at_last, workers=2, known={"TrainedHead adam": 1000.0})
    heads = [step for step in heads_at_last.steps.values() if isinstance(step, TrainedHead)]
    alone = sum(forecast._expected[step.key] for step in heads)
    assert alone < forecast.left() < 1.2 * alone
    for step in heads:
        forecast.started(step)
    for step in heads:
        forecast.progressed(step, 1.0)
    assert forecast.left() < 0.2 * alone


def test_rates_are_kept_beside_the_packs_and_never_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cache"
    monkeypatch.setattr(rates, "cache_folder", lambda: folder)
    assert rates.read_rates("cpu") == {}
    rates.keep_rates("cpu", {"Split": 4.0, "Features": float("nan"), "Labels": float("inf")})
    rates.keep_rates("cpu", {"Split": 1.0, "Scored": 2.0})
    rates.keep_rates("cuda", {"Split": 9.0})
    assert rates.read_rates("cpu") == {"Split": 2.0, "Scored": 2.0}
    assert [path.name for path in folder.iterdir()] == [rates.FILE]
    rates.keep_rates("cpu", {str(number): 1.0 for number in range(2000)})
    assert len(rates.read_rates("cpu")) == rates.MOST
    for text in ("", "[]", '{"cpu": 3}', '{"cpu": {"Split": "x"}}', '{"cpu": {"Split": -1}}', "[" * 9999):
        (folder / rates.FILE).write_text(text)
        assert rates.read_rates("cpu") == {}
    (folder / rates.FILE).unlink()
    folder.rmdir()
    folder.write_text("no folder")
    rates.keep_rates("cpu", {"Split": 1.0})
    assert rates.read_rates("cpu") == {}


def test_what_is_not_known_with_workers_may_be_known_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "cache_folder", lambda: tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    alone, two = Runtime(device="cpu"), Runtime(device="cpu", executor="processes", workers=2)
    assert rates.machine_names(alone) == ["cpu, 1 threads"]
    assert rates.machine_names(two) == ["cpu, 1 threads", "cpu, 1 threads, 2 workers"]
    rates.keep_rates(rates.machine_names(alone)[-1], {"Split": 4.0, "Features": 3.0})
    rates.keep_rates(rates.machine_names(two)[-1], {"Split": 5.0})
    assert rates.read_rates(*rates.machine_names(alone)) == {"Split": 4.0, "Features": 3.0}
    assert rates.read_rates(*rates.machine_names(two)) == {"Split": 5.0, "Features": 3.0}


@pytest.mark.parametrize(("told", "found"), [("3", 3), ("0", 7), ("", 7), ("many", 7), ("4,2", 7)])
def test_threads_that_cannot_be_read_are_those_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, told: str, found: int
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    monkeypatch.setattr("os.cpu_count", lambda: 7)
    assert threads() == found


def test_times_in_words() -> None:
    assert [about(one) for one in (3, 42, 100, 700, 7000, 90000)] == [
        "a few seconds", "40 s", "2 min", "12 min", "1.9 h", "25 h",
    ]  # fmt: skip
    assert between(120, 300) == "about 2 to 5 min"
    assert between(40, 120) == "about 40 s to 2 min"
    assert between(3, 5) == "a few seconds"
    assert between(3, 20) == "up to 20 s"
    assert between(100, 110) == "about 2 min"


def test_steps_that_never_ran_are_guessed_by_the_speed_of_products_and_the_length_of_texts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("outgrow.guesses.product_speed", lambda device, *, low: 4 * SPEED)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    plan = make_plan(read_experiments("text-offline", seeds=[0]), cached=set())
    small, large = "Features of minilm-l6 probe", "Features of smollm2-135m probe"

    def found(letters: int, known: Collection[str] = ()) -> dict[str, float]:
        return guesses(plan, Runtime(device="cpu"), known=known, longer=longer_in(of_letters(plan, letters)))

    assert found(248)[large] == pytest.approx(1 / (4 * LanguageModel.efficiency), rel=0.01)
    assert found(248)[small] == pytest.approx(found(248)[large], rel=0.1)  # its constant weighs more
    assert found(120)[large] == pytest.approx(found(248)[large], rel=0.02)  # length is part of the nominal time
    assert {small, large} == {name for name in found(248) if name.startswith("Features")}
    assert large not in found(248, known=[large])
    assert "Comparison of " in found(248)
    assert "Comparison of " not in found(248, known=["Comparison"])
    guessed, others = found(248, known=["Features"]), {"Features": 1_000.0}
    assert large in guessed, "other networks tell nothing of one that multiplies much"
    told = [
        Forecast(plan, known=known, guessed=guessed, longer=longer_in(of_letters(plan, 248))) for known in ({}, others)
    ]
    assert told[0].left() == told[1].left()
    assert told[1].seen < 0.5
    without, with_them = (
        Forecast(plan, guessed=own, longer=longer_in(of_letters(plan, 248))).left() for own in ({}, found(248))
    )
    assert with_them < without / 2


@pytest.fixture
def texts() -> Plan:
    return make_plan(read_experiments("text-offline", seeds=[0]), cached=set())


def of_letters(plan: Plan, letters: int) -> dict[str, np.ndarray]:
    """Inputs of the only data of a plan, all equally long."""
    (data,) = [key for key, step in plan.steps.items() if isinstance(step, Dataset)]
    return {data: np.array(["x" * letters] * 3, object)}


def test_steps_on_long_texts_are_expected_to_take_longer(texts: Plan) -> None:
    features = next(step for step in texts.steps.values() if isinstance(step, Features))
    # 62 tokens of 4 letters, with two of the model's own, are the 64 of its cost; of longer ones, 256 are read
    for letters, times in ((248, 1.0), (120, 0.5), (10_000, 4.0)):
        longer = longer_in(of_letters(texts, letters))
        assert longer(features) == pytest.approx(times)
        assert nominal(features, longer=times) - constant(features) == pytest.approx(
            times * (nominal(features) - constant(features))
        )


def test_what_short_texts_taught_serves_for_long_ones(texts: Plan) -> None:
    """What steps take here is 0.01 s, and 2e-11 s for each multiplication by what is really read."""

    def taken(step: Step, longer: Longer) -> float:
        return 0.01 + step.work * (longer(step) or 1.0) * 2e-11

    def lasts(letters: int, known: dict[str, float]) -> tuple[float, float, dict[str, float]]:
        longer, clock = longer_in(of_letters(texts, letters)), Clock()
        forecast = Forecast(texts, known=known, longer=longer, clock=clock)
        said = forecast.left()
        for key in texts.todo:
            forecast.started(texts.steps[key])
            forecast.progressed(texts.steps[key], 0.0)
            clock.now += taken(texts.steps[key], longer)
            forecast.finished(texts.steps[key])
        return said, clock.now, forecast.learned()

    _, short, known = lasts(40, {})
    for letters in (40, 1_000):
        said, took, _ = lasts(letters, known)
        assert said == pytest.approx(took, rel=0.25)
    assert took > 5 * short, "else lengths would say nothing"


def test_lengths_count_as_soon_as_the_data_are_read(texts: Plan) -> None:
    found: dict[str, np.ndarray] = {}
    (data,) = [step for step in texts.steps.values() if isinstance(step, Dataset)]
    known = {names(step)[1]: 1.0 for step in texts.steps.values()}
    clock = Clock()
    forecast = Forecast(texts, known=known, longer=longer_in(found), clock=clock)
    before, whole = forecast.left(), Forecast(texts, known=known, longer=longer_in(of_letters(texts, 1_000)))
    assert forecast.unread
    assert not whole.unread
    assert forecast.seen < 0.5 < whole.seen == 1
    forecast.started(data)
    clock.now = 0.02
    found |= of_letters(texts, 1_000)
    forecast.finished(data)
    assert not forecast.unread
    assert forecast.left() > 3 * before
    assert forecast.left() == pytest.approx(whole.left(), rel=0.02)


def test_texts_of_no_known_length_teach_nothing(texts: Plan) -> None:
    clock = Clock()
    forecast = Forecast(texts, longer=longer_in({}), clock=clock)
    for key in texts.todo:
        forecast.started(texts.steps[key])
        forecast.progressed(texts.steps[key], 0.0)
        clock.now += 1.0
        forecast.finished(texts.steps[key])
    assert "TrainedHead adam" in forecast.learned()
    assert not [name for name in forecast.learned() if name.startswith("Features")]


def test_a_store_tells_lengths_once_the_data_are_in_it(tmp_path: Path, store: Store) -> None:
    table = tmp_path / "table.csv"
    table.write_text("text,label\n" + "".join(f"{str(row).rjust(496, 'x')},{row % 2}\n" for row in range(60)))
    sizes = ["split.supervisor=20", "split.transfer=20", "split.pool=40", "split.validation=10", "split.test=10"]
    own = [f"task={{name='csv', path='{table}', text='text', label='label'}}", *sizes]
    plan = make_plan(read_experiments("text-offline", settings=own, seeds=[0]), cached=set())
    features = next(step for step in plan.steps.values() if isinstance(step, Features))
    heads = next(step for step in plan.steps.values() if isinstance(step, TrainedHead))
    longer = longer_at(store)
    assert longer(features) is None
    assert longer(heads) == 1.0, "its time is that of rows"
    compute(features.dataset, store, Context(store))
    assert longer(features) == pytest.approx(2, rel=0.02)
    for path in store.folder(features.dataset.key).glob("*.parquet"):
        path.write_text("broken")
    assert longer(features) == pytest.approx(2, rel=0.02)
    assert longer_at(store)(features) is None, "damage is told by the step that reads it"


def test_what_a_run_teaches_is_the_same_whatever_was_guessed(plan: Plan) -> None:
    _, forecast = carried_out(plan)
    clock = Clock()
    guessed = Forecast(plan, guessed={names(step)[1]: 3.0 for step in plan.steps.values()}, clock=clock)
    for key in plan.todo:
        guessed.started(plan.steps[key])
        clock.now += cost(plan.steps[key])
        guessed.finished(plan.steps[key])
    assert guessed.learned() == pytest.approx(forecast.learned())
