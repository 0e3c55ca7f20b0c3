"""Mistakes that new users make: a command, and what it says. The test runs them all, docs/mistakes.md shows some."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROWS = 300
REVIEWS = [(f"r{i}", f"film {i} was {('great', 'dull')[i % 2]}", ("fresh", "rotten")[i % 2]) for i in range(ROWS)]
EXPERIMENT = """
[task]
name = "csv"
path = "reviews.csv"
text = "text"
label = "label"
id = "id"

[split]
supervisor = 40
transfer = 40
validation = 20
test = 60

[weak]
model = "toy-xs"

[strong]
model = "toy-l"
"""


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One command that is wrong.

    Args:
        about: the mistake, as a heading.
        command: arguments of `outgrow`.
        says: parts of the one message.
        shown: whether docs/mistakes.md shows it.
        prepare: makes further files.
    """

    about: str
    command: tuple[str, ...]
    says: tuple[str, ...]
    shown: bool = False
    prepare: Callable[[Path], object] = lambda folder: None


def make_files(folder: Path) -> None:
    """A table of reviews, an experiment on it, and labels."""
    lines = [",".join(row) for row in REVIEWS]
    (folder / "reviews.csv").write_text("\n".join(["id,text,label", *lines]) + "\n")
    (folder / "reviews.toml").write_text(EXPERIMENT)
    (folder / "labels.csv").write_text("id,label\n" + "".join(f"{id},{label}\n" for id, _, label in REVIEWS))


def rewrite(name: str, *changes: tuple[str, str]) -> Callable[[Path], object]:
    """A file with texts replaced."""

    def change(folder: Path) -> None:
        text = (folder / name).read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (folder / name).write_text(text)

    return change


