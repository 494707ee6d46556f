"""The disk cache of tokens (`cache: disk`): what one run has fetched, the next one finds. One file per identity.

Nothing here ends a run: what cannot be read or kept is a warning, and the run goes on with its memory. The file is for
its owner alone; where the package `keyring` is installed the secrets are in the system's keyring instead.
This file knows no HTTP, no grant and no leeway: it keeps tokens and says how many seconds they have left. `clock` is
wall clock time, in seconds since 1970, since the end of a token has to outlive the process.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from runner.engine.exchange import Token
from runner.runtime import keyring_store, private_files
from runner.runtime.keyring_store import KeyringFault

_VERSION = 1
_MOST = 1_000_000  # bytes: no token is that long, and a foreign file may be of any length
_REMOVE = "remove it"
_ELSEWHERE = "see to its folder, or name another one in RUNNER_CACHE_DIR"

#: `<hash>.json` an entry, `<hash>.lock` its lock, `<hash>.<random>.tmp` an entry that is being written.
_OURS = re.compile(r"[0-9a-f]{64}(\.json|\.lock|\.[0-9a-f]{16}\.tmp)")


class Cached(NamedTuple):
    """What the cache knows of an identity. No `token`: nothing that is of use.

    `left` is in seconds, None where nobody knows; at 0 or below only the refresh token is of use. `warning` is a line
    for a person, without secrets, or empty.
    """

    token: Token | None = None
    left: float | None = None
    warning: str = ""


class TokenCache:
    """Tokens on disk, by identity: text, numbers, None and tuples of these. Safe for threads and processes."""

    def __init__(self, folder: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock

    @property
    def folder(self) -> Path:
        """The folder of the entries; it need not exist.

        Raises:
            FileNotFoundError: the user has no home directory, and `RUNNER_CACHE_DIR` names no folder.
        """
        if self._folder is None:
            self._folder = _cache_folder() / "tokens"
        return self._folder

    def read(self, identity: tuple[Any, ...]) -> Cached:
        """The token of an identity and the seconds that it has left; asks for no lock."""
        try:
            return self._load(self._entry(identity))
        except FileNotFoundError:
            return Cached()
        except _Unusable as error:
            return Cached(warning=str(error))

    def write(self, identity: tuple[Any, ...], token: Token) -> str:
        """Keeps a token, in place of the one before; gives a warning, or empty text."""
        try:
            path = self._entry(identity)
        except FileNotFoundError as error:
            return _not_kept(str(error.filename), error)
        kept, warning = _to_keyring(path, token)
        record = self._record(token) | ({"keyring": True} if kept else _secrets(token))
        try:
            private_files.make_folder(path.parent)
            private_files.replace(path, json.dumps(record).encode())
        except OSError as error:
            # What the entry still says has been superseded: a refresh token that is used twice may end the session.
            if private_files.removed(path) or kept:
                keyring_store.forget(path.stem)
            return "; ".join(filter(None, (warning, _not_kept(_shown(path), error))))
        return warning

    def forget(self, identity: tuple[Any, ...]) -> None:
        """Removes what is kept of an identity, if anything is."""
        with suppress(FileNotFoundError):
            path = self._entry(identity)
            if private_files.removed(path):
                keyring_store.forget(path.stem)

    @contextmanager
    def locked(self, identity: tuple[Any, ...]) -> Iterator[None]:
        """Waits until no other thread or process holds the identity; ends with the block, or with the process.

        Where the file system has no locks the block runs without: a token fetched twice is better than none.
        """
        with ExitStack() as stack:
            with suppress(OSError):
                path = self._entry(identity)
                private_files.make_folder(path.parent)
                stack.enter_context(private_files.lock(path.with_suffix(".lock")))
            yield

    def clear(self) -> int:
        """Removes all entries and says how many there were. A lock that somebody holds stays.

        Raises:
            OSError: the folder cannot be read, or something in it could not be removed; the rest is gone then.
        """
        faults: list[OSError] = []
        count = 0
        for path in self._files():
            try:
                count += _cleared(path)
            except OSError as error:
                faults.append(error)
        if faults:
            raise faults[0]
        return count

    def _entry(self, identity: tuple[Any, ...]) -> Path:
        return self.folder / f"{_digest(identity)}.json"

    def _files(self) -> list[Path]:
        try:
            return sorted(path for path in self.folder.iterdir() if _OURS.fullmatch(path.name))
        except FileNotFoundError:
            return []

    def _load(self, path: Path) -> Cached:
        record = _parsed(path)
        secrets = _from_keyring(path) if record.get("keyring") is True else record
        if not _fits(_SECRETS, secrets):
            raise _Unusable(path, "it is damaged")
        lifetime, ends = record["lifetime"], record["ends"]
        token = Token(secrets["token"], lifetime, secrets["refresh_token"], record["token_url"])
        # The clock may have been set back since: no token has more left than its whole life.
        return Cached(token, None if ends is None else min(ends - self._clock(), lifetime))

    def _record(self, token: Token) -> dict[str, Any]:
        lifetime = token.lifetime if _is_number(token.lifetime) else None
        ends = None if lifetime is None else self._clock() + lifetime
        return {"version": _VERSION, "token_url": token.token_url, "lifetime": lifetime, "ends": ends}


class _Unusable(Exception):
    """An entry that is ignored: file, reason and remedy in one line."""

    def __init__(self, path: Path, reason: str, remedy: str = _REMOVE) -> None:
        super().__init__(f"the cached token {_shown(path)} is ignored: {reason}; {remedy}")


def _not_kept(place: str, error: OSError) -> str:
    return f"the token is not kept in {place}: {_reason(error)}; {_ELSEWHERE}"


def _reason(error: OSError) -> str:
    return "it is a symbolic link" if error.errno == errno.ELOOP else error.strerror or type(error).__name__


def _shown(path: Path) -> str:
    """A path in one line, whatever characters it is made of."""
    return "".join(character if character.isprintable() else "?" for character in str(path))


# --- names and folders ------------------------------------------------------------------------------------------------


def _cache_folder() -> Path:
    """`$RUNNER_CACHE_DIR`, else where the system keeps what a user's programs can do without."""
    if named := os.environ.get("RUNNER_CACHE_DIR"):
        return Path(named).absolute()
    from platformdirs import user_cache_path

    with suppress(RuntimeError):  # newer releases raise it where older ones leave the `~`
        folder = user_cache_path("request-runner")
        if folder.is_absolute():
            return folder
    raise FileNotFoundError(errno.ENOENT, "no home directory is known", "~")


