"""The Python surface: studies by name, results that show themselves, and mistakes told in words."""

from __future__ import annotations

import html.parser
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import outgrow
from outgrow.errors import ConfigError, StoreError
from outgrow.experiment import Experiment
from outgrow.results.frame import MOST, Results
from outgrow.results.table import Record
from outgrow.store import Store
from outgrow.store.garbage import collect_garbage

Toy = Callable[..., list[Experiment]]
SMALL = {
    "task.n": 400, "split": {"supervisor": 60, "transfer": 60, "validation": 30, "test": 100}, "train.epochs": 2,
    "method.name": "naive",
}  # fmt: skip


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The toy experiment, two seeds, of which one method's student breaks."""
    from outgrow.config import expand

    store = Store(tmp_path_factory.mktemp("done") / "store")
    small: dict[str, Any] = {
        "task": {"name": "toy", "n": 400}, "split": SMALL["split"], "weak": {"model": "toy-xs"},
        "strong": {"model": "toy-l"}, "train": {"epochs": 2, "learning_rate": 3e-2},
    }  # fmt: skip
    broken = {**small, "strong": {"model": "toy-l", "train": {"learning_rate": 3e37}}}
    experiments = [
        *expand(small, name="<b>small</b>", seeds=[0, 1]),
        *expand(broken, name="broken", seeds=[0, 1]),
    ]
    return outgrow.run(experiments, store=store, progress=False)


def test_a_study_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = outgrow.run("toy", seeds=[0, 1], set=SMALL, store=tmp_path / "store")
    assert [(row.experiment, row.seed, row.n_test) for row in first] == [("toy", 0, 100), ("toy", 1, 100)]
    assert len(first) == 2
    assert [group.seeds for group in first.groups] == [[0, 1]]
    assert first.failures == {}
    again = outgrow.read_results(str(tmp_path / "store"), where=["seed=1"])
    assert [row.seed for row in again] == [1]
    assert again.records == first.records[1:]
    assert capsys.readouterr() == ("", "")  # what takes a moment says nothing


def test_what_can_be_run(tmp_path: Path, toml: Callable[..., str], toy: Toy) -> None:
    """Names, files, experiments and lists of these; seeds replace their own."""
    (one, _) = toy()
    found = outgrow.run([Path(toml()), one], seeds=[3], set=None, store=tmp_path / "store")
    assert [(row.method, row.seed) for row in found] == [("naive", 3), ("confidence", 3), ("naive", 3)]
    assert outgrow.run(one, store=tmp_path / "store").records[0].row.seed == one.seed


