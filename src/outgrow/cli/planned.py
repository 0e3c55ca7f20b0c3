"""What a run would have to do, and how long it would take, as it is shown before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from outgrow.plain import counted

if TYPE_CHECKING:
    import numpy as np

    from outgrow.artefacts import Artefacts
    from outgrow.plan import Plan
    from outgrow.runtime import Runtime


def show_plan(plan: Plan, runtime: Runtime, store: Artefacts) -> None:
    """Print the steps of a plan, what its data had to tell, and the time. Raises what is wrong with the data."""
    from outgrow.cli.display import console, plan_table, say
    from outgrow.preparation import rehearse

    found = rehearse(plan, store, runtime)
    if found.error:
        raise found.error
    console.print(plan_table(plan))
    for note in found.notes:
        say(f"note: {note}")
    say(
        f"{counted(len(plan.results), 'experiment')}, {counted(len(plan.steps), 'unique step')}, "
        f"{len(plan.todo)} of them to do"
        f"{time_of(plan, runtime, found.inputs)}. Trainings one by one would be {plan.trainings_unshared}."
    )


def time_of(plan: Plan, runtime: Runtime, inputs: Mapping[str, np.ndarray]) -> str:
    """How long the steps to do will take, as far as it can be told.

    Args:
        inputs: of data that were read, by the key of their step.
    """
    from outgrow.forecast import START, Forecast, between
    from outgrow.guesses import guesses
    from outgrow.rates import at_once, machine_names, read_rates

    if not plan.todo:
        return ""
    known = read_rates(*machine_names(runtime))
    guessed = guesses(plan, runtime, known=known, inputs=inputs)
    forecast = Forecast(plan, workers=at_once(runtime), known=known, guessed=guessed)
    seconds, seen = START + forecast.left(), forecast.seen
    low, high = (0.7, 1.6) if seen > 0.8 else (0.4, 2.5)
    basis = "by what such steps took here" if seen > 0.8 else "though this machine has not run such steps yet"
    return f": {between(low * seconds, high * seconds)} on this machine, {basis}"
