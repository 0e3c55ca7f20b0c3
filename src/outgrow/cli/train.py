"""The command line's `train`."""

from __future__ import annotations

import contextlib
import csv
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from outgrow.cli.store import DEFAULT_STORE, StoreOption
from outgrow.errors import ConfigError, UnknownName
from outgrow.plain import counted, plain

if TYPE_CHECKING:
    from outgrow.artefacts import Artefacts
    from outgrow.executors.base import Watcher
    from outgrow.lengths import Longer
    from outgrow.methods.base import Method
    from outgrow.models.base import Model
    from outgrow.own_model.finding import Finding
    from outgrow.own_model.request import Prepared
    from outgrow.plan import Plan
    from outgrow.runtime import Runtime

TEXT_MODEL, IMAGE_MODEL = "minilm-l6", "efficientnet-lite0"


def train(
    tables: Annotated[
        list[str],
        typer.Argument(
            help="Tables: CSV, JSON lines or Parquet; or a folder with a folder of images for each label.",
            metavar="TABLE...",
        ),
    ],
    text: Annotated[str, typer.Option(help='Column that the model reads, or "a {template} of {columns}".')] = "",
    first: Annotated[str, typer.Option(help="Column of the first of two candidates, of which one is better.")] = "",
    second: Annotated[str, typer.Option(help="Column of the second.")] = "",
    prompt: Annotated[str, typer.Option(help="Column of what both candidates answer.")] = "",
    image: Annotated[str, typer.Option(help="Column with paths of images.")] = "",
    labels: Annotated[
        list[str] | None,
        typer.Option(help="Columns of weak labels: a,b,c; 'p_*' for probabilities by class; or a matrix, L.npy."),
    ] = None,
    annotator: Annotated[str, typer.Option(help="Column that says whose label each row is.")] = "",
    audited: Annotated[
        str, typer.Option(help="Column with the truth of rows that somebody checked; or an audited model folder.")
    ] = "",
    budget: Annotated[
        int | None, typer.Option(min=0, help="Audited rows to learn from; the others check. Half of them by default.")
    ] = None,
    classes: Annotated[
        list[str] | None, typer.Option(help="All classes in order: neg,pos. Found in the labels by default.")
    ] = None,
    no_label: Annotated[
        list[str] | None, typer.Option(help="Labels that say nothing, besides empty ones, -1 and abstain.")
    ] = None,
    group: Annotated[str, typer.Option(help="Column: rows of a group are held out together.")] = "",
    sources: Annotated[list[str] | None, typer.Option(help="Columns by whose values accuracy is told too.")] = None,
    model: Annotated[
        str, typer.Option(help=f"The pretrained student (outgrow list models); {TEXT_MODEL} for texts.")
    ] = "",
    training: Annotated[
        Literal["auto", "probe", "lora", "full"],
        typer.Option(help="A linear head on frozen features (probe), or more; auto: all weights where minutes do."),
    ] = "auto",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="An option of the model, layers=12, or of its training, train.epochs=3."),
    ] = None,
    method: Annotated[
        str, typer.Option(help="auto, or a method by name (outgrow list methods); several: a+b.")
    ] = "auto",
    seed: Annotated[int, typer.Option(min=0, help="Of everything drawn.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder of the model.")] = Path("model"),
    store: StoreOption = DEFAULT_STORE,
    encoding: Annotated[str, typer.Option(help="Of the tables; found out by default.")] = "",
    delimiter: Annotated[str, typer.Option(help="Of CSV files; found out by default.")] = "",
    device: Annotated[Literal["auto", "cpu", "cuda", "mps"], typer.Option(help="What to compute on.")] = "auto",
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"], typer.Option(help="Of matrix products; auto: bfloat16 where fast.")
    ] = "auto",
    tracker: Annotated[
        str, typer.Option(help="Show the trainings there too: tensorboard, mlflow, wandb.", show_default=False)
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read the tables, say what it will cost, and stop.")
    ] = False,
) -> None:
    """Train a model on weak labels of your own, with no truth or a little, and say how far to trust it."""
    from outgrow.cli.display import say
    from outgrow.learning.machine import machine_of
    from outgrow.own_labels.columns import Columns
    from outgrow.own_labels.pictures import FOLDER, PATH, is_image_folder
    from outgrow.own_model.audited import check_unaudited
    from outgrow.own_model.request import Request, prepare
    from outgrow.own_model.truths import is_audited
    from outgrow.runtime import runtime_of
    from outgrow.store import open_store
    from outgrow.student.folder import FACTS, check_free
    from outgrow.trackers.base import check_tracker

    started = time.monotonic()
    if not (text or first or image) and len(tables) == 1 and is_image_folder(tables[0]):
        if labels and labels != [FOLDER]:
            raise ConfigError(
                f"{tables[0]} is a folder of images, whose folders are its labels; leave --labels out, or name a table "
                "with a column of their paths (--image)"
            )
        image, labels = PATH, [FOLDER]
    audits, audited = (audited, "") if is_audited(audited) else ("", audited)
    columns = Columns(
        text=text, first=first, second=second, prompt=prompt, image=image, labels=_listed(labels), annotator=annotator,
        audited=audited, classes=_listed(classes), no_label=_listed(no_label), group=group, sources=_listed(sources),
        encoding=encoding, delimiter=delimiter.replace("\\t", "\t"),
    )  # fmt: skip
    student, options = student_from(
        model or (IMAGE_MODEL if image else TEXT_MODEL), training, settings or [], images=bool(image)
    )
    request = Request(
        paths=tables, columns=columns, model=student, auto=training == "auto", train=options,
        method=_method(method), budget=budget, seed=seed, audits=audits,
    )  # fmt: skip
    check_free(out)
    check_unaudited(out)
    if tracker:
        check_tracker(tracker)
    runtime = runtime_of(executor="serial", workers=None, device=device, precision=precision, tracker=tracker)
    opened = open_store(store)
    prepared = prepare(request, machine_of(runtime).device.type if request.auto else "cpu")  # type: ignore[arg-type]
    if (out / FACTS).is_file():
        say(f"note: {out} holds a model, which the new one replaces")
    _tell(prepared)
    with _naming(method):
        _cost(prepared, opened, runtime)
    if dry_run:
        return
    _go(prepared, opened, runtime, out)
    say(f"{time.monotonic() - started:.1f} s.")


