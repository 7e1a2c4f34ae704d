"""The command line: plateprint.

Commands stand with what they are about: `scenarios`, `runs` (one run), `comparing` (several
runs); `options` are the words they share, `bars` show how far they are.
"""

from __future__ import annotations

import os
import sys
from typing import Literal, NoReturn

from cyclopts import App, CycloptsError

from simulate.checks import ScenarioError
from simulate.cli import comparing, runs, scenarios
from simulate.cli.bars import STOPPED

BAD_INPUT = 2

app = App(
    name="plateprint",
    help="Simulate licence plate readers and measure what they reveal.\n\n"
    "Everything is invented: towns, people, plates and reads. Start with:\n\n"
    "    plateprint run smallville\n    plateprint report runs/smallville",
    version_flags=["--version"],
    help_format="plaintext",
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


def main() -> NoReturn:
    """Run the command line and exit: 0 fine, 1 a failed verify, 2 bad input."""
    try:
        app(sys.argv[1:], exit_on_error=False, print_error=False)
        sys.stdout.flush()
        raise SystemExit(0)
    except CycloptsError as error:
        print(f"plateprint: {error}\nSee plateprint --help", file=sys.stderr)
    except ScenarioError as error:
        print(f"plateprint: {error}", file=sys.stderr)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of our output has gone
        raise SystemExit(0) from None
    except OSError as error:
        where = error.filename or "a file to write"
        told = ScenarioError(
            where, "a file that can be read or written", error.strerror or error, "check it and its folder"
        )
        print(f"plateprint: {told}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nplateprint: stopped", file=sys.stderr)
        raise SystemExit(STOPPED) from None
    raise SystemExit(BAD_INPUT)
