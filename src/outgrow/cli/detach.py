"""A run that goes on by itself: in the background, when the terminal is closed too."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from outgrow.artefacts import Artefacts
from outgrow.errors import ConfigError
from outgrow.plan import Plan
from outgrow.runtime import Runtime

OPTION = "--detach"


def detach(plan: Plan, store: Artefacts, runtime: Runtime, arguments: Sequence[str]) -> None:
    """Begin this command again in the background, after its data have been looked at, and tell how to follow it.

    Args:
        arguments: of this command, as they were given.
    """
    from outgrow.cli.display import say
    from outgrow.preparation import rehearse
    from outgrow.watching import named

    found = rehearse(plan, store, runtime)
    if found.error:
        raise found.error
    command = [sys.executable, "-m", "outgrow", *(one for one in arguments if one != OPTION)]
    said = _log()
    with said.open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    process.returncode = 0  # nobody here waits for its end
    name, on = named(process.pid), ["--store", store.address]
    say(f"running in the background as process {process.pid} on {socket.gethostname()}; what it says: {said}")
    say(f"to follow it, from any machine that sees the store: {shlex.join(['outgrow', 'watch', *on])}")
    say(f"to stop it: {shlex.join(['outgrow', 'watch', '--stop', name, *on])}")


def _log() -> Path:
    """A new file for what a run says."""
    from outgrow.packs.cache import cache_folder

    folder = cache_folder() / "runs"
    path = folder / f"{time.strftime('%Y-%m-%d-%H%M%S')}-{os.getpid()}.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(exist_ok=False)
    except OSError as error:
        raise ConfigError(
            f"cannot write what the run says to {str(path)!r}: {error.strerror}; choose another folder with "
            "OUTGROW_CACHE"
        ) from error
    return path
