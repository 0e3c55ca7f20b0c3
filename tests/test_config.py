"""Reading experiments: precedence, sweeps, and errors that name the value, the choices, the cure, and the line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outgrow import experiment
from outgrow.config import expand, read_experiments, seeds_from, shipped_experiments
from outgrow.errors import ConfigError, UnknownName
from outgrow.experiment import Experiment
from outgrow.steps import Steps

Toy = Callable[..., list[Experiment]]
Toml = Callable[..., str]


# Values and where they come from


def test_defaults_are_resolved(toy: Toy) -> None:
    one = toy("method.name=naive")[0]
    assert one.split.seed == 0
    assert one.strong.train.batch_size == 32
    assert one.metric == "accuracy"
    train = one.identity()["strong"]["train"]
    assert one.identity() == {
        "task": {"name": "toy", "n": 400, "classes": 2, "noise": 0.05, "seed": 0},
        "split": {"supervisor": 60, "transfer": 60, "validation": 30, "test": 100, "pool": 0, "seed": 0},
        "weak": {"name": "model", "role": {"model": {"family": "toy", "view": 0}, "train": train}},
        "strong": {
            "model": {"family": "toy", "view": 3},
            "train": {
                "epochs": 2, "batch_size": 32, "learning_rate": 0.03, "schedule": "constant", "warmup": 0.0,
                "max_grad_norm": 1.0, "weight_decay": 0.0, "dropout": False, "evaluations": 2, "optimizer": "adam",
                "l2": 0.1, "keep": "last",
            },
        },
        "method": {"name": "naive", "labels": "soft"},
        "metric": "accuracy",
    }  # fmt: skip


def test_set_beats_the_role_table_beats_train_beats_the_default(document: dict[str, Any]) -> None:
    document["strong"]["train"] = {"epochs": 7}

    def epochs(*settings: str) -> tuple[int, int]:
        one = expand(document, name="x", settings=settings)[0]
        return one.weak.roles[0].train.epochs, one.strong.train.epochs

    assert epochs() == (2, 7)
    assert epochs("train.epochs=3") == (3, 7)
    assert epochs("strong.train.epochs=4") == (2, 4)
    del document["train"]
    assert epochs() == (5, 7)


def test_train_beats_what_the_model_would_choose(document: dict[str, Any]) -> None:
    """Word vectors would train for 20 epochs of 128 rows at 1e-2; [train] says 2 epochs at 3e-2, [strong.train] 64."""
    document["strong"] = {"model": "glove-50d", "train": {"batch_size": 64}}
    one = expand(document, name="x")[0]
    assert (one.weak.roles[0].train.batch_size, one.weak.roles[0].train.schedule) == (32, "constant")
    strong = one.strong.train
    assert (strong.epochs, strong.learning_rate, strong.batch_size, strong.schedule) == (2, 0.03, 64, "cosine")


def test_set_beats_the_sweep(document: dict[str, Any]) -> None:
    document["sweep"]["train.epochs"] = [1, 2, 3]
    assert len(expand(document, name="x")) == 6
    assert {one.strong.train.epochs for one in expand(document, name="x")} == {1, 2, 3}
    found = expand(document, name="x", settings=["train.epochs=9", "method.name=naive"])
    assert [(one.strong.train.epochs, one.method.name) for one in found] == [(9, "naive")]


def test_set_beats_a_swept_table(document: dict[str, Any]) -> None:
    document["sweep"] = {"train": [{"epochs": 1}, {"epochs": 2}]}
    found = expand(document, name="x", settings=["train.batch_size=8"])
    assert [(one.strong.train.epochs, one.strong.train.batch_size) for one in found] == [(1, 8), (2, 8)]


def test_set_can_change_the_sweep_itself(toy: Toy) -> None:
    assert [one.method.name for one in toy('sweep.method.name=["bootstrapping"]')] == ["bootstrapping"]
    assert [one.seed for one in toy("method.name=naive", "sweep.seeds=[4, 5]")] == [4, 5]


def test_set_reads_toml_values_and_bare_words(toy: Toy) -> None:
    assert toy("method.name=naive", "task.noise=0.25")[0].task.identity()["noise"] == 0.25
    assert toy("method.name = naive")[0].method.name == "naive"
    assert toy('method.name="naive"')[0].method.name == "naive"
    assert toy("method.name=bootstrapping", 'method.sizes=["toy-s"]')[0].method.identity()["sizes"] == ("toy-s",)


def test_seeds_asked_for_beat_the_files(document: dict[str, Any]) -> None:
    document["sweep"]["seeds"] = [0, 1]
    assert [one.seed for one in expand(document, name="x", settings=["method.name=naive"])] == [0, 1]
    assert [one.seed for one in expand(document, name="x", settings=["method.name=naive"], seeds=[7])] == [7]
    assert seeds_from("0,1, 2") == [0, 1, 2]


def test_a_sweep_makes_every_combination(document: dict[str, Any]) -> None:
    document["sweep"] |= {"split.supervisor": [20, 30], "seeds": [0, 1, 2]}
    found = expand(document, name="x")
    assert len(found) == len({(one.method.name, one.split.supervisor, one.seed) for one in found}) == 12


def test_what_a_sweep_shares_is_made_once_and_what_differs_is_not(document: dict[str, Any]) -> None:
    document["sweep"] = {"strong.train.l2": [1, 1.0, 2], "strong.model": ["toy-m", "toy-l"], "task.noise": [0.1, 0.2]}
    found = expand(document, name="x")
    assert len(found) == 8  # 1 and 1.0 are one penalty
    assert len({id(one.weak) for one in found}) == 1
    assert {(one.strong.model.name, one.strong.train.l2, one.task.noise) for one in found} == {  # type: ignore[attr-defined]
        (model, l2, noise) for model in ("toy-m", "toy-l") for l2 in (1.0, 2.0) for noise in (0.1, 0.2)
    }


def test_a_sweep_skips_weak_models_larger_than_the_strong(document: dict[str, Any]) -> None:
    document["sweep"] = {"weak.model": ["toy-xs", "toy-m"], "strong.model": ["toy-s", "toy-m"]}
    pairs = [(one.weak.roles[0].model.name, one.strong.model.name) for one in expand(document, name="x")]
    assert pairs == [("toy-xs", "toy-s"), ("toy-xs", "toy-m"), ("toy-m", "toy-m")]


def test_the_document_is_not_changed(document: dict[str, Any]) -> None:
    import copy

    before = copy.deepcopy(document)
    expand(document, name="x", settings=["weak.train.epochs=1", "sweep.seeds=[1]"])
    assert document == before


def test_a_files_name_names_its_experiments(toml: Toml) -> None:
    assert {one.name for one in read_experiments(toml(name="mine"))} == {"mine"}


# Mistakes in a file: line, value, choices, cure

MISTAKES = [
    (('name = "toy"', 'name = "toyy"'), "line 3: unknown task 'toyy'; did you mean 'toy'? (outgrow list tasks)"),
    (('name = "toy"', "name = 3"), "line 3: [task] needs name = \"...\" (outgrow list tasks)"),
    (("n = 400", "n = 4"), "line 4: task.n = 4: input should be greater than or equal to 10"),
    (("n = 400", "m = 400"), "line 4: unknown key 'task.m'; known: n, classes, noise, seed"),
    (("n = 400", "sede = 1"), "line 4: unknown key 'task.sede'; did you mean 'seed'?"),
    (("transfer = 60\n", ""), "line 6: [split] needs transfer"),
    (("test = 100", "test = 0"), "line 10: models are scored on the test examples: at least one is needed"),
    (("test = 100", 'test = "many"'), "line 10: split.test = 'many': input should be a valid integer"),
    (('"toy-xs"', '"toy-xxs"'), "line 13: unknown model 'toy-xxs'; did you mean 'toy-xs'? (outgrow list models)"),
    (('model = "toy-xs"', ""), 'line 12: [weak] needs model = "..." (outgrow list models)'),
    (('model = "toy-l"', 'model = "toy-l"\nsize = 3'), "line 17: unknown key 'strong.size'; known: model, train"),
    (("epochs = 2", "epoch = 2"), "line 19: unknown key 'train.epoch'; did you mean 'epochs'?"),
    (("epochs = 2", "epochs = 2.5"), "line 19: train.epochs = 2.5: input should be a valid integer"),
    (("epochs = 2", "epochs = true"), "line 19: train.epochs = True: input should be a valid integer"),
    (("3e-2", "0"), "line 20: train.learning_rate = 0: input should be greater than 0"),
    (("3e-2", "inf"), "line 20: train.learning_rate = inf: input should be a finite number"),
    (("epochs = 2", 'schedule = "cos"'), "line 19: train.schedule = 'cos': input should be 'constant', 'li"),
    (("[train]", "[weak.train]\nepochs = 0\n[train]"), "line 19: weak.train.epochs = 0: "),
    (("[sweep]", "[train]"), "is not valid TOML: "),
    (("n = 400", "n = "), "is not valid TOML: "),
    (("epochs = 2", "[weak.train]\nwarmup = 1\n"), "line 20: weak.train.warmup = 1: input should be less than 1"),
    (("[train]\nepochs = 2", "[trian]\nepochs = 2"), "line 18: unknown key 'trian'; did you mean 'train'?"),
    (("[task]", "metric = 3\n[task]"), "line 2: metric must be a name, not 3 (outgrow list metrics)"),
    (("[task]", 'metric = "acuracy"\n[task]'), "line 2: unknown metric 'acuracy'; did you mean 'accuracy'?"),
    (("[train]", "[strong.train]\nwarmup = 1\n[train]"), "line 19: strong.train.warmup = 1: "),
    (('"toy-l"', '"toy-l"\ntrain = 5'), "line 17: [strong.train] must be a table, not 5"),
    (('"naive", "confidence"]', '"naive", "confidense"]'), "line 24: unknown method 'confidense'; did you mean"),
    (('["naive", "confidence"]', '"naive"'), "line 24: [sweep] 'method.name' must be a list of values, not 'naive'"),
    (('["naive", "confidence"]', "[]"), "line 24: [sweep] 'method.name' must be a list of values, not []"),
    (("[sweep]", "[sweep]\nseeds = 3"), "line 24: seeds must be a list of whole numbers from 0, not 3"),
    (("[sweep]", "[sweep]\nseeds = [-1]"), "line 24: seeds must be a list of whole numbers from 0, not [-1]"),
    (("[sweep]", "[sweep]\nseeds = []"), "line 24: seeds must be a list of whole numbers from 0, not []"),
    (("[sweep]", "[sweep]\nseeds = [true]"), "line 24: seeds must be a list of whole numbers from 0, not [True]"),
    (("[sweep]", "[sweep]\nseeds = [1, 2, 1]"), "line 24: a seed is given twice in [1, 2, 1]"),
    (('[sweep]\n"method.name" = ["naive", "confidence"]', '[method]\nname = "naive"\n[sweep]\n"method.name" = ["x"]'),
     "line 26: unknown method 'x'"),
    (("[sweep]", '[sweep]\n"metod.name" = ["x"]'), "unknown key 'metod'; did you mean 'method'?"),
    (('"method.name" = ["naive", "confidence"]', '[method]\nname = "confidence"\nalpha = 1.5'),
     "line 26: method.alpha = 1.5: input should be less than or equal to 1"),
    (('"method.name" = ["naive", "confidence"]', '[method]\nname = "x"'), "line 25: unknown method 'x'; known: "),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "message"), MISTAKES)
def test_a_mistake_is_named_with_its_line_and_cure(toml: Toml, mistake: tuple[str, str], message: str) -> None:
    path = toml(mistake)
    with pytest.raises(ConfigError) as caught:
        read_experiments(path)
    assert str(caught.value).startswith(path)
    assert message in str(caught.value)


@pytest.mark.parametrize("table", ["task", "split", "weak", "strong"])
def test_a_missing_table_is_named(document: dict[str, Any], table: str) -> None:
    del document[table]
    with pytest.raises(ConfigError, match=rf"the table \[{table}\] is missing"):
        expand(document, name="x")


@pytest.mark.parametrize("table", ["task", "split", "weak", "strong", "train", "sweep"])
def test_a_value_in_place_of_a_table_is_named(document: dict[str, Any], table: str) -> None:
    document.pop("sweep")
    document[table] = 5
    with pytest.raises(ConfigError, match=rf"\[{table}\] must be a table, not 5"):
        expand(document, name="x")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["train.epochs"], "--set 'train.epochs': write table.key=value, for example --set method.alpha=0.5"),
        (["=5"], "--set '=5': write table.key=value"),
        (["trian.epochs=1"], "unknown key 'trian'; did you mean 'train'?"),
        (["method.name=confidense"], "--set method.name: unknown method 'confidense'; did you mean 'confidence'?"),
        (["train.epochs=many"], "--set train.epochs: train.epochs = 'many': input should be a valid integer"),
        (["method.name=naive", "method.alpha=0.5"], "--set method.alpha: unknown key 'method.alpha'; known: labels"),
        (["task.name.first=x"], "'task.name.first' cannot be set: 'name' is not a table"),
    ],
)
def test_a_mistake_in_a_setting_is_named(toy: Toy, settings: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        toy(*settings)
    assert message in str(caught.value)


def test_a_weak_model_larger_than_the_strong_is_named(toy: Toy) -> None:
    with pytest.raises(ConfigError, match=r"'toy-l' is larger than the strong one 'toy-s' .*swap \[weak\]"):
        toy("method.name=naive", "weak.model=toy-l", "strong.model=toy-s")


def test_a_sweep_of_nothing_but_backward_pairs_is_an_error(document: dict[str, Any]) -> None:
    document["sweep"] = {"weak.model": ["toy-m", "toy-l"], "strong.model": ["toy-xs"]}
    with pytest.raises(ConfigError, match="larger than the strong one"):
        expand(document, name="x")


def test_a_pool_that_is_too_small_is_an_error(toy: Toy) -> None:
    with pytest.raises(ConfigError, match=r"split.pool = 119 is smaller than supervisor \+ transfer = 120; make it"):
        toy("split.pool=119")
    assert toy("split.pool=120")[0].split.pool == 120


@pytest.mark.parametrize(
    ("train", "message"), [("{epochs = 3}", "'labels' is not trained; leave"), ("5", "must be a table, not 5")]
)
def test_labels_out_of_a_file_are_not_trained(toy: Toy, train: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        toy(f'weak={{model = "labels", path = "x.csv", train = {train}}}')


def test_labels_out_of_a_file_cannot_be_the_student(toy: Toy) -> None:
    with pytest.raises(ConfigError, match="'labels' cannot learn; choose a model to train"):
        toy('strong={model = "labels", path = "x.csv"}')


def test_a_model_that_cannot_learn_such_tasks_is_named(toy: Toy) -> None:
    preference = 'task={name = "csv", path = "x.csv", kind = "preference", chosen = "a", rejected = "b"}'
    with pytest.raises(ConfigError, match="'toy-xs' cannot learn preference tasks such as 'csv', only classification"):
        toy(preference)


def test_an_unknown_experiment_names_the_shipped_ones() -> None:
    shipped = ", ".join(shipped_experiments())
    assert shipped.startswith("boolq-qwen, chess-lm, chess, ")
    with pytest.raises(ConfigError, match=rf"no experiment 'toyy'.* {shipped} \(outgrow list experiments\)"):
        read_experiments("toyy")


def test_a_file_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes(b'about = "caf\xe9"')
    with pytest.raises(ConfigError, match=r"cannot read .*latin.toml.*not UTF-8.*byte 12, in line 1, is 0xe9"):
        read_experiments(str(path))


@pytest.mark.parametrize(
    "settings",
    [
        ["train.lr=1e-3", "unknown key 'train.lr'; did you mean 'learning_rate'?"],
        ["train.n_epochs=3", "did you mean 'epochs'?"],
        ["train.bs=3", "did you mean 'batch_size'?"],
        ["train.wd=3", "did you mean 'weight_decay'?"],
        ["train.LR=3", "did you mean 'learning_rate'?"],
        ["lr=1e-3", "did you mean 'train.learning_rate'?"],
        ["strong.epochs=3", "did you mean 'strong.train.epochs'?"],
        ['strong={model="toy-l", trian={epochs=2}}', "unknown key 'strong.trian'; did you mean 'train'?"],
        ["seed=3", "did you mean 'sweep.seeds'?"],
        ["train.seed=3", "did you mean 'sweep.seeds'?"],
        ["task.test=3", "did you mean 'split.test'?"],
        ["train.device=cuda", "that is an option of the command: --device"],
        ["model=toy-s", "did you mean 'weak.model' or 'strong.model'?"],
        ["method.name=[naive,confidence]", """write --set 'sweep.method.name=["naive","confidence"]'"""],
        [
            'method.name=["naive","confidence"]',
            """one name; to run several, one after the other, sweep them: --set 'sweep.""",
        ],
        [
            "train.learning_rate=[1e-3,1e-4]",
            "is one value; to run several, one after the other, sweep them: --set 'sweep.",
        ],
        ["strong.model=roberta-base", 'model = "transformer" (or "vision"), path = "roberta-base"'],
        ["task.name=reviews.csv", "unknown task 'reviews.csv'; for a table of your own: name = "],
        ["task.name={x", "lists and tables are TOML, with texts in quotes"],
        ["task.n=" + "9" * 5000, "a number has thousands of digits"],
        ["task.n=" + "9" * 30, "is too large; whole numbers are below"],
        ["task.n=" + "[" * 3000, "nested too deeply"],
        [".".join("a" * 3000) + "=1", "unknown key"],
        ["sweep.seeds=[18446744073709551615]", "too large"],
        ["task.=1", "ends in a dot"],
    ],
)
def test_what_is_meant_is_said(toy: Toy, settings: list[str]) -> None:
    setting, message = settings
    with pytest.raises(ConfigError) as caught:
        toy(setting)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_whole_table_that_is_set_beats_what_of_it_is_swept(toy: Toy) -> None:
    assert [one.method.name for one in toy("method=naive")] == ["naive"]


