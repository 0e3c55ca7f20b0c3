"""What a page prints to run a study again leads to the same keys."""

from __future__ import annotations

import html
import re
import shlex
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pages import group

from outgrow.config import expand, read_experiments
from outgrow.experiment import Experiment, run
from outgrow.report import render
from outgrow.report.rerun import rerun
from outgrow.results.pooling import pool
from outgrow.results.records import read_records
from outgrow.results.table import Group
from outgrow.steps import Steps
from outgrow.store import Store
from outgrow.sweep import run_experiments

Cli = Callable[..., tuple[int, str, str]]

SWEEPS: dict[str, dict[str, Any]] = {
    "one": {},
    "methods": {"method.name": ["naive", "confidence"]},
    "methods with options": {"method": [{"name": "naive", "labels": "hard"}, {"name": "confidence", "alpha": 0.7}]},
    "data and training": {"split.transfer": [40, 60], "train.learning_rate": [1e-3, 3e-2], "method.name": ["naive"]},
    "pairs": {"weak.model": ["toy-xs", "toy-s", "toy-m"], "strong.model": ["toy-s", "toy-l"]},
    "composed": {"method": [["vote", "confidence"], "naive"]},
}


def experiments(document: dict[str, Any], sweep: dict[str, Any]) -> list[Experiment]:
    fixed = {key: value for key, value in document.items() if key not in ("sweep", "method")}
    return expand({**fixed, "sweep": {**sweep, "seeds": [0, 1]}}, name="study")


def described(wanted: list[Experiment]) -> list[Group]:
    """Groups as they are pooled, as far as a file of the study goes."""
    from outgrow.config import to_tables

    found: dict[str, Group] = {}
    for one in wanted:
        tables = to_tables(one)
        g = group(
            experiment="study", task=one.task.name, weak=one.weak.label, strong=one.strong.model.label,
            method=one.method.label, settings=tables, seeds=[], keys=[],
        )  # fmt: skip
        g = found.setdefault(repr(tables), g)
        g.seeds.append(one.seed)
        g.keys.append(run(one, Steps()).key)
    return list(found.values())


def printed(page: str) -> list[tuple[str, str]]:
    """Names and texts of the files that a page shows."""
    found = re.findall(r'<summary>([^<]*\.toml)</summary><pre class="toml">(.*?)</pre>', page, re.DOTALL)
    return [(html.unescape(name), html.unescape(text)) for name, text in found]


@pytest.mark.parametrize("sweep", SWEEPS.values(), ids=list(SWEEPS))
def test_what_is_printed_gives_the_same_keys(document: dict[str, Any], sweep: dict[str, Any], tmp_path: Path) -> None:
    groups = described(experiments(document, sweep))
    files = printed(render(groups, title="study"))
    assert [name for name, _ in files] == ["study.toml"], "one file with a sweep says it all"
    (tmp_path / "study.toml").write_text(files[0][1])
    again = read_experiments(str(tmp_path / "study.toml"))
    assert {run(one, Steps()).key for one in again} == {key for g in groups for key in g.keys}
    assert len(again) == sum(len(g.seeds) for g in groups)


def test_results_that_no_sweep_leads_to_get_a_file_each(document: dict[str, Any]) -> None:
    groups = described(experiments(document, {"split.transfer": [40, 60], "weak.model": ["toy-xs", "toy-s"]}))
    found = rerun(groups[:-1])
    assert len(found.files) == 3
    keys = {run(one, Steps()).key for text in found.files for one in expand(tomllib.loads(text), name="study")}
    assert keys == {key for g in groups[:-1] for key in g.keys}
    page = render(groups[:-1], title="study")
    assert "outgrow run study-1.toml study-2.toml study-3.toml" in page
    assert "<code>split.transfer</code>: 40, 60" in page or "<code>split.transfer</code>: 60, 40" in page


def test_other_seeds_get_files_of_their_own(document: dict[str, Any]) -> None:
    one, other = described(experiments(document, {"method.name": ["naive", "confidence"]}))
    found = rerun([one, replace(other, seeds=[7])])
    seeds = sorted(tomllib.loads(text)["sweep"]["seeds"] for text in found.files)
    assert seeds == [[0, 1], [7]]


def test_settings_that_cannot_be_read_here_are_shown_with_the_reason(document: dict[str, Any]) -> None:
    (one,) = described(experiments(document, {}))
    page = render([replace(one, settings={**one.settings, "weak": {"model": "elsewhere"}})], title="study")
    assert "may not run as they are: they cannot be read here" in page
    assert "elsewhere" in printed(page)[0][1]


def test_a_name_that_a_shell_would_take_apart_is_quoted(document: dict[str, Any]) -> None:
    (one,) = described(experiments(document, {}))
    page = html.unescape(render([replace(one, experiment="x; touch PWN $(id) ../<b>.toml")], title="study"))
    (command,) = re.findall(r"<pre>(outgrow run .*?)</pre>", page)
    words = shlex.split(command)
    assert words[:2] == ["outgrow", "run"]
    assert len(words) == 3
    assert "/" not in words[2]
    assert not words[2].startswith((".", "-"))


def test_a_run_tells_what_it_was_made_with_and_when(
    store: Store, toy: Callable[..., list[Experiment]], cli: Cli, tmp_path: Path
) -> None:
    run_experiments(toy(), store)
    groups = pool(store, read_records(store))
    page = html.unescape(render(groups, title="toy", store=store))
    for name in ("Python", "PyTorch", "processor", "threads", "system", "computed"):
        assert f'<th scope="row" class="words">{name}</th>' in page
    for g in groups:
        for key in g.keys:
            assert re.search(rf"<code>{key}</code></td><td class=\"words\">20\d\d-\d\d-\d\d", page)
    # a file in another folder finds everything in the store
    ((name, text),) = printed(page)
    (tmp_path / name).write_text(text)
    status, out, _ = cli("run", str(tmp_path / name), "--store", str(store.root))
    assert status == 0
    assert "Computed 0 steps" in out


def test_notes_of_the_rows_are_on_the_page(store: Store, toy: Callable[..., list[Experiment]]) -> None:
    run_experiments(toy(), store)
    groups = pool(store, read_records(store))
    name, fields = next(iter(store.results()))
    store.write_result(name, {**fields, "notes": ["labels <has> no label for 3 of 60 examples of transfer"]})
    page = render(groups, title="toy", store=store)
    assert "labels &lt;has&gt; no label for 3 of 60 examples of transfer" in page
    assert "<h3>Notes</h3>" in page