def _go(prepared: Prepared, store: Artefacts, runtime: Runtime, out: Path) -> None:
    from outgrow.cli.display import say
    from outgrow.own_model.findings import find
    from outgrow.own_model.keep import keep
    from outgrow.own_model.page import write_page
    from outgrow.own_model.train import train as grow
    from outgrow.progress import Live
    from outgrow.steps import Trained
    from outgrow.tracking import following

    with contextlib.ExitStack() as stack:

        def watch(plan: Plan) -> Watcher:
            live = stack.enter_context(Live(plan, runtime, _longer(prepared, plan)))
            trains = any(isinstance(step, Trained) for step in plan.steps.values())
            return stack.enter_context(following(runtime.tracker if trains else "", live, store, plan)) or live

        try:
            grown = grow(prepared, store, runtime, watch)
        except KeyboardInterrupt:
            stack.close()
            print(
                f"\nstopped; finished steps are kept in {plain(str(store))}: run the same command to go on",
                file=sys.stderr,
            )
            sys.exit(130)
    rows = keep(grown, out)
    found = find(rows, grown, out)
    for one in found:
        show(one)
    page = write_page(found, out, title=f"{prepared.table.name}: what was found")
    say()
    say(f"Model: {out}, with all of this as a page: {page}")


def _listed(texts: list[str] | None) -> tuple[str, ...]:
    """Names between commas, of an option that may be given several times; one with a comma in it stands in quotes."""
    rows = csv.reader([" ".join(text.splitlines()) for text in texts or ()], skipinitialspace=True)
    return tuple(one.strip() for names in rows for one in names if one.strip())


