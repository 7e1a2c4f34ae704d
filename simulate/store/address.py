"""Selection of the store for an address."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from simulate.checks import ScenarioError
from simulate.files import check_name
from simulate.store.local import LocalFolder
from simulate.store.remote import RemoteFolder

if TYPE_CHECKING:
    from simulate.store.storage import Storage

HERE = ("file", "local")
"""Schemes of this machine's disk."""


def is_remote(address: str | Path) -> bool:
    """Return whether an address lies elsewhere than on this machine's disk."""
    scheme, separator, _ = str(address).partition("://")
    return isinstance(address, str) and bool(separator) and scheme not in HERE


def storage_at(address: str | Path) -> Storage:
    """Return the store at a path, or at an address with a scheme, without any access to it.

    Raises ScenarioError if there is no such store, or its library is not installed.
    """
    check_name(address, "path")
    if is_remote(address):
        return RemoteFolder(str(address))
    return LocalFolder(local_path(address))


def local_path(address: str | Path) -> Path:
    """Return the path of an address on this machine's disk."""
    if isinstance(address, Path) or "://" not in address:
        return Path(address)
    parts = urlsplit(address)
    if parts.netloc not in {"", "localhost"} or not parts.path:
        found = f"one of {parts.netloc}" if parts.path else "no path"
        raise ScenarioError(address, "a folder of this machine", found, "write it as in file:///data/run")
    return Path(unquote(parts.path))
