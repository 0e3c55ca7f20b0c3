"""Runs beside numbers that are known: inside, outside, missing, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from outgrow.analyses.base import analyses
from outgrow.cli import app
from outgrow.config import read_experiments
from outgrow.errors import ConfigError, UnknownName
from outgrow.experiment import Experiment
from outgrow.plan import make_plan
from outgrow.references import reference as shipped
from outgrow.references.checked import checks, why
from outgrow.references.identities import misfit
from outgrow.references.reference import Number, Reference, parsed, reference, references
from outgrow.results.pooling import pool
from outgrow.results.table import Group, Record
from outgrow.store import Store
from outgrow.sweep import run_experiments

Toy = Callable[..., list[Experiment]]
NAMES = ("toy-xs", "toy-l", "naive")


@pytest.fixture
def run(toy: Toy, store: Store) -> tuple[list[Record], list[Group]]:
    records = run_experiments([one for one in toy(seeds=[0, 1, 2]) if one.method.name == "naive"], store).records
    return records, pool(store, records)


def against(value: float, what: str = "student", error: float | None = None, **of: str) -> Reference:
    named = dict(zip(("weak", "strong", "method"), NAMES, strict=True)) | of
    number = Number(of=named, what=what, value=value, error=error)
    return Reference(name="r", about="a", experiment="toy", seeds=3, source="s", numbers=(number,))


def test_a_number_within_both_spreads_is_inside(run: tuple[list[Record], list[Group]]) -> None:
    _, groups = run
    ours = groups[0].student
    assert ours is not None
    assert ours.high is not None
    (same,) = checks(against(ours.value), groups)
    assert same.verdict == "inside"
    assert same.ours == ours
    (edge,) = checks(against(ours.high), groups)
    assert edge.verdict == "inside"
    beyond = ours.high + 0.01
    (far,) = checks(against(beyond), groups)
    assert far.verdict == "outside"
    (wide,) = checks(against(beyond, error=0.05), groups)
    assert wide.verdict == "inside"
    assert wide.reach == pytest.approx(np.hypot(ours.high - ours.value, 1.96 * 0.05), rel=1e-3)


def test_what_the_run_does_not_have_is_missing_with_the_reason(run: tuple[list[Record], list[Group]]) -> None:
    _, groups = run
    (other,) = checks(against(0.5, strong="toy-m"), groups)
    assert (other.verdict, other.why) == ("missing", "the run has no such row")
    (two,) = checks(against(0.5), [*groups, *groups])
    assert (two.verdict, two.why) == ("missing", "2 rows fit")
    (none,) = checks(against(0.5, what="pgr"), [replace(groups[0], pgr=None, why="the gap is not clear")])
    assert (none.verdict, none.why) == ("missing", "the gap is not clear")


def test_why_a_run_may_lie_outside(run: tuple[list[Record], list[Group]]) -> None:
    records, _ = run
    keys = tuple(one.row.key for one in records)
    wanted = replace(against(0.5, error=0.1), reasons=("they did otherwise",))
    assert why(wanted, records, 3) == ["they did otherwise"]
    assert "the reference has 3 seeds, this run 2" in why(wanted, records, 2)
    assert "arithmetic" in why(replace(wanted, keys=keys), records, 3)[0]
    assert "1 of 3 results have other keys" in why(replace(wanted, keys=(*keys[1:], "f" * 64)), records, 3)[0]
    assert any("tells no spread" in one for one in why(against(0.5), records, 3))


def test_shipped_references_can_be_run_and_say_where_they_come_from() -> None:
    found = references()
    assert {"misfit", "simulable", "sciq-gpt2", "sst2-pythia", "imagenet-dino"} <= set(found)
    for one in found.values():
        assert one.source
        assert one.about
        assert one.numbers or one.expected or one.misfit
        assert all(each.analysis in analyses for each in one.expected)
        assert all(number.error is None or number.error > 0 for number in one.numbers)
    assert len(reference("simulable").experiments(seeds=2)) == 8
    assert [one.seed for one in reference("misfit").experiments()] == [0, 1, 2]
    with pytest.raises(UnknownName, match=r"did you mean 'misfit'.*reproduce --list"):
        reference("misfitt")


def test_a_reference_on_models_of_the_hub_has_a_row_for_each_number() -> None:
    """Read with models whose sizes are known without the hub."""
    wanted = reference("auroc-llama")
    known = {'weak.model="transformer"': "weak.model=qwen2.5-0.5b"}
    known |= {'sweep.strong.model=["transformer"]': 'sweep.strong.model=["llama-3.1-8b"]'}
    sets = [[known.get(one, one) for one in some if ".path=" not in one] for some in wanted.sets]
    found = [one for some in sets for one in read_experiments(wanted.experiment, settings=some, seeds=[0])]
    assert [one.task.name for one in found] == ["sciq", "boolq", "cola", "ethics-utilitarianism"]
    assert {(one.method.label, one.metric) for one in found} == {("naive", "auroc")}
    assert {number.of["task"] for number in wanted.numbers} == {one.task.name for one in found}


@pytest.mark.parametrize("name", ["digits", "quickstart", "reward-offline", "text-offline", "vision-offline"])
def test_own_numbers_are_of_results_that_still_have_their_keys(name: str) -> None:
    """A key that changes makes the numbers those of another study: then they have to be computed anew."""
    wanted = reference(name)
    assert {one.result.key for one in make_plan(wanted.experiments(), cached=set()).results} == {*wanted.keys}


def test_a_file_gives_numbers_with_and_without_spread() -> None:
    document = {
        "about": "a", "experiment": "toy", "seeds": 3, "source": "s",
        "numbers": [{"weak": "x", "strong": "y", "weak_score": 0.5, "student": [0.6, 0.01], "task": "t"}],
    }  # fmt: skip
    weak, student = parsed("r", document).numbers
    assert (weak.what, weak.value, weak.error) == ("weak", 0.5, None)
    assert (student.what, student.value, student.error) == ("student", 0.6, 0.01)
    assert student.label == "x -> y, t: student"


def test_gain_is_misfit_and_an_error_on_the_way_would_show(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    one = reference("misfit").experiments(seeds=1)[0]
    small = replace(one, split=replace(one.split, supervisor=60, transfer=400, validation=20, test=50))
    run_experiments([small], store)
    found = misfit(small, store)
    assert found.holds
    assert found.weak > found.student > 0
    assert found.apart > 0
    monkeypatch.setattr("numpy.linalg.qr", lambda matrix: (matrix[:, 1:] / 7, None))  # no longer a projection
    assert not misfit(small, store).holds


def test_the_command_compares_and_its_status_tells(
    store: Store, monkeypatch: pytest.MonkeyPatch, run: tuple[list[Record], list[Group]]
) -> None:
    _, groups = run
    ours = groups[0].student
    assert ours is not None

    class Here(Reference):
        def experiments(self, seeds: int | None = None) -> list[Experiment]:
            return experiments

    def ask(value: float) -> tuple[int, str]:
        wanted = against(value)
        monkeypatch.setattr(shipped, "references", lambda: {"r": Here(**vars(wanted))})
        found = CliRunner().invoke(app, ["reproduce", "r", f"--store={store.root}"], catch_exceptions=False)
        return found.exit_code, " ".join(found.output.split())

    from outgrow.results.records import read_records
    from outgrow.stored import experiment_of

    experiments = [experiment_of(one) for one in read_records(store)]
    code, said = ask(ours.value)
    assert code == 0
    assert "1 of 1 number inside" in said
    assert "0 of" in said
    code, said = ask(ours.value + 0.4)
    assert code == 1
    assert "0 of 1 number inside" in said
    assert "Why it may differ:" in said


def test_the_list_names_them_all_and_a_name_is_needed(tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["reproduce", "--list"], catch_exceptions=False)
    assert all(name in found.output for name in references())
    with pytest.raises(ConfigError, match="outgrow reproduce NAME"):
        CliRunner().invoke(app, ["reproduce"], catch_exceptions=False)
