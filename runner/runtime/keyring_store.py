"""The system's keyring, where the package `keyring` is installed and not switched off: texts by name.

What is behind it differs by system, and so does what it raises: a fault of any type is the keyring's, never the run's.
Only its type is told, since its text may quote what it was given. This file knows no token and no other place to keep.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any

_SERVICE = "request-runner"


class KeyringFault(Exception):
    """The keyring did not do it. Its text goes on where "the keyring, which" ends; `kind` is what was raised."""

    def __init__(self, text: str, kind: str = "") -> None:
        super().__init__(text)
        self.kind = kind


def keep(name: str, text: str) -> bool:
    """Whether the keyring holds a text now. It is read back: the package's null backend keeps nothing.

    Raises:
        KeyringFault: it refused.
    """
    try:
        keyring = _package()
        if keyring is None:
            return False
        keyring.set_password(_SERVICE, name, text)
        kept: bool = keyring.get_password(_SERVICE, name) == text
    except Exception as error:  # noqa: BLE001 - see the head of this file
        kind = type(error).__name__
        if kind == "NoKeyringError":  # the package alone, as other tools bring it along: nobody has asked for a keyring
            return False
        raise KeyringFault(f"did not take it ({kind})", kind) from None
    return kept


def find(name: str) -> str:
    """The text of a name; empty where the keyring has none.

    Raises:
        KeyringFault: there is no keyring, or it refused.
    """
    try:
        keyring = _package()
        found = None if keyring is None else keyring.get_password(_SERVICE, name)
    except Exception as error:  # noqa: BLE001 - see the head of this file
        kind = type(error).__name__
        raise KeyringFault(f"did not give them ({kind})", kind) from None
    if keyring is None:
        raise KeyringFault("is switched off or not installed")
    return str(found or "")


def forget(name: str) -> None:
    """Removes the text of a name; most often there is none."""
    with suppress(Exception):
        keyring = _package()
        if keyring is not None:
            keyring.delete_password(_SERVICE, name)


def _package() -> Any:
    """The package `keyring`, None where it is not installed or switched off. It is slow to import."""
    if os.environ.get("RUNNER_KEYRING") == "0":
        return None
    from importlib import import_module
    from importlib.util import find_spec

    if "keyring" not in sys.modules and find_spec("keyring") is None:
        return None
    return import_module("keyring")
