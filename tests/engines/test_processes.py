"""Tasks in processes that may die: nothing waits for the dead, nobody is left behind."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from fake_tasks import LARGE, make_double, make_fault, make_note, make_wait

from simulate.checks import ScenarioError
from simulate.engines.engine import Task
from simulate.engines.processes import IN_FLIGHT, RETRIES, Processes

SCRIPT = Path(__file__).parent / "fake_tasks.py"


@pytest.fixture(autouse=True)
def _no_hang():
    """Fail, rather than wait for ever."""

    def fail(*_):
        raise AssertionError("hang")  # no OSError, which is what the death of a worker may look like

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    assert multiprocessing.active_children() == []


def start(*arguments):
    return subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_every_shard_is_answered_once_whatever_the_number_of_workers(workers):
    results = dict(Processes(workers).map(Task(make_double, LARGE), [5, 3, 8, 1]))
    assert {shard: double for shard, (double, _, _) in results.items()} == {5: 10, 3: 6, 8: 16, 1: 2}
    assert all(payload == LARGE for _, _, payload in results.values())
    assert len({pid for _, pid, _ in results.values()}) <= workers
    assert (os.getpid() in {pid for _, pid, _ in results.values()}) == (workers == 1)


def test_no_shards_make_no_task():
    assert list(Processes(2).map(Task(None, None), [])) == list(Processes().map(Task(None, None), [])) == []


@pytest.mark.parametrize("deaths", [1, 2])
def test_workers_that_die_before_they_have_read_their_task_stop_nobody(tmp_path, deaths):
    done = start(tmp_path, deaths)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str([(shard, 2 * shard) for shard in range(7)])
    assert len(list(tmp_path.iterdir())) == deaths


def test_workers_that_never_get_to_start_end_in_an_error(tmp_path):
    done = start(tmp_path, 99)
    assert re.search(r"ShardError: shard \d: its worker process died 3 times", done.stderr), done.stderr
    assert RETRIES < len(list(tmp_path.iterdir())) <= RETRIES + 2


def test_a_worker_that_dies_amid_an_answer_is_replaced():
    """Its pipe is full while nobody takes the answers: it is killed half-way through one."""
    answered = set()
    with closing(Processes(2).map(Task(make_double, LARGE), range(6))) as results:
        for shard, (_, pid, _) in results:
            if not answered:
                time.sleep(1)
                os.kill(pid, signal.SIGKILL)
            answered.add(shard)
    assert answered == set(range(6))


def test_all_workers_killed_between_two_answers_are_replaced():
    answered = []
    with closing(Processes(2).map(Task(make_double, LARGE), range(8))) as results:
        for shard, _ in results:
            answered.append(shard)
            if len(answered) in {2, 5}:
                for worker in multiprocessing.active_children():
                    worker.kill()
    assert sorted(answered) == list(range(8))


def test_no_more_shards_are_handed_out_than_a_window(tmp_path):
    """Where answers are not taken, work goes no further: memory stays flat."""
    with closing(Processes(2).map(Task(make_note, tmp_path), range(40))) as results:
        next(results)
        time.sleep(1)
        assert len(list(tmp_path.iterdir())) <= 1 + 2 * IN_FLIGHT


def test_an_iterator_that_is_closed_ends_its_workers_amid_their_work(tmp_path):
    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 3)
    try:
        with (
            pytest.raises(KeyboardInterrupt),
            closing(Processes(2).map(Task(make_wait, tmp_path), range(4))) as results,
        ):
            next(results)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert multiprocessing.active_children() == []


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_workers_end_soon_after_their_parent_was_killed(tmp_path):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; from fake_tasks import make_wait;"
        "from simulate.engines.engine import Task; from simulate.engines.processes import Processes;"
        "next(Processes(2).map(Task(make_wait, Path(sys.argv[2])), range(4)))"
    )
    with subprocess.Popen([sys.executable, "-c", code, SCRIPT.parent, tmp_path], start_new_session=True) as parent:
        while len(pids := [int(path.name.split(".")[1]) for path in tmp_path.glob("at-*")]) < 2:
            assert parent.poll() is None
            time.sleep(0.05)
        parent.kill()
    deadline = time.monotonic() + 5
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [os.kill(pid, signal.SIGKILL) for pid in pids if alive(pid)]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_task_raises_is_raised_here(workers):
    with pytest.raises(ZeroDivisionError, match=r"^[34]"):
        list(Processes(workers).map(Task(make_fault, ""), [3, 4]))


def test_an_error_that_cannot_be_opened_again_comes_as_text():
    with pytest.raises(RuntimeError, match=r"(?s)^shard \d: Traceback.*UnpackableError: \d and more"):
        list(Processes(2).map(Task(make_fault, "unpackable"), [0, 1]))


def test_no_room_for_what_workers_share_is_told_as_such(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("simulate.engines.processes.Pickler.dump", full)
    with pytest.raises(ScenarioError, match=r"room for what workers share.*No space left.*TMPDIR"):
        list(Processes(2).map(Task(make_double, LARGE), [0, 1]))
