"""Requests follow each other as slowly as they are told to, little lies ahead, and an error ends all."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from outgrow.endpoint.crew import AHEAD, each
from outgrow.endpoint.pace import Pace, Stopped


class Clock:
    """Time passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def starts(pace: Pace, clock: Clock, n: int) -> list[float]:
    found = []
    for _ in range(n):
        pace.wait()
        found.append(clock.now - 100)
    return found


def test_starts_lie_evenly_apart() -> None:
    clock = Clock()
    assert starts(Pace(30, clock=clock, sleep=clock.sleep), clock, 4) == [0, 2, 4, 6]
    clock = Clock()
    assert starts(Pace(0, clock=clock, sleep=clock.sleep), clock, 4) == [0, 0, 0, 0]


def test_time_without_requests_is_not_made_up_for() -> None:
    clock = Clock()
    pace = Pace(60, clock=clock, sleep=clock.sleep)
    pace.wait()
    clock.sleep(10)
    assert starts(pace, clock, 3) == [10, 11, 12]


def test_a_pause_is_for_all_and_never_shortens_another() -> None:
    clock = Clock()
    pace = Pace(60, clock=clock, sleep=clock.sleep)
    pace.pause(7)
    pace.pause(3)
    assert starts(pace, clock, 3) == [7, 7, 8]  # the turn of the first was at 0
    pace.rest(2)
    assert clock.now == 110


def test_nobody_waits_when_all_is_stopped() -> None:
    pace = Pace(1)
    pace.wait()

    def wait() -> None:
        with pytest.raises(Stopped):
            pace.wait()

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    pace.stop()
    waiting.join(20)
    assert not waiting.is_alive(), "it waits a minute"
    with pytest.raises(Stopped):
        pace.wait()


def test_little_lies_ahead_and_everything_is_done_once() -> None:
    begun: list[int] = []

    def items() -> Iterator[int]:
        for i in range(100):
            begun.append(i)
            yield i

    found = []
    for n, result in enumerate(each(items(), lambda i: i * i, threads=3)):
        found.append(result)
        assert len(begun) <= n + AHEAD * 3
    assert sorted(found) == [i * i for i in range(100)]
    assert list(each([], str, threads=3)) == []


def test_an_error_ends_all() -> None:
    def work(i: int) -> int:
        if i == 5:
            raise KeyError(i)
        return i

    before = threading.active_count()
    with pytest.raises(KeyError):
        list(each(range(10**9), work, threads=4))
    assert threading.active_count() == before
