"""Reading the hub: what the commit is, and what is said when there is no dataset, no right, or no network."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from outgrow.errors import ConfigError, DataError, MissingDependency
from outgrow.spec import canonical
from outgrow.tasks import hub
from outgrow.tasks.hub import commit, parquet_files
from outgrow.tasks.hub_table import HubTable

ROWS = [{"words": f"text {i}", "mark": i % 2} for i in range(6)]


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """No commit is remembered from test to test."""
    hub._commit.cache_clear()
    yield
    hub._commit.cache_clear()


def table(**options: Any) -> HubTable:
    return HubTable(**{"repo": "me/words", "text": "words", "label": "mark"} | options)


def test_the_cached_commit_counts_when_the_hub_is_out_of_reach(hub_cache: Callable[..., str]) -> None:
    fetched = hub_cache("me/words", "default", {"train": ROWS})
    assert commit("me/words") == fetched
    assert commit("me/words", "a" * 40) == "a" * 40
    files = parquet_files("me/words", "default", ["train"])
    assert [file.name for file in files] == ["0000.parquet", "0001.parquet"]


def test_any_dataset_can_be_read_by_its_columns(hub_cache: Callable[..., str], tmp_path: Path) -> None:
    fetched = hub_cache("me/words", "big", {"train": ROWS[:4], "test": ROWS[4:]})
    one = table(config="big", split=("train", "test"))
    found = one.load()
    assert found.inputs.tolist() == [row["words"] for row in ROWS]
    assert found.labels.tolist() == [0, 1] * 3
    assert found.class_names == ("0", "1")
    fingerprint = {"repo": "me/words", "config": "big", "split": ["train", "test"], "commit": fetched}
    assert one.identity()["fingerprint"] == fingerprint
    assert str(tmp_path) not in canonical(one)
    assert "revision" not in one.identity()
    alone = dataclasses.replace(one, split="test")
    assert len(alone.load().ids) == 2
    assert canonical(alone) != canonical(one)
    pinned = dataclasses.replace(one, revision=fetched)
    assert canonical(pinned) == canonical(one)
    assert pinned.load().ids == found.ids


def test_a_missing_column_names_those_there(hub_cache: Callable[..., str]) -> None:
    hub_cache("me/words", "default", {"train": ROWS})
    with pytest.raises(
        DataError, match=r"me/words has no column 'word'; did you mean 'words'.*columns are words, mark"
    ):
        table(text="word").load()
    with pytest.raises(ConfigError, match='needs label = "COLUMN"'):
        table(label="")


@pytest.mark.parametrize("options", [{"config": "small"}, {"split": "validation"}])
def test_an_unknown_split_names_those_there(hub_cache: Callable[..., str], options: dict[str, str]) -> None:
    hub_cache("me/words", "default", {"train": ROWS, "test": ROWS})
    with pytest.raises(DataError, match=r"no Parquet file of .*there are default/test, default/train.*hf download"):
        table(**options).load()


def answering(error: Exception) -> Any:
    """A library whose every request ends so."""

    class Api:
        def dataset_info(self, *_: Any, **__: Any) -> None:
            raise error

    class Library:
        HfApi = Api

        def snapshot_download(self, *_: Any, **__: Any) -> None:
            raise error

    return Library()


def refusals() -> dict[str, tuple[Exception, str]]:
    errors = pytest.importorskip("huggingface_hub.errors")

    def made(kind: type[Exception]) -> Exception:
        return kind.__new__(kind, "from the hub")  # their constructors want a response

    return {
        "gated": (made(errors.GatedRepoError), "is gated: accept its terms.*hf auth login"),
        "missing": (made(errors.RepositoryNotFoundError), "no dataset 'me/words' on the hub, or a private one"),
        "revision": (made(errors.RevisionNotFoundError), "no revision 'refs/convert/parquet' on the hub"),
        "name": (errors.HFValidationError("odd"), "is no name of a dataset; write OWNER/NAME"),
        "network": (OSError("no route"), r"cannot be reached \(OSError\).*outgrow list packs"),
        "timeout": (TimeoutError(), r"cannot be reached \(TimeoutError\).*HF_HOME"),
    }


@pytest.mark.parametrize("case", ["gated", "missing", "revision", "name", "network", "timeout"])
def test_refusals_of_the_hub_are_told_with_the_cure(
    case: str, hub_cache: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    error, why = refusals()[case]
    monkeypatch.setattr(hub, "_hub", lambda: answering(error))
    with pytest.raises(DataError, match=why):
        table().identity()
    with pytest.raises(DataError, match=why):
        parquet_files("me/words", "default", ["train"])
    if case in ("network", "timeout"):
        fetched = hub_cache("me/words", "default", {"train": ROWS})
        assert commit("me/words") == fetched
        with pytest.raises(DataError, match=why):
            parquet_files("me/words", "default", ["train"])


def test_an_odd_name_is_refused_offline_too(hub_cache: Callable[..., str]) -> None:
    with pytest.raises(DataError, match="is no name of a dataset"):
        commit("not//a name")


def test_a_dataset_that_changes_meanwhile_is_noticed(
    hub_cache: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub_cache("me/words", "default", {"train": ROWS})
    assert len(table().load().ids) == 6
    newer = hub_cache("me/words", "default", {"train": ROWS[:4]})
    with pytest.raises(DataError, match="changed on the hub while it was read; run again"):
        table().load()
    assert table().identity()["fingerprint"]["commit"] == newer
    assert len(table().load().ids) == 4


def test_without_the_library_its_installation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingDependency, match="pip install huggingface_hub"):
        commit("me/words")
