"""New data labelled by a trained student: any size, in memory that stays small, and resumable."""

from outgrow.labelling.label import Labelled, label_file

__all__ = ["Labelled", "label_file"]
