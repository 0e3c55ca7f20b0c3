"""What is known of the sizes of families, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Protocol, TypeVar

from outgrow.models.base import Model, models


class Preset(Protocol):
    """Facts of one size."""

    @property
    def about(self) -> str:
        """One line on what it is."""
        ...

    @property
    def source(self) -> str:
        """Where it comes from."""
        ...


P = TypeVar("P", bound=Preset)


class Presets(Mapping[str, P]):
    """The sizes of all families of one kind of model: all are there, whichever files have been imported so far."""

    def __init__(self) -> None:
        self._known: dict[str, P] = {}

    def add(self, sizes: Mapping[str, P], model: Callable[..., Model]) -> None:
        """Register each size as `model` of that name."""
        for name, preset in sizes.items():
            models.add(name, partial(model, name=name), about=preset.about, source=preset.source)
            self._known[name] = preset

    def _all(self) -> dict[str, P]:
        list(models)  # the registry imports every family's file
        return self._known

    def __getitem__(self, name: str) -> P:
        found = self._known.get(name)
        return self._all()[name] if found is None else found

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())
