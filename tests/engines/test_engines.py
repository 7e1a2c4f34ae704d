"""Every engine keeps the same promises."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import pytest
from fake_tasks import make_double, make_fault, make_note

from simulate.engines.engine import Task, ready
from simulate.engines.processes import IN_FLIGHT, Processes
from simulate.engines.threads import Threads

ENGINES = [Processes(1), Processes(2), Threads(1), Threads(2), Threads(5), Threads()]


@pytest.fixture(params=ENGINES, ids=str)
def engine(request):
    """Any engine, with any number of workers."""
    return request.param


def test_each_shard_is_answered_once(engine):
    answers = list(engine.map(Task(make_double, "payload"), iter([5, 3, 8, 1])))
    assert sorted((shard, double, payload) for shard, (double, _, payload) in answers) == [
        (1, 2, "payload"), (3, 6, "payload"), (5, 10, "payload"), (8, 16, "payload"),
    ]  # fmt: skip


def test_no_shards_make_no_task(engine):
    assert list(engine.map(Task(None, None), [])) == []


def test_what_a_task_raises_is_raised_here(engine):
    with pytest.raises(ZeroDivisionError, match=r"^[34]"):
        list(engine.map(Task(make_fault, ""), [3, 4]))


def test_a_map_that_is_left_early_does_no_more(engine, tmp_path):
    with closing(engine.map(Task(make_note, tmp_path), range(100))) as answers:
        next(answers)
    n_done = len(list(tmp_path.iterdir()))
    assert 1 <= n_done < 100
    time.sleep(0.2)
    assert len(list(tmp_path.iterdir())) == n_done


@pytest.mark.parametrize("engine", [Processes(1), Threads(1)], ids=str)
def test_one_worker_does_all_in_the_caller_and_in_order(engine):
    where = ready(lambda shard: (shard, threading.current_thread() is threading.main_thread()))
    assert list(engine.map(where, [4, 2, 3])) == [(4, (4, True)), (2, (2, True)), (3, (3, True))]


def test_threads_share_what_the_task_is_made_from():
    made, payload = [], object()

    def make(given):
        made.append(given is payload)
        return lambda _: (time.sleep(0.05), threading.get_ident())[1]

    answers = dict(Threads(2).map(Task(make, payload), range(6)))
    assert made == [True]
    assert len(set(answers.values())) == 2


def test_threads_run_no_more_than_a_window_ahead(tmp_path):
    with closing(Threads(2).map(Task(make_note, tmp_path), range(40))) as answers:
        next(answers)
        time.sleep(0.3)
        assert len(list(tmp_path.iterdir())) <= 2 * IN_FLIGHT + 1
