"""One small Ray cluster on this machine for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from outgrow.executors.cluster import connected
from outgrow.runtime import Runtime


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """Two cores of a cluster that runs find in this process, as those of somebody who has called `ray.init` do."""
    pytest.importorskip("ray")
    with connected(Runtime(executor="ray", workers=2)):
        yield
