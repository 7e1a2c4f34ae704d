"""Fixtures every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session", autouse=True)
def _no_cache():
    """Keep no worlds between tests, nor in the folder of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLATEPRINT_CACHE", "")
        yield


@pytest.fixture(scope="session")
def data() -> Path:
    """Return the folder of real networks and positions, which never come with the project."""
    folder = Path(os.environ.get("PLATEPRINT_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data not found at {folder}: set PLATEPRINT_DATA to the folder that holds tntp/ and osm/")
    return folder
