"""Handling of Ctrl-C and SIGTERM: a clean stop, one line of output, and exit code 128 plus the signal's number.

Both raise KeyboardInterrupt, as Ctrl-C always does. Within an import it may come out as another error, or not at
all: so with nothing to clean up, an import is left at once, and an exception swallowed by a callback is raised
again. Imported before anything else, this module imports next to nothing.
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
    import _signal as signal  # below signal, whose enums take four times as long to import as all before them

SIGNALS = (signal.SIGINT, signal.SIGTERM)
PATIENCE_S = 2.0
"""Seconds of cleaning up, undisturbed by a second signal; a later one ends the process at once."""
AGAIN_S = 0.05
"""Delay before a swallowed exception is raised again."""


class Stopped(KeyboardInterrupt):
    """Stop of this process, requested by a signal."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)


class _SignalState:
    """Requests of signals so far, and permission to interrupt."""

    stop: Stopped | None = None
    at_s = 0.0
    careful = False
    """Whether there is something to clean up, so nothing may be left at once."""


_state = _SignalState()


def listen() -> None:
    """Handle both signals from now on, unless this process was started to ignore them."""
    _state.stop, _state.careful = None, False
    for number in SIGNALS:
        if signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}:
            signal.signal(number, _answer)
    sys.unraisablehook = _raise_swallowed


def ignore() -> None:
    """Ignore both signals: nothing may interrupt the end of this process."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def be_careful(careful: bool) -> bool:
    """Set whether there is something to clean up from now on; return the previous setting."""
    before, _state.careful = _state.careful, careful
    return before


def stop_asked() -> bool:
    """Return whether a signal requested a stop of this process."""
    return _state.stop is not None


def leave(how: str = "") -> NoReturn:
    """Print the stop and how to go on, and exit with the signal's code."""
    print(f"\nplateprint: stopped{how and '; '}{how}", file=sys.stderr)
    raise SystemExit(128 + (_state.stop.number if _state.stop else signal.SIGINT)) from None


def _answer(number: int, frame: FrameType | None) -> None:
    first = _state.stop is None
    if first and (_state.careful or not _imports(frame)):
        _state.stop, _state.at_s = Stopped(number), time.monotonic()
        raise _state.stop
    if first or time.monotonic() - _state.at_s > PATIENCE_S:
        os.write(2, b"\nplateprint: stopped\n")
        os._exit(128 + number)


def _imports(frame: FrameType | None) -> bool:
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def _raise_swallowed(lost: sys.UnraisableHookArgs) -> None:
    """Raise again, soon, a stop lost in a destructor or a callback, where nothing can be raised."""
    if not isinstance(lost.exc_value, Stopped):
        sys.__unraisablehook__(lost)
        return
    signal.signal(signal.SIGALRM, _raise_again)
    signal.setitimer(signal.ITIMER_REAL, AGAIN_S)


def _raise_again(_number: int, _frame: FrameType | None) -> None:
    if _state.stop is not None:
        raise _state.stop
