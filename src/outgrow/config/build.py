"""Tables to components and back: by name and fields, whatever the component."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any, get_args, get_type_hints

from outgrow.config.hints import hint
from outgrow.config.where import Where
from outgrow.errors import ConfigError, UnknownName
from outgrow.learning.losses import Loss
from outgrow.learning.objective import Selection, Transform
from outgrow.methods.base import Method, methods
from outgrow.methods.composition import Composition, compose
from outgrow.methods.losses.base import losses
from outgrow.methods.selections.base import selections
from outgrow.methods.transforms.base import transforms
from outgrow.models.base import Model, Role, models
from outgrow.registry import Registry, plugin_problems
from outgrow.spec import MissingField, near, short, suggestion
from outgrow.specs import TrainSpec
from outgrow.steps import Shift
from outgrow.supervisors.base import Supervisor, TrainedModel, supervisors
from outgrow.tasks.base import tasks

FILES = {"csv": "csv", "tsv": "csv", "jsonl": "jsonl", "json": "jsonl", "parquet": "parquet"}
"""Tasks that read a file, by the end of its name."""
PLACES: dict[type, Registry[Any]] = {Transform: transforms, Selection: selections, Loss: losses}


def component(registry: Registry[Any], table: dict[str, Any], title: str, key: str, where: Where) -> Any:
    """What `table` names by `key`, made with its other fields."""
    fields = dict(table)
    name = fields.pop(key, None)
    if isinstance(name, list):
        raise ConfigError(f"{where.at(f'{title}.{key}')}: {title}.{key} is one name; {swept(f'{title}.{key}', name)}")
    if not isinstance(name, str):
        at = f"{title}.{key}" if key in table else title
        raise ConfigError(f'{where.at(at)}: [{title}] needs {key} = "..." (outgrow list {registry.kind})')
    return build(named(registry, name, f"{title}.{key}", where), fields, title, where)


def swept(key: str, values: Sequence[Any]) -> str:
    """How to run several values of a key."""
    text = json.dumps(list(values), separators=(",", ":"), default=str)
    return f"to run several, one after the other, sweep them: --set 'sweep.{key}={text}'"


def named(registry: Registry[Any], name: str, key: str, where: Where) -> Any:
    """The registered component; the error of an unknown one says where the name stands."""
    try:
        return registry[name]
    except UnknownName as error:
        advice = _of_ones_own(registry, name)
        if advice and "; known: " in str(error):  # a long list that does not help
            raise UnknownName(f"{where.at(key)}: unknown {registry.singular} {name!r}{advice}") from None
        raise UnknownName(f"{where.at(key)}: {error}{advice}") from None


def _of_ones_own(registry: Registry[Any], name: str) -> str:
    """How to use a model of the hub or a file, where an unknown name may be one."""
    kind = registry.kind
    if not name:
        return ""
    if kind == "models" and not near(name, names(registry), cutoff=0.9):
        return f'; for a model of the hub or a folder: model = "transformer" (or "vision"), path = {json.dumps(name)}'
    suffix = PurePath(name).suffix.lower().removeprefix(".")
    if kind == "tasks" and suffix in FILES:
        return f'; for a table of your own: name = "{FILES[suffix]}", path = {json.dumps(name)}'
    if kind == "tasks" and "/" in name:
        return f'; for a data set of the hub: name = "hub", repo = {json.dumps(name)}'
    return ""


def method(given: Any, where: Where) -> Method:
    """`"confidence"`, `["filter", "confidence"]`, or a table with a name; each piece can be a table too."""
    pieces = given if isinstance(given, (list, tuple)) else [given]
    made = []
    for piece in pieces:
        table = {"name": piece} if isinstance(piece, str) else piece
        if isinstance(table, dict) and isinstance(table.get("name"), list):
            several = swept("method.name", table["name"])
            raise ConfigError(f"{where.at('method.name')}: method.name is one name; {several}")
        if not isinstance(table, dict) or not isinstance(table.get("name"), str):
            raise ConfigError(
                f"{where.at('method')}: a method is a name, a table with a name, or a list of these, not "
                f"{short(piece)}; to run several, one after the other, list them under sweep: "
                '"method.name" = ["naive", "confidence"]'
            )
        made.append(
            component(
                _registry_of(table["name"], where.at("method.name" if table is piece else "method")),
                table,
                "method",
                "name",
                where,
            )
        )
    try:
        return compose(made)
    except ConfigError as error:
        raise ConfigError(f"{where.at('method')}: {error}") from None


def _registry_of(name: str, place: str) -> Registry[Any]:
    """Methods first, then the places of an objective."""
    for registry in (methods, transforms, selections, losses):
        if name in registry:
            return registry
    pieces = sorted({*names(methods), *names(transforms), *names(selections), *names(losses)})
    raise UnknownName(
        f"{place}: unknown method {name!r}; {suggestion(name, pieces)} (outgrow list methods, "
        f"transforms, selections, losses){plugin_problems()}"
    )


def names(registry: Registry[Any]) -> list[str]:
    """All names of a registry."""
    return [entry.name for entry in registry]


def supervisor(table: dict[str, Any], train: dict[str, Any], where: Where) -> Supervisor:
    """A registered supervisor by the name that `model` gives, or else a model that is trained."""
    name = table.get("model")
    if not isinstance(name, str) or name not in supervisors:
        return TrainedModel(role=role(table, train, "weak", where))
    fields = {key: value for key, value in table.items() if key not in ("model", "train")}
    own = table.get("train", {})
    if not isinstance(own, dict):
        raise ConfigError(f"{where.at('weak.train')}: [weak.train] must be a table, not {short(own)}")
    maker = supervisors[name]
    hints = get_type_hints(maker)

    def member(given: Any) -> Supervisor:
        return supervisor(_named(given, "model"), {**train, **own}, where)

    for key, value in fields.items():
        if key in hints:
            fields[key] = _nested(hints[key], value, member, where)
    found: Supervisor = build(maker, fields, "weak", where)
    if own and not found.roles:
        raise ConfigError(f"{where.at('weak.train')}: {name!r} is not trained; leave [weak.train] out")
    return found


def _nested(hint: Any, value: Any, make: Callable[[Any], Supervisor], where: Where) -> Any:
    """A field's value, where its type is a component that is named or described by a table."""
    inner = [one for one in (*_inner(hint), hint) if isinstance(one, type)]
    if Supervisor in inner:
        if int in inner and isinstance(value, int):  # so many of one
            return value
        return [make(one) for one in value] if isinstance(value, list) else make(value)
    for place, registry in PLACES.items():
        if place in inner:
            return component(registry, _named(value, "name"), "weak.rule", "name", where)
    return value


