"""What a run would have to do, and how long it would take, as it is shown before anything is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outgrow.plain import counted

if TYPE_CHECKING:
    from outgrow.artefacts import Artefacts
    from outgrow.lengths import Longer
    from outgrow.plan import Plan
    from outgrow.runtime import Runtime


def show_plan(plan: Plan, runtime: Runtime, store: Artefacts) -> None:
    """Print the steps of a plan, what its data had to tell, and the time. Raises what is wrong with the data."""
    from outgrow.cli.display import console, plan_table, say
    from outgrow.lengths import longer_in
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
        f"{time_of(plan, runtime, longer_in(found.inputs))}. Trainings one by one would be {plan.trainings_unshared}."
    )


def time_of(plan: Plan, runtime: Runtime, longer: Longer) -> str:
    """How long the steps to do will take, as far as it can be told.

    Args:
        longer: how long the rows of a step are.
    """
    from outgrow.durations import between
    from outgrow.forecast import START, Forecast
    from outgrow.guesses import guesses
    from outgrow.rates import at_once, machine_names, read_rates

    if not plan.todo:
        return ""
    known = read_rates(*machine_names(runtime))
    guessed = guesses(plan, runtime, known=known, longer=longer)
    forecast = Forecast(plan, workers=at_once(runtime), known=known, guessed=guessed, longer=longer)
    seconds, seen = START + forecast.left(), forecast.seen
    low, high = (0.7, 1.6) if seen > 0.8 else (0.4, 2.5)
    basis = "by what such steps took here"
    if seen <= 0.8:
        basis = "though this machine has not run such steps yet"
        if forecast.unread:
            basis = "though nobody has looked at how long its texts are"
    return f": {between(low * seconds, high * seconds)} on this machine, {basis}"


def looked_at(plan: Plan, runtime: Runtime, store: Artefacts) -> Longer:
    """How long the rows of a step are, by reading the data as a run would; that tells what is wrong with them."""
    from outgrow.lengths import longer_in, measures, unknown
    from outgrow.preparation import rehearse

    if not any(measures(plan.steps[key]) for key in plan.todo):
        return unknown
    return longer_in(rehearse(plan, store, runtime).inputs)