@pytest.mark.parametrize(
    ("what", "options", "message"),
    [
        ("toyy", {}, "no experiment 'toyy'"),
        (7, {}, "7 is no experiment"),
        (["toy", 7], {}, "7 is no experiment: give a name, the path of a TOML file, or an Experiment"),
        ("toy", {"set": {"method.name": "naiv"}}, "--set method.name: unknown method 'naiv'; did you mean 'naive'?"),
        ("toy", {"set": {"train.epochs": None}}, "set: train.epochs = None: write a number, a text, True or False"),
        ("toy", {"executor": "seral"}, "unknown executor 'seral'; did you mean 'serial'?"),
        ("toy", {"device": "gpu"}, "device = 'gpu': choose one of auto, cpu, cuda, mps"),
        ("toy", {"precision": "half"}, "precision = 'half': choose one of auto, float32, bfloat16"),
        ("toy", {"workers": 0}, "workers = 0: at least one is needed"),
        ("toy", {"seeds": [0, 0]}, "a seed is given twice in"),
    ],
)
def test_a_wrong_request_is_told_before_anything_is_made(
    tmp_path: Path, what: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
        outgrow.run(what, store=tmp_path / "store", **options)
    assert not (tmp_path / "store").exists()


def test_set_is_for_names_and_files(toy: Toy, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"set is for names and files; change an Experiment by dataclasses.replace"):
        outgrow.run(toy(), set={"train.epochs": 1}, store=tmp_path)


def test_settings_of_every_form_arrive(tmp_path: Path) -> None:
    settings = {
        **SMALL, "method": {"name": "bootstrapping", "sizes": ["toy-m"], "fresh": False},
        "train.learning_rate": 1e-5, "train.schedule": "linear",
    }  # fmt: skip
    del settings["method.name"]
    (record,) = outgrow.run("toy", seeds=[0], set=settings, store=tmp_path / "store").records
    assert record.row.method == "bootstrapping(sizes=toy-m, fresh=False)"
    assert record.settings["strong"]["train"]["learning_rate"] == 1e-5
    assert record.settings["weak"]["train"]["schedule"] == "linear"


def test_failures_are_told_by_row(done: Results, caplog: pytest.LogCaptureFixture) -> None:
    assert list(done.failures) == [f"broken: toy-xs -> toy-l, naive, seed {seed}" for seed in (0, 1)]
    assert all("the loss is" in why for why in done.failures.values())
    assert outgrow.read_results(done.store).failures == done.failures
    outgrow.run("toy", seeds=[0], set={**SMALL, "strong.train.learning_rate": 3e37}, store=done.store)
    assert [record.getMessage() for record in caplog.records] == ["1 of 1 runs failed: see .failures"]


def test_results_as_text(done: Results) -> None:
    first, names, *body, failed, other = repr(done).splitlines()
    assert first == f"4 results, pooled over seeds into 2, in {done.store}"
    assert names.split("  ")[0] == "experiment"
    assert len(body) == 2
    assert body[0].split()[:4] == ["<b>small</b>", "toy-xs", "toy-l", "naive"]
    assert len({line.rstrip().rindex(" ") for line in [names, *body]}) == 1, "the verdicts stand below each other"
    assert failed.startswith("failed: broken: toy-xs -> toy-l, naive, seed 0: train toy-l on ")
    assert other.startswith("failed: broken: toy-xs -> toy-l, naive, seed 1: train toy-l on ")
    same = replace(done, records=[replace(one, failure="no") for one in done.records])
    assert repr(same).splitlines()[-1] == "failed: <b>small</b>: toy-xs -> toy-l, naive, seed 0 and 3 more: no"
    nothing = Results(store=done.store, records=[])
    assert repr(nothing) == f"0 results, in {done.store}"


class Page(html.parser.HTMLParser):
    """Collects tags, texts and styles, and that every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.styles = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.append(tag)
        self.styles += "".join(str(value) for name, value in attributes if name == "style")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_results_in_a_notebook(done: Results) -> None:
    """A small table of its own, whose colours are the page's: readable in the dark too; everything is escaped."""
    page = Page(done._repr_html_())
    assert page.tags.count("tr") == 3
    assert "<b>small</b>" in page.texts
    assert "b" not in page.tags
    assert {"img", "script", "link"}.isdisjoint(page.tags)
    assert "#" not in page.styles
    assert "rgb" not in page.styles
    assert page.styles.count("background:none") == 4
    assert any(text.startswith("failed: ") for text in page.texts)
    assert "table" not in Page(Results(store=done.store, records=[])._repr_html_()).tags


def test_many_results_are_cut_short(done: Results) -> None:
    def like(record: Record, number: int) -> Record:
        return replace(record, row=replace(record.row, experiment=f"e{number}"), identity=str(number))

    many = Results(store=done.store, records=[like(done.records[0], i) for i in range(MOST + 3)])
    assert Page(many._repr_html_()).tags.count("tr") == MOST + 1
    said = "... and 3 more: .groups has all, .rows(group=True) as plain rows"
    assert repr(many).splitlines()[-1] == said
    assert said in Page(many._repr_html_()).texts


def test_results_as_data(done: Results) -> None:
    rows, pooled = done.rows(), done.rows(group=True)
    assert [row["seed"] for row in rows] == [0, 1, 0, 1]
    assert [row["seeds"] for row in pooled] == [[0, 1], [0, 1]]
    assert {"student_score_low", "student_score_high", "strong.train.learning_rate"} <= pooled[0].keys()
    table = done.to_arrow()
    assert table.to_pylist() == rows
    assert done.to_arrow(group=True).column("seeds").to_pylist() == [[0, 1], [0, 1]]
    if find_spec("pandas"):
        pytest.skip("pandas is installed: the next test looks at it")
    with pytest.raises(ConfigError, match=r"a data frame needs pandas: pip install pandas; .rows\(\) needs nothing"):
        done.to_pandas()


def test_results_as_a_data_frame(done: Results) -> None:
    pandas = pytest.importorskip("pandas")
    frame = done.to_pandas(group=True)
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame["experiment"]) == ["<b>small</b>", "broken"]


def test_a_mistyped_store_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = outgrow.Store("typo")
    assert store.keys() == set()
    for ask in (
        lambda: outgrow.read_results("typo"), lambda: outgrow.read_results(store), lambda: outgrow.read_records(store),
        store.manifests, store.verify, store.rebuild, lambda: collect_garbage(store, set(), dry_run=True),
        lambda: Store.existing("typo"),
    ):  # fmt: skip
        with pytest.raises(StoreError, match="no store at 'typo'; `outgrow run quickstart --store typo` makes one"):
            ask()
    assert list(tmp_path.iterdir()) == []
    store.write_result("row", {})
    assert (tmp_path / "typo" / "artefacts").is_dir()


def test_run_experiments_takes_experiments_and_a_store(toy: Toy, store: Store) -> None:
    wrong: Any = "toy"
    with pytest.raises(ConfigError, match=r"takes a list of Experiment values, not 'toy'; outgrow.run takes names"):
        outgrow.run_experiments(wrong, store)
    wrong = str(store.root)
    with pytest.raises(ConfigError, match=r"takes a store, not '.*': write open_store\('"):
        outgrow.run_experiments(toy(), wrong)


def test_what_there_is_can_be_seen() -> None:
    estimators = ["WeakToStrongClassifier", "WeakToStrongRewardModel"]  # they need an extra, and `import *` does not
    assert dir(outgrow) == sorted([*outgrow.__all__, *estimators, "__version__"])
    assert {"run", "read_results", "import_file", "Results", "Experiment", "Store"} <= set(dir(outgrow))
    for name in outgrow.__all__:
        assert getattr(outgrow, name).__doc__, name
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert outgrow.__version__ == project["version"]
    done = subprocess.run([sys.executable, "-m", "outgrow", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"outgrow {outgrow.__version__}\n"


def test_every_order_is_that_of_the_terminal(done: Results) -> None:
    from outgrow.results.columns import in_order

    results = replace(done, records=done.records[::-1])
    assert len(results.groups) > 1
    assert results.groups == in_order(results.groups) == done.groups
    assert results.rows() == done.rows()
    assert repr(results) == repr(done)
