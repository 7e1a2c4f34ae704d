"""All commands, and the messages of faults."""

from __future__ import annotations

import os
import sys
from typing import Literal, NoReturn

from cyclopts import App, CycloptsError

from simulate.checks import ScenarioError, shorten
from simulate.cli import comparing, runs, scenarios
from simulate.cli.flags import in_flags
from simulate.cli.options import say

BAD_INPUT = 2

app = App(
    name="plateprint",
    help="Simulate licence plate readers and measure what they reveal.\n\n"
    "Everything is invented: towns, people, plates and reads. Start with:\n\n"
    "    plateprint run smallville\n    plateprint report runs/smallville",
    version_flags=["--version"],
    help_format="plaintext",
    suppress_keyboard_interrupt=False,
)
app.command(scenarios.list_scenarios, name="list")
for command in (
    scenarios.show, runs.run, runs.measure, runs.report, comparing.compare, comparing.sweep, runs.verify,
    scenarios.schema,
):  # fmt: skip
    app.command(command)


@app.command
def completion(shell: Literal["bash", "zsh", "fish", "powershell"], /) -> None:
    """Print a script that completes commands and options in a shell; nothing is written.

    Parameters
    ----------
    shell
        Whose script: bash, zsh, fish or powershell.
    """
    print(app.generate_completion(shell=shell))


def start() -> NoReturn:
    """Run the command on the command line and exit: 0 fine, 1 a failed verify, 2 bad input."""
    try:
        app(sys.argv[1:], exit_on_error=False, print_error=False)
        sys.stdout.flush()
        raise SystemExit(0)
    except CycloptsError as error:
        cause = error.__cause__
        message = in_flags(cause) if isinstance(cause, ScenarioError) else f"{shorten(error)}\nSee plateprint --help"
        say(f"plateprint: {message}", to_errors=True)
    except ScenarioError as error:
        say(f"plateprint: {in_flags(error)}", to_errors=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of the output is gone
        raise SystemExit(0) from None
    except OSError as error:
        where = error.filename or "a file to write"
        expected, remedy = "a file that can be read or written", "check it and its folder"
        say(f"plateprint: {ScenarioError(where, expected, error.strerror or error, remedy)}", to_errors=True)
    raise SystemExit(BAD_INPUT)