def _inner(hint: Any) -> list[Any]:
    """All types that a hint names."""
    return [found for one in get_args(hint) for found in (one, *_inner(one))]


def _named(value: Any, key: str) -> dict[str, Any]:
    return {key: value} if isinstance(value, str) else dict(value) if isinstance(value, Mapping) else {key: value}


def ladder_of(table: dict[str, Any], train: dict[str, Any], where: Where) -> tuple[Role, ...]:
    """The models that tell how difficult examples are, each a name or a table as [strong]."""
    check_keys(table, ("models",), "difficulty.", where)
    given = table.get("models", [])
    if not isinstance(given, list) or not given:
        raise ConfigError(f"{where.at('difficulty')}: [difficulty] needs models = [...], smallest first")
    return tuple(role(_named(one, "model"), train, "difficulty", where) for one in given)


def shift_of(table: dict[str, Any], test: int, where: Where) -> tuple[Shift, bool]:
    """Another task's test, of as many examples as the task's own unless it says; and whether the own is scored too."""
    test, too = table.pop("test", test), table.pop("in_distribution", True)
    for key, value, fits, form in (
        ("test", test, type(test) is int and test > 0, "a whole number from 1"),
        ("in_distribution", too, type(too) is bool, "true or false"),
    ):
        if not fits:
            raise ConfigError(f"{where.at(f'shift.{key}')}: shift.{key} is {form}, not {short(value)}")
    return Shift(task=component(tasks, table, "shift", "name", where), test=test), too


def role(table: dict[str, Any], train: dict[str, Any], title: str, where: Where) -> Role:
    """A model and its training: its own table, before that of all, before what suits the model."""
    table = dict(table)
    own = table.pop("train", {})
    if not isinstance(own, dict):
        raise ConfigError(f"{where.at(f'{title}.train')}: [{title}.train] must be a table, not {short(own)}")
    if isinstance(table.get("model"), str) and table["model"] in supervisors:
        raise ConfigError(f"{where.at(f'{title}.model')}: {table['model']!r} cannot learn; choose a model to train")
    model: Model = component(models, table, title, "model", where)
    fields = {**model.train_defaults(), **train, **own}
    return Role(model=model, train=build(TrainSpec, fields, f"{title}.train" if own else "train", where))


def build(maker: Any, fields: dict[str, Any], title: str, where: Where) -> Any:
    """Call `maker`; what is wrong is an error that names the place, the key and the choices."""
    given = fields
    fields = {key: _frozen(value) for key, value in fields.items()}
    check_keys(fields, field_names(maker), f"{title}.", where)
    try:
        return maker(**fields)
    except MissingField as error:
        raise ConfigError(f"{where.at(title)}: [{title}] needs {error.key}") from None
    except ConfigError as error:
        if not error.key:
            raise type(error)(f"{where.at(title)}: {error}") from None
        text = str(error).replace(f"{error.key} = ", f"{title}.{error.key} = ", 1)
        if isinstance(given.get(error.key), list) and "valid tuple" not in text:
            text = f"{title}.{error.key} is one value; {swept(f'{title}.{error.key}', given[error.key])}"
        raise type(error)(f"{where.at(f'{title}.{error.key}')}: {text}") from None


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def field_names(maker: Any) -> tuple[str, ...]:
    """The fields that a constructor leaves to be given."""
    preset = getattr(maker, "keywords", {})
    return tuple(f.name for f in dataclasses.fields(getattr(maker, "func", maker)) if f.name not in preset)


def check_keys(table: Mapping[str, Any], known: Sequence[str], prefix: str, where: Where) -> None:
    """Raise for the first key that is not known."""
    for key in table:
        if key not in known:
            raise ConfigError(f"{where.at(prefix + key)}: unknown key {prefix + key!r}; {hint(key, known, prefix)}")


def table_of(one: Any, key: str = "name") -> dict[str, Any]:
    """The table that a component is made of again: its name under `key`, and every field."""
    if isinstance(one, TrainedModel):
        return {**table_of(one.role.model, "model"), "train": fields_of(one.role.train)}
    return {key: one.name, **fields_of(one)}


def fields_of(one: Any) -> dict[str, Any]:
    """The fields of a spec but its name, as TOML knows them."""
    fields = dataclasses.fields(one) if dataclasses.is_dataclass(one) else ()
    given = {field.name: getattr(one, field.name) for field in fields if field.name != "name"}
    return {name: _plain(value) for name, value in given.items() if value is not None}  # TOML has no null


def method_table(one: Method) -> Any:
    """What `method` makes the same method of."""
    return [table_of(piece) for piece in one.pieces] if isinstance(one, Composition) else table_of(one)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Supervisor):
        return table_of(value, "model")
    if isinstance(value, (Transform, Selection, Loss)):
        return table_of(value)
    return value
