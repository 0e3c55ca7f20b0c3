"""Finished steps that other code made than is here now: told, or computed anew."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections import Counter
from collections.abc import Sequence

from outgrow.disk import disk_errors
from outgrow.errors import StoreError
from outgrow.experiment import Experiment, run
from outgrow.learning.team import team
from outgrow.plan import Plan
from outgrow.spec import digest
from outgrow.steps import Steps, walk_unique
from outgrow.steps.code import CODE, code_of
from outgrow.store import Store


def changed_code(plan: Plan, store: Store) -> list[str]:
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


def beside(store: Store, experiments: Sequence[Experiment]) -> Store:
    """A store within a store, where experiments are computed anew; the same for the same ones and the same code.

    So a run that was stopped goes on, and what is there already stays until all of it can be replaced.
    """
    steps = Steps()
    results = [run(one, steps) for one in experiments]
    code = {line for step in walk_unique(*results) for line in code_of(step).items()}
    name = digest([sorted({one.key for one in results}), sorted(map(list, code))])
    place = store.root / "tmp" / f"fresh-{name[:16]}"
    if os.path.islink(place):  # whoever made it would have all of it written elsewhere
        raise StoreError(f"{str(place)!r} is a link: delete it; what is computed anew is a folder of its own")
    return Store(place)


def adopt(store: Store, fresh: Store) -> None:
    """Put what was computed anew in the place of what was there. A row that failed replaces none that did not."""
    if team().rank == 0:
        with store.in_use(), disk_errors(store.root):
            for key in sorted(fresh.keys()):
                with store.lock(key):
                    target, aside = store.folder(key), fresh.root / f"old-{key}"
                    target.parent.mkdir(parents=True, exist_ok=True)
                    if target.exists():
                        os.rename(target, aside)
                    os.rename(fresh.folder(key), target)
            for name, row in fresh.results():
                if not row["failure"] or store.result(name) is None:
                    store.write_result(name, row)
            store.rebuild()
            if not (fresh.root / "stopped").is_dir():  # weights that an error has told the place of
                shutil.rmtree(fresh.root)
    team().wait()
