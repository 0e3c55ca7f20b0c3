"""How often a store on S3 is asked: each request costs some 30 ms on a real one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from s3_server import Server

from outgrow.experiment import Experiment
from outgrow.results.pooling import pool
from outgrow.results.records import read_records
from outgrow.sweep import run_experiments

KEYS = [f"{i:064x}" for i in range(3)]


def put(store: Any, key: str) -> None:
    """What computing a step asks of a store."""
    with store.lock(key):
        assert not store.has(key)
        with store.write(key=key, step="toy", identity={}, inputs={}, versions={}) as folder:
            for name in ("a", "b", "c"):
                (folder / name).write_text(name)
        store.drop_unfinished(key)


def asked(s3: Server) -> list[str]:
    """The requests since this was asked last, by method and folder."""
    found = [f"{method} {path.split('/study/')[-1].split('/')[0]}" for method, path in s3.requests]
    s3.requests.clear()
    return found


def test_a_step_takes_few_requests_and_reading_what_is_here_none(s3: Server, remote: Callable[[], Any]) -> None:
    store = remote()
    with store.in_use():
        put(store, KEYS[0])
        store.leases.finish()
        s3.requests.clear()
        put(store, KEYS[1])
        store.leases.finish()
        step = asked(s3)
        # one after the other: the right to compute it, whether it is done, its files at once, its manifest; and nobody
        # waits until the right is given back
        assert step == ["PUT locks", "HEAD manifests", *["PUT artefacts"] * 3, "PUT manifests", "DELETE locks"]
        for key in KEYS[:2]:
            store.open(key)
            assert store.has(key)
        assert asked(s3) == []
    assert asked(s3) == ["POST "]  # the sign of life is taken back


def test_what_is_here_is_not_fetched_by_another_process(s3: Server, remote: Callable[[], Any]) -> None:
    store = remote()
    for key in KEYS:
        put(store, key)
        store.write_result(key, {"x": 1})
    store.leases.finish()
    first, second = remote(), remote()
    first.manifests()
    list(first.results())
    s3.requests.clear()
    assert len(second.manifests()) == len(list(second.results())) == 3
    for key in KEYS:
        second.open(key)
    assert [one.split()[0] for one in asked(s3)] == ["GET", "GET", "GET"]  # the marker, and two listings
    put(store, "f" * 64)
    store.leases.finish()
    s3.requests.clear()
    assert len(second.manifests()) == 4
    assert asked(s3)[1:] == ["GET manifests"]  # what is new


def test_thousands_are_listed_in_parts_at_once(s3: Server, remote: Callable[[], Any]) -> None:
    """Names that are no keys are listed too, wherever they stand between them."""
    from moto.s3.models import s3_backends  # the server is in this process

    store = remote()
    backend, name = next(iter(s3_backends["123456789012"].values())), store._address.split("/")[2]
    names = {f"{hashlib.sha256(str(i).encode()).hexdigest()}.json" for i in range(1100)}
    names |= {"0", "1", "Z", "a", "zebra", "é"}
    for one in names:
        backend.put_object(name, f"study/manifests/{one}", b"{}")
    backend.put_object(name, "study/manifests.json", b"{}")
    s3.requests.clear()
    assert store.bucket.listed("manifests/").keys() == names
    assert len(s3.requests) <= 1 + 16 + 1
    assert len(store.keys()) == 1100


def test_a_study_that_is_done_is_shown_with_few_requests(
    s3: Server, remote: Callable[[], Any], toy: Callable[..., list[Experiment]]
) -> None:
    run_experiments(toy(), remote())
    s3.requests.clear()
    store = remote()
    assert run_experiments(toy(), store).computed == 0
    pool(store, read_records(store))
    methods = [method for method, _ in s3.requests]
    assert len(methods) <= 30, s3.requests
