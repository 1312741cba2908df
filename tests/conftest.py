"""Fixtures: data that lies beside the repository and is no part of it, and a server to load documents into."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings

from elasticsearch_server import Elasticsearch, serving
from triggerfish.api.run import push

# How long an example takes depends on what else the machine does.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_configure() -> None:
    # A shell starts what it puts in the background with interrupts ignored, and commands that tests start and interrupt would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared test data: ``../shared`` or what ``TRIGGERFISH_SHARED`` names.

    Without it a test is skipped, or fails if ``TRIGGERFISH_REQUIRE_SHARED`` is ``1``.
    """
    folder = Path(os.environ.get("TRIGGERFISH_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    if not folder.is_dir():
        reason = f"no shared test data at {folder} (set TRIGGERFISH_SHARED)"
        if os.environ.get("TRIGGERFISH_REQUIRE_SHARED") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture
def server() -> Iterator[Elasticsearch]:
    """A server on this machine that nothing has been loaded into."""
    with serving() as found:
        yield found


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No credentials in the environment, no waiting, and a folder for temporary files, which is returned."""
    for name in ("API_KEY", "USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"ELASTICSEARCH_{name}", raising=False)
    monkeypatch.setattr(push, "BACKOFF", replace(push.BACKOFF, sleep=lambda seconds: None))
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder
