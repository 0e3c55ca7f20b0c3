"""A student's answers to the rows of a chunk, and what there is to tell of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from outgrow.errors import ConfigError, DataError, StepFailed
from outgrow.labelling.answered import Answered, answered, classes_of
from outgrow.labelling.chunk import Chunk
from outgrow.labelling.roles import Inputs
from outgrow.plain import counted
from outgrow.runtime import Runtime

if TYPE_CHECKING:
    import numpy as np

    from outgrow.learning.batching import Rows
    from outgrow.student import Student


class Answering:
    """Answers chunk by chunk; what is counted on the way goes into a counter of the caller's."""

    def __init__(self, student: Student, inputs: Inputs, runtime: Runtime) -> None:
        from outgrow.learning.machine import machine_of

        self._student, self._inputs = student, inputs
        self._machine = machine_of(runtime)
        self.classes = classes_of(student)
        self.device = [self._machine.device.type, self._machine.precision]

    def answer(self, chunk: Chunk, columns: Sequence[str], counts: Counter[str]) -> Answered:
        """Labels and probabilities of the rows of a chunk."""
        import numpy as np

        places, inputs = self._inputs.of(chunk, columns)
        answers = np.zeros((0, len(self.classes)), np.float32)
        if len(places):
            places, answers = self._answers(places, inputs, counts)
        found, ties = answered(len(chunk.rows), places, answers, self.classes)
        labels = Counter(found.labels)
        for name in self.classes:
            counts[f"label {name}"] += labels[name]
        counts["tied"] += ties
        counts["without"] += len(chunk.rows) - len(chunk.unfit) - len(places)
        return found

    def _answers(self, places: np.ndarray, inputs: np.ndarray, counts: Counter[str]) -> tuple[np.ndarray, np.ndarray]:
        import numpy as np

        if why := self._student.model.misfit(inputs[:1], self._student.output):
            raise ConfigError(f"{self._student.model.label} {why}")
        try:
            answers, rows = self._answer(inputs)
        except DataError:
            if not self._inputs.images:
                raise
            fine = np.array(_readable(inputs))
            if fine.all():
                raise
            places, inputs = places[fine], inputs[fine]
            answers, rows = self._answer(inputs)
        counts["read"] += len(inputs)
        counts["cut"] += int(getattr(rows, "truncated", 0))
        counts["unseen"] += int(getattr(rows, "unseen", 0))
        if broken := int((~np.isfinite(answers).all(1)).sum()):
            raise StepFailed(
                f"{self._student.model.label} gives probabilities that are not finite numbers for {broken:,} of "
                f"{counted(len(answers), 'row')}; try --precision float32"
            )
        return places, answers

    def _answer(self, inputs: np.ndarray) -> tuple[np.ndarray, Rows | None]:
        """Probabilities, and the rows as the network takes them."""
        if not len(inputs):
            return self._student.answers(inputs, self._machine), None
        rows = self._student.encode(inputs)
        self._limit = int(getattr(rows, "limit", 0))
        return self._student.answers_to(rows, self._machine), rows

    def notes(self, counts: Counter[str]) -> list[str]:
        """What the user should know."""
        from outgrow.text.word_vectors import nothing_known

        told = []
        if counts["without"]:
            told.append(self._inputs.without(counts["without"]))
        if counts["cut"]:
            limit = f"{self._limit} tokens" if self._limit else "the model reads"
            verb = "was" if counts["cut"] == 1 else "were"
            told.append(f"{counted(counts['cut'], 'text')} {verb} longer than {limit} and cut")
        if counts["unseen"]:
            told.append(nothing_known(counts["unseen"], counts["read"]))
        if counts["tied"]:
            told.append(
                f"the largest probability of {counted(counts['tied'], 'row')} belongs to several classes alike; the "
                "label is the first of them"
            )
        return told

    _limit = 0


def _readable(paths: np.ndarray) -> list[bool]:
    """Which images can be decoded."""
    from outgrow.tasks.sources.images import content, decode, threads

    def fine(path: str) -> bool:
        try:
            decode(content(path), name=path)
        except DataError:
            return False
        return True

    return list(threads().map(fine, paths))
