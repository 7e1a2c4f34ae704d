"""A few of the kills and signals that bench/kills.py tries by the hundred."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "bench" / "kills.py"


@pytest.mark.verify
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_runs_killed_at_random_moments_resume_to_the_same_rows_and_leave_nothing():
    done = subprocess.run(
        [sys.executable, SCRIPT, "--tries", "8"], capture_output=True, text=True, timeout=1200, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    last = done.stdout.splitlines()[-1]
    assert last.startswith("8 kills and signals: 8 same hash, 0 processes left, 0 files left, 0 hangs"), last
