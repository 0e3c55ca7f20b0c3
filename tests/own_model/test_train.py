"""From a table of weak labels to a model folder: what is learned from, what checks, and what is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from outgrow.config.build import method as method_of
from outgrow.config.where import Where
from outgrow.errors import ConfigError, DataError
from outgrow.methods.confidence import Confidence
from outgrow.methods.gt_only import GtOnly
from outgrow.methods.naive import Naive
from outgrow.models.base import models
from outgrow.own_labels.columns import Columns
from outgrow.own_model.accuracy import checked_rows, is_right
from outgrow.own_model.keep import keep
from outgrow.own_model.kept_rows import CHECKING, FILE, LEARNED, read
from outgrow.own_model.request import Prepared, Request, divide, prepare
from outgrow.own_model.rows import InMemory
from outgrow.own_model.teaching import Plot, only_fuses
from outgrow.own_model.train import Grown, halves, train, whole_plan
from outgrow.runtime import Runtime
from outgrow.specs import TrainSpec
from outgrow.steps import Context
from outgrow.store import Store
from outgrow.student import load
from outgrow.sweep import Silent
from outgrow.trackers.base import Tracked, Tracker, trackers

Cli = Callable[..., tuple[int, str, str]]
Tiny = Callable[..., Path]
N = 240
COLUMNS = ("--text", "body", "--labels", "a,b,rule")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Texts with two labellers that err, a rule for some, and the truth of 60."""
    rng = np.random.default_rng(0)
    lines = ["body,a,b,rule,gold,from"]
    for i in range(N):
        truth = int(rng.random() < 0.5)
        words = ["the cat sat", "a dog ran"][truth]
        said = [truth if rng.random() < share else 1 - truth for share in (0.8, 0.7)]
        names = ["no", "yes"]
        rule = names[truth] if rng.random() < 0.3 else ""
        gold = names[truth] if i < 60 else ""
        lines.append(f"{words} {i},{names[said[0]]},{names[said[1]]},{rule},{gold},{'web' if i % 2 else 'app'}")
    (tmp_path / "mine.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "mine.csv"


@pytest.fixture
def request_for(table: Path, tiny: Tiny) -> Callable[..., Request]:
    """A request for the table; a tiny encoder is the student."""

    def make(*, training: str = "probe", audited: str = "", **options: object) -> Request:
        columns = Columns(text="body", labels=("a", "b", "rule"), audited=audited, sources=("from",))
        model = models["transformer"](path=str(tiny("bert")), training=training, max_length=64)
        return Request(paths=[str(table)], columns=columns, model=model, **options)  # type: ignore[arg-type]

    return make


def student(tiny: Tiny) -> tuple[str, ...]:
    """Options that choose a tiny encoder."""
    return "--model", str(tiny("bert")), "--set", "max_length=64"


def grown(prepared: Prepared, store: Path) -> Grown:
    """Train in silence."""
    return train(prepared, Store(store), Runtime(), lambda plan: Silent())


def test_half_of_the_audited_rows_are_learned_from_and_the_others_check(request_for: Callable[..., Request]) -> None:
    found = prepare(request_for(audited="gold"))
    assert (len(found.learned), len(found.checking)) == (30, 30)
    assert not set(found.learned) & set(found.checking)
    truth = found.weak.truth
    assert truth is not None
    assert set(np.flatnonzero(truth >= 0)) == set(found.learned)
    np.testing.assert_array_equal(truth[found.learned], found.table.truth[found.learned])


@pytest.mark.parametrize("budget", [0, 7, 60])
def test_the_budget_is_what_is_learned_from(request_for: Callable[..., Request], budget: int) -> None:
    found = prepare(request_for(audited="gold", budget=budget))
    assert (len(found.learned), len(found.checking)) == (budget, 60 - budget)
    assert (found.weak.truth is None) == (budget == 0)


def test_another_seed_divides_otherwise(request_for: Callable[..., Request]) -> None:
    learned = [set(prepare(request_for(audited="gold", seed=seed)).learned) for seed in (0, 0, 1)]
    assert learned[0] == learned[1] != learned[2]


def test_a_budget_beyond_what_is_audited_is_refused(request_for: Callable[..., Request]) -> None:
    with pytest.raises(ConfigError, match="--budget 61: only 60 rows"):
        prepare(request_for(audited="gold", budget=61))
    with pytest.raises(ConfigError, match="name their column with --audited"):
        prepare(request_for(budget=1))


def test_a_probe_learns_from_every_row_and_is_judged_out_of_fold(
    request_for: Callable[..., Request], tmp_path: Path
) -> None:
    made = grown(prepare(request_for(audited="gold")), tmp_path / "store")
    assert made.computed > 0
    assert made.answers.any(1).all()
    np.testing.assert_allclose(made.answers.sum(1), 1, atol=1e-5)
    assert grown(prepare(request_for(audited="gold")), tmp_path / "store").computed == 0


def test_checking_truth_changes_nothing_that_is_trained(
    request_for: Callable[..., Request], table: Path, tmp_path: Path
) -> None:
    first = grown(prepare(request_for(audited="gold")), tmp_path / "store")
    checking = [first.prepared.table.rows[row] for row in first.prepared.checking]
    lines = table.read_text().splitlines()
    for number in checking:
        cells = lines[number - 1].split(",")
        cells[4] = {"yes": "no", "no": "yes"}[cells[4]]
        lines[number - 1] = ",".join(cells)
    table.write_text("\n".join(lines) + "\n")
    second = grown(prepare(request_for(audited="gold")), tmp_path / "store")
    assert second.computed == 0
    np.testing.assert_array_equal(first.answers, second.answers)
    changed = (first.prepared.table.truth != second.prepared.table.truth).sum()
    assert changed == len(checking) == 30


def test_of_a_fine_tuned_student_each_row_is_answered_by_a_model_of_the_other_half(
    request_for: Callable[..., Request], tmp_path: Path
) -> None:
    prepared = prepare(request_for(training="full", audited="gold", train={"epochs": 1}))
    parts = halves(prepared)
    assert sorted(np.concatenate(parts).tolist()) == list(range(N))
    groups = [{prepared.table.groups[row] for row in part} for part in parts]
    assert not groups[0] & groups[1]
    made = grown(prepared, tmp_path / "store")
    np.testing.assert_allclose(made.answers.sum(1), 1, atol=1e-5)
    store = Store(tmp_path / "store")
    trained = [store.manifest(key) for key in sorted(store.keys()) if store.manifest(key).step == "finetune"]
    assert len(trained) == 3
    learned = [one.identity["part"]["stop"] for one in trained]
    assert sorted(learned) == sorted(divide(n, probe=False).transfer for n in (N, *map(len, parts)))
    whole = made.student.answers(prepared.table.inputs, Context(store).machine)
    assert not np.allclose(whole, made.answers)
    answers = [store.manifest(key) for key in sorted(store.keys()) if store.manifest(key).step == "answer"]
    assert len(answers) == 2, "foretold, shown and kept like the trainings"
    again = grown(prepare(prepared.request), tmp_path / "store")
    assert again.computed == 0
    np.testing.assert_array_equal(again.answers, made.answers)


def test_a_head_with_a_loss_of_its_own_is_judged_by_heads_with_that_loss(
    request_for: Callable[..., Request], tmp_path: Path
) -> None:
    made = grown(prepare(request_for(method=Confidence())), tmp_path / "store")
    assert made.choice is not None
    assert not np.allclose(made.answers, made.choice.out_of_fold)
    store = Store(tmp_path / "store")
    trained = [store.manifest(key) for key in sorted(store.keys()) if store.manifest(key).step == "finetune"]
    assert len(trained) == 3
    assert all("alpha" in one.identity["objective"]["loss"] for one in trained)


def test_what_is_made_of_labels_with_features_reaches_a_network_that_has_none(
    request_for: Callable[..., Request], tmp_path: Path
) -> None:
    prepared = prepare(request_for(training="full", train={"epochs": 1}))
    made = grown(prepared, tmp_path / "store")
    assert made.choice is not None
    store = Store(tmp_path / "store")
    given = [store.manifest(key) for key in sorted(store.keys()) if store.manifest(key).step == "given"]
    assert len(given) == 3
    assert {one.identity["labels"]["family"] for one in given} == {"in-memory"}
    plot = Plot(prepared=prepared, method=made.method, choice=made.choice, features=np.zeros((N, 1)))
    assert only_fuses(made.method)
    weak = plot.teaching().weak
    assert isinstance(weak, InMemory)
    np.testing.assert_array_equal(weak.votes[0], made.choice.fused)


def test_all_weights_take_smaller_steps_and_the_last_are_kept(request_for: Callable[..., Request]) -> None:
    def trained(**options: object) -> TrainSpec:
        prepared = prepare(request_for(**options))
        return Plot(prepared=prepared, method=Naive(), choice=None, features=None).teaching().strong.train

    usual = models["transformer"](path="x/y", training="full").train_defaults()["learning_rate"]
    found, asked = trained(training="full"), trained(training="full", train={"learning_rate": 1e-3, "keep": "best"})
    assert (found.learning_rate, found.keep) == (usual / 2, "last")
    assert (asked.learning_rate, asked.keep) == (1e-3, "best")
    assert trained(training="lora").learning_rate == 10 * usual


def test_labels_of_too_few_groups_to_hold_some_out_are_told(
    request_for: Callable[..., Request], table: Path, tmp_path: Path
) -> None:
    lines = table.read_text().splitlines()
    head, rows = lines[0], [line.split(",") for line in lines[1:]]
    named = [[*row[:1], *(row[1:4] if i < 22 else ["", "", ""]), f"g{i % 2 if i < 22 else i}"]
             for i, row in enumerate(rows)]  # fmt: skip
    text = "\n".join([",".join([*head.split(",")[:4], "group"]), *map(",".join, named)])
    (tmp_path / "few.csv").write_text(text + "\n")
    found = []
    for seed in range(4):
        asked = request_for(seed=seed)
        columns = replace(asked.columns, group="group", sources=())
        try:
            grown(prepare(replace(asked, paths=[str(tmp_path / "few.csv")], columns=columns)), tmp_path / "store")
            found.append("")
        except DataError as error:
            found.append(str(error))
    assert any("labelled rows are of too few groups" in one for one in found)
    assert all(one == "" or one.endswith("leave --group group out") for one in found)


def test_a_folder_holds_the_student_and_its_rows(request_for: Callable[..., Request], tmp_path: Path) -> None:
    made = grown(prepare(request_for(audited="gold", method=Naive())), tmp_path / "store")
    kept = keep(made, tmp_path / "model")
    back = read(tmp_path / "model")
    for name in ("votes", "fused", "answers", "truth"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(back, name))
    assert (back.ids, back.use, back.sources, back.inputs) == (kept.ids, kept.use, kept.sources, kept.inputs)
    assert (back.use.count(LEARNED), back.use.count(CHECKING)) == (30, 30)
    assert is_right(back, checked_rows(back)).shape == (30,)
    student = load(tmp_path / "model")
    assert student.columns == {"text": "body"}
    assert student.classes == ["no", "yes"]


@pytest.mark.parametrize("damage", ["cut", "other", "missing"])
def test_damaged_rows_are_told(request_for: Callable[..., Request], tmp_path: Path, damage: str) -> None:
    keep(grown(prepare(request_for(method=Naive())), tmp_path / "store"), tmp_path / "model")
    file = tmp_path / "model" / FILE
    if damage == "missing":
        file.unlink()
        with pytest.raises(ConfigError, match=r"has no rows\.parquet"):
            read(tmp_path / "model")
        return
    file.write_bytes(file.read_bytes()[:200] if damage == "cut" else b"PAR1 something else PAR1")
    with pytest.raises(DataError, match=r"is damaged .* train the model again"):
        read(tmp_path / "model")


# The command


def test_the_command_ends_with_a_model_and_a_page(cli: Cli, table: Path, tiny: Tiny, tmp_path: Path) -> None:
    out = tmp_path / "model <b>"
    status, said, err = cli(
        "train", str(table), *COLUMNS, "--audited", "gold", "--sources", "from", *student(tiny),
        "--out", str(out), "--store", str(tmp_path / "store"),
    )  # fmt: skip
    assert (status, "Traceback" in err) == (0, False), err
    for words in (
        "240 rows",
        "60 audited rows: 30 to learn from, 30 to check by",
        "majority vote",
        "The model is right",
    ):
        assert words in said
    assert {one.name for one in out.iterdir()} == {
        "student.json", "weights.safetensors", "rows.parquet", "suspects.csv", "findings.html",
    }  # fmt: skip
    page = (out / "findings.html").read_text()
    assert "<b>" not in page
    assert "How far to trust it" in page
    assert re.search(r"\d+\.\d s\.", said)


def test_a_tracker_is_shown_the_training(
    cli: Cli, table: Path, tiny: Tiny, tmp_path: Path, added: Callable[..., None]
) -> None:
    shown: list[str] = []

    class Memory(Tracker):
        name, package = "memory", "json"

        def log(self, one: Tracked) -> None:
            shown.append(one.name)

    added(trackers, "memory", Memory)
    options = (*COLUMNS, *student(tiny), "--store", str(tmp_path / "store"), "--out", str(tmp_path / "model"))
    status, _, err = cli("train", str(table), *options, "--tracker", "memory")
    assert status == 0, err
    assert len(shown) == 1
    assert "seed 0" in shown[0]
    status, _, err = cli("train", str(table), *options, "--tracker", "memry")
    assert (status, "did you mean 'memory'" in err) == (2, True)


def test_without_an_audited_row_accuracy_is_unknown(cli: Cli, table: Path, tiny: Tiny, tmp_path: Path) -> None:
    status, said, _ = cli(
        "train", str(table), *COLUMNS, *student(tiny), "--out", str(tmp_path / "model"),
        "--store", str(tmp_path / "store"),
    )  # fmt: skip
    assert status == 0
    assert "nobody knows how often the model is right" in said
    assert "weak evidence" in said
    assert "The model is right on" not in said


def test_a_dry_run_trains_nothing(cli: Cli, table: Path, tiny: Tiny, tmp_path: Path) -> None:
    status, said, _ = cli(
        "train", str(table), *COLUMNS, *student(tiny), "--out", str(tmp_path / "model"),
        "--store", str(tmp_path / "store"), "--dry-run",
    )  # fmt: skip
    assert status == 0
    assert "Student: " in said
    assert "holds a model" not in said
    assert not (tmp_path / "model").exists()
    assert not (tmp_path / "store").exists()


def test_a_model_that_is_replaced_is_told(cli: Cli, table: Path, tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "student.json").write_text("{}")
    options = ("--out", str(tmp_path / "model"), "--store", str(tmp_path / "store"), "--dry-run")
    status, said, _ = cli("train", str(table), *COLUMNS, *student(tiny), *options)
    assert (status, "holds a model, which the new one replaces" in " ".join(said.split())) == (0, True)


MISTAKES = [
    (("--labels", "a"), "say what a model is to see"),
    (("--text", "body"), "--labels COLUMN"),
    (("--text", "bodi", "--labels", "a"), "did you mean 'body'"),
    (("--text", "body", "--labels", "a,bb"), "no column 'bb'"),
    (("--text", "body", "--labels", "a", "--method", "confidnce"), "did you mean 'confidence'"),
    (("--text", "body", "--labels", "a", "--model", "minilm"), "unknown model 'minilm'"),
    (
        ("--text", "body", "--labels", "a", "--model", "minilm-l6", "--set", "lyers=3"),
        "unknown key 'model.lyers'; did you mean 'layers'",
    ),
    (("--text", "body", "--labels", "a", "--set", "train.epoch=3"), "did you mean 'epochs'"),
    (("--text", "body", "--labels", "a", "--set", "a.b.c=3"), "an option of the model by its name"),
    (("--text", "body", "--labels", "a", "--budget", "3"), "only 0 rows"),
    (("--text", "body", "--labels", "a", "--audited", "from"), "no label is one of these"),
    (("--text", "body", "--labels", "from,a"), "model"),
    (("--text", "body", "--labels", "a", "--out", "."), "holds other files and no model"),
    (("--text", "body", "--labels", "a", "--out", "mine.csv/new"), "mine.csv is no folder; choose another folder"),
    (("--text", "body", "--labels", "a", "--model", "toy-xs", "--training", "lora"), "trained in one way only"),
]


@pytest.mark.parametrize(("options", "words"), MISTAKES)
def test_a_mistake_is_one_message(
    cli: Cli, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    defaults = {"--out": "new", "--model": "toy-xs"}
    others = [one for name, value in defaults.items() if name not in options for one in (name, value)]
    status, _, err = cli("train", str(table), *options, *others)
    assert status == 2
    assert words in err
    assert "Traceback" not in err
    assert not (tmp_path / "outgrow-store").exists()


BUDGETED = ("gt_only", "weak_then_gt", "gt_mix", "trust", "backward_correction", "forward_correction")


@pytest.mark.parametrize("training", ["probe", "full"])
@pytest.mark.parametrize("name", BUDGETED)
def test_methods_with_a_budget_learn_from_audited_rows(
    request_for: Callable[..., Request], tmp_path: Path, name: str, training: str
) -> None:
    method = method_of([name], Where("test"))
    prepared = prepare(request_for(audited="gold", method=method, training=training, train={"epochs": 1}))
    found = grown(prepared, tmp_path / "store")
    assert found.method == method
    np.testing.assert_allclose(found.answers.sum(1), 1, atol=1e-4)
    if name == "gt_only":
        assert any("rows have no label to learn from" in note for note in found.notes)


@pytest.mark.parametrize("name", ["strong_to_strong", "curriculum", "small_loss"])
def test_recipes_of_several_trainings_need_no_rows_that_watch(
    request_for: Callable[..., Request], tmp_path: Path, name: str
) -> None:
    prepared = prepare(request_for(method=method_of([name], Where("test"))))
    assert prepared.data.sizes.validation == 0
    found = grown(prepared, tmp_path / "store")
    np.testing.assert_allclose(found.answers.sum(1), 1, atol=1e-4)


@pytest.mark.parametrize("name", ["pca", "ccs"])
def test_a_method_that_trains_no_model_is_refused_before_anything_is_computed(
    request_for: Callable[..., Request], tmp_path: Path, name: str
) -> None:
    prepared = prepare(request_for(method=method_of([name], Where("test"))))
    with pytest.raises(ConfigError, match=f"--method {name} trains no model that could be kept"):
        whole_plan(prepared, Store(tmp_path / "store"))


def test_a_method_with_a_budget_needs_audited_rows(request_for: Callable[..., Request]) -> None:
    with pytest.raises(ConfigError, match=r"gt_only learns from rows whose truth is known, .* with --audited"):
        prepare(request_for(method=GtOnly()))
    with pytest.raises(ConfigError, match="--budget"):
        prepare(request_for(method=GtOnly(), audited="gold", budget=0))
    one = prepare(request_for(method=GtOnly(), audited="gold", budget=1))
    with pytest.raises(ConfigError, match="one half has none of the 1 row whose truth may be learned from"):
        halves(one)
