"""Typed specs of an experiment, read from TOML; `--set` beats the file, the file beats the defaults."""

from __future__ import annotations

import dataclasses
import itertools
import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from outgrow.errors import ConfigError, UnknownName
from outgrow.methods.base import Method, methods
from outgrow.metrics.base import metrics
from outgrow.models.base import Model, models
from outgrow.spec import spec
from outgrow.tasks.base import Task, tasks


@spec
class SplitSpec:
    """How many examples each part gets. `test` and `validation` are the same for every seed of an experiment.

    Args:
        pool: how many examples the seeds draw `supervisor` and `transfer` from; 0 for all that the task has left.
        seed: which examples are set aside for `test`, `validation` and the pool.
    """

    supervisor: Annotated[int, Field(ge=1)]
    transfer: Annotated[int, Field(ge=1)]
    validation: Annotated[int, Field(ge=1)] = 300
    test: Annotated[int, Field(ge=1)]
    pool: Annotated[int, Field(ge=0)] = 0
    seed: int = 0

    def __post_init__(self) -> None:
        if 0 < self.pool < self.supervisor + self.transfer:
            raise ConfigError(
                f"split.pool = {self.pool} is smaller than supervisor + transfer = {self.supervisor + self.transfer}; "
                "make it larger, or 0 for all examples"
            )


@spec
class TrainSpec:
    """One fine-tuning with Adam.

    Args:
        epochs: passes over the training rows.
        batch_size: rows per update.
        learning_rate: its peak.
        schedule: `constant`, or `linear` or `cosine` decay to zero.
        warmup: share of the steps over which the learning rate rises.
        max_grad_norm: gradients are scaled down to this norm.
        weight_decay: decoupled (AdamW), in units of the learning rate.
        evaluations: looks at the validation examples, evenly spread, besides the one before training.
        optimizer: `adam`; or `newton`, for linear heads on frozen features alone, to the optimum of the mean
            cross-entropy plus the penalty `l2`, whatever epochs, batches and rates say.
        l2: of newton: this times half of the squared weights is added to the mean loss.
        keep: weights of the `last` update, or of the look that agreed `best` with the labels trained on, which for a
            student are the weak supervisor's (early stopping).
    """

    epochs: Annotated[int, Field(ge=1)] = 5
    batch_size: Annotated[int, Field(ge=1)] = 32
    learning_rate: Annotated[float, Field(gt=0)] = 3e-4
    schedule: Literal["constant", "linear", "cosine"] = "constant"
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.0
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    evaluations: Annotated[int, Field(ge=1)] = 5
    optimizer: Literal["adam", "newton"] = "adam"
    l2: Annotated[float, Field(ge=0)] = 0.1
    keep: Literal["last", "best"] = "last"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Role:
    """A model and how it is fine-tuned."""

    model: Model
    train: TrainSpec


@dataclasses.dataclass(frozen=True, kw_only=True)
class Experiment:
    """One weak-to-strong experiment with one seed: a value that determines every number of its result."""

    name: str
    task: Task
    split: SplitSpec
    weak: Role
    strong: Role
    method: Method
    metric: str
    seed: int


TABLES = ("task", "split", "weak", "strong", "method", "train", "sweep", "metric", "about")


def shipped_experiments() -> dict[str, str]:
    """Names of the shipped experiments and their TOML text."""
    folder = files("outgrow.experiments")
    return {
        item.name.removesuffix(".toml"): item.read_text()
        for item in sorted(folder.iterdir(), key=lambda item: item.name)
        if item.name.endswith(".toml")
    }


def read_experiments(
    source: str, *, settings: Sequence[str] = (), seeds: Sequence[int] | None = None
) -> list[Experiment]:
    """All experiments of a shipped name or a TOML file, one per combination of its sweep and per seed.

    Args:
        source: a shipped experiment's name or the path of a TOML file.
        settings: `table.key=value` texts that override the file.
        seeds: overrides the sweep's seeds.
    """
    shipped = shipped_experiments()
    if source in shipped:
        name, text, where = source, shipped[source], f"experiment {source!r}"
    else:
        path = Path(source)
        if not path.is_file():
            raise ConfigError(
                f"no experiment {source!r}: neither a TOML file nor shipped; shipped are {', '.join(shipped)} "
                "(outgrow list experiments)"
            )
        try:
            name, text, where = path.stem, path.read_text(encoding="utf-8"), str(path)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"cannot read {source!r}: {error}") from error
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} is not valid TOML: {error}") from error
    return expand(document, name=name, settings=settings, seeds=seeds, where=_Where(where, text))


