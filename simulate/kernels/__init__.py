"""Numba leaves: arrays in, arrays out, no objects, no I/O.

Numba's own cache looks only at the file of the cached function, so an edit to an
inlined helper in another file would go unseen. The cache therefore lives in a folder
named by the content of every kernel, the numbers taken from `durations`, and the versions
of the compilers.
"""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import version
from pathlib import Path


def _cache_folder() -> Path:
    digest = hashlib.blake2b(digest_size=8)
    here = Path(__file__).parent
    for source in (*sorted(here.glob("*.py")), here.parent / "durations.py"):
        digest.update(source.read_bytes())
    digest.update(f"{version('numba')} {version('numpy')}".encode())
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "plateprint" / "kernels" / digest.hexdigest()


CACHE = Path(os.environ.setdefault("NUMBA_CACHE_DIR", str(_cache_folder())))
"""Folder of compiled kernels; absent until the first use."""
