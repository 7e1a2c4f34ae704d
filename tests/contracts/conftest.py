"""A small town, made once."""

from __future__ import annotations

import pytest
from views import small_town


@pytest.fixture(scope="session")
def town():
    """Some 540 cars for ten days, with ten readers."""
    return small_town()
