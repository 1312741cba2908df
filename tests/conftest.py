"""Fixtures for data that lies beside the repository and is no part of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


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