def expand(
    document: Mapping[str, Any],
    *,
    name: str,
    settings: Sequence[str] = (),
    seeds: Sequence[int] | None = None,
    where: _Where | None = None,
) -> list[Experiment]:
    """Experiments of a parsed document: the sweep's combinations times its seeds."""
    where = where or _Where(name, "")
    tables = _deep_copy(document)
    overrides = [_parse_setting(text) for text in settings]
    for path, value in overrides:
        where.set.add(".".join(path))
        _assign(tables, path, value, where)
        if isinstance(tables.get("sweep"), dict):  # what is set on the command line is not swept
            tables["sweep"].pop(".".join(path), None)
    _check_keys(tables, TABLES, "", where)
    sweep = _table(tables, "sweep", where)
    tables.pop("sweep", None)
    sweep_seeds = sweep.pop("seeds", [0])
    chosen = list(seeds) if seeds is not None else sweep_seeds
    if not isinstance(chosen, list) or not chosen or not all(type(seed) is int and seed >= 0 for seed in chosen):
        raise ConfigError(f"{where.at('sweep.seeds')}: seeds must be a list of whole numbers from 0, not {chosen!r}")
    if len(set(chosen)) != len(chosen):
        raise ConfigError(f"{where.at('sweep.seeds')}: a seed is given twice in {chosen!r}")
    for key, values in sweep.items():
        if not isinstance(values, list) or not values:
            raise ConfigError(f"{where.at(f'sweep.{key}')}: [sweep] {key!r} must be a list of values, not {values!r}")
    found: list[Experiment] = []
    backwards: _Backwards | None = None
    for values in itertools.product(*sweep.values()):
        combination = _deep_copy(tables)
        for key, value in zip(sweep, values, strict=True):
            _assign(combination, key.split("."), value, where)
        for path, value in overrides:  # once more: the command line beats a swept table too
            _assign(combination, path, value, where)
        try:
            one = _experiment(combination, name, where)
        except _Backwards as error:
            backwards = error
            continue
        found += [dataclasses.replace(one, seed=seed) for seed in chosen]
    if not found:
        assert backwards is not None
        raise backwards
    return list(dict.fromkeys(found))


class _Backwards(ConfigError):
    """The strong model is smaller than the weak one."""


