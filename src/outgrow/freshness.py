"""Finished steps that other code made than is here now: told, or computed anew."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Sequence

from outgrow.artefacts import Artefacts
from outgrow.errors import StoreError
from outgrow.experiment import Experiment, run
from outgrow.learning.team import team
from outgrow.plan import Plan
from outgrow.spec import digest
from outgrow.steps import Steps, walk_unique
from outgrow.steps.code import CODE, code_of


def changed_code(plan: Plan, store: Artefacts) -> list[str]:
    """Notes on components of one's own whose code has changed since finished steps of a plan were computed."""
    changed: Counter[str] = Counter()
    for key in plan.steps:
        if key in plan.cached and (now := code_of(plan.steps[key])):
            with contextlib.suppress(StoreError):  # who needs it will say so
                before = store.manifest(key).versions
                changed.update(name for name, code in now.items() if before.get(name, code) != code)
    return [
        f"the code of {name.removeprefix(CODE)} changed since {'this step was' if n == 1 else f'these {n} steps were'} "
        'computed; change its identity ("version": 2), or run with --fresh'
        for name, n in changed.items()
    ]


def beside(store: Artefacts, experiments: Sequence[Experiment]) -> Artefacts:
    """A store within a store, where experiments are computed anew; the same for the same ones and the same code.

    So a run that was stopped goes on, and what is there already stays until all of it can be replaced.
    """
    steps = Steps()
    results = [run(one, steps) for one in experiments]
    code = {line for step in walk_unique(*results) for line in code_of(step).items()}
    name = digest([sorted({one.key for one in results}), sorted(map(list, code))])
    return store.annex(f"fresh-{name[:16]}")


def adopt(store: Artefacts, fresh: Artefacts) -> None:
    """Put what was computed anew in the place of what was there. A row that failed replaces none that did not."""
    if team().rank == 0:
        store.adopt(fresh)
    team().wait()
