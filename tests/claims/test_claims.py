"""`outgrow claims`: studies of a setting are run, resumed, and read as a table."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from outgrow.analyses.bases.claim import claims
from outgrow.analyses.bases.finding import Above, Below, Finding
from outgrow.claims import studies
from outgrow.claims.across import across
from outgrow.claims.found import Found, Row, found
from outgrow.claims.settings import Part, Setting
from outgrow.claims.studies import SETTINGS, chosen
from outgrow.claims.table import counts, decided, details, summary, verdict
from outgrow.cli.claims import numbers
from outgrow.errors import ConfigError
from outgrow.plan import make_plan
from outgrow.steps import TrainedHead
from outgrow.store import Store

Cli = Callable[..., tuple[int, str, str]]

SMALL = Setting(
    name="small",
    about="made-up points",
    parts=[
        Part(
            name="claims-small", of="toy", seeds=2, claims=(1, 16, 18, 33),
            set=[('sweep.strong.model=["toy-m", "toy-l"]', "task.n=600", "split.transfer=60", "split.supervisor=60",
                  "split.test=200", "split.validation=50", 'sweep.method.name=["naive", "confidence"]')],
        )
    ],
)  # fmt: skip


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Setting:
    monkeypatch.setattr(studies, "SETTINGS", {"small": SMALL})
    return SMALL


def row(claim: int, low: float, high: float, setting: str = "chess") -> Row:
    at = Finding(about="it", value=(low + high) / 2, low=low, high=high, seeds=3, n=9, predicted=Above(0), claim=claim)
    return Row(setting=setting, finding=at)


def test_every_setting_needs_no_hub_and_tests_claims_that_there_are() -> None:
    known = {one.number for one in claims()}
    assert len(SETTINGS) >= 6
    for one in SETTINGS.values():
        for part in one.parts:
            assert {*part.claims} & known, f"{one.name} tests nothing"
            found = part.experiments(seeds=1)
            assert found
            assert {each.name for each in found} == {part.name}


def test_names_of_studies_are_their_own() -> None:
    names = [part.name for one in SETTINGS.values() for part in one.parts]
    assert len(names) == len(set(names)) >= 6


def test_claims_choose_the_studies_that_test_them() -> None:
    assert [one.name for one in chosen([], [8])] == ["reward"]
    assert [one.name for one in chosen(["chess", "text"], [13])] == ["chess"]
    assert [*chosen(["chess"], [13, 5])[0].parts[0].claims] == [5, 13]
    assert [one.name for one in chosen([], [])] == [*SETTINGS]
    with pytest.raises(ConfigError, match="no setting 'ches'; there are chess"):
        chosen(["ches"], [])
    with pytest.raises(ConfigError, match="no study of chess tests them"):
        chosen(["chess"], [8])


@pytest.mark.parametrize(("text", "wanted"), [("1,3-6", [1, 3, 4, 5, 6]), ("", []), (" 2 , 9", [2, 9])])
def test_numbers_of_claims_are_read(text: str, wanted: list[int]) -> None:
    assert numbers(text) == wanted


@pytest.mark.parametrize("text", ["x", "3-", "1;2", "-1"])
def test_what_is_no_number_of_a_claim_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match="is no number of a claim"):
        numbers(text)


def test_findings_of_one_claim_have_one_verdict() -> None:
    holds, fails, open_ = row(1, 0.1, 0.2), row(1, -0.2, -0.1), row(1, -0.1, 0.1)
    assert verdict([]) == ""
    assert verdict([holds, holds]) == "holds"
    assert verdict([holds, open_]) == verdict([holds, fails]) == "in part"
    assert verdict([fails, open_]) == "fails here"
    assert verdict([open_]) == "undecided"


def test_what_is_decided_anywhere_is_counted_once() -> None:
    rows = [row(1, 0.1, 0.2), row(1, -0.1, 0.2, "text"), row(5, -0.1, 0.1), row(7, -0.2, -0.1), row(34, 0.1, 0.2)]
    assert decided(rows) == [1, 7]
    of = [Found(setting=SETTINGS["chess"], rows=rows, done=1, all=3)]
    told = counts(of, rows)
    assert told[0].startswith("2 of 33 claims have a verdict other than undecided in at least one setting; 1 more")
    assert "chess is not finished: 1 of 3 experiments." in told
    table = summary(of, rows)
    assert {cells[0]: cells[2] for cells in table.rows if cells[2]} == {
        "1": "holds",
        "5": "undecided",
        "7": "fails here",
        "34": "holds",
    }
    assert len(details(rows).rows) == 5


def test_of_all_settings_the_worst_of_a_method_counts() -> None:
    def of(setting: str, low: float, high: float) -> Row:
        one = row(33, low, high, setting)
        about = "confidence minus naive (3 pairs)"
        return Row(setting=setting, finding=replace(one.finding, about=about, predicted=Below(0)))

    (harms,) = across([of("chess", -0.2, -0.1), of("text", 0.1, 0.2)])
    assert (harms.setting, harms.finding.verdict) == ("all", "holds")
    assert "worst, chess; better in text" in harms.finding.about
    (unsure,) = across([of("chess", -0.2, -0.005), of("text", 0.1, 0.2)])
    assert unsure.finding.verdict == "undecided"  # of two, the worse looks worse than it is
    (helps,) = across([of("chess", 0.1, 0.2), of("text", 0.1, 0.2)])
    assert helps.finding.verdict == "fails here"
    assert across([of("chess", 0.1, 0.2), row(1, 0.1, 0.2)]) == []


def test_a_setting_is_run_and_read(small: Setting, cli: Cli, tmp_path: Path) -> None:
    place, out = ("--store", str(tmp_path / "s")), tmp_path / "claims.md"
    status, told, _ = cli("claims", "--dry-run", *place)
    assert (status, "small: 8 experiments" in told) == (0, True)
    assert not (tmp_path / "s").exists()
    status, told, err = cli("claims", *place, "--out", str(out))
    assert status == 0, err
    assert "of 33 claims have a verdict" in told
    text = out.read_text()
    assert "no method helps everywhere" in text
    assert "confidence minus naive (2 pairs); below zero it harms here" in text
    assert f"outgrow claims --out={out}" in text
    before = sorted((tmp_path / "s").rglob("manifest.json"))
    status, again, _ = cli("claims", *place, "--out", str(out))
    assert (status, again) == (0, told)
    assert out.read_text() == text
    assert sorted((tmp_path / "s").rglob("manifest.json")) == before


def test_what_is_finished_is_read_before_all_is(small: Setting, tmp_path: Path) -> None:
    from outgrow.study import run

    store = Store(tmp_path / "s")
    assert found(small, store) == Found(setting=small, rows=[], done=0, all=8)
    first = small.parts[0].experiments()[:2]  # the smaller student, both seeds
    run(first, store=store, progress=False)
    there = found(small, store)
    assert (there.done, there.all) == (2, 8)
    assert all(one.finding.seeds == 2 for one in there.rows)


def test_mistakes_are_told(cli: Cli, tmp_path: Path) -> None:
    status, _, err = cli("claims", "--settings", "chess,txt", "--store", str(tmp_path / "s"))
    assert (status, "no setting 'txt'" in err) == (2, True)
    status, _, err = cli("claims", "--claims", "3,x", "--store", str(tmp_path / "s"))
    assert (status, "no number of a claim" in err) == (2, True)


def test_unbalanced_shares_ask_for_rows_that_every_seed_has() -> None:
    """What a seed has left of a class differs by chance: five deviations below its half there are enough."""
    splits = [
        experiment.split for one in SETTINGS.values() for part in one.parts for experiment in part.experiments(seeds=1)
    ]
    uneven = [(split, max(split.transfer_shares)) for split in splits if split.transfer_shares]
    assert len(uneven) >= 2
    for split, share in uneven:
        assert split.pool is not None
        left = split.pool - split.supervisor
        assert share * split.transfer <= left / 2 - 5 * math.sqrt(left) / 2


def test_what_failed_is_told_and_the_rest_is_read(monkeypatch: pytest.MonkeyPatch, cli: Cli, tmp_path: Path) -> None:
    part = SMALL.parts[0]
    broken = (*part.set[0], "train.learning_rate=3e37", 'sweep.method.name=["naive"]')
    setting = replace(SMALL, parts=[replace(part, set=[part.set[0], broken])])
    monkeypatch.setattr(studies, "SETTINGS", {"small": setting})
    status, told, err = cli("claims", "--store", str(tmp_path / "s"))
    assert status == 0
    assert "note: in small, a result failed" in err
    assert "small is not finished: 8 of 12 experiments" in " ".join(told.split())
    assert "confidence minus naive" in " ".join(told.split())


def test_probes_of_saliency_are_all_solved_alike() -> None:
    """The one on the model as it was, and those that the method puts on trained ones."""
    (part,) = (part for part in SETTINGS["text-full"].parts if 22 in part.claims and 23 not in part.claims)
    results = [one.result for one in make_plan(part.experiments(seeds=1), cached=set()).results]
    scored = [score.by for one in results for score in (one.ceiling, one.student)]
    heads = [one.role.train for one in scored if isinstance(one, TrainedHead)]
    assert len(heads) == 4
    assert {(one.optimizer, one.l2) for one in heads} == {("lbfgs", 0.1)}


def test_every_study_can_be_planned() -> None:
    """Options that do not fit each other are refused when they are read, before hours are spent."""
    parts = [part for one in SETTINGS.values() for part in one.parts]
    planned = [make_plan(part.experiments(seeds=2), cached=set()) for part in parts]
    assert len(planned) >= 20
    assert all(plan.todo for plan in planned)
    assert {number for part in parts for number in part.claims} == {one.number for one in claims()}
