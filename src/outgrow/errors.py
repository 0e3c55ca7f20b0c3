"""One error tree: everything a user can cause prints as one clear message, without a traceback."""

from __future__ import annotations

from outgrow.plain import plain


class OutgrowError(Exception):
    """Base of every error raised on purpose; its message names the value, the choices and the cure.

    As it holds what comes from outside, names of files and columns say, it is made plain whoever shows it.
    """

    def __str__(self) -> str:
        return plain(super().__str__())


class ConfigError(OutgrowError):
    """An experiment asks for something that does not exist or does not fit.

    Args:
        key: the dotted key that is wrong, as in an experiment's file, if it is known; who reads a file adds the line.
    """

    def __init__(self, message: str, *, key: str = "") -> None:
        super().__init__(message)
        self.key = key


class UnknownName(ConfigError):
    """A component's name is not registered."""


class PluginError(ConfigError):
    """A file or package of components cannot be imported, or takes a name that is taken."""


class DataError(OutgrowError):
    """A task's data is missing, malformed or too small."""


class NotFetched(DataError):
    """Data or weights are needed that are not on this machine yet, and could not be fetched."""


class PackMissing(NotFetched):
    """An offline pack is needed that has not been fetched; `outgrow packs get NAME` fetches it."""


class StoreError(OutgrowError):
    """The store cannot be read or written, or an artefact is damaged."""


class DamagedArtefact(StoreError):
    """A file does not match its checksum; the artefact has been moved aside and can be computed again."""


class MissingArtefact(DamagedArtefact):
    """An artefact is not there, or not any more: another reader may have found it damaged and moved it aside."""


class StepFailed(OutgrowError):
    """A step of the graph failed; the cause is chained."""


class EndpointFailed(StepFailed):
    """An endpoint that labels texts did not answer often enough; what it has answered is kept."""


class MissingDependency(OutgrowError):
    """An optional package or outside program is not installed."""
