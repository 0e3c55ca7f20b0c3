"""The contract that every component keeps, as a check for one's own: `outgrow.testing.check(component)`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from outgrow.errors import ConfigError, MissingDependency, NotFetched
from outgrow.learning.losses import Loss
from outgrow.learning.objective import Selection, Transform
from outgrow.methods.base import Method
from outgrow.metrics.base import Metric
from outgrow.models.base import Model
from outgrow.registry import Entry, every_registry
from outgrow.supervisors.base import Supervisor
from outgrow.testing.analysed import check_analysis
from outgrow.testing.broken import Broken, Checked, demand
from outgrow.testing.carried_out import check_executor
from outgrow.testing.learned import check_ladder, check_network
from outgrow.testing.objectives import check_loss, check_objective, check_selection, check_transform
from outgrow.testing.recipes import check_recipe, check_supervisor
from outgrow.testing.scored import check_metric
from outgrow.testing.specs import check_sending, check_spec
from outgrow.testing.tasked import check_task
from outgrow.testing.tracked import check_tracker
from outgrow.trackers.base import Tracker

__all__ = ["Broken", "Checked", "check"]

Check = Callable[[Any], None]
CHECKS: dict[type, Sequence[Check]] = {
    Model: (check_spec, check_ladder, check_network, check_sending),
    Supervisor: (check_spec, check_supervisor, check_sending),
    Method: (check_spec, check_objective, check_recipe, check_sending),
    Transform: (check_spec, check_transform, check_sending),
    Selection: (check_spec, check_selection, check_sending),
    Loss: (check_spec, check_loss, check_sending),
    Metric: (check_metric,),
    Tracker: (check_tracker,),
}
FUNCTIONS: dict[str, Sequence[Check]] = {  # kinds whose components are functions
    "analyses": (check_analysis,),
    "executors": (check_executor,),
}


def check(component: Any) -> Checked:
    """Raise `Broken` where a component breaks its contract; else tell what was looked at, and what could not be.

    Args:
        component: an instance of a task, model, supervisor, method, transform, selection, loss or metric; a class that
            needs no options; an analysis; an executor; or a registry's entry. A task is loaded, a model built and
            tried, an executor carries out a small plan, an analysis is shown a small study.
    """
    if isinstance(component, Entry):
        return _check_entry(component)
    one = component() if isinstance(component, (type, functools.partial)) else component
    passed: list[str] = []
    skipped: dict[str, str] = {}
    for part in _checks(one):
        name = part.__name__.removeprefix("check_")
        try:
            part(one)
        except (NotFetched, MissingDependency) as error:
            skipped[name] = str(error)
        except Broken:
            raise
        except Exception as error:
            who = _name(one)
            raise Broken(f"{who}: its {name} cannot be checked, {type(error).__name__}: {error}") from error
        else:
            passed.append(name)
    return Checked(passed=passed, skipped=skipped)


def _check_entry(entry: Entry[Any]) -> Checked:
    for what, text in (("about", entry.about), ("source", entry.source)):
        demand(text.strip() and "\n" not in text, f"{entry.name}: {what} must be one line that says something")
    try:
        made = entry.value() if isinstance(entry.value, (type, functools.partial)) else entry.value
    except ConfigError as error:
        return Checked(passed=["entry"], skipped={"all else": f"{error}: make one, and check that"})
    name = getattr(made, "name", entry.name)
    demand(name == entry.name, f"{entry.name}: the component calls itself {name!r}; register it under its name")
    found = check(made)
    return Checked(passed=["entry", *found.passed], skipped=found.skipped)


def _checks(one: Any) -> Sequence[Check]:
    for of, checks in CHECKS.items():
        if isinstance(one, of):
            return checks
    if hasattr(one, "load") and hasattr(one, "kind"):
        return (check_spec, check_task, check_sending)
    for registry in every_registry():
        if registry.kind in FUNCTIONS and any(entry.value is one for entry in registry):
            return FUNCTIONS[registry.kind]
    raise Broken(
        f"{_name(one)} is no component: derive it from {', '.join(of.__name__ for of in CHECKS)}, or give it all that "
        f"a task has; a function must be registered as one of {', '.join(FUNCTIONS)}"
    )


def _name(one: Any) -> str:
    return str(getattr(one, "name", None) or getattr(one, "__name__", type(one).__name__))
