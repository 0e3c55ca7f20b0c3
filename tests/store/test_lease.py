"""One writer a key, among processes that share nothing but a store."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from s3_server import Server

from outgrow.errors import StoreError
from outgrow.store.remote.bucket import Listed
from outgrow.store.remote.lease import Leases
from outgrow.store.remote.presence import IN_USE, LEASE, Presence
from outgrow.store.remote.s3 import S3Bucket

NAME = "locks/key"


class Process:
    """What one process has of a store."""

    def __init__(self, address: str) -> None:
        self.bucket = S3Bucket(f"{address}/study")
        self.presence = Presence(self.bucket)
        self.leases = Leases(self.bucket, self.presence)

    def vanish(self) -> None:
        """End without a word, as a process that is killed long ago: nothing is given back, nor a sign of life."""
        self.presence._end.set()
        if self.presence._thread:
            self.presence._thread.join()
        self.bucket.remove([IN_USE + self.presence.name])

    def held(self) -> Any:
        return self.leases.held(NAME, patience=math.inf, whose="another")


@pytest.fixture
def start(bucket: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Process]:
    """Starts processes that often give signs of life."""
    monkeypatch.setattr("outgrow.store.remote.presence.BEAT", 0.1)
    return lambda: Process(bucket)


def test_one_holds_it_at_a_time(start: Callable[[], Process]) -> None:
    inside, most, entered = [0], [0], [0]

    def work(one: Process) -> None:
        for _ in range(3):
            with one.held():
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.02)
                entered[0] += 1
                inside[0] -= 1
        one.leases.finish()

    threads = [threading.Thread(target=work, args=[start()]) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert (entered, most) == ([12], [1])
    last = start()
    assert last.bucket.listed("locks/") == {}


def test_of_those_that_wait_for_one_that_is_gone_one_takes_over(
    start: Callable[[], Process], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outgrow.store.remote.lease.NOTICE", 0.1)
    gone = start()
    hold = gone.held()
    hold.__enter__()
    others, taken, order = [start() for _ in range(3)], [0], []

    def work(one: Process) -> None:
        with one.held():
            taken[0] += 1
            order.append(taken[0])
            time.sleep(0.1)
            taken[0] -= 1

    threads = [threading.Thread(target=work, args=[one]) for one in others]
    for one in threads:
        one.start()
    until = time.monotonic() + 60
    while caplog.text.count("waiting for another") < len(others) and time.monotonic() < until:
        time.sleep(0.05)
    assert order == []
    gone.vanish()
    for one in threads:
        one.join(30)
    assert order == [1, 1, 1]
    assert f"waiting for another, process {os.getpid()} on " in caplog.text
    hold.__exit__(None, None, None)  # it was only slow: what others hold by now is not let go of
    gone.leases.finish()
    with others[0].held():
        gone.leases.give_back(NAME, '"of before"')
        assert gone.leases.take(NAME) is None


def test_who_counts_as_gone_is_told_by_the_servers_times_alone(start: Callable[[], Process]) -> None:
    one = start().presence
    written = {one.name: 1000.0, "young": 1000.0 - LEASE, "old": 999.0 - LEASE, "ahead": 2000.0}
    listed = {name: Listed(size=1, tag="", written=when) for name, when in written.items()}
    one._bucket.listed = lambda _: listed  # type: ignore[assignment]
    assert one.others() == {"young", "ahead"}
    del listed[one.name]  # whoever has not been heard itself calls nobody gone
    assert one.others() == {"young", "ahead", "old"}


def test_a_holder_that_lives_keeps_it(start: Callable[[], Process]) -> None:
    one, other = start(), start()
    with one.held(), other.presence.held():
        beats = one.presence._beats
        with other.leases.held(NAME, patience=0.5, whose="another") as held:
            assert not held
        assert one.presence._beats > beats
    one.leases.finish()
    with other.leases.held(NAME, patience=0.0, whose="another") as held:
        assert held


def test_two_takers_cannot_both_win(start: Callable[[], Process]) -> None:
    """Both have seen the same lease of somebody who is gone; the second to write finds another in its place."""
    gone, one, other = start(), start(), start()
    gone.bucket.create(NAME, b'{"presence": "gone", "host": "h", "process": 1}')
    with one.presence.held(), other.presence.held():
        found = other.bucket.tagged(NAME)
        assert found
        assert one.leases.take(NAME)
        assert other.bucket.replace(NAME, b"of the other", found[1]) is None
        assert other.leases.take(NAME) is None


def test_a_server_that_overlooks_the_condition_of_a_removal_costs_nobody_a_lease(
    start: Callable[[], Process], s3: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was silent for long looks who holds it before it lets go."""
    slow, other = start(), start()
    hold = slow.held()
    hold.__enter__()
    slow.vanish()
    with other.held():
        monkeypatch.setattr(slow.presence, "_given", -1e9)
        monkeypatch.setattr(slow.presence, "_thread", object())  # no sign of life follows
        s3.blind = True
        hold.__exit__(None, None, None)
        slow.leases.finish()
        assert other.bucket.tagged(NAME)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"presence": {}}', b"\xff", b"[" * 100_000])
def test_a_lease_that_says_nothing_is_nobodys(start: Callable[[], Process], content: bytes) -> None:
    one = start()
    one.bucket.put(NAME, content)
    with one.held():
        pass
    one.leases.finish()


def test_signs_of_life_end_when_nothing_is_held(start: Callable[[], Process]) -> None:
    one, other = start(), start()
    with other.presence.held():
        with one.presence.held(linger=False):
            assert other.presence.others() == {one.presence.name}
        assert other.presence.others() == set()
        with one.presence.held():
            pass
        assert not other.presence.alone  # it lingers, as another block may follow
        until = time.monotonic() + 10
        while not other.presence.alone and time.monotonic() < until:
            time.sleep(0.05)
        assert set(one.bucket.listed(IN_USE)) == {other.presence.name}


def test_who_cannot_give_a_first_sign_of_life_holds_nothing(
    impatient: None, start: Callable[[], Process], s3: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outgrow.store.remote.troubles.PAUSES", ())
    one = start()
    s3.refuse["PUT"] = 1000
    with pytest.raises(StoreError), one.presence.held():
        pass
    s3.refuse["PUT"] = 0
    assert one.presence.idle
    with one.presence.held(linger=False):
        assert set(one.bucket.listed(IN_USE)) == {one.presence.name}
    assert not one.bucket.listed(IN_USE)


def test_a_server_that_cannot_be_reached_for_a_while_costs_a_warning(
    impatient: None,
    start: Callable[[], Process],
    s3: Server,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("outgrow.store.remote.troubles.PAUSES", ())
    caplog.set_level(logging.WARNING, "outgrow")
    one = start()
    with one.held():
        s3.refuse["PUT"] = 1000
        until = time.monotonic() + 20
        while "no sign of life could be given" not in caplog.text and time.monotonic() < until:
            time.sleep(0.05)
        s3.refuse["PUT"] = 0
    assert "no sign of life could be given: the store 's3://" in caplog.text
    one.leases.finish()
