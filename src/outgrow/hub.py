"""Where a pretrained language model's files come from: the model hub, a folder, or an offline pack."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from outgrow import model_folder, packs
from outgrow.errors import ConfigError, DataError, MissingDependency, NotFetched, OutgrowError

AGAIN = "download the folder again, or save the model anew with save_pretrained"  # the cure of a damaged file
ADAPTER = "adapter_config.json"
LONGEST_REASON = 300  # letters of what a library says
FILES = ["*.json", "*.safetensors", "*.txt", "*.model", "*.jinja"]  # weights as safetensors only, and no code


def fingerprint(*, pack: str, path: str, revision: str) -> str:
    """What determines the files: a pack's name and hash, a folder's content hash, or a hub repository and commit."""
    if pack:
        return packs.fingerprint(pack)
    if os.path.isdir(own := Path(os.path.expanduser(path))):
        return f"sha256:{_content_hash(own)}"
    return f"{path}@{commit(path, revision)}"


def folder(*, pack: str, path: str, revision: str, files: Sequence[str] = FILES) -> Path:
    """The folder with config, tokenizer and weights; downloads from the hub what `files` names and is not cached."""
    if pack:
        return packs.folder(pack)
    if os.path.isdir(own := Path(os.path.expanduser(path))):
        return model_folder.check(own)
    hub = hub_library()
    try:
        found = Path(hub.snapshot_download(path, revision=commit(path, revision), allow_patterns=list(files)))
    except (hub.errors.HfHubHTTPError, OSError, ValueError) as error:
        raise unreachable(path, revision, error) from error
    return model_folder.check(found)


def at_hand(file: str, *, path: str, revision: str) -> Path | None:
    """A file of a folder or hub repository, if nothing has to be fetched for it."""
    if os.path.isdir(own := Path(os.path.expanduser(path))):
        return own / file
    found = hub_library().try_to_load_from_cache(path, file, revision=commit(path, revision))
    return Path(found) if isinstance(found, str) else None


@cache
def commit(path: str, revision: str) -> str:
    """The commit that a revision of a hub repository stands for: asked of the hub, or known to the local cache."""
    if re.fullmatch(r"[0-9a-f]{40}", revision):
        return revision
    hub = hub_library()
    cached = Path(hub.constants.HF_HUB_CACHE) / f"models--{path.replace('/', '--')}" / "refs" / revision
    try:
        if hub.constants.is_offline_mode():
            raise OSError("offline mode is set")
        found = hub.HfApi().model_info(path, revision=revision, timeout=10).sha
        assert found is not None
        return str(found)
    except (hub.errors.RepositoryNotFoundError, hub.errors.RevisionNotFoundError, hub.errors.GatedRepoError) as error:
        raise unreachable(path, revision, error) from error
    except Exception as error:  # no network has many faces
        if os.path.isfile(cached):
            return cached.read_text().strip()
        raise unreachable(path, revision, error) from error


def unreachable(path: str, revision: str, error: Exception) -> DataError:
    """One clear error for everything that can keep a hub model away."""
    hub = hub_library()
    try:
        hub.utils.validate_repo_id(path)
    except hub.errors.HFValidationError:
        return ConfigError(f"path = {path!r} is neither a folder here nor a hub repository such as 'org/name'")  # type: ignore[return-value]
    if isinstance(error, hub.errors.GatedRepoError):
        return DataError(f"the model {path!r} is gated: accept its licence on its hub page, then `hf auth login`")
    if isinstance(error, hub.errors.RevisionNotFoundError):
        return DataError(f"the model {path!r} has no revision {revision!r}; leave `revision` out for its main branch")
    if isinstance(error, hub.errors.RepositoryNotFoundError):
        return DataError(f"there is no model {path!r} on the hub, or it is private: check the name, or `hf auth login`")
    return NotFetched(
        f"the model {path!r} is not in the local cache and the hub cannot be reached ({type(error).__name__}); "
        "connect once, give path = a folder with its files, or use a model out of a pack, such as smollm2-135m or "
        "minilm-l6 (outgrow list packs)"
    )


def hub_library() -> Any:
    """The hub's client library, or an error that says how to install it."""
    try:
        import huggingface_hub
        import huggingface_hub.constants
        import huggingface_hub.errors
        import huggingface_hub.utils
    except ImportError as error:
        raise MissingDependency("hub models need the extra [text]: pip install 'outgrow[text]'") from error
    return huggingface_hub


def transformers_library() -> Any:
    """The transformers library with its chatter off, or an error that says how to install it."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    try:
        import transformers
    except ImportError as error:
        raise MissingDependency(
            "models of transformers need the extra [text] or [vision]: pip install 'outgrow[text]'"
        ) from error
    library: Any = transformers
    library.logging.set_verbosity_error()
    library.logging.disable_progress_bar()
    return library


def check_whole(folder: Path) -> None:
    """Raise a DataError for low-rank updates: transformers would look for their base model elsewhere, in silence."""
    if (folder / ADAPTER).is_file():
        raise DataError(
            f"{folder} holds low-rank updates (an {ADAPTER}) that belong to another model: merge them into it with "
            "peft's merge_and_unload(), save that with save_pretrained, and give its folder"
        )


@contextmanager
def one_error(what: str, more: Callable[[], str] = lambda: "") -> Iterator[None]:
    """Turn whatever a library raises about a damaged file into one DataError that begins with `what` and `more()`."""
    try:
        yield
    except (OutgrowError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic in the tokenizers' Rust is no Exception
        why = " ".join(str(error).split())[:LONGEST_REASON] or type(error).__name__
        raise DataError(f"{what}{more()}: {why}; {AGAIN}") from error


def _content_hash(path: Path) -> str:
    files = sorted({file for pattern in FILES for file in path.glob(pattern)})
    if not any(file.suffix == ".safetensors" for file in files):
        raise DataError(
            f"the folder {str(path)!r} holds no .safetensors weights; other formats are not read: load the model and "
            "save it with save_pretrained, which writes them"
        )
    if lost := [file for file in files if not file.exists()]:
        raise DataError(f"{lost[0]} is a link to nothing; download the folder again, or put the file there itself")
    return _hash_files(tuple((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files))


@cache
def _hash_files(files: tuple[tuple[str, int, int], ...]) -> str:
    whole = hashlib.sha256()
    for name, _, _ in files:
        with open(name, "rb") as file:
            whole.update(Path(name).name.encode() + hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()
