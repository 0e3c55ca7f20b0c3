"""Weak labels in every form are the same votes, and what can be read in two ways is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from outgrow.errors import ConfigError, DataError
from outgrow.estimators.cells import WrongInput
from outgrow.estimators.labels import read_labels

NAN = float("nan")
YES, NO, NONE = [0.0, 1.0], [1.0, 0.0], [0.0, 0.0]


class Frame:
    """As much of a data frame as is looked at."""

    def __init__(self, values: Any, columns: list[Any]) -> None:
        self.values, self.columns = np.array(values), columns

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.asarray(self.values, dtype)


VECTORS: list[tuple[Any, list[Any]]] = [
    ([0, 1, 1], [0, 1]),
    (["no", "yes", "yes"], ["no", "yes"]),
    (np.array(["no", "yes", "yes"], object), ["no", "yes"]),
    ([False, True, True], [False, True]),
    ([-1, 1, 1], [-1, 1]),
    ([0.0, 1.0, 1.0], [0, 1]),
    ([3, 7, 7], [3, 7]),
    (np.array([0, 1, 1], np.float16), [0, 1]),
]


@pytest.mark.parametrize(("given", "classes"), VECTORS)
def test_a_vector_of_classes(given: Any, classes: list[Any]) -> None:
    found = read_labels(given)
    assert found.classes.tolist() == classes
    assert found.votes.tolist() == [[NO, YES, YES]]
    assert found.votes.dtype == np.float32


class NAType:
    """What pandas puts where there is nothing: neither true nor false, whatever it is compared with."""

    def __eq__(self, other: object) -> Any:
        return self

    def __bool__(self) -> bool:
        raise TypeError("boolean value of NA is ambiguous")


NA = NAType()
HOLES: list[tuple[Any, dict[str, Any], list[Any]]] = [
    ([0, None, 1], {}, [0, 1]),
    ([0, NAN, 1], {}, [0, 1]),
    (["no", None, "yes"], {}, ["no", "yes"]),
    (["no", "", "yes"], {}, ["no", "yes"]),
    (["no", NAN, "yes"], {}, ["no", "yes"]),
    (["no", "?", "yes"], {"abstain": "?"}, ["no", "yes"]),
    ([0, -1, 1], {"abstain": -1}, [0, 1]),
    ([0, -1, 1], {"classes": [0, 1]}, [0, 1]),
    ([0.2, NAN, 0.8], {}, [0, 1]),
    (["no", "  ", "yes"], {}, ["no", "yes"]),
    (["no", NA, "yes"], {}, ["no", "yes"]),
    ([False, NA, True], {}, [False, True]),
    ([False, None, True], {"abstain": "?"}, [False, True]),
    ([2**60, None, 2**60 + 1], {}, [2**60, 2**60 + 1]),
    (np.array([0, None, 1], object), {"classes": (0, 1)}, [0, 1]),
    (["no", "n/a", "yes"], {"abstain": ["?", "n/a"]}, ["no", "yes"]),
    (["no", "-1", "yes"], {"abstain": -1}, ["no", "yes"]),
    (np.array([0, 255, 1], np.uint8), {"abstain": 255}, [0, 1]),
]


@pytest.mark.parametrize(("given", "options", "classes"), HOLES)
def test_a_vector_with_a_hole(given: Any, options: dict[str, Any], classes: list[Any]) -> None:
    found = read_labels(given, **options)
    assert found.classes.tolist() == classes
    assert all(type(one) is type(other) for one, other in zip(found.classes.tolist(), classes, strict=True))
    assert found.votes.any(-1).tolist() == [[True, False, True]]
    assert found.votes.argmax(-1)[0, [0, 2]].tolist() == [0, 1]


def test_probabilities() -> None:
    two = read_labels([[0.8, 0.2], [0.0, 0.0], [NAN, NAN]])
    np.testing.assert_allclose(two.votes, [[[0.8, 0.2], NONE, NONE]])
    np.testing.assert_allclose(read_labels([0.2, 0.5]).votes, [[[0.8, 0.2], [0.5, 0.5]]])
    named = read_labels([[0.8, 0.2, 0], [0, 0.3, 0.7]], classes=["a", "b", "c"])
    assert named.classes.tolist() == ["a", "b", "c"]
    soft = np.array([[[0.8, 0.2], [0.5, 0.5], [0, 0]], [[1, 0], [0, 1], [0.3, 0.7]]])
    found = read_labels(soft)
    np.testing.assert_allclose(found.votes, soft.transpose(1, 0, 2), atol=1e-7)
    assert found.labellers == ("labeller 1", "labeller 2", "labeller 3")


def test_annotators() -> None:
    found = read_labels([[0, 1, -1], [1, 1, 0]])
    assert found.votes.tolist() == [[NO, YES], [YES, YES], [NONE, NO]]
    assert "1 label of -1 taken for none" in found.notes[0]
    assert read_labels([["no", "yes"], ["yes", None]]).votes.tolist() == [[NO, YES], [YES, NONE]]
    shares = read_labels([[0.9, 0.8], [NAN, 0.1]], labels="annotators")
    np.testing.assert_allclose(shares.votes, [[[0.1, 0.9], NONE], [[0.2, 0.8], [0.9, 0.1]]], atol=1e-7)
    with_names = read_labels(Frame([["no", "yes"], ["yes", "no"]], ["ann", "bob"]))
    assert with_names.labellers == ("ann", "bob")
    assert not read_labels([[-1, -1], [-1, -1]]).votes.any()
    three = read_labels([[-1, 0, 1], [1, 1, 0]], abstain=None)
    assert three.classes.tolist() == [-1, 0, 1]
    assert three.notes == ()


@pytest.mark.parametrize(
    ("given", "votes"),
    [
        ([[0.0, 1.0, NAN], [1.0, 1.0, 0.0]], [[NO, YES], [YES, YES], [NONE, NO]]),
        ([[0.0, 1.0, -1.0], [1.0, 1.0, 0.0]], [[NO, YES], [YES, YES], [NONE, NO]]),
        ([["a", "b", "-1"], ["b", "b", "a"]], [[NO, YES], [YES, YES], [NONE, NO]]),
        ([[0, 1, None], [1, 1, 0]], [[NO, YES], [YES, YES], [NONE, NO]]),
    ],
)
def test_a_matrix_of_annotators_with_holes(given: Any, votes: Any) -> None:
    found = read_labels(given)
    assert (found.reading, found.votes.tolist()) == ("annotators", votes)


@pytest.mark.parametrize(
    "row", [[0.5, 0.2, 0.25], [0.7, 0.2, 0.25], [0.5, 0.5, NAN], [1.2, -0.2, 0.0], [0.6, 0.9, 0.1]]
)
@pytest.mark.parametrize("classes", [None, ["a", "b", "c"]])
def test_one_bad_row_of_probabilities_is_named(row: list[float], classes: list[str] | None) -> None:
    given = np.tile([0.7, 0.2, 0.1], (1000, 1))
    given[417] = row
    with pytest.raises(WrongInput, match=r"row 417 of y is \[.*sum to 1.*say labels=\"annotators\""):
        read_labels(given, classes=classes)


def test_rows_of_a_single_one_are_not_read_otherwise_for_a_few_that_are_none() -> None:
    given = np.eye(3)[np.arange(100) % 3]
    given[17], given[18] = [1, 1, 0], 0
    with pytest.raises(WrongInput, match=r'98 rows of 100 sum to 1.*labels="probabilities" or labels="annotators"'):
        read_labels(given)
    with pytest.raises(WrongInput, match="row 17 of y is"):
        read_labels(given, labels="probabilities")
    given[:60] = 0
    given[50] = 1
    assert read_labels(given).reading == "annotators", "rules that seldom say yes"


def test_columns_of_probabilities_go_by_their_names() -> None:
    frame = Frame([[0.8, 0.2], [0.3, 0.7]], ["pos", "neg"])
    named = read_labels(frame, classes=["neg", "pos"])
    np.testing.assert_allclose(named.votes, [[[0.2, 0.8], [0.7, 0.3]]], atol=1e-7)
    alone = read_labels(frame)
    assert alone.classes.tolist() == ["pos", "neg"]
    np.testing.assert_allclose(alone.votes, [[[0.8, 0.2], [0.3, 0.7]]], atol=1e-7)
    for columns in ([0, 1], [1, 0]):
        turned = read_labels(Frame(frame.values, columns), classes=[0, 1])
        np.testing.assert_allclose(turned.votes[0], np.array(frame.values)[:, columns], atol=1e-7)
    assert read_labels(Frame(frame.values, [0, 1]), classes=["b", "a"]).classes.tolist() == ["b", "a"]
    with pytest.warns(UserWarning, match="column-vector"):
        assert read_labels(Frame([[0.8], [0.3]], ["p"])).votes.argmax(-1).tolist() == [[1, 0]]
    with pytest.raises(WrongInput, match=r"columns \['p', 'q'\], and the classes are \['neg', 'pos'\]"):
        read_labels(Frame(frame.values, ["p", "q"]), classes=["neg", "pos"])


def test_classes_that_only_the_truth_names() -> None:
    with pytest.raises(WrongInput, match=r"did you mean 'pos'\? If not, name all classes with classes"):
        read_labels(["neg", "pos", "pos"], audited={0: " Pos"})
    named = read_labels(["neg", "pos", "pos"], audited={0: "odd"}, classes=["neg", "pos", "odd"])
    assert named.truth.tolist() == [2, -1, -1]


def test_what_can_be_read_in_two_ways_is_refused_unless_it_is_said() -> None:
    one_hot = [[1, 0], [0, 1], [0, 1]]
    with pytest.raises(WrongInput, match='labels="probabilities" or labels="annotators"'):
        read_labels(one_hot)
    assert read_labels(one_hot, labels="probabilities").votes.tolist() == [[NO, YES, YES]]
    assert read_labels(one_hot, labels="annotators").votes.tolist() == [[YES, NO, NO], [NO, YES, YES]]
    for given in ([-1, 0, 1], [[-1, 1], [1, 1]], ["-1", "a", "b"], [["-1", "1"], ["1", "1"]]):
        with pytest.raises(WrongInput, match="set abstain=None for a class, abstain=-1 for none"):
            read_labels(given)


def test_the_truth_of_some_rows() -> None:
    y = ["a", "b", "b", None]
    assert read_labels(y).truth.tolist() == [-1, -1, -1, -1]
    assert read_labels(y, audited=[None, "a", "", "b"]).truth.tolist() == [-1, 0, -1, 1]
    assert read_labels(y, audited={0: "b", np.int64(3): "a"}).truth.tolist() == [1, -1, -1, 0]
    assert read_labels([0, 1, 1], audited=[-1, 1, -1]).truth.tolist() == [-1, 1, -1]
    assert read_labels([0, 1, 1], audited=[None, 1, None]).classes.dtype.kind == "i"
    assert read_labels([0, 1, 1], audited=[NAN, 2, NAN], classes=[0, 1, 2]).truth.tolist() == [-1, 2, -1]
    assert read_labels(y, audited=["?", "a", None, None], abstain="?").truth.tolist() == [-1, 0, -1, -1]
    assert read_labels([None, None], audited=["a", "b"]).classes.tolist() == ["a", "b"]
    assert read_labels([-1, 1, 1], audited=[None, -1, None]).truth.tolist() == [-1, 0, -1]


WRONG: list[tuple[Any, dict[str, Any], str]] = [
    ([0.1, 3.7, 2.0], {}, "Unknown label type: continuous"),
    ([1.0, float("inf")], {}, "infinity"),
    (3, {}, "should be a 1d array"),
    ([[0, 1], [1]], {}, "no array"),
    ([["a", "b"], ["b", "a"]], {"labels": "classes"}, r"as classes it has \[n\]"),
    (np.zeros((2, 2, 2, 2)), {"labels": "annotators"}, r"as annotators it has \[n, labellers\]"),
    ([["a", "b"], ["b", "a"]], {"labels": "probabilities"}, "'a', which is no probability"),
    ([[0.5, 0.5], [0.9, 0.4]], {"labels": "probabilities"}, r"row 1 of y is \[0\.9, 0\.4\]"),
    ([[0.5, 0.5], [0.9, 0.1]], {"classes": [1, 2, 3]}, "probabilities of 2 classes"),
    ([0, 1, 2], {"classes": [0, 1]}, "y holds 2, which is none of the classes"),
    ([], {"audited": [0, 1]}, "y 0 rows"),
    ([0, 1, 1], {"audited": [0, 1]}, r"audited has the shape \(2,\)"),
    ([0, 1, 1], {"audited": {3: 1}}, "audited names the row 3"),
    ([0, 1, 1], {"audited": ["yes", None, None]}, "texts in one place and numbers in another"),
    (["a", 1, "b"], {}, "texts in one place and numbers in another"),
    ([{}, {}, {}], {}, "a label is a number or a text"),
    ([b"no", b"yes"], {}, "b'no'.* a label is a number or a text"),
    (np.array([b"no", None], object), {}, "b'no'; a label is a number or a text"),
    (np.array(["2026-11-30"], "datetime64[D]"), {}, "datetime64.* a label is a number or a text"),
    ([0.9, 0.2, -1.0], {}, r"y holds -1\.0, and fractions such as 0\.9"),
    ([0.9, 1.2, 0.1], {}, r"y holds 1\.2, and fractions"),
    ([0.9, 1.2, 0.1], {"labels": "probabilities"}, r"row 1 of y is 1\.2: the probability of the second"),
    (np.array([[0, 255], [1, 1]], np.uint8), {}, "255 .* which is -1 in numbers without a sign"),
    (np.array([0, 65535, 1], np.uint16), {}, "65535 .* which is -1 in numbers without a sign"),
    ([2**60 * 1.0, NAN], {}, "floats cannot tell such numbers apart"),
    ([2**70, None], {}, "a number has 64 bits"),
    (["pos", "Pos", "pos", "Pos"], {}, r"y says both 'Pos' .* name all classes in classes="),
    (["0", "1"], {"classes": [0, 1]}, "such as '0' and 0"),
    ([0, 1, 1], {"audited": {2: 7}}, "audited holds 7, which is none of the classes"),
    ([0, 1, 1], {"audited": {2: 0.5}}, r"audited holds 0\.5, which is none of the classes"),
    ([0, 1, 1], {"audited": {True: 1}}, "audited names the row True"),
    (["neg", "pos"], {"audited": {1: "?"}}, r"audited holds '\?', which is none of the classes"),
]


@pytest.mark.parametrize(("given", "options", "message"), WRONG)
def test_what_is_wrong_is_an_error_of_both_libraries(given: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        read_labels(given, **options)
    assert isinstance(caught.value, DataError)


@pytest.mark.parametrize("classes", [[0, 0, 1], [0], [0, None], [0, "a"], {0, 1}, 5, "ab", [[0, 1]], []])
def test_classes_are_named_once_and_in_order(classes: Any) -> None:
    with pytest.raises(ConfigError, match=r"classes = .*name each class once"):
        read_labels([0, 1, 1], classes=classes)


def test_an_unknown_reading_is_a_wrong_parameter() -> None:
    with pytest.raises(ConfigError, match="choose one of auto, classes, probabilities, annotators"):
        read_labels([0, 1], labels="votes")


def test_labels_to_score_by_may_name_other_classes() -> None:
    found = read_labels([0, 5], classes=np.array([0, 1]), open_=True)
    assert found.classes.tolist() == [0, 1, 5]
    assert found.votes.argmax(-1).tolist() == [[0, 2]]
    for given, learned in ((["0", "1"], [0, 1]), ([0, 1], ["0", "1"])):
        with pytest.raises(WrongInput, match="texts in one place and numbers in another"):
            read_labels(given, classes=np.array(learned), open_=True)
