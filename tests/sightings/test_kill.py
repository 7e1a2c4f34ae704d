from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fake_run import run

from simulate.checks import ScenarioError
from simulate.sightings.store import open_store
from simulate.sightings.verify import verify

SCRIPT = Path(__file__).parent / "fake_run.py"
N_BLOCKS, N_FILES = 18, 10  # writes of rows; files given their final name: 1 + 2 tables + 6 shards + 1
random = np.random.default_rng(20250303)
MOMENTS = [
    *(("write", n) for n in random.choice(N_BLOCKS, 2, replace=False) + 1),
    *(("before", n) for n in (1, 2 + random.integers(2), 4 + random.integers(6), N_FILES)),
    *(("after", n) for n in (4 + random.integers(6), N_FILES)),
    *(("text", n) for n in (1, 2)),
]


def start(path, workers, moment, count):
    """Run the script in a session of its own until it and all its workers are gone."""
    command = [sys.executable, SCRIPT, path, str(workers), moment, str(count)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, start_new_session=True, check=False)


def content(path):
    """Return the run's files and what it says it holds."""
    files = sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())
    return files, json.loads((path / "manifest.json").read_text())


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """A run nobody killed."""
    path = tmp_path_factory.mktemp("expected")
    run(path)
    return content(path)


@pytest.mark.parametrize(("moment", "count"), MOMENTS)
def test_a_killed_run_resumes_and_ends_with_the_same_content(tmp_path, expected, moment, count):
    died = start(tmp_path, 1, moment, count)
    assert died.returncode == -signal.SIGKILL, died.stderr
    if (moment, count) != ("after", N_FILES):
        with pytest.raises(ScenarioError, match=r"plateprint run"):
            open_store(tmp_path)
    run(tmp_path)
    assert content(tmp_path) == expected
    assert verify(tmp_path) == []


def test_when_the_parent_is_killed_its_workers_end_and_the_run_resumes(tmp_path, expected):
    died = start(tmp_path, 2, "progress", 3)
    assert died.returncode == -signal.SIGKILL, died.stderr
    run(tmp_path, workers=2)
    assert content(tmp_path) == expected


def test_ctrl_c_stops_all_processes_and_the_run_resumes(tmp_path, expected):
    stopped = start(tmp_path, 2, "interrupt", 2)
    assert stopped.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in stopped.stderr
    assert list(tmp_path.rglob("*.tmp")) == []
    assert len(list(tmp_path.rglob("part-*.parquet"))) == 2
    run(tmp_path)
    assert content(tmp_path) == expected
