"""The command line: plateprint.

Commands stand with what they are about: `scenarios`, `runs` (one run), `comparing` (several
runs); `application` gathers them, `options` are the words they share, `bars` show how far they
are, `stops` say what Ctrl-C does. This file imports next to nothing, so that Ctrl-C is
answered from the first moment on.
"""

from __future__ import annotations

from simulate.cli import stops

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and exit: 0 fine, 1 a failed verify, 2 bad input, 130 Ctrl-C, 143 SIGTERM."""
    stops.listen()
    try:
        from simulate.cli.application import start  # noqa: PLC0415

        start()
    except KeyboardInterrupt:
        stops.leave()
    except Exception:
        if stops.stop_asked():  # a library made another error of it
            stops.leave()
        raise
    finally:
        stops.ignore()
