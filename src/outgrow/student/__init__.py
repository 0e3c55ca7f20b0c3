"""A trained student apart from any store: what it answers, and the folder that it is kept in."""

from outgrow.student.base import Student
from outgrow.student.folder import load, save
from outgrow.student.origin import student_of

__all__ = ["Student", "load", "save", "student_of"]
