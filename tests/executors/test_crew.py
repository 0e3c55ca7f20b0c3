"""Who computes what: GPUs and memory are shared out, and lost work is done again. Workers here are only played."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from made_steps import Made, planned

from outgrow.errors import StepFailed
from outgrow.executors import machine
from outgrow.executors.base import Done, Outcome
from outgrow.executors.crew import Crew, Loss, Place, places
from outgrow.executors.serving import Answer
from outgrow.executors.work import Task
from outgrow.plan import Plan
from outgrow.runtime import Runtime
from outgrow.steps import Needs
from outgrow.sweep import Silent

GIB = 2**30


@dataclass
class Played:
    """A worker that answers when it is told to.

    Args:
        late: how often it is looked at before it is ready.
    """

    place: Place
    late: int = 0
    host: str = ""
    where: str = "a stage"
    task: Task | None = None
    said: Answer | None = None
    lost: Loss | None = None

    @property
    def ready(self) -> bool:
        return self.late <= 0

    def give(self, task: Task) -> None:
        assert self.ready
        assert self.task is None
        self.task = task

    def answer(self) -> Answer | None:
        found, self.said = self.said, None
        if found is not None:
            self.task = None
        return found

    def news(self) -> float | None:
        return None

    def loss(self, passed: float) -> Loss | None:
        return self.lost


@dataclass
class Stage:
    """Lets played workers answer: each time the crew waits, `turn` does with those that are busy what it likes."""

    turn: Callable[[list[Played]], None]
    late: int = 0
    hired: list[Played] = field(default_factory=list)
    most: list[list[str]] = field(default_factory=list)  # what was computed at once, by title

    def hire(self, place: Place) -> Played:
        self.hired.append(Played(place, late=self.late))
        return self.hired[-1]

    def wait(self, watched: Sequence[object]) -> None:
        for one in self.hired:
            one.late -= 1
        busy = [one for one in self.hired if one.task and one.lost is None]
        self.most.append([one.task.title for one in busy if one.task])
        self.turn(busy)


def work(plan: Plan, room: Sequence[Place], stage: Stage, *, memory: int = 0, eager: bool = False) -> Outcome:
    given = {"": memory} if memory else {}
    return Crew(plan, Silent(), room, hire=stage.hire, wait=stage.wait, memory=given, eager=eager).work()


def all_done(busy: list[Played]) -> None:
    for one in busy:
        one.said = Done()


def one_done(busy: list[Played]) -> None:
    all_done(busy[:1])


def test_each_gpu_is_one_workers_and_the_others_leave_to_it_what_needs_one() -> None:
    room = places(3, ["0", "1"])
    assert [(one.gpu, one.heavy) for one in room] == [("", False), ("0", True), ("1", True)]
    assert [one.runtime(Runtime(device="cuda")).device for one in room] == ["cpu", "cuda", "cuda"]
    assert [one.gpu for one in places(1, ["0", "1"])] == ["0"]
    assert [(one.gpu, one.heavy) for one in places(2, [])] == [(None, True)] * 2
    heavy = [Made(which=f"heavy {i}", asked=Needs(gpus=1), seconds=9) for i in range(4)]
    light = [Made(which=f"light {i}", seconds=1) for i in range(2)]
    stage = Stage(all_done)
    outcome = work(planned(*heavy, *light), room, stage)
    assert len(outcome.computed) == 6
    assert [sum("heavy" in title for title in titles) for titles in stage.most] == [2, 2]


def test_steps_that_need_more_memory_than_there_is_wait_for_each_other(caplog: pytest.LogCaptureFixture) -> None:
    large = [Made(which=f"large {i}", asked=Needs(memory=6 * GIB)) for i in range(3)]
    small = Made(which="small", asked=Needs(memory=2 * GIB))
    stage = Stage(one_done)
    outcome = work(planned(*large, small), places(3, []), stage, memory=9 * GIB)
    assert len(outcome.computed) == 4
    assert stage.most[0] == ["large 0", "small"]
    assert all(sum("large" in title for title in titles) <= 1 for titles in stage.most)
    assert [one.message[:55] for one in caplog.records] == ["steps wait for memory: one needs about 6.0 GiB beside w"]


def test_what_is_too_large_for_the_machine_is_tried_by_itself() -> None:
    plan = planned(*(Made(which=str(i), asked=Needs(memory=50 * GIB)) for i in range(2)))
    stage = Stage(all_done)
    assert len(work(plan, places(2, []), stage, memory=9 * GIB).computed) == 2
    assert stage.most == [["0"], ["1"]]


def test_memory_of_a_gpu_is_its_own() -> None:
    plan = planned(*(Made(which=str(i), asked=Needs(gpus=1, memory=50 * GIB)) for i in range(2)))
    stage = Stage(all_done)
    work(plan, places(2, ["0", "1"]), stage, memory=9 * GIB)
    assert stage.most == [["0", "1"]]


def test_workers_are_given_something_when_they_are_ready() -> None:
    stage = Stage(all_done, late=3)
    outcome = work(planned(*(Made(which=str(i)) for i in range(2))), places(4, []), stage, eager=True)
    assert len(outcome.computed) == 2
    assert len(stage.hired) == 2, "no more than there are steps"


def test_one_step_that_needs_a_gpu_finds_it() -> None:
    """Fewer steps than places: of these the one with a GPU stays. What was lost there is done again there, too."""

    def turn(busy: list[Played]) -> None:
        for one in busy:
            assert one.place.gpu == "lent"
            if one.task and not one.task.tries:
                one.lost = Loss(StepFailed("gone"))
            else:
                one.said = Done()

    heavy = Made(which="heavy", asked=Needs(gpus=1))
    for eager in (True, False):
        assert len(work(planned(heavy), places(3, ["lent"]), Stage(turn), eager=eager).computed) == 1


def test_workers_are_hired_when_there_is_something_to_do() -> None:
    first = Made(which="first")
    stage = Stage(all_done)
    work(planned(first, Made(which="second", after=(first,))), places(4, []), stage)
    assert len(stage.hired) == 1


@pytest.mark.parametrize("alone", [False, True])
def test_lost_work_is_done_again(alone: bool) -> None:
    """At once if a node was lost, else by itself when nothing else is left; the rest goes on either way."""

    def turn(busy: list[Played]) -> None:
        for one in busy:
            if one.task and one.task.title == "0" and not one.task.tries:
                one.lost = Loss(StepFailed("gone"), alone=alone)
            else:
                one.said = Done()

    stage = Stage(turn)
    outcome = work(planned(*(Made(which=str(i)) for i in range(4))), places(2, []), stage)
    assert (len(outcome.computed), outcome.failures) == (4, {})
    assert stage.most[0] == ["0", "1"]
    assert "0" in stage.most[-1 if alone else 1]
    assert not alone or stage.most[-1] == ["0"]


@pytest.mark.parametrize("by_itself", [False, True])
def test_what_is_lost_twice_has_failed(by_itself: bool) -> None:
    def turn(busy: list[Played]) -> None:
        for one in busy:
            if one.task and one.task.title == "bad":
                one.lost = Loss(StepFailed("gone"), by_itself=by_itself)
            else:
                one.said = Done()

    bad = Made(which="bad")
    plan = planned(bad, Made(which="later", after=(bad,)), *(Made(which=str(i)) for i in range(4)))
    if by_itself:
        with pytest.raises(StepFailed, match="gone"):
            work(plan, places(2, []), Stage(turn))
        return
    outcome = work(plan, places(2, []), Stage(turn))
    assert [*outcome.failures] == [bad.key]
    assert (len(outcome.computed), len(outcome.failed)) == (4, 2)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_forgotten_whoever_is_lost(seed: int) -> None:
    """Workers are lost, tasks are another run's for a while, and steps fail, all at random: each step ends once."""
    rng = random.Random(seed)

    def turn(busy: list[Played]) -> None:
        for one in busy:
            luck = rng.random()
            assert one.task
            if luck < 0.1:
                one.lost = Loss(StepFailed("gone"), alone=rng.random() < 0.5)
            elif luck < 0.3:
                one.said = Done(held=True)
            elif luck < 0.35:
                one.said = Done(failures={one.task.steps[0].key: StepFailed("bad")})
            elif luck < 0.8:
                one.said = Done(elsewhere={one.task.steps[0].key} if luck < 0.5 else set())

    steps: list[Made] = []
    for i in range(200):
        after = tuple(rng.sample(steps[-20:], min(len(steps), rng.randrange(3))))
        steps.append(Made(which=str(i), after=after, asked=Needs(gpus=rng.randrange(2)), group=rng.choice(["", "g"])))
    plan = planned(*steps)
    outcome = work(plan, places(4, ["0"]), Stage(turn), eager=bool(seed % 2))
    assert len(outcome.computed) == len(set(outcome.computed))
    assert {*outcome.computed} | outcome.failed.keys() == set(plan.todo)
    assert not {*outcome.computed} & outcome.failed.keys()


def test_what_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.memory() > 2**28
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2, GPU-5,")
    assert machine.gpus(Runtime()) == ["2", "GPU-5"]
    assert machine.gpus(Runtime(device="cpu")) == []
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert machine.gpus(Runtime()) == []
