"""The command line's `submit`: a Slurm job array for a study."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from outgrow.cli.run import SET
from outgrow.cli.store import DEFAULT_STORE, StoreOption
from outgrow.errors import ConfigError
from outgrow.plain import counted

WORD = re.compile(r"[\w.:,+=/@-]+", re.ASCII)  # what a line for Slurm may hold


def submit(
    experiments: Annotated[
        list[str], typer.Argument(help="Shipped experiments by name, or TOML files.", metavar="EXPERIMENT...")
    ],
    jobs: Annotated[int, typer.Option(min=1, help="Jobs of the array; each takes what the others have not begun.")],
    settings: Annotated[list[str] | None, typer.Option("--set", help=SET)] = None,
    store: StoreOption = DEFAULT_STORE,
    seeds: Annotated[str | None, typer.Option(help="Seeds in place of the experiment's: 0,1,2.")] = None,
    hours: Annotated[
        str, typer.Option("--time", metavar="LIMIT", help="Of each job, as Slurm writes it: 4:00:00.")
    ] = "",
    partition: Annotated[str, typer.Option(help="Of the cluster.", show_default=False)] = "",
    gpus: Annotated[int, typer.Option(min=0, help="GPUs of each job; with several, a process for each.")] = 0,
    cpus: Annotated[int, typer.Option(min=1, help="Cores of each job.")] = 1,
    memory: Annotated[
        str, typer.Option(metavar="SIZE", help="Of each job, as Slurm writes it: 16G.", show_default=False)
    ] = "",
    out: Annotated[str, typer.Option(help="File to write.")] = "study.sbatch",
) -> None:
    """Write a Slurm job array that runs experiments on a store that all nodes share. Nothing is submitted."""
    from outgrow.cli.display import say
    from outgrow.config import read_experiments, seeds_from
    from outgrow.disk import write_whole
    from outgrow.plan import make_plan
    from outgrow.registry import imported_files
    from outgrow.store import open_store

    chosen = seeds_from(seeds) if seeds is not None else None
    wanted = [
        found for one in experiments for found in read_experiments(one, settings=settings or [], seeds=chosen)
    ]  # fmt: skip
    opened = open_store(store)
    plan = make_plan(wanted, cached=opened.keys())
    command = [
        *(f"--import={file}" for file in imported_files()), "run", *experiments, "--store", opened.address,
        *(f"--set={one}" for one in settings or []), *([f"--seeds={seeds}"] if seeds is not None else []),
        *(["--executor=processes", f"--workers={gpus}"] if gpus > 1 else []),
    ]  # fmt: skip
    for option, value in (("time", hours), ("partition", partition), ("memory", memory)):
        if value and not WORD.fullmatch(value):
            raise ConfigError(f"--{option} {value!r}: Slurm takes letters, digits and .:,+=/@- there")
    asked = {"time": hours, "partition": partition, "mem": memory, "gres": f"gpu:{gpus}" if gpus else ""}
    name = re.sub(r"[^\w-]+", "-", "outgrow-" + "-".join(dict.fromkeys(one.name for one in wanted)), flags=re.ASCII)
    text = script(command, name=name[:60], jobs=jobs, cpus=cpus, asked=asked)
    path = write_whole(Path(out), text, what="the job array")
    todo = f"{counted(len(wanted), 'experiment')}, {counted(len(plan.todo), 'step')} to do"
    say(f"{path}: {counted(jobs, 'job')} for {todo} in {opened.address}, which every node has to see")
    say(f"to submit it: {shlex.join(['sbatch', str(path)])}")
    say(f"to follow it: {shlex.join(['outgrow', 'watch', '--store', opened.address])}")


def script(command: Sequence[str], *, name: str, jobs: int, cpus: int, asked: dict[str, str]) -> str:
    """A job array in which each job runs the same command.

    Args:
        command: arguments of outgrow.
        asked: options for Slurm by name, of letters that can mean nothing else; "" for none.
    """
    options = {"job-name": name, "array": f"1-{jobs}", "cpus-per-task": str(cpus), **asked}
    options["output"] = f"{name}-%A_%a.log"
    lines = [f"#SBATCH --{option}={value}" for option, value in options.items() if value]
    return "\n".join(
        [
            "#!/bin/bash",
            *lines,
            "# Every job runs the whole study on the same store: what one of them has begun the others leave to it.",
            "set -eu",
            f"cd {shlex.quote(os.getcwd())}",
            f"export OMP_NUM_THREADS={cpus}",
            f"exec {shlex.join([sys.executable, '-m', 'outgrow', *command])}",
            "",
        ]
    )
