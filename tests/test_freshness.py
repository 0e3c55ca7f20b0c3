"""Code of one's own that was changed: what it made before is told, and can be computed anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outgrow.freshness import beside
from outgrow.registry import registry
from outgrow.store import Store

Cli = Callable[..., tuple[int, str, str]]
Toml = Callable[..., str]
LOSS = """
from typing import ClassVar

from outgrow.learning.losses import CrossEntropy
from outgrow.methods.losses.base import losses
from outgrow.spec import spec


@losses.register("scaled", about="cross-entropy, scaled", source="made up")
@spec
class Scaled(CrossEntropy):
    name: ClassVar[str] = "scaled"

    def start(self, targets):
        inner = super().start(targets)
        return lambda batch: SCALE * inner(batch)


SCALE = 1.0
"""
NOTE = (
    "note: the code of loss 'scaled' changed since these 2 steps were computed; change its identity (\"version\": 2), "
    "or run with --fresh\n"
)


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "mine.py"
    path.write_text(LOSS)
    yield path
    registry("losses")._entries.pop("scaled", None)


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 10**9))


def test_code_that_changed_is_told_and_computed_anew(cli: Cli, toml: Toml, store: Store, mine: Path) -> None:
    run = ("--import", str(mine), "run", toml(), "--set", "method=scaled", "--seeds", "0,1", "--store", str(store.root))
    assert cli(*run)[0] == 0
    rows, kept = dict(store.results()), {key: store.manifest(key).files for key in sorted(store.keys())}
    rewrite(mine, "SCALE = 1.0", "SCALE = 1.0  # of what?")
    status, out, _ = cli(*run)
    assert (status, "note: " in out, "Computed 0 steps" in out) == (0, False, True), "a comment changes nothing"
    rewrite(mine, "SCALE = 1.0", "SCALE = 0.0")
    status, out, _ = cli(*run)
    assert (status, NOTE in out, "Computed 0 steps" in out) == (0, True, True)
    assert dict(store.results()) == rows

    status, out, err = cli(*run, "--fresh")
    assert (status, err) == (0, "")
    assert NOTE not in out
    assert f"Computed {len(kept)} steps, found 0 of {len(kept)}" in out
    assert store.keys() == kept.keys()
    assert store.verify() == []
    files = {key: store.manifest(key).files for key in kept}
    changed = {store.manifest(key).step for key in kept if files[key] != kept[key]}
    assert "finetune" in changed, "a loss of zero teaches nothing"
    assert "examples" not in changed
    assert {name: row["row"]["student_score"] for name, row in store.results()} != {
        name: row["row"]["student_score"] for name, row in rows.items()
    }
    assert dict(store.results()).keys() == rows.keys()
    assert os.listdir(store.root / "tmp") == []
    status, out, _ = cli(*run)
    assert (NOTE in out, "Computed 0 steps" in out) == (False, True)


def test_what_cannot_be_computed_anew_stays(cli: Cli, toml: Toml, store: Store, mine: Path) -> None:
    run = ("--import", str(mine), "run", toml(), "--set", "method=scaled", "--store", str(store.root))
    assert cli(*run)[0] == 0
    rows, students = dict(store.results()), {m.key for m in store.manifests() if m.step == "compare"}
    rewrite(mine, "SCALE = 1.0", "SCALE = 1 / 0 if False else float('nan')")
    status, out, _ = cli(*run, "--fresh")
    assert status == 1
    assert "the loss is nan" in " ".join(out.split())
    assert dict(store.results()) == rows
    assert students <= store.keys()
    assert store.verify() == []


def test_a_fresh_run_that_was_stopped_goes_on(
    cli: Cli, toml: Toml, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from outgrow.config import read_experiments
    from outgrow.steps.compare import Comparison

    path = toml()
    options = ("run", path, "--set", "method=naive", "--store", str(store.root))
    assert cli(*options)[0] == 0
    before = {key: store.manifest(key).created for key in sorted(store.keys())}

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Comparison, "compute", stop)
        status, _, err = cli(*options, "--fresh")
    assert (status, "stopped, 1 step left" in err) == (130, True)
    assert {key: store.manifest(key).created for key in sorted(store.keys())} == before
    inner = beside(store, read_experiments(path, settings=["method=naive"]))
    assert len(inner.keys()) == 10
    status, out, _ = cli(*options, "--fresh")
    assert "Computed 1 step, found 10 of 11" in out
    assert all(store.manifest(key).created > at for key, at in before.items())
