"""A mistake is one message before anything is trained; it names the value, what there is, and the cure."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from likely_mistakes import MISTAKES, Mistake, make_files

from outgrow.store import Store

Cli = Callable[..., tuple[int, str, str]]
DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("mistake", MISTAKES, ids=[one.about for one in MISTAKES])
def test_a_mistake_is_one_message(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mistake: Mistake) -> None:
    monkeypatch.chdir(tmp_path)
    make_files(tmp_path)
    mistake.prepare(tmp_path)
    status, out, err = cli(*mistake.command)
    assert (status, out) == (2, "")
    told = [line for line in err.splitlines() if re.match(r"(e|E)rror: ", line)]
    assert len(told) == 1, err
    for part in mistake.says:
        assert part in told[0]
    assert len(told[0]) < 600
    assert "Traceback" not in err
    store = Store(tmp_path / "outgrow-store")
    kinds = {store.manifest(key).step for key in sorted(store.keys())}
    assert kinds <= {"examples", "split", "given"}, "something was trained"
    assert not list(store.root.glob("report-*"))
    assert not list((store.root / "results").glob("*"))


def test_there_are_many_and_they_differ() -> None:
    assert len(MISTAKES) >= 40
    assert len({one.about for one in MISTAKES}) == len(MISTAKES)
    assert len([one for one in MISTAKES if one.shown]) == 20


@pytest.fixture(scope="module")
def document() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mistakes_page", DOCS / "mistakes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_is_printed(document: ModuleType) -> None:
    said = (DOCS / "mistakes.md").read_text(encoding="utf-8")
    assert document.page() == said, "docs/mistakes.md is stale: run `python docs/mistakes.py`"
    assert said.count("\nerror: ") == 20