def _digest(identity: tuple[Any, ...]) -> str:
    """The name of an entry: the same in every process and every version of Python.

    JSON knows nothing but plain data, so an identity with an object whose text is an address, or a set whose order
    is chance, is a TypeError here and not somebody else's token.
    """
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def _cleared(path: Path) -> bool:
    """Removes a file of the folder; whether it was an entry."""
    if path.suffix == ".lock":
        # Only who holds a lock removes its file: those who wait see that it is gone, and begin again.
        with suppress(OSError), private_files.lock(path, timeout=0):
            path.unlink()
        return False
    try:
        path.unlink()
    except FileNotFoundError:  # somebody else clears, too
        return False
    if path.suffix != ".json":
        return False
    keyring_store.forget(path.stem)
    return True


# --- what an entry says ----------------------------------------------------------------------------------------------


def _parsed(path: Path) -> dict[str, Any]:
    """The entry of a file, all but its secrets judged."""
    try:
        record = json.loads(_contents(path))
    except (ValueError, RecursionError):
        raise _Unusable(path, "it is damaged") from None
    version = record.get("version") if isinstance(record, dict) else None
    if _is_number(version) and version != _VERSION:
        raise _Unusable(path, "it is of another version of this program")
    if not _fits(_RECORD, record) or (record["lifetime"] is None) != (record["ends"] is None):
        raise _Unusable(path, "it is damaged")
    entry: dict[str, Any] = record
    return entry


def _contents(path: Path) -> bytes:
    try:
        return private_files.contents(path, _MOST)
    except private_files.NotTrusted as fault:
        raise _Unusable(path, str(fault), ", or ".join(filter(None, (_REMOVE, fault.mend)))) from None
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _Unusable(path, _reason(error), f"{_REMOVE}, or {_ELSEWHERE}") from None


def _is_version(value: Any) -> bool:
    return _is_number(value) and value == _VERSION


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_filled(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_number(value: Any) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    with suppress(OverflowError):  # a whole number without a float
        return math.isfinite(value)
    return False


def _is_number_or_none(value: Any) -> bool:
    return value is None or _is_number(value)


_RECORD: Mapping[str, Callable[[Any], bool]] = {
    "version": _is_version,
    "token_url": _is_text,
    "lifetime": _is_number_or_none,
    "ends": _is_number_or_none,
}
_SECRETS: Mapping[str, Callable[[Any], bool]] = {"token": _is_filled, "refresh_token": _is_text}


def _fits(table: Mapping[str, Callable[[Any], bool]], record: Any) -> bool:
    return isinstance(record, dict) and all(name in record and fits(record[name]) for name, fits in table.items())


def _secrets(token: Token) -> dict[str, Any]:
    return {"token": token.value, "refresh_token": token.refresh_token}


# --- in the keyring ---------------------------------------------------------------------------------------------------


def _to_keyring(path: Path, token: Token) -> tuple[bool, str]:
    """Whether the keyring holds the secrets now, and a warning."""
    try:
        return keyring_store.keep(path.stem, json.dumps(_secrets(token))), ""
    except KeyringFault as fault:
        what = f"the system keyring did not take a token ({fault.kind}), so it goes to the file {_shown(path)}"
        return False, f"{what}; unlock the keyring, or set RUNNER_KEYRING=0"


def _from_keyring(path: Path) -> Any:
    where, remedy = "its secrets are in the system keyring, which", f"see to the keyring, or {_REMOVE}"
    try:
        secrets = json.loads(keyring_store.find(path.stem) or "null")
    except KeyringFault as fault:
        raise _Unusable(path, f"{where} {fault}", remedy) from None
    except (ValueError, RecursionError):
        secrets = None
    if not _fits(_SECRETS, secrets):
        raise _Unusable(path, f"{where} does not have them", remedy)
    return secrets
