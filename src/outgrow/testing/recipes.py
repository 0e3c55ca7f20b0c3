"""Methods and supervisors as recipes of steps: what they ask for is fixed by the seed, and truth reaches no student."""

from __future__ import annotations

from collections.abc import Callable

from outgrow.errors import ConfigError
from outgrow.methods.base import Method
from outgrow.models.base import Role, models
from outgrow.specs import SplitSpec, TrainSpec
from outgrow.steps import Predictor, Prompted, Simulated, Split, Step, Steps, Told, Trained, walk_unique
from outgrow.supervisors.base import Supervisor
from outgrow.tasks.base import tasks
from outgrow.testing.broken import Broken, demand

SPLIT = SplitSpec(supervisor=20, transfer=20, validation=10, test=20)
KNOWN = 5  # rows of known truth
COMMIT = "0" * 40  # of a language model that is planned with and never read


def check_recipe(one: Method) -> None:
    """The steps to a student are the same for the same seed; of `transfer`, they see no truth but what it is given."""

    def student(strong: Role) -> Callable[[Steps], Predictor]:
        def plan(steps: Steps) -> Predictor:
            data = _data(steps)
            part, small = data.part("transfer"), Role(model=models["toy-xs"](), train=TrainSpec())
            weak = steps.finetune(small, data.part("supervisor"), seed=0)
            known = steps.label(steps.tell(part.first(KNOWN)), part.first(KNOWN)) if one.uses_truth else None
            labels = steps.label(weak, part, audited=known)
            return one.train_student(steps, strong, part, labels, objective=one.objective(), seed=0)

        return plan

    source = {"path": "org/name", "revision": COMMIT}
    kinds = models["toy-l"](), models["transformer"](**source), models["transformer"](**source, training="probe")
    for model in kinds:  # some methods are for language models, some for frozen features
        strong = Role(model=model, train=TrainSpec())
        try:
            found = _planned(one.name, student(strong))
            break
        except ConfigError:
            if model is kinds[-1]:
                raise
    for step in walk_unique(found):
        demand(not _sees_truth(step), f"{one.name}: its student learns from ground truth of {_part(step)!r}")
        if isinstance(step, Told):
            given = one.uses_truth and step.part.name == "transfer" and step.part.stop <= KNOWN
            demand(given, f"{one.name}: its student learns from ground truth that it was not given")
    steps = Steps()
    ceiling = one.train_ceiling(steps, strong, _data(steps).part("transfer"), seed=0)
    demand(isinstance(ceiling, Predictor), f"{one.name}: train_ceiling must return a predictor")
    demand(ceiling.key != found.key, f"{one.name}: the student is the ceiling")
    demand(isinstance(one.label, str) and one.label, f"{one.name}: label must be a text")


def check_supervisor(one: Supervisor) -> None:
    """It can label something, costs something or nothing known, and sees no ground truth but that of `supervisor`."""
    demand(one.kinds, f"{one.name}: kinds is empty: which tasks can it label?")
    demand(isinstance(one.label, str) and one.label, f"{one.name}: label must be a text")
    demand(one.cost is None or one.cost >= 0, f"{one.name}: cost must be multiply-accumulates, or None")
    found = _planned(one.name, lambda steps: one.predictor(steps, _data(steps), seed=0))
    for step in walk_unique(found):
        demand(not _sees_truth(step), f"{one.name} learns from ground truth of {_part(step)!r}, not of 'supervisor'")
        taught = isinstance(step, Trained) and step.labels is None
        demand(one.learns or not taught, f"{one.name} learns from ground truth: set learns = True")
        told = one.simulated or not isinstance(step, Simulated)
        demand(told, f"{one.name} is shown the truth of what it labels: set simulated = True")


def _data(steps: Steps) -> Split:
    return steps.split(tasks["toy"](), SPLIT, seed=0)


def _planned(name: str, plan: Callable[[Steps], Predictor]) -> Predictor:
    found, again = plan(Steps()), plan(Steps())
    demand(isinstance(found, Predictor), f"{name}: it must return a predictor, such as steps.finetune gives")
    if found.key != again.key:
        raise Broken(f"{name}: the same seed must lead to the same steps; pass it on, and draw from nothing else")
    return found


def _part(step: Step) -> str:
    return step.part.name if isinstance(step, (Trained, Prompted)) else ""


def _sees_truth(step: Step) -> bool:
    learns = isinstance(step, Trained) or (isinstance(step, Prompted) and step.shots > 0)
    return learns and step.labels is None and _part(step) != "supervisor"  # type: ignore[attr-defined]
