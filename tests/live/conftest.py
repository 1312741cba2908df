"""A running Elasticsearch for each release that can be built here."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from engine import RELEASES, Engine, EngineError, running


@pytest.fixture(scope="session", params=list(RELEASES))
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Elasticsearch of a release.

    Without Java, Maven or a registry the tests are skipped, or fail if ``TRIGGERFISH_REQUIRE_LIVE`` is ``1``.
    """
    try:
        with running(RELEASES[request.param]) as started:
            yield started
    except EngineError as error:
        reason = f"{request.param} cannot be started here: {error}"
        if os.environ.get("TRIGGERFISH_REQUIRE_LIVE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
