"""A student as a model folder of outgrow, with nothing in it of a model that was there before."""

from __future__ import annotations

from pathlib import Path

from outgrow.errors import ConfigError
from outgrow.own_model import kept_rows
from outgrow.own_model.asked import PLAN
from outgrow.own_model.audited import AUDITED
from outgrow.own_model.doubts import SUSPECTS
from outgrow.own_model.page import PAGE
from outgrow.plain import plain
from outgrow.student import Student, save
from outgrow.student.folder import FACTS, check_free


def write_folder(student: Student, folder: str | Path) -> bool:
    """Write a student into a folder; returns whether it replaced a model there, with the rows behind that one.

    Raises:
        ConfigError: something else is there, or a model whose rows somebody checked, or may be checking.
    """
    place = Path(folder)
    check_free(place)
    for name in (AUDITED, PLAN):
        if (place / name).exists():
            raise ConfigError(
                f"{plain(str(place))} holds {name}: rows of the model there that somebody checked, or may be checking, "
                "which another model would make useless: choose another folder with --to"
            )
    replaced = (place / FACTS).is_file()
    for name in (kept_rows.FILE, SUSPECTS, PAGE) if replaced else ():
        (place / name).unlink(missing_ok=True)
    save(student, place)
    return replaced