def written(name: str, content: str | bytes) -> Callable[[Path], object]:
    """A file of its own."""
    return lambda folder: (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def sparse(folder: Path) -> None:
    """Labels in one row of five."""
    lines = [f"{id},{text},{label if i % 5 == 0 else ''}" for i, (id, text, label) in enumerate(REVIEWS)]
    (folder / "reviews.csv").write_text("\n".join(["id,text,label", *lines]) + "\n")


def excel(folder: Path) -> None:
    """What a spreadsheet program writes, as far as it matters."""
    with zipfile.ZipFile(folder / "reviews.xlsx", "w") as file:
        for name in ("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"):
            file.writestr(name, "<xml/>")


def toy(*settings: str) -> tuple[str, ...]:
    """`outgrow run toy` with settings."""
    return ("run", "toy", *(part for one in settings for part in ("--set", one)))


def reviews(*settings: str) -> tuple[str, ...]:
    """`outgrow run reviews.toml` with settings."""
    return ("run", "reviews.toml", *toy(*settings)[2:])


LABELS = 'weak={model = "labels", path = "labels.csv"}'
MISTAKES = [
    # names
    Mistake(about="A shipped experiment's name is misspelt", command=("run", "quikstart"),
            says=("no experiment 'quikstart'", "did you mean 'quickstart'?", "(outgrow list experiments)"), shown=True),
    Mistake(about="The file's `.toml` is left out", command=("run", "reviews"), says=("did you mean 'reviews.toml'?",)),
    Mistake(about="A folder in place of a file", command=("run", "."), says=("'.' is a folder", "reviews.toml")),
    Mistake(about="A learning rate is called `lr`", command=toy("train.lr=1e-3"),
            says=("unknown key 'train.lr'; did you mean 'learning_rate'?",), shown=True),
    Mistake(about="Epochs are called `n_epochs`", command=toy("train.n_epochs=3"), says=("did you mean 'epochs'?",)),
    Mistake(about="A key without its table", command=toy("epochs=3"), says=("did you mean 'train.epochs'?",),
            shown=True),
    Mistake(about="Epochs of one role stand in the wrong table", command=toy("strong.epochs=3"),
            says=("did you mean 'strong.train.epochs'?",)),
    Mistake(about="The seed is set among the training's settings", command=toy("train.seed=1"),
            says=("did you mean 'sweep.seeds'?",)),
    Mistake(about="`--seed` in place of `--seeds`", command=("run", "toy", "--seed", "0"),
            says=("No such option: --seed", "--seeds")),
    Mistake(about="A range of seeds", command=("run", "toy", "--seeds", "0-4"),
            says=("--seeds '0-4': write whole numbers with commas between, such as 0,1,2",)),
    Mistake(about="The device in the experiment", command=toy("train.device=cpu"),
            says=("that is an option of the command: --device",)),
    Mistake(about="A method's name is misspelt", command=toy("method.name=confidense"),
            says=("unknown method 'confidense'; did you mean 'confidence'?",)),
    Mistake(about="Several methods without quotes", command=toy("method.name=[naive,confidence]"),
            says=("to run several, one after the other", """--set 'sweep.method.name=["naive","confidence"]'"""),
            shown=True),
    Mistake(about="Several methods in one setting", command=toy('method.name=["naive","confidence"]'),
            says=("method.name is one name", """--set 'sweep.method.name=["naive","confidence"]'""")),
    Mistake(about="Several learning rates in one setting", command=toy("train.learning_rate=[1e-3,1e-4]"),
            says=("train.learning_rate is one value", "--set 'sweep.train.learning_rate=[0.001,0.0001]'"), shown=True),
    Mistake(about="Several models in one setting", command=toy('strong.model=["toy-m","toy-l"]'),
            says=("strong.model is one name", """sweep.strong.model=["toy-m","toy-l"]""")),
    Mistake(about="An option of another method", command=toy("method=naive", "method.alpha=0.5"),
            says=("unknown key 'method.alpha'; known: labels",)),
    Mistake(about="A model of the hub by its name", command=toy("strong.model=roberta-base"),
            says=("unknown model 'roberta-base'", 'model = "transformer"', 'path = "roberta-base"'), shown=True),
    Mistake(about="A file as a task", command=toy("task.name=reviews.csv"),
            says=("unknown task 'reviews.csv'", 'name = "csv", path = "reviews.csv"'), shown=True),
    Mistake(about="The weak model is the larger one", command=toy("weak.model=toy-l", "strong.model=toy-s"),
            says=("is larger than the strong one", "swap [weak] and [strong]"), shown=True),
    Mistake(about="A metric is misspelt", command=toy("metric=acuracy"), says=("did you mean 'accuracy'?",)),
    Mistake(about="An executor that there is not", command=("run", "toy", "--executor", "parallel"),
            says=("unknown executor 'parallel'", "processes", "serial")),
    Mistake(about="A setting without a value", command=toy("train.epochs"), says=("write table.key=value",)),
    Mistake(about="A number that is a text", command=toy("train.epochs=many"),
            says=("train.epochs = 'many': input should be a valid integer",)),
    Mistake(about="A value out of range", command=toy("train.warmup=100"), says=("input should be less than 1",)),
    Mistake(about="A backslash in a path", command=("run", "windows.toml"), shown=True,
            says=("windows.toml is not valid TOML", "a backslash is written twice"),
            prepare=written("windows.toml", EXPERIMENT.replace("reviews.csv", "C:\\Users\\me\\reviews.csv"))),
    Mistake(about="A file in UTF-16", command=("run", "utf16.toml"), says=("is UTF-16 text", "save it as UTF-8"),
            prepare=written("utf16.toml", EXPERIMENT.encode("utf-16"))),
    Mistake(about="A key is misspelt in a file", command=("run", "reviews.toml"),
            shown=True, says=("reviews.toml, line 10: unknown key 'split.supervisr'; did you mean 'supervisor'?",),
            prepare=rewrite("reviews.toml", ("supervisor = 40", "supervisr = 40"))),
    Mistake(about="A table of one line", command=("run", "reviews.toml"),
            says=("reviews.toml, line 2: unknown key 'split.supervisr'; did you mean 'supervisor'?",),
            prepare=rewrite("reviews.toml",
                            ("[split]\nsupervisor = 40\ntransfer = 40\nvalidation = 20\ntest = 60\n", ""),
                            ("\n[task]", "\nsplit = { supervisr = 4, transfer = 4, test = 6 }\n[task]"))),
    # other languages, other tools
    Mistake(about="Two settings after one `--set`", command=("run", "toy", "--set", "train.epochs=3", "train.l2=1"),
            says=("'train.l2=1' is no experiment", "each setting has its own --set: --set train.l2=1")),
    Mistake(about="Two settings with a comma between", command=toy("train.epochs=3,train.batch_size=16"),
            says=("--set train.epochs=3 --set train.batch_size=16",)),
    Mistake(about="Two experiments with a comma between", command=("run", "toy,digits"),
            says=("no experiment 'toy,digits'", "spaces between: toy digits")),
    Mistake(about="A model in place of its table", command=toy("strong=toy-l"),
            says=("[strong] must be a table, not 'toy-l'; write strong.model = 'toy-l'",)),
    Mistake(about="A share of the examples", command=toy("split.test=0.2"),
            says=("split.test = 0.2", "write how many, not which share")),
    Mistake(about="One value to sweep", command=toy("sweep.train.epochs=3"),
            says=("must be a list of values, not 3; write [3]",)),
    Mistake(about="Several metrics in one setting", command=toy('metric=["accuracy","brier"]'),
            says=("""--set 'sweep.metric=["accuracy","brier"]'""",)),
    Mistake(about="F1 without saying of what", command=toy("metric=f1"),
            says=("unknown metric 'f1'; did you mean 'macro_f1'?",)),
    Mistake(about="An optimizer of another name", command=toy("train.optimizer=AdamW"),
            says=("input should be 'adam' or 'lbfgs'; did you mean 'adam'?",)),
    Mistake(about="The loss of another project", command=toy("method=logconf"),
            says=("unknown method 'logconf'; did you mean 'confidence'?",)),
    Mistake(about="A probe of another name", command=("run", "text-offline", "--set", "strong.training=linear_probe"),
            says=("input should be 'full', 'lora' or 'probe'; did you mean 'probe'?",)),
    Mistake(about="The table in place of the experiment", command=("run", "reviews.csv"),
            says=("reviews.csv is not valid TOML", 'name = "csv", path = "reviews.csv"')),
    Mistake(about="An experiment in YAML", command=("run", "mine.yaml"), says=("a TOML file, not YAML",),
            prepare=written("mine.yaml", "task:\n  name: toy\n")),
    Mistake(about="An experiment in JSON", command=("run", "mine.json"), says=("a TOML file, not JSON",),
            prepare=written("mine.json", '{"task": {"name": "toy"}}')),
    Mistake(about="A colon for an equals sign", command=("run", "m.toml"), says=("write key = value",),
            prepare=written("m.toml", EXPERIMENT.replace('model = "toy-l"', "model: toy-l"))),
    Mistake(about="A text without quotes", command=("run", "m.toml"), says=('a text stands in quotes: "toy-l"',),
            prepare=written("m.toml", EXPERIMENT.replace('"toy-l"', "toy-l"))),
    Mistake(about="Quotes of a word processor", command=("run", "m.toml"), says=("quotes are straight",),
            prepare=written("m.toml", EXPERIMENT.replace('"toy-l"', "\u201ctoy-l\u201d"))),
    Mistake(about="`True` of Python", command=("run", "m.toml"), says=("line 22", "write true"),
            prepare=written("m.toml", EXPERIMENT + "\n[train]\ndropout = True\n")),
    Mistake(about="`None` of Python", command=("run", "m.toml"), says=("leave the key out for its default",),
            prepare=written("m.toml", EXPERIMENT + "\n[train]\nepochs = None\n")),
    Mistake(about="A fraction", command=("run", "m.toml"), says=("TOML does not calculate",),
            prepare=written("m.toml", EXPERIMENT + "\n[train]\nwarmup = 1/2\n")),
    # what can be computed here
    Mistake(about="Workers without an executor", command=("run", "toy", "--workers", "4"),
            says=("the executor 'serial' uses one process", "--executor processes"), shown=True),
    Mistake(about="A device that is not there", command=("run", "toy", "--device", "mps"),
            says=("this machine has no device 'mps'; it has ",)),
    Mistake(about="A device of another name", command=("run", "toy", "--device", "gpu"), says=("'gpu'", "'cuda'")),
    Mistake(about="The solver for a model that has no probe", command=toy("train.optimizer=lbfgs"),
            says=('"lbfgs" only solves linear heads', 'training = "probe"')),
    Mistake(about="The solver with a loss of another form",
            command=toy("method=confidence", "strong.train.optimizer=lbfgs"),
            says=('"lbfgs" needs a convex loss', "'confidence'", 'use "adam"')),
    # data
    Mistake(about="A metric that needs more classes", command=toy("metric=top5_accuracy"),
            says=("the metric 'top5_accuracy' does not fit the task 'toy'", "needs 6 classes or more, not 2"),
            shown=True),
    Mistake(about="A metric for two classes", command=toy("metric=auroc", "task.classes=3"),
            says=("the metric 'auroc' does not fit", "is for 2 classes, not 3")),
    Mistake(about="A model that does not see such data", command=reviews(),
            says=("the model 'toy-xs' does not fit the task 'csv'", "the task has texts such as 'film ",
                  "(outgrow list models)")),
    Mistake(about="A model of texts for points", command=toy("strong.model=minilm-l6"),
            says=("the model 'minilm-l6' does not fit the task 'toy'", "reads texts, and the task has arrays of 4 ")),
    Mistake(about="A model of images for chess", command=("run", "quickstart", "--set", "weak.model=pixels"),
            says=("the model 'pixels@8' does not fit the task 'chess-puzzles'", "sees images")),
    Mistake(about="A model of chess for points", command=toy("weak.model=chess-xs", "strong.model=chess-l"),
            says=("the model 'chess-xs' does not fit the task 'toy'", "sees chess positions")),
    Mistake(about="More examples than there are", command=toy("task.n=200"),
            says=("the split asks for 1,000 examples (test 800, validation 200), but the task has 200",), shown=True),
    Mistake(about="Too large a pool", command=toy("split.pool=900"), says=("split.pool = 900 is smaller than",)),
    Mistake(about="The file of data is not there", command=reviews("task.path=review.csv"), says=("review.csv",)),
    Mistake(about="A column of another name", command=reviews("task.label=lable"),
            says=("has no column 'lable'; did you mean 'label'?",), shown=True),
    Mistake(about="No column for the label", command=("run", "reviews.toml"),
            says=("reviews.toml, line 2", 'needs label = "COLUMN"'),
            prepare=rewrite("reviews.toml", ('label = "label"\n', ""))),
    Mistake(about="A CSV file with semicolons", command=reviews(), says=(";",), shown=True,
            prepare=rewrite("reviews.csv", (",", ";"), ("film", "a, film"))),
    Mistake(about="An Excel file", command=reviews("task.path=reviews.xlsx"), says=("reviews.xlsx", "Excel"),
            prepare=excel, shown=True),
    Mistake(about="The column of texts as the label", command=reviews("task.label=text"), says=("text",)),
    Mistake(about="Most rows have no label", command=reviews(), says=("the split asks for ",), prepare=sparse,
            shown=True),
    Mistake(about="Labels of other ids", command=reviews(LABELS), says=("id",), shown=True,
            prepare=rewrite("labels.csv", ("r", "x"))),
    Mistake(about="The file of labels is not there", command=reviews(LABELS), says=("labels.csv",),
            prepare=lambda folder: os.remove(folder / "labels.csv")),
    Mistake(about="Labels of a class that there is not", command=reviews(LABELS), says=("'Rotten'", "fresh, rotten"),
            shown=True,
            prepare=rewrite("labels.csv", ("rotten", "Rotten"))),
    Mistake(about="Half of the labels are missing", command=reviews(LABELS), says=("no row for ",),
            prepare=lambda folder: (folder / "labels.csv").write_text("id,label\nr0,fresh\nr1,rotten\n")),
    Mistake(about="A pack that is not here", command=reviews("strong.model=no-such-model-3b"),
            says=("unknown model 'no-such-model-3b'",)),
    # the store
    Mistake(about="Results of a store that is not there", command=("results", "--store", "elsewhere"),
            says=("no store at 'elsewhere'", "outgrow run quickstart --store elsewhere"), shown=True),
    Mistake(about="A store that is a file", command=("run", "toy", "--store", "reviews.csv"),
            says=("cannot use 'reviews.csv' as a store", "choose another with --store")),
    Mistake(about="A kind that cannot be listed", command=("list", "model"), says=("model", "models")),
    Mistake(about="A command that there is not", command=("start", "toy"), says=("start",)),
]  # fmt: skip
