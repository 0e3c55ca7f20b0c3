"""The steps an experiment is made of, as references whose keys are known before anything is computed.

`Steps` only describes: each call returns a `Step` that knows its key, its inputs, and how to compute itself into a
folder. So one function serves a direct call, a dry run, and a sweep, in which equal steps are one step.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Literal, TypeVar

from outgrow.learning.cosupervision import Assignment
from outgrow.learning.objective import Objective, Transform
from outgrow.models.base import Model, Role
from outgrow.specs import SplitSpec, TrainSpec
from outgrow.steps.adapt import Adapted
from outgrow.steps.asked import Ask, Asked
from outgrow.steps.assigned import Assigned
from outgrow.steps.base import Needs, Step, Write, walk_unique
from outgrow.steps.body import Body
from outgrow.steps.boosted import Boosted, Emphasis
from outgrow.steps.calibrated import Calibrated
from outgrow.steps.combine import Combined
from outgrow.steps.compare import Comparison
from outgrow.steps.context import Context
from outgrow.steps.contrast import ContrastFeatures, ContrastProbe, Finder
from outgrow.steps.crossfit import CrossFitted
from outgrow.steps.elicit import Elicited
from outgrow.steps.examples import Dataset
from outgrow.steps.features import Features
from outgrow.steps.finetune import Finetuned
from outgrow.steps.frozen import frozen_part
from outgrow.steps.given import Given, Labeller
from outgrow.steps.grade import Graded, pool_alone
from outgrow.steps.heads import TrainedHead
from outgrow.steps.labels import Labels
from outgrow.steps.outside import FromOutside
from outgrow.steps.predictor import NewRows, Predictor, Untrained
from outgrow.steps.prompt import Prompted, Unprompted
from outgrow.steps.rework import Reworked, Rule
from outgrow.steps.score import Scored
from outgrow.steps.shift import Shift
from outgrow.steps.silent import Silent
from outgrow.steps.simulated import Disturbed, Simulant, Simulated
from outgrow.steps.split import Part, Split
from outgrow.steps.told import Told
from outgrow.steps.trained import Trained
from outgrow.tasks.base import Task

__all__ = [
    "Adapted", "Ask", "Asked", "Assigned", "Boosted", "Calibrated", "Combined", "Comparison", "Context",
    "CrossFitted", "Dataset", "Disturbed", "Emphasis", "Features", "Finetuned", "FromOutside", "Given", "Labeller",
    "Labels", "Needs", "NewRows", "Part", "Predictor", "Prompted", "Reworked", "Scored", "Shift", "Simulant",
    "Simulated", "Split", "Step", "Steps", "Told", "Trained", "TrainedHead", "Unprompted", "Untrained",
    "Write", "walk_unique",
]  # fmt: skip

S = TypeVar("S")
BOOSTED = 7_000_003  # between the seeds of models trained in turn


class Steps:
    """Describes steps; equal ones are the same object."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}

    def split(self, task: Task, split: SplitSpec, *, seed: int, ladder: tuple[Role, ...] = ()) -> Split:
        """The four disjoint parts of a task's examples; a ladder of models can tell how difficult they are."""
        dataset = self._once(("dataset", task, split), lambda: Dataset(task=task, split=split))
        grades = self.grade(dataset, ladder) if ladder else None
        return self._once(("split", dataset, seed, grades), lambda: Split(dataset=dataset, seed=seed, grades=grades))

    def grade(self, dataset: Dataset, ladder: tuple[Role, ...]) -> Graded:
        """How difficult a dataset's rows are for a ladder of models, trained on ground truth of its pool."""
        split = self.split(dataset.task, pool_alone(dataset.split), seed=0)
        pool = Part(split=split, name="pool", size=dataset.split.pool)
        rungs = tuple(self.halves(role, pool, seed=0) for role in ladder)
        return self._once(("grade", dataset, rungs), lambda: Graded(dataset=dataset, rungs=rungs))

    def shifted(self, shift: Shift, split: Split) -> Split:
        """The test examples of another task, for models that learn from `split`."""
        dataset = self._once(("shifted", shift, split.dataset), lambda: shift.dataset(split.dataset))
        return self._once(("split", dataset, split.seed), lambda: Split(dataset=dataset, seed=split.seed))

    def finetune(
        self,
        role: Role,
        part: Part,
        *,
        seed: int,
        labels: Labels | None = None,
        objective: Objective | None = None,
        start: Adapted | None = None,
        after: Trained | None = None,
        emphasis: Emphasis | None = None,
        earlier: Labels | None = None,
    ) -> Trained:
        """Train a role's model on a part: on ground truth, or on weak labels by an objective.

        Args:
            objective: what is learned from weak labels; cross-entropy on the labels as they are by default.
            start: weights of a generative fine-tuning to begin from.
            after: a training of the same model that this one goes on from.
            emphasis: how much each row counts.
            earlier: what another student says of the part, for objectives that look at it.

        Raises:
            ConfigError: the objective needs frozen features, and the model gives none.
        """
        held_out = None
        if labels is not None:
            objective = objective or Objective()
            if labels.by.speaks_of is None:
                held_out = self.label(labels.by, part.split.part("validation"))

        def make() -> Trained:
            of: dict[str, Any] = {
                "role": role, "part": part, "labels": labels, "held_out": held_out, "objective": objective,
                "seed": seed, "start": start, "after": after, "earlier": earlier,
                "emphasis": emphasis,
            }  # fmt: skip
            frozen = frozen_part(role.model, objective)
            if frozen is not None:
                of["frozen"] = self.features(frozen, part.split.dataset, start=start)
            return Finetuned(**of) if role.model.extractor() is None else TrainedHead(**of)

        told = labels, objective, seed, start, after, earlier, emphasis
        return self._once(("finetune", role, _where(part), *told), make)

    def halves(
        self, role: Role, part: Part, *, labels: Labels | None = None, objective: Objective | None = None, seed: int
    ) -> CrossFitted:
        """Two trainings, each on one half of a part: a half is answered by the model of the other one."""
        pieces = tuple(part.pieces(2))
        members = tuple(
            self.finetune(role, piece, labels=labels, objective=objective, seed=seed) for piece in reversed(pieces)
        )
        return self._once(("crossfit", members), lambda: CrossFitted(members=members, pieces=pieces))

    def rework(self, labels: Labels, models: tuple[Predictor, ...], rule: Rule) -> Reworked:
        """Labels made anew by what models say of the same rows."""
        return self._once(("rework", labels, models, rule), lambda: Reworked(labels=labels, models=models, rule=rule))

    def assign(self, labels: Labels, student: Predictor | None, rule: Assignment) -> Assigned:
        """Labels of one of several supervisors for each row, as a student chooses that has learned already."""
        models = (student,) if student else ()
        return self._once(("assign", labels, student, rule), lambda: Assigned(labels=labels, models=models, rule=rule))

    def boost(self, role: Role, part: Part, *, rounds: int, seed: int) -> Boosted:
        """Models trained in turn on the ground truth of a part, each where those before were wrong."""
        made: list[Emphasis] = []
        for place in range(rounds):
            before = made[-1] if made else None
            by = self.finetune(role, part, seed=seed + BOOSTED * place, emphasis=before)
            made.append(self._emphasise(by, part, before))
        return self._once(("boost", *made), lambda: Boosted(rounds=tuple(made)))

    def _emphasise(self, by: Trained, part: Part, before: Emphasis | None) -> Emphasis:
        return self._once(("emphasise", by), lambda: Emphasis(by=by, part=part, before=before))

    def contrast(self, model: Model, part: Part, *, labels: Labels, finder: Finder, seed: int) -> ContrastProbe:
        """A direction between a part's two answers; the labels give its sign."""
        dataset = part.split.dataset
        if dataset.task.kind == "preference":
            frozen = self.features(model, dataset)
        else:
            frozen = self._once(
                ("contrast features", model, dataset),
                lambda: ContrastFeatures(model=model, dataset=dataset, start=None),
            )
        return self._once(
            ("contrast", model, _where(part), labels, finder, seed),
            lambda: ContrastProbe(model=model, frozen=frozen, part=part, labels=labels, finder=finder, seed=seed),
        )

    def features(self, model: Model, dataset: Dataset, *, start: Adapted | None = None) -> Features:
        """What the frozen part of a model makes of every row of a dataset."""
        return self._once(
            ("features", model, dataset, start), lambda: Features(model=model, dataset=dataset, start=start)
        )

    def adapt(self, model: Model, train: TrainSpec, part: Part, *, seed: int) -> Adapted:
        """Fine-tune a language model to continue a part's inputs, labels ignored."""
        return self._once(
            ("adapt", model, train, _where(part), seed),
            lambda: Adapted(model=model, train=train, part=part, seed=seed),
        )

    def body(self, trained: Trained, *, seed: int) -> Adapted:
        """The hidden layers of a trained network, for others to begin from."""

        def make() -> Body:
            return Body(
                model=trained.role.model, train=trained.role.train, part=trained.part, seed=seed, trained=trained
            )

        return self._once(("body", trained), make)

    def prompt(self, model: Model, part: Part, *, shots: int, seed: int, labels: Labels | None = None) -> Prompted:
        """A language model with some examples of a part in its prompt: with weak labels, or with ground truth."""
        return self._once(
            ("prompt", model, _where(part), labels, shots, seed),
            lambda: Prompted(model=model, part=part, labels=labels, shots=shots, seed=seed),
        )

    def unprompted(self, model: Model) -> Unprompted:
        """A language model that is shown no example."""
        return self._once(("unprompted", model), lambda: Unprompted(model=model))

    def elicit(self, model: Model, part: Part, *, alpha: float, steps: int, consistent: bool, seed: int) -> Elicited:
        """A language model with rows of a part in its prompt that it has labelled by itself."""
        return self._once(
            ("elicit", model, _where(part), alpha, steps, consistent, seed),
            lambda: Elicited(model=model, part=part, alpha=alpha, steps=steps, consistent=consistent, seed=seed),
        )

    def given(self, labeller: Labeller, split: Split) -> Given:
        """Labels that come from outside."""
        return self._once(("given", labeller, split), lambda: Given(labeller=labeller, split=split))

    def ask(self, labeller: Asked, split: Split) -> Ask:
        """Labels of somebody outside who is shown the rows."""
        return self._once(("ask", labeller, split), lambda: Ask(labeller=labeller, split=split))

    def simulate(
        self,
        labeller: Simulant,
        split: Split,
        *,
        seed: int,
        judge: Predictor | None = None,
        features: Features | None = None,
    ) -> Simulated:
        """Labels with known errors, of somebody who is shown the truth of what it labels."""
        return self._once(
            ("simulate", labeller, split, seed, judge, features),
            lambda: Simulated(labeller=labeller, split=split, seed=seed, judge=judge, frozen=features),
        )

    def disturb(self, of: Predictor, *, rate: float, seed: int) -> Disturbed:
        """Somebody's answers with errors injected."""
        return self._once(("disturb", of, rate, seed), lambda: Disturbed(of=of, rate=rate, seed=seed))

    def silence(self, of: Predictor, *, share: float, seed: int) -> Silent:
        """Somebody's answers, but none to a share of the rows of `transfer`."""
        return self._once(("silence", of, share, seed), lambda: Silent(of=of, share=share, seed=seed))

    def tell(self, part: Part) -> Told:
        """The ground truth of a part's rows, told by somebody who says nothing of others."""
        return self._once(("truth", _where(part)), lambda: Told(part=part))

    def combine(self, members: tuple[Predictor, ...], rule: Transform) -> Combined:
        """Several predictors that answer as one."""
        return self._once(("combine", members, rule), lambda: Combined(members=members, rule=rule))

    def calibrate(self, of: Predictor, part: Part, *, by: Literal["temperature", "platt"]) -> Calibrated:
        """A predictor whose probabilities are calibrated by the ground truth of a part that did not teach it."""
        return self._once(("calibrate", of, _where(part), by), lambda: Calibrated(of=of, part=part, way=by))

    def untrained(self, model: Model) -> Untrained:
        """A pretrained model as it is."""
        return self._once(("untrained", model), lambda: Untrained(model=model))

    def label(self, by: Predictor, part: Part, *, audited: Labels | None = None) -> Labels:
        """A predictor's answers on a part, and what is known to be true of some of its rows."""
        plain = self.label(by, part) if audited is not None and by.cost is not None else None
        return self._once(
            ("label", by, _where(part), audited), lambda: Labels(by=by, part=part, audited=audited, plain=plain)
        )

    def score(self, by: Predictor, split: Split) -> Scored:
        """A predictor's answers to the test examples."""
        return self._once(("score", by, split), lambda: Scored(by=by, split=split))

    def compare(
        self,
        *,
        metric: str,
        weak: Predictor,
        student: Predictor,
        ceiling: Predictor,
        zero_shot: Predictor | None,
        labels: Labels,
        split: Split,
    ) -> Comparison:
        """All roles' answers on `test`, side by side."""
        roles = {"weak": weak, "student": student, "ceiling": ceiling}
        scored = {role: self.score(by, split) for role, by in roles.items()}
        return Comparison(
            metric=metric, **scored, zero_shot=self.score(zero_shot, split) if zero_shot else None, labels=labels
        )

    def _once(self, call: Hashable, make: Callable[[], S]) -> S:
        found = self._known.get(call)
        if found is None:
            found = self._known[call] = make()
        return found


def _where(part: Part) -> Hashable:
    return part.split, part.name, part.start, part.size
