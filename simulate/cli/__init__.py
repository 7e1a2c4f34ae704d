"""The command line: plateprint.

Commands by subject: `scenarios`, `runs` (one run), `comparing` (several runs); `application`
gathers them, `options` holds their shared options, `bars` their progress, `stops` the handling
of Ctrl-C. This file imports next to nothing, so Ctrl-C is answered from the first moment on.
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
        if stops.stop_asked():  # a library turned the stop into another error
            stops.leave()
        raise
    finally:
        stops.ignore()
