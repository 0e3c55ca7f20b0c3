"""A student as a model folder of outgrow, with nothing in it of a model that was there before."""

from __future__ import annotations

from pathlib import Path

from outgrow.own_model import kept_rows
from outgrow.own_model.audited import check_unaudited
from outgrow.own_model.doubts import SUSPECTS
from outgrow.own_model.page import PAGE
from outgrow.student import Student, save
from outgrow.student.folder import FACTS, check_free


def write_folder(student: Student, folder: str | Path) -> bool:
    """Write a student into a folder; returns whether it replaced a model there, with the rows behind that one.

    Raises:
        ConfigError: something else is there, or a model whose rows somebody checked, or may be checking.
    """
    place = Path(folder)
    check_free(place)
    check_unaudited(place, option="--to")
    replaced = (place / FACTS).is_file()
    for name in (kept_rows.FILE, SUSPECTS, PAGE) if replaced else ():
        (place / name).unlink(missing_ok=True)
    save(student, place)
    return replaced
