"""One PostgreSQL for all tests of this folder; without an installed one they are skipped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres.cluster import WHY_NOT, Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running cluster."""
    if WHY_NOT:
        pytest.skip(WHY_NOT)
    with Cluster() as cluster:
        yield cluster


@pytest.fixture
def database(cluster: Cluster) -> str:
    """The address of a database that nobody has used."""
    return cluster.fresh()
