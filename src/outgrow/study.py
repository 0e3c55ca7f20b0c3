"""Studies from Python: `outgrow.run("quickstart", seeds=[0, 1])`, and results that show themselves."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from outgrow.config import read_experiments
from outgrow.errors import ConfigError
from outgrow.experiment import Experiment
from outgrow.results.columns import group_rows, rows
from outgrow.results.records import pool, read_records
from outgrow.results.table import Group, Interval, Record
from outgrow.runtime import Runtime
from outgrow.store import Store
from outgrow.sweep import run_experiments

STORE = "./outgrow-store"


@dataclass(frozen=True, kw_only=True)
class Results:
    """Rows of a study, and where their answers lie.

    Args:
        records: a row for each experiment and seed.
        failures: why steps failed, by title.
    """

    store: Store
    records: list[Record]
    failures: dict[str, str]

    @cached_property
    def groups(self) -> list[Group]:
        """Rows pooled over seeds, with intervals."""
        return pool(self.store, self.records)

    def rows(self, *, group: bool = False) -> list[dict[str, Any]]:
        """The results table as flat rows, one for each seed; or pooled, with the ends of every interval."""
        return group_rows(self.groups) if group else rows(self.records)

    def to_arrow(self, *, group: bool = False) -> Any:
        """The results table as a pyarrow Table."""
        import pyarrow as pa

        return pa.Table.from_pylist(self.rows(group=group))

    def to_pandas(self, *, group: bool = False) -> Any:
        """The results table as a pandas DataFrame. Raises ConfigError where pandas is not installed."""
        try:
            return self.to_arrow(group=group).to_pandas()
        except ImportError:
            raise ConfigError("a data frame needs pandas: pip install pandas; .rows() needs nothing") from None

    def __len__(self) -> int:
        return len(self.records)

    def __repr__(self) -> str:
        lines = ["  ".join(cells) for cells in self._cells()]
        failed = [f"failed: {title}: {why}" for title, why in self.failures.items()]
        return "\n".join([f"Results of {len(self.records)} runs in {self.store.root}", *lines, *failed])

    def _repr_html_(self) -> str:
        head, *body = self._cells()
        style = 'style="text-align:left;padding:2px 10px;border-bottom:1px solid currentColor"'
        top = "".join(f"<th {style}>{html.escape(cell)}</th>" for cell in head)
        lines = ["".join(f'<td style="padding:2px 10px">{html.escape(cell)}</td>' for cell in row) for row in body]
        table = "".join(f"<tr>{line}</tr>" for line in [top, *lines])
        failed = "".join(f"<p>failed: {html.escape(f'{name}: {why}')}</p>" for name, why in self.failures.items())
        return f'<table style="border-collapse:collapse;color:inherit;background:none">{table}</table>{failed}'

    def _cells(self) -> list[list[str]]:
        head = ["experiment", "weak", "strong", "method", "seeds", "weak score", "student", "ceiling", "PGR", "verdict"]
        return [
            head,
            *(
                [one.experiment, one.weak, one.strong, one.method, str(len(one.seeds)), _shown(one.weak_score),
                 _shown(one.student), _shown(one.ceiling), _shown(one.pgr), one.verdict]
                for one in self.groups
            ),
        ]  # fmt: skip


def run(
    what: str | Path | Experiment | Sequence[Experiment],
    *,
    seeds: Sequence[int] | None = None,
    set: Mapping[str, Any] | None = None,
    store: str | Path | Store = STORE,
    executor: str = "serial",
    workers: int = 2,
    device: str = "auto",
) -> Results:
    """Run experiments, or find what is finished already.

    Args:
        what: a shipped experiment's name, the path of a TOML file, or experiments.
        seeds: in place of the experiment's own.
        set: settings by dotted key, such as `{"method.alpha": 0.75}`.
        store: folder of finished steps; made if it is not there.

    Raises:
        ConfigError, DataError: the request is wrong.
    """
    if isinstance(what, (str, Path)):
        settings = [f"{key}={_toml(value)}" for key, value in (set or {}).items()]
        experiments = read_experiments(str(what), settings=settings, seeds=seeds)
    elif seeds is not None or set:
        raise ConfigError("seeds and set go with a name or a file; experiments have theirs already")
    else:
        experiments = [what] if isinstance(what, Experiment) else list(what)
    opened = store if isinstance(store, Store) else Store(store)
    runtime = Runtime(executor=executor, workers=workers, device=device)  # type: ignore[arg-type]
    swept = run_experiments(experiments, opened, runtime=runtime)
    failures = {swept.plan.steps[key].title: str(error) for key, error in swept.failures.items()}
    return Results(store=opened, records=swept.records, failures=failures)


def read_results(store: str | Path | Store = STORE, *, where: Sequence[str] = ()) -> Results:
    """The results of a store that is there; `where` takes conditions such as `method=naive`."""
    opened = store if isinstance(store, Store) else Store.existing(store)
    return Results(store=opened, records=read_records(opened, where=where), failures={})


def _toml(value: Any) -> str:
    """A value as `--set` takes it: TOML, tables inline."""
    import json

    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(str(key))} = {_toml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, (str, Path)):
        return json.dumps(str(value))
    if isinstance(value, (bool, int, float)):
        return str(value).lower()
    raise ConfigError(f"{value!r} cannot be set: write a number, a text, true or false, or lists and dicts of these")


def _shown(at: Interval | None) -> str:
    if at is None:
        return "-"
    ends = "" if at.low is None or at.high is None else f" ({at.low:.3f} to {at.high:.3f})"
    return f"{at.value:.3f}{ends}"
