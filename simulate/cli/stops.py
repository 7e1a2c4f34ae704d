"""What Ctrl-C and SIGTERM do: work stops clean, one line says so, and the exit code is 128 and the signal's number.

Both raise KeyboardInterrupt, as Ctrl-C always does. Within an import it may come out as another error, or not at
all: so while nothing is to be cleaned up, an import is left at once, and where a callback swallows the
exception it is raised again. Imported before anything else, this imports next to nothing.
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from types import FrameType
    from typing import NoReturn
else:
    import _signal as signal  # what signal wraps: its enums take four times as long to import as all before them

SIGNALS = (signal.SIGINT, signal.SIGTERM)
PATIENCE_S = 2.0
"""Until then a second signal lets the first one's cleaning up be; later it ends the process at once."""
AGAIN_S = 0.05
"""When a swallowed exception is raised again."""


class Stopped(KeyboardInterrupt):
    """A signal asked this process to stop."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)


class _Asked:
    """What signals asked of this process, and what they may interrupt."""

    stop: Stopped | None = None
    at_s = 0.0
    careful = False
    """Whether there is something to clean up, so that nothing may be left at once."""


_asked = _Asked()


def listen() -> None:
    """Answer both signals from now on, unless whoever started this process lets it ignore them."""
    _asked.stop, _asked.careful = None, False
    for number in SIGNALS:
        if signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}:
            signal.signal(number, _answer)
    sys.unraisablehook = _raise_swallowed


def ignore() -> None:
    """Let nothing interrupt the end of this process."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def be_careful(careful: bool) -> bool:
    """Say whether there is something to clean up from now on; return what was said before."""
    before, _asked.careful = _asked.careful, careful
    return before


def stop_asked() -> bool:
    """Tell whether a signal asked this process to stop."""
    return _asked.stop is not None


def leave(how: str = "") -> NoReturn:
    """Say that the work stopped and how to go on, and exit with the signal's code."""
    print(f"\nplateprint: stopped{how and '; '}{how}", file=sys.stderr)
    raise SystemExit(128 + (_asked.stop.number if _asked.stop else signal.SIGINT)) from None


def _answer(number: int, frame: FrameType | None) -> None:
    first = _asked.stop is None
    if first and (_asked.careful or not _imports(frame)):
        _asked.stop, _asked.at_s = Stopped(number), time.monotonic()
        raise _asked.stop
    if first or time.monotonic() - _asked.at_s > PATIENCE_S:
        os.write(2, b"\nplateprint: stopped\n")
        os._exit(128 + number)


def _imports(frame: FrameType | None) -> bool:
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def _raise_swallowed(lost: sys.UnraisableHookArgs) -> None:
    """Raise a stop again, soon, that was raised where nothing can be raised: in a destructor or a callback."""
    if not isinstance(lost.exc_value, Stopped):
        sys.__unraisablehook__(lost)
        return
    signal.signal(signal.SIGALRM, _raise_again)
    signal.setitimer(signal.ITIMER_REAL, AGAIN_S)


def _raise_again(_number: int, _frame: FrameType | None) -> None:
    if _asked.stop is not None:
        raise _asked.stop
