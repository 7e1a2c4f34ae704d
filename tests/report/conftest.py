"""Fixtures of the tests of pictures."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def _no_figures_left():
    """Close the figures that pictures made for themselves."""
    yield
    plt.close("all")