class _Where:
    """Where a key stands in the file, for messages."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.set: set[str] = set()  # keys given by `--set`
        self._lines: dict[str, int] = {}
        table = ""
        for number, line in enumerate(text.splitlines(), 1):
            if header := re.match(r"\s*\[([\w.-]+)\]", line):
                table = header[1] + "."
                self._lines.setdefault(header[1], number)
            elif "=" in line:
                self._lines.setdefault(table + line.split("=", 1)[0].strip().strip("\"'"), number)

    def at(self, key: str) -> str:
        """Who gave the dotted `key` its value: `--set`, or a line of the file, in [sweep] or a broader table too."""
        parts = key.split(".")
        for name in (".".join(parts[i:]) for i in range(len(parts))):
            if name in self.set:
                return f"--set {name}"
            for place in (f"sweep.{name}", name):
                if place in self._lines:
                    return f"{self.name}, line {self._lines[place]}"
        return self.name

    def __str__(self) -> str:
        return self.name


def _experiment(tables: dict[str, Any], name: str, where: _Where) -> Experiment:
    for table in ("task", "split", "weak", "strong"):
        if table not in tables:
            raise ConfigError(f"{where}: the table [{table}] is missing")
    train = _table(tables, "train", where)
    task = _component(tasks, _table(tables, "task", where), "task", "name", where)
    weak, strong = (_role(_table(tables, role, where), train, role, where) for role in ("weak", "strong"))
    method = _component(methods, _table(tables, "method", where) or {"name": "naive"}, "method", "name", where)
    metric = tables.get("metric", "accuracy")
    if not isinstance(metric, str):
        raise ConfigError(f"{where.at('metric')}: metric must be a name, not {metric!r} (outgrow list metrics)")
    if misfit := _named(metrics, metric, "metric", where).misfit(task.kind):
        raise ConfigError(
            f"{where.at('metric')}: the metric {metric!r} does not fit the task {task.name!r}: it {misfit}; "
            "choose another (outgrow list metrics)"
        )
    if strong.train.optimizer == "newton" and not method.convex:
        raise ConfigError(
            f'{where.at("train.optimizer")}: "newton" needs a convex loss, unlike that of {method.name!r}; use "adam"'
        )
    if not strong.model.can_learn:
        raise ConfigError(f"{where.at('strong.model')}: {strong.model.name!r} cannot learn; choose a model to train")
    for role in (weak, strong):
        if role.train.optimizer == "newton" and role.model.can_learn and role.model.extractor() is None:
            raise ConfigError(
                f'{where.at("train.optimizer")}: "newton" solves linear heads on frozen features alone, and '
                f'{role.model.label!r} is trained otherwise; use "adam", or training = "probe" for that model'
            )
        if task.kind not in role.model.kinds:
            raise ConfigError(
                f"{where}: model {role.model.name!r} cannot learn {task.kind} tasks such as {task.name!r}, "
                f"only {', '.join(sorted(role.model.kinds))}"
            )
    if weak.model.cost > strong.model.cost:
        raise _Backwards(
            f"{where}: the weak model {weak.model.label!r} is larger than the strong one {strong.model.label!r} "
            f"({weak.model.cost:,.0f} against {strong.model.cost:,.0f} multiply-accumulates); swap [weak] and [strong]"
        )
    split = _build(SplitSpec, _table(tables, "split", where), "split", where)
    return Experiment(name=name, task=task, split=split, weak=weak, strong=strong, method=method, metric=metric, seed=0)


def _role(table: dict[str, Any], train: dict[str, Any], role: str, where: _Where) -> Role:
    own = table.pop("train", {})
    if not isinstance(own, dict):
        raise ConfigError(f"{where.at(f'{role}.train')}: [{role}.train] must be a table, not {own!r}")
    model = _component(models, table, role, "model", where)
    defaults = model.train_defaults()
    return Role(
        model=model, train=_build(TrainSpec, {**defaults, **train, **own}, f"{role}.train" if own else "train", where)
    )


def _component(registry: Any, table: dict[str, Any], title: str, key: str, where: _Where) -> Any:
    fields = dict(table)
    name = fields.pop(key, None)
    if not isinstance(name, str):
        raise ConfigError(f'{where.at(title)}: [{title}] needs {key} = "..." (outgrow list {registry.kind})')
    return _build(_named(registry, name, f"{title}.{key}", where), fields, title, where)


def _named(registry: Any, name: str, key: str, where: _Where) -> Any:
    try:
        return registry[name]
    except UnknownName as error:
        raise UnknownName(f"{where.at(key)}: {error}") from None


def _build(maker: Any, fields: dict[str, Any], title: str, where: _Where) -> Any:
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    known = _field_names(maker)
    _check_keys(fields, known, f"{title}.", where)
    try:
        return maker(**fields)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else title
        if first["type"].startswith("missing"):
            raise ConfigError(f"{where.at(title)}: [{title}] needs {key}") from None
        reason = f"{first['msg'][0].lower()}{first['msg'][1:]}"
        raise ConfigError(f"{where.at(f'{title}.{key}')}: {title}.{key} = {fields.get(key)!r}: {reason}") from None


def _field_names(maker: Any) -> tuple[str, ...]:
    preset = getattr(maker, "keywords", {})
    return tuple(f.name for f in dataclasses.fields(getattr(maker, "func", maker)) if f.name not in preset)


def _check_keys(table: Mapping[str, Any], known: Sequence[str], prefix: str, where: _Where) -> None:
    import difflib

    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known) or 'none'}"
            raise ConfigError(f"{where.at(prefix + key)}: unknown key {prefix + key!r}; {hint}")


def _table(tables: dict[str, Any], key: str, where: _Where) -> dict[str, Any]:
    table = tables.get(key, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{where.at(key)}: [{key}] must be a table, not {table!r}")
    return dict(table)


def _parse_setting(text: str) -> tuple[list[str], Any]:
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise ConfigError(f"--set {text!r}: write table.key=value, for example --set method.alpha=0.5")
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    return path.strip().split("."), parsed


def _assign(tables: dict[str, Any], path: list[str], value: Any, where: _Where) -> None:
    if path[0] == "sweep" and len(path) > 2:  # keys of [sweep] are dotted themselves
        path = ["sweep", ".".join(path[1:])]
    if path[0] not in TABLES:
        _check_keys({path[0]: None}, TABLES, "", where)
    for part in path[:-1]:
        tables = tables.setdefault(part, {})
        if not isinstance(tables, dict):
            raise ConfigError(f"{where}: {'.'.join(path)!r} cannot be set: {part!r} is not a table")
    tables[path[-1]] = value


def _deep_copy(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _deep_copy(value) if isinstance(value, Mapping) else value for key, value in table.items()}


def describe(experiment: Experiment) -> dict[str, Any]:
    """The experiment with every default resolved, as TOML-like tables, for the record."""
    from outgrow.spec import plain

    def role(one: Role) -> dict[str, Any]:
        return {"model": one.model.name, **plain(one.model), "train": plain(one.train)}

    return {
        "task": plain(experiment.task),
        "split": plain(experiment.split),
        "weak": role(experiment.weak),
        "strong": role(experiment.strong),
        "method": plain(experiment.method),
        "metric": experiment.metric,
    }


def seeds_from(text: str) -> list[int]:
    """`0,1,2` -> [0, 1, 2]."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise ConfigError(f"--seeds {text!r}: write whole numbers with commas between, such as 0,1,2") from None