INLINE = """# n = 3
about = "a = b [c]"
task = { name = "toy", "n" = 400 }
split = { supervisor = 60, transfer = [60][0], test = 100 }
weak = { model = "toy-xs" }
strong = { model = "toy-l", train.epochs = 2 }
[sweep]
method = [
    "naive",
    { name = "confidence", alpha = 0.5 },
]
""".replace("[60][0]", "60")


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (('"n" =', '"m" ='), "line 3: unknown key 'task.m'"),
        (("supervisor =", "supervisr ="), "line 4: unknown key 'split.supervisr'"),
        (("epochs = 2", "epochs = 0"), "line 6: strong.train.epochs = 0"),
        (("alpha =", "alfa ="), "line 10: unknown key 'method.alfa'; did you mean 'alpha'?"),
        (('"naive"', '"naiv"'), "line 8: unknown method 'naiv'"),
    ],
)
def test_lines_are_named_in_tables_of_one_line_too(tmp_path: Path, mistake: tuple[str, str], message: str) -> None:
    path = tmp_path / "inline.toml"
    path.write_text(INLINE)
    assert len(read_experiments(str(path))) == 2
    path.write_text(INLINE.replace(*mistake))
    with pytest.raises(ConfigError) as caught:
        read_experiments(str(path))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (INLINE.encode("utf-16"), r"is UTF-16 text \(Windows calls it Unicode\); save it as UTF-8"),
        (INLINE.encode("utf-16-le"), "is UTF-16 text"),
        (b"n = " + b"9" * 5000, "a number has thousands of digits"),
        (b"n = " + b"[" * 3000 + b"]" * 3000, "nested too deeply"),
        (b'p = "C:\\data"', "a backslash is written twice"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "one.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        read_experiments(str(path))


def test_files_of_windows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "one.toml"
    path.write_bytes(INLINE.replace("\n", "\r\n").encode("utf-8-sig"))
    assert len(read_experiments(str(path))) == 2


def test_names_that_are_no_files(tmp_path: Path, toml: Toml, monkeypatch: pytest.MonkeyPatch) -> None:
    toml(name="mine")
    monkeypatch.chdir(tmp_path)
    for source, message in (
        ("mine", "did you mean 'mine.toml'?"), ("miin.toml", "did you mean 'mine.toml'?"),
        ("tyo", "did you mean 'toy'?"),
        (".", "is a folder: name a TOML file in it, such as mine.toml"), ("x" * 300, "file name too long"),
    ):  # fmt: skip
        with pytest.raises(ConfigError) as caught:
            read_experiments(source)
        assert message in str(caught.value)


@pytest.mark.parametrize("text", ["0,x", "", "1;2", "1.5"])
def test_seeds_that_are_no_numbers_are_an_error(text: str) -> None:
    with pytest.raises(ConfigError, match=r"--seeds .*write whole numbers with commas between, such as 0,1,2"):
        seeds_from(text)


@pytest.mark.parametrize(("seeds", "message"), [([-1], "from 0"), ([1, 1], "given twice"), ([], "list")])
def test_bad_seeds_are_an_error(toy: Toy, seeds: list[int], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        toy(seeds=seeds)


def test_unknown_names_have_a_type_of_their_own(toy: Toy) -> None:
    with pytest.raises(UnknownName):
        toy("weak.model=toy-xxl")


# Keys

GOLDEN = "7c4c27245180d5196ca337b4666fab9e2151deecaa684cd49a0d5520b445fc0b"


def test_golden_key(toy: Toy) -> None:
    """A changed key makes everyone's finished steps worthless: change it only with a reason for the log."""
    (one,) = toy("method.name=confidence", seeds=[3])
    assert experiment.run(one, Steps()).key == GOLDEN
