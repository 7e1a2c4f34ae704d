"""Ctrl-C and SIGTERM: one line and the code of the signal, from the first import of a command on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

STOPPED = "\nplateprint: stopped\n"
COMMAND = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let what runs behind them ignore it
"""
AT_IMPORT = (
    COMMAND
    + """
number, module = int(sys.argv[1]), sys.argv[2]

class Sender:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), number)

sys.meta_path.insert(0, Sender)
sys.argv[1:] = sys.argv[3:]
from simulate.cli import main
main()
"""
)
SWALLOWED = (
    COMMAND
    + """
import time
from simulate.cli import stops

class Careless:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)

def start():
    stops.be_careful(True)
    Careless()
    time.sleep(20)

import simulate.cli.application
simulate.cli.application.start = start
simulate.cli.main()
"""
)
CHANGED = (
    COMMAND
    + """
from simulate import cli
import simulate.cli.application

def start():
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except KeyboardInterrupt:
        raise ImportError("numpy failed to import")

simulate.cli.application.start = start
cli.main()
"""
)
TWICE = (
    COMMAND
    + """
import time
from simulate.cli import application, bars, main, stops

def start():
    with bars.stopping("go on"):
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.1)
            print("cleaned up", flush=True)

application.start = start
main()
"""
)


def python(code, *arguments):
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("number", "module", "command"),
    [
        (signal.SIGINT, "simulate.cli.application", "list"),
        (signal.SIGINT, "cyclopts", "--help"),
        (signal.SIGTERM, "cyclopts.core", "list"),
        (signal.SIGINT, "simulate.cli.comparing", "list"),
        (signal.SIGINT, "simulate.scenario.catalogue", "list"),
        (signal.SIGINT, "pydantic", "show smallville"),
        (signal.SIGTERM, "pydantic_core", "schema"),
        (signal.SIGINT, "numpy", "run smallville --out nowhere"),
        (signal.SIGTERM, "numpy._core.multiarray", "measure nowhere"),
        (signal.SIGINT, "numba", "report nowhere"),
        (signal.SIGINT, "pyarrow.lib", "compare smallville"),
        (signal.SIGINT, "scipy", "sweep smallville"),
        (signal.SIGTERM, "pyarrow.parquet", "verify nowhere"),
    ],
)
def test_a_command_stopped_at_any_import_says_one_line(tmp_path, number, module, command):
    done = python(
        AT_IMPORT.replace("main()\n", f"os.chdir({str(tmp_path)!r})\nmain()\n"), int(number), module, *command.split()
    )
    assert (done.returncode, done.stderr, done.stdout) == (128 + number, STOPPED, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("moment_s", [0.2, 0.4, 0.6, 0.8])
def test_ctrl_c_in_the_first_second_says_one_line(tmp_path, moment_s):
    code = COMMAND + "print(flush=True); from simulate.cli import main; main()"
    command = [sys.executable, "-c", code, "run", "smallville", "--out", tmp_path / "run", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout.readline() == "\n"  # the interpreter is up, which takes a loaded machine a while
        time.sleep(moment_s)
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=60)
    assert run.returncode == 130
    assert errors in {STOPPED, f"{STOPPED[:-1]}; run the same command again to resume {tmp_path / 'run'}\n"}


def test_a_stop_that_a_destructor_swallows_is_raised_again():
    done = python(SWALLOWED)
    assert (done.returncode, done.stderr) == (143, STOPPED)


def test_a_stop_that_a_library_takes_for_another_error_is_a_stop():
    done = python(CHANGED)
    assert (done.returncode, done.stderr) == (130, STOPPED)


def test_a_second_signal_lets_the_cleaning_up_of_the_first_be():
    done = python(TWICE)
    assert (done.returncode, done.stdout) == (130, "cleaned up\n")
    assert done.stderr == f"{STOPPED[:-1]}; go on\n"


def test_what_is_started_to_ignore_a_signal_ignores_it():
    code = COMMAND.replace("default_int_handler", "SIG_IGN") + AT_IMPORT.removeprefix(COMMAND)
    done = python(code, int(signal.SIGINT), "cyclopts", "list")
    assert (done.returncode, done.stderr) == (0, "")
    assert "smallville" in done.stdout
