"""Small towns, each made once."""

from __future__ import annotations

import pytest
from views import seen_everywhere, small_town


@pytest.fixture(scope="session")
def town():
    """Some 540 cars for ten days, with ten readers."""
    return small_town()


@pytest.fixture(scope="session")
def everywhere():
    """The same town with a faultless reader on every link."""
    return seen_everywhere()