@contextlib.contextmanager
def _naming(method: str) -> Iterator[None]:
    """Say of an error that a method causes that it does."""
    try:
        yield
    except ConfigError as error:
        if method == "auto" or "--method" in str(error):
            raise
        raise ConfigError(f"--method {method}: {error}; name another, or leave it out") from None


def student_from(name: str, training: str, settings: list[str], *, images: bool) -> tuple[Model, dict[str, Any]]:
    """A registered model, or one of the hub or a folder, and the fields of its training that were asked for."""
    from outgrow.config.build import build, component, field_names
    from outgrow.config.tables import parse_setting
    from outgrow.config.where import Where
    from outgrow.models.base import models
    from outgrow.specs import TrainSpec

    where = Where("--model")
    fields: dict[str, Any] = {"model": name}
    if name not in models and ("/" in name or Path(name).is_dir()):
        fields = {"model": "vision" if images else "transformer", "path": name}
    elif name not in models:
        try:
            models[name]
        except UnknownName as error:
            raise UnknownName(f"--model: {error}; or one of the hub, as org/name, or a folder") from None
    if fields["model"] in models and "training" in field_names(models[fields["model"]]):
        fields["training"] = "probe" if training == "auto" else training
    elif training not in ("auto", "probe"):
        raise ConfigError(f"--training {training}: the model {name!r} is trained in one way only; leave it out")
    options: dict[str, Any] = {}
    for text in settings:
        path, value = parse_setting(text)
        where.set.add(".".join(path))
        if len(path) == 2 and path[0] == "train":
            options[path[1]] = value
        elif len(path) == 1 and path[0] not in ("train", "model"):
            fields[path[0]] = value
        else:
            raise ConfigError(
                f"--set {text}: an option of the model by its name, such as layers=12, or train.KEY=VALUE, such as "
                "train.epochs=3"
            )
    build(TrainSpec, options, "train", where)
    made: Model = component(models, fields, "model", "model", where)
    return made, options


def _method(text: str) -> Method | None:
    """A method by name, several with plus signs between; None for a choice by evidence."""
    from outgrow.config.build import method
    from outgrow.config.where import Where

    return None if text == "auto" else method([one.strip() for one in text.split("+")], Where("--method", ""))


def _tell(prepared: Prepared) -> None:
    """What the data are."""
    from outgrow.cli.display import say

    table, labelled = prepared.table, prepared.table.votes.any((0, 2))
    for note in table.notes:
        say(f"note: {note}")
    say(
        f"{counted(len(table.ids), 'row')}, {int(labelled.sum()):,} of them with weak labels by "
        f"{counted(len(table.labellers), 'labeller')}; classes {', '.join(table.classes)}."
    )
    if len(table.audited):
        say(
            f"{counted(len(table.audited), 'audited row')}: {len(prepared.learned):,} to learn from, "
            f"{len(prepared.checking):,} to check by (--budget)."
        )


def _cost(prepared: Prepared, store: Artefacts, runtime: Runtime) -> None:
    """How long it will take."""
    from outgrow.cli.display import say
    from outgrow.cli.planned import time_of
    from outgrow.own_model.train import whole_plan

    plan = whole_plan(prepared, store)
    how = prepared.request.model.label + (f" ({prepared.depth})" if prepared.depth else "")
    say(f"Student: {how}{time_of(plan, runtime, _longer(prepared, plan)) or ': all of it is in the store already'}.")


def _longer(prepared: Prepared, plan: Plan) -> Longer:
    """How long the rows of a step are; those of every part of the table are taken to be as long as all of it."""
    from outgrow.lengths import longer_in
    from outgrow.steps import Dataset

    return longer_in({key: prepared.table.inputs for key, step in plan.steps.items() if isinstance(step, Dataset)})


def show(found: Finding) -> None:
    """A finding in the terminal."""
    from outgrow.cli.display import Shown, console, say

    say()
    say(found.title)
    for sentence in found.sentences:
        say(sentence)
    if found.table is not None and found.table.rows:
        console.print(Shown(found.table))
