"""The disk cache of tokens: private files, one fetch for all processes, and never a reason to end a run."""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import filelock
import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.engine.exchange import Token
from runner.runtime import private_files
from runner.runtime.token_cache import Cached, TokenCache

ROOT = Path(__file__).parents[3]
ME = ("https://login.test/token", (("client_id", "me"), ("client_secret", "s3cr3t")), None)
YOU = ("https://login.test/token", (("client_id", "you"),), 3)
TOKEN = Token("t0ken-value", 3600.0, "r3fresh-value", "https://login.test/token")
SECRETS = (TOKEN.value, TOKEN.refresh_token, "s3cr3t")
NOW = 1_700_000_000.0

posix = pytest.mark.skipif(os.name != "posix", reason="files have no mode and no owner here")


class Clock:
    """Wall clock time, set by hand."""

    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is installed here, no test asks the real keyring or writes to the real cache directory."""
    monkeypatch.setenv("RUNNER_KEYRING", "0")
    monkeypatch.setenv("RUNNER_CACHE_DIR", os.devnull)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(tmp_path: Path, clock: Clock) -> TokenCache:
    return TokenCache(tmp_path / "tokens", clock)


def entry(cache: TokenCache, identity: tuple[Any, ...] = ME) -> Path:
    """The file of an identity, with the token in it."""
    assert cache.write(identity, TOKEN) == ""
    path = cache._entry(identity)
    assert path.is_file()
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return os.stat(path, follow_symlinks=False).st_mode & 0o777


def assert_warns(warning: str, *names: object) -> None:
    """A warning is one line that names the file and what to do, without secrets."""
    assert warning, "no warning"
    assert warning.isprintable()
    assert "; " in warning
    assert all(str(name) in warning for name in names), warning
    assert not any(secret in warning for secret in SECRETS)


# --- what is kept ------------------------------------------------------------------------------------------------------


def test_nothing_is_known_at_first(cache: TokenCache) -> None:
    """An identity without a file has no token, which is no reason for a warning, and reading makes no folder."""
    assert cache.read(ME) == Cached(None, None, "")
    assert not cache.folder.exists()


def test_a_token_is_found_again(cache: TokenCache, tmp_path: Path, clock: Clock) -> None:
    """Another process reads all that was written, and how many seconds are left."""
    assert cache.write(ME, TOKEN) == ""
    clock.now += 600.0
    assert TokenCache(tmp_path / "tokens", clock).read(ME) == Cached(TOKEN, 3000.0)


def test_the_last_token_stays(cache: TokenCache) -> None:
    """A new token takes the place of the one before; nothing else is left in the folder."""
    path = entry(cache)
    newer = Token("newer", 60.0)
    assert cache.write(ME, newer) == ""
    assert cache.read(ME).token == newer
    assert names(cache.folder) == [path.name]


def test_the_file_is_plain(cache: TokenCache) -> None:
    """The file holds version, token, refresh token, token URL, lifetime and end in wall clock time, as JSON."""
    assert json.loads(entry(cache).read_bytes()) == {
        "version": 1,
        "token": TOKEN.value,
        "refresh_token": TOKEN.refresh_token,
        "token_url": TOKEN.token_url,
        "lifetime": 3600.0,
        "ends": NOW + 3600.0,
    }


@pytest.mark.parametrize("lifetime", [None, float("inf"), float("nan"), 10**400])
def test_an_unknown_end_stays_unknown(cache: TokenCache, lifetime: Any) -> None:
    """Where nobody knows how long a token lives, or no number says it, nobody knows how long it has left."""
    assert cache.write(ME, Token("t", lifetime)) == ""
    assert cache.read(ME) == Cached(Token("t", None), None)


def test_an_ended_token_is_still_told(cache: TokenCache, clock: Clock) -> None:
    """A token past its end is given with what it has left, below zero, for the sake of its refresh token."""
    cache.write(ME, TOKEN)
    clock.now += 4000.0
    assert cache.read(ME) == Cached(TOKEN, -400.0)


def test_a_clock_that_was_set_back(cache: TokenCache, clock: Clock) -> None:
    """No token has more left than its whole life, whatever the clock says."""
    cache.write(ME, TOKEN)
    clock.now -= 1_000_000.0
    assert cache.read(ME) == Cached(TOKEN, 3600.0)


@given(
    st.text(min_size=1), st.text(), st.text(), st.none() | st.floats(-1e9, 1e9), st.floats(0, 1e10)
)  # fmt: skip
def test_write_and_read_are_inverse(
    tmp_path_factory: pytest.TempPathFactory, value: str, refresh: str, url: str, lifetime: float | None, now: float
) -> None:
    """Any text comes back as it was, lone surrogates and line ends included."""
    cache = TokenCache(tmp_path_factory.getbasetemp() / "inverse", lambda: now)
    token = Token(value, lifetime, refresh, url)
    assert cache.write(ME, token) == ""
    cached = cache.read(ME)
    assert (cached.token, cached.warning) == (token, "")
    assert cached.left == (None if lifetime is None else min((now + lifetime) - now, lifetime))


def test_no_secret_in_any_repr(cache: TokenCache) -> None:
    """Neither the cache nor what it gives shows a secret, and neither does the name of a file."""
    path = entry(cache)
    shown = f"{cache!r} {cache.read(ME)!r} {path}"
    assert not any(secret in shown for secret in SECRETS)


# --- names and folders -------------------------------------------------------------------------------------------------


def test_identities_do_not_share(cache: TokenCache) -> None:
    """Each identity has a file of its own; text, numbers, None and nesting tell them apart."""
    identities: list[tuple[Any, ...]] = [
        ("a", "b"), ("ab",), (("a", "b"),), (("a",), "b"), ("a", "b", None), ("a", "b", "None"), ("a", "b", "null"),
        (1,), ("1",), (1.5,), (True,), (None,), (), ('a", "b',), ("ä",), ("\udc80",), ("\n",),
    ]  # fmt: skip
    for number, identity in enumerate(identities):
        cache.write(identity, Token(f"t{number}"))
    assert [cache.read(identity).token for identity in identities] == [Token(f"t{n}") for n in range(len(identities))]
    assert len(names(cache.folder)) == len(identities)


def test_the_name_is_the_same_in_every_process(cache: TokenCache) -> None:
    """The file's name depends on the identity alone, not on the process and its hash seed."""
    code = "import sys; from pathlib import Path; from runner.runtime.token_cache import *; from runner.engine.exchange import Token; "
    code += f"TokenCache(Path(sys.argv[1])).write({ME!r}, Token('theirs'))"
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", code, cache.folder], check=True, cwd=ROOT, env=environment(PYTHONHASHSEED=seed)
        )
    assert [path.name for path in cache.folder.iterdir()] == [entry(cache).name]


@pytest.mark.parametrize("odd", [object(), {"a"}, frozenset("a"), b"bytes"])
def test_an_identity_is_plain_data(cache: TokenCache, odd: object) -> None:
    """An identity whose text would differ by process is refused, lest it be somebody else's."""
    with pytest.raises(TypeError):
        cache.read((odd,))


def test_the_folder_is_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a word the folder is `tokens` in the user's cache directory for request-runner; asking does not make it."""
    monkeypatch.delenv("RUNNER_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = TokenCache().folder
    assert folder == platformdirs.user_cache_path("request-runner") / "tokens"
    assert not list(tmp_path.iterdir())


def test_an_empty_variable_names_no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`RUNNER_CACHE_DIR=` is as good as none."""
    monkeypatch.setenv("RUNNER_CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert TokenCache().folder == platformdirs.user_cache_path("request-runner") / "tokens"


def test_the_variable_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`$RUNNER_CACHE_DIR` stands in place of the user's cache directory, also where the working folder changes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNNER_CACHE_DIR", "mine")
    cache = TokenCache()
    assert cache.folder == tmp_path / "mine" / "tokens"
    monkeypatch.chdir("/")
    assert cache.write(ME, TOKEN) == ""
    assert cache.read(ME).token == TOKEN
    assert names(tmp_path) == ["mine"]


@pytest.mark.parametrize("home", [RuntimeError("no home"), Path("~/.cache")])
def test_no_home_at_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: Path | Exception) -> None:
    """A user without a home directory has nothing cached and is told so when a token is written, not before."""

    def user_cache_path(name: str) -> Path:
        if isinstance(home, Exception):
            raise home
        return home

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RUNNER_CACHE_DIR")
    monkeypatch.setattr(platformdirs, "user_cache_path", user_cache_path)
    cache = TokenCache()
    assert cache.read(ME) == Cached()
    assert_warns(cache.write(ME, TOKEN), "no home directory", "RUNNER_CACHE_DIR")
    cache.forget(ME)
    with cache.locked(ME):
        pass
    with pytest.raises(FileNotFoundError):
        _ = cache.folder
    assert not list(tmp_path.iterdir())


# --- modes and owners --------------------------------------------------------------------------------------------------


@contextmanager
def no_umask() -> Iterator[None]:
    """A process that takes no rights away from new files."""
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


@posix
def test_folder_and_files_are_the_owners(cache: TokenCache) -> None:
    """The folder is made 0700, entry and lock 0600, also without a umask."""
    with no_umask():
        path = entry(cache)
        with cache.locked(ME):
            modes = {file.suffix: mode(file) for file in cache.folder.iterdir()}
    assert mode(cache.folder) == 0o700
    assert modes == {".json": 0o600, ".lock": 0o600}
    assert mode(path) == 0o600


@posix
def test_the_file_is_private_from_its_creation_on(cache: TokenCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first byte of a token is written nobody else may read the file."""
    modes: list[int] = []
    write = os.write

    def watch(descriptor: int, content: bytes) -> int:
        modes.append(os.fstat(descriptor).st_mode & 0o777)
        return write(descriptor, content)

    monkeypatch.setattr(os, "write", watch)
    with no_umask():
        entry(cache)
    assert modes == [0o600]


@posix
def test_the_folder_is_private_from_its_creation_on(cache: TokenCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new folder needs no tightening."""
    monkeypatch.setattr(Path, "chmod", lambda *arguments: pytest.fail("tightened"))
    with no_umask():
        entry(cache)
    assert mode(cache.folder) == 0o700


@posix
def test_a_wide_folder_is_tightened(cache: TokenCache) -> None:
    """A folder of ours that others may look into is closed to them."""
    cache.folder.mkdir()
    cache.folder.chmod(0o755)
    entry(cache)
    assert mode(cache.folder) == 0o700


@posix
def test_a_folder_of_others_is_left_alone(cache: TokenCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that belongs to somebody else keeps its mode."""
    cache.folder.mkdir()
    cache.folder.chmod(0o755)
    monkeypatch.setattr(private_files, "_USER", lambda: os.geteuid() + 1)
    assert cache.write(ME, TOKEN) == ""
    assert mode(cache.folder) == 0o755


@posix
@pytest.mark.parametrize("wide", [0o640, 0o604, 0o620, 0o602, 0o610, 0o666, 0o777])
def test_a_file_that_others_may_use_is_not_trusted(cache: TokenCache, wide: int) -> None:
    """Such a file gives a warning that names its mode, and no token; the next token is in a private one."""
    path = entry(cache)
    path.chmod(wide)
    cached = cache.read(ME)
    assert cached.token is None
    assert_warns(cached.warning, path, f"{wide:04o}", "chmod 600")
    assert cache.write(ME, TOKEN) == ""
    assert (mode(path), cache.read(ME).token) == (0o600, TOKEN)


@posix
def test_a_file_of_another_user_is_not_trusted(cache: TokenCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that somebody else has put there is not used."""
    path = entry(cache)
    monkeypatch.setattr(private_files, "_USER", lambda: os.geteuid() + 1)
    cached = cache.read(ME)
    assert cached.token is None
    assert_warns(cached.warning, path, "another user", "remove it")


def test_windows_has_no_modes(cache: TokenCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where files have no mode and no owner none is asked for."""
    path = entry(cache)
    path.chmod(0o666)
    monkeypatch.setattr(private_files, "_USER", None)
    assert cache.read(ME) == Cached(TOKEN, 3600.0)


@posix
def test_a_file_system_without_modes_gets_no_token(cache: TokenCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file cannot be kept from others no token is written."""
    path = entry(cache)
    monkeypatch.setattr(private_files, "_open_to_others", lambda status: True)
    assert_warns(cache.write(ME, TOKEN), path, "does not keep a file from others")
    assert names(cache.folder) == []


@posix
def test_a_link_is_not_followed(cache: TokenCache, tmp_path: Path) -> None:
    """A symbolic link in place of an entry is not read; writing replaces the link and leaves its target alone."""
    path = entry(cache)
    target = path.rename(tmp_path / "elsewhere")
    content = target.read_bytes()
    path.symlink_to(target)
    cached = cache.read(ME)
    assert cached.token is None
    assert_warns(cached.warning, path, "symbolic link", "remove it")
    newer = Token("newer", 60.0)
    assert cache.write(ME, newer) == ""
    assert not path.is_symlink()
    assert (cache.read(ME).token, target.read_bytes()) == (newer, content)


# --- files that are none of ours ---------------------------------------------------------------------------------------


def record(**changes: Any) -> dict[str, Any]:
    """What a file says, with changes; `...` leaves a key out."""
    full = {"version": 1, "token": "t0ken-value", "refresh_token": "r3fresh-value", "token_url": "", "lifetime": 60.0}
    return {key: value for key, value in (full | {"ends": NOW} | changes).items() if value is not ...}


def put(cache: TokenCache, content: bytes) -> Path:
    """Writes a file in place of the entry, for its owner alone."""
    path = entry(cache)
    path.write_bytes(content)
    path.chmod(0o600)
    return path


DAMAGED = [
    b"", b" ", b"\0" * 64, b"\xff\xfe", b"null", b"[]", b'"t0ken-value"', b"t0ken-value", b"{}", b"{", b"[" * 100_000,
    *(json.dumps(record(**{key: ...})).encode() for key in record()),
    *(json.dumps(record(**{key: [1]})).encode() for key in record()),
    *(json.dumps(record(**{key: True})).encode() for key in record()),
    *(json.dumps(record(**{key: value})).encode()
      for key in ("lifetime", "ends") for value in (float("nan"), float("inf"), 10**400, "60", None)),
    json.dumps(record(lifetime="?")).replace('"?"', "9" * 5000).encode(),
    json.dumps(record(token="")).encode(),
    json.dumps(record(version="1")).encode(),
]  # fmt: skip


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_is_ignored(cache: TokenCache, content: bytes) -> None:
    """What is not an entry gives a warning and no token, and the next token takes its place."""
    path = put(cache, content)
    cached = cache.read(ME)
    assert (cached.token, cached.left) == (None, None)
    assert_warns(cached.warning, path, "it is damaged", "remove it")
    assert cache.write(ME, TOKEN) == ""
    assert cache.read(ME).token == TOKEN


def test_a_truncated_file_is_ignored(cache: TokenCache) -> None:
    """No beginning of an entry is an entry."""
    content = entry(cache).read_bytes()
    for length in range(len(content)):
        path = put(cache, content[:length])
        cached = cache.read(ME)
        assert cached.token is None
        assert_warns(cached.warning, path)


@pytest.mark.parametrize("version", [0, 2, 2.0, 99, -1])
def test_another_version_is_ignored(cache: TokenCache, version: float) -> None:
    """A file that another version of the program has written gives a warning that says so."""
    path = put(cache, json.dumps(record(version=version)).encode())
    cached = cache.read(ME)
    assert cached.token is None
    assert_warns(cached.warning, path, "another version", "remove it")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def _changed(changes: dict[str, Any]) -> bytes:
    return json.dumps(record(**changes)).encode()


@given(st.binary() | _JSON.map(lambda v: json.dumps(v).encode()) | st.dictionaries(st.sampled_from([*record(), "keyring"]), _JSON).map(_changed))  # fmt: skip
def test_any_bytes_at_all(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever a file holds, reading gives a token or a warning, and no exception."""
    cache = TokenCache(tmp_path_factory.getbasetemp() / "anything", Clock())
    put(cache, content)
    cached = cache.read(ME)
    assert (cached.token is None) == bool(cached.warning)
    if cached.token is None:
        assert_warns(cached.warning)


@posix
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (os.mkdir, "not a regular file"),
        (os.mkfifo if hasattr(os, "mkfifo") else os.mkdir, "not a regular file"),
        (lambda path: Path(path).write_bytes(b" " * 1_000_001), "too long"),
        (lambda path: os.symlink(path, path), "symbolic link"),
    ],
)
def test_a_foreign_thing_is_ignored(cache: TokenCache, make: Callable[[Path], object], says: str) -> None:
    """A folder, a pipe that nobody writes, a huge file or a link to itself is no entry, and nobody waits for it."""
    path = entry(cache)
    path.unlink()
    with no_umask():
        make(path)
    if not path.is_symlink():
        path.chmod(0o600)
    cached = cache.read(ME)
    assert cached.token is None
    assert_warns(cached.warning, path, says)


# --- disks that are full, folders that are closed ----------------------------------------------------------------------


@contextmanager
def failing(name: str, code: int) -> Iterator[None]:
    """A system call that fails; only here, since pytest needs it as well."""

    def call(*arguments: Any, **named: Any) -> Any:
        raise OSError(code, os.strerror(code))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"os.{name}", call)
        yield


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
@pytest.mark.parametrize("before", [True, False])
def test_a_full_disk_is_a_warning(cache: TokenCache, call: str, before: bool) -> None:
    """A token that cannot be kept leaves a warning, no temporary file, and no entry that it has superseded."""
    path = entry(cache)
    if not before:
        path.unlink()
    with failing(call, errno.ENOSPC):
        warning = cache.write(ME, TOKEN)
    assert_warns(warning, path, "No space left", "RUNNER_CACHE_DIR")
    assert names(cache.folder) == []
    assert cache.read(ME) == Cached()


def test_an_interrupted_write_leaves_nothing(cache: TokenCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C amid a write leaves the entry as it was, and no temporary file."""
    path = entry(cache)

    def interrupt(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        cache.write(ME, Token("newer"))
    assert names(cache.folder) == [path.name]
    assert cache.read(ME).token == TOKEN


def test_a_write_in_pieces(cache: TokenCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that takes a byte at a time gets all of them."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, content: write(descriptor, content[:1]))
    assert cache.write(ME, TOKEN) == ""
    assert cache.read(ME).token == TOKEN


def test_a_file_in_place_of_the_folder(cache: TokenCache) -> None:
    """Where no folder can be, reading and writing give warnings, the rest does nothing, and the run goes on."""
    cache.folder.write_text("a file")
    cached = cache.read(ME)
    assert cached.token is None
    assert_warns(cached.warning, cache.folder, "RUNNER_CACHE_DIR")
    assert_warns(cache.write(ME, TOKEN), cache.folder, "RUNNER_CACHE_DIR")
    cache.forget(ME)
    ran = []
    with cache.locked(ME):
        ran.append(True)
    assert ran


def test_a_folder_that_cannot_be_used(cache: TokenCache) -> None:
    """Without the rights to read and write there are warnings, and no exception."""
    path = entry(cache)
    with failing("open", errno.EACCES):
        cached, warning = cache.read(ME), cache.write(ME, TOKEN)
    assert cached.token is None
    assert_warns(cached.warning, path, "Permission denied", "remove it")
    assert_warns(warning, path, "Permission denied", "RUNNER_CACHE_DIR")


def test_a_disk_that_fails_while_reading(cache: TokenCache) -> None:
    """A fault after the file was opened is a warning as well."""
    path = entry(cache)
    with failing("fstat", errno.EIO):
        cached = cache.read(ME)
    assert_warns(cached.warning, path, "Input/output error")


def test_a_warning_is_one_line(tmp_path: Path) -> None:
    """A folder's name with a line break does not break the line."""
    cache = TokenCache(tmp_path / "a\nb\x1b", Clock())
    put(cache, b"")
    assert_warns(cache.read(ME).warning, "a?b?")


# --- forget and clear --------------------------------------------------------------------------------------------------


def test_forget_removes_one(cache: TokenCache) -> None:
    """What is forgotten is gone, the others stay; forgetting what is not there does nothing."""
    for identity in (ME, YOU):
        cache.write(identity, TOKEN)
    cache.forget(ME)
    cache.forget(ME)
    assert (cache.read(ME), cache.read(YOU).token) == (Cached(), TOKEN)


def test_clear_removes_all(cache: TokenCache) -> None:
    """All entries go and are counted, whatever state they are in; a second time there are none."""
    for identity in (ME, YOU, ("third",)):
        cache.write(identity, TOKEN)
    put(cache, b"damaged")
    assert (cache.clear(), cache.clear()) == (3, 0)
    assert names(cache.folder) == []


def test_clear_without_a_folder(cache: TokenCache) -> None:
    """Where nothing was ever kept there is nothing to remove."""
    assert cache.clear() == 0


def test_locks_and_remains_do_not_count(cache: TokenCache) -> None:
    """Free locks and what a dead process was writing go as well, uncounted; files that are not ours stay."""
    path = entry(cache)
    for identity in (ME, YOU):
        with cache.locked(identity):
            pass
    remains = path.with_name(f"{path.stem}.{'0' * 16}.tmp")
    foreign = [path.with_name("notes.json"), path.with_name("notes.lock"), path.with_name(f"{path.name}.bak")]
    for file in (remains, *foreign):
        file.write_text("x")
    assert cache.clear() == 1
    assert names(cache.folder) == sorted(file.name for file in foreign)


def test_clear_says_what_it_could_not_remove(cache: TokenCache) -> None:
    """What cannot be removed is an error, after all the rest was."""
    path = entry(cache)
    stubborn = [path.with_name(f"{digit * 64}.json") for digit in "0f"]
    for folder in stubborn:
        folder.mkdir()
    with pytest.raises(OSError, match="0000"):
        cache.clear()
    assert names(cache.folder) == [folder.name for folder in stubborn]


def test_two_may_clear_at_once(cache: TokenCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry that another process removes first is neither an error nor counted."""
    path = entry(cache)
    monkeypatch.setattr(cache, "_files", lambda: [path, path.with_name(f"{'0' * 64}.json")])
    assert cache.clear() == 1


def test_clear_within_a_lock(cache: TokenCache) -> None:
    """Whoever holds a lock may clear; the lock holds on."""
    with cache.locked(ME):
        assert cache.write(ME, TOKEN) == ""
        assert cache.clear() == 1
        (lock,) = cache.folder.iterdir()
        assert is_held(lock)


# --- locks: threads and processes --------------------------------------------------------------------------------------

WORKER = """
import os, sys
from pathlib import Path
from runner.engine.exchange import Token
from runner.runtime.token_cache import TokenCache

def say(word):
    print(word, flush=True)

cache, fetches = TokenCache(Path(sys.argv[1])), Path(sys.argv[2])
me = eval(sys.argv[3])
cached = cache.read(me)
say("asks" if cached.token is None else "has")
with cache.locked(me):
    say("locked")
    sys.stdin.readline()
    cached = cache.read(me)
    if cached.token is None:
        with fetches.open("a") as file:
            file.write("x")
        assert cache.write(me, Token(f"token-{os.getpid()}", 3600.0)) == ""
say(cache.read(me).token.value)
"""


def environment(**extra: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "RUNNER_KEYRING": "0", **extra}


class Worker:
    """A process that needs the token of an identity; it says what it does, and fetches when it is told to go on."""

    def __init__(self, cache: TokenCache, identity: tuple[Any, ...] = ME) -> None:
        self.fetches = cache.folder.parent / "fetches"
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER, cache.folder, self.fetches, repr(identity)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            cwd=ROOT,
            text=True,
        )

    def says(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def ends(self) -> str:
        """All that it still says."""
        out, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        return out


@pytest.fixture
def worker(cache: TokenCache) -> Iterator[Callable[..., Worker]]:
    """`worker()`: a process that works on the test's cache and does not outlive the test."""
    started: list[Worker] = []

    def start(identity: tuple[Any, ...] = ME) -> Worker:
        started.append(Worker(cache, identity))
        return started[-1]

    yield start
    for one in started:
        with one.process:
            one.process.kill()


def is_held(lock: Path) -> bool:
    """Whether somebody holds a lock file."""
    try:
        with filelock.FileLock(lock, timeout=0):
            return False
    except filelock.Timeout:
        return True


def lock_of(cache: TokenCache) -> Path:
    (lock,) = cache.folder.glob("*.lock")
    return lock


def test_two_processes_fetch_once(cache: TokenCache, worker: Callable[..., Worker]) -> None:
    """While one process fetches, another that found no token either waits, and then takes what was fetched."""
    first = worker()
    assert [first.says(), first.says()] == ["asks", "locked"]
    second = worker()
    assert second.says() == "asks"
    second.go()
    assert is_held(lock_of(cache))
    first.go()
    token = first.ends()
    assert second.ends().split() == ["locked", token.strip()]
    assert first.fetches.read_text() == "x"


def test_many_processes_fetch_once(cache: TokenCache, worker: Callable[..., Worker]) -> None:
    """However many fight for one identity, one of them fetches."""
    many = [worker() for _ in range(6)]
    for one in many:
        one.go()
    assert len({one.ends().split()[-1] for one in many}) == 1
    assert many[0].fetches.read_text() == "x"


def test_a_lock_ends_with_its_process(cache: TokenCache, worker: Callable[..., Worker]) -> None:
    """A process that is killed amid its fetch keeps nobody waiting."""
    first = worker()
    assert [first.says(), first.says()] == ["asks", "locked"]
    assert is_held(lock_of(cache))
    first.process.kill()
    first.process.wait(60)
    second = worker()
    second.go()
    assert second.ends().split()[:2] == ["asks", "locked"]
    assert second.fetches.read_text() == "x"


def test_clear_while_another_process_fetches(cache: TokenCache, worker: Callable[..., Worker]) -> None:
    """Clearing removes the entry, not the lock that is held: the others still wait, and one fetch serves them."""
    cache.write(ME, TOKEN)
    first = worker()
    assert [first.says(), first.says()] == ["has", "locked"]
    assert cache.clear() == 1
    assert is_held(lock_of(cache))
    second = worker()
    assert second.says() == "asks"
    second.go()
    first.go()
    assert first.ends().strip() == second.ends().split()[-1]
    assert first.fetches.read_text() == "x"


def test_those_who_wait_survive_the_removal_of_a_free_lock(cache: TokenCache) -> None:
    """Many threads that lock while another clears are still one at a time."""
    inside: list[int] = []
    most: list[int] = []
    stop = threading.Event()

    def work(number: int) -> None:
        for _ in range(10):
            with cache.locked(ME):
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)

    def clear() -> None:
        while not stop.is_set():
            cache.clear()

    with ThreadPoolExecutor(5) as pool:
        clearing = pool.submit(clear)
        working = [pool.submit(work, number) for number in range(4)]
        try:
            for one in working:
                one.result(60)
        finally:
            stop.set()
        clearing.result(60)
    assert most == [1] * 40


def test_threads_fetch_once(cache: TokenCache) -> None:
    """Threads wait for one another like processes do."""
    barrier = threading.Barrier(8)
    fetches: list[str] = []

    def work() -> Token | None:
        assert cache.read(ME).token is None
        barrier.wait(30)
        with cache.locked(ME):
            if cache.read(ME).token is None:
                fetches.append("x")
                cache.write(ME, TOKEN)
        return cache.read(ME).token

    with ThreadPoolExecutor(8) as pool:
        got = [future.result(60) for future in [pool.submit(work) for _ in range(8)]]
    assert (got, fetches) == ([TOKEN] * 8, ["x"])


def test_identities_do_not_wait_for_one_another(cache: TokenCache) -> None:
    """Who holds one identity may take another."""
    with cache.locked(ME), cache.locked(YOU):
        assert [is_held(lock) for lock in cache.folder.glob("*.lock")] == [True, True]
    assert not any(is_held(lock) for lock in cache.folder.glob("*.lock"))


def test_a_lock_ends_with_an_exception(cache: TokenCache) -> None:
    """A fetch that fails gives the lock back, and its exception goes on."""
    with pytest.raises(OSError, match="refused"), cache.locked(ME):
        raise OSError("refused")
    assert not is_held(lock_of(cache))


@posix
def test_a_file_system_without_locks(cache: TokenCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where files cannot be locked the block runs without, with no word and no lock that outlives the process."""
    import fcntl

    def flock(*arguments: Any) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", flock)
    for _ in range(2):
        with cache.locked(ME):
            assert cache.write(ME, TOKEN) == ""
    assert cache.read(ME).token == TOKEN


# --- the system's keyring ----------------------------------------------------------------------------------------------


class KeyringLocked(Exception):
    pass


class NoKeyringError(RuntimeError):
    pass


class FakeKeyring(ModuleType):
    """The package `keyring`, answered by hand: `faults` are raised by the function of that name."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.kept: dict[tuple[str, str], str] = {}
        self.faults: dict[str, Exception] = {}

    def _fail(self, name: str) -> None:
        if name in self.faults:
            raise self.faults[name]

    def set_password(self, service: str, user: str, password: str) -> None:
        self._fail("set_password")
        self.kept[service, user] = password

    def get_password(self, service: str, user: str) -> str | None:
        self._fail("get_password")
        return self.kept.get((service, user))

    def delete_password(self, service: str, user: str) -> None:
        self._fail("delete_password")
        del self.kept[service, user]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> FakeKeyring:
    fake = FakeKeyring()
    monkeypatch.delenv("RUNNER_KEYRING")
    monkeypatch.setitem(sys.modules, "keyring", fake)
    return fake


def in_file(path: Path) -> bool:
    """Whether the secrets are in the file."""
    return all(secret in path.read_text() for secret in SECRETS[:2])


def test_the_keyring_takes_the_secrets(cache: TokenCache, keyring: FakeKeyring) -> None:
    """With a keyring the file holds everything but token and refresh token, which are under our name and the file's."""
    path = entry(cache)
    assert json.loads(path.read_bytes()) == {
        "version": 1,
        "token_url": TOKEN.token_url,
        "lifetime": 3600.0,
        "ends": NOW + 3600.0,
        "keyring": True,
    }
    ((place, kept),) = keyring.kept.items()
    assert place == ("request-runner", path.stem)
    assert all(secret in kept for secret in SECRETS[:2])
    assert cache.read(ME) == Cached(TOKEN, 3600.0)


@pytest.mark.parametrize("remove", [TokenCache.clear, lambda cache: cache.forget(ME)])
def test_the_keyring_forgets_as_well(cache: TokenCache, keyring: FakeKeyring, remove: Callable[..., Any]) -> None:
    """What is cleared or forgotten is gone from the keyring, too; a keyring that refuses is no error."""
    path = entry(cache)
    remove(cache)
    assert (keyring.kept, path.exists()) == ({}, False)
    entry(cache)
    keyring.faults["delete_password"] = KeyringLocked()
    remove(cache)
    assert cache.read(ME) == Cached()


@pytest.mark.parametrize("function", ["set_password", "get_password"])
@pytest.mark.parametrize(
    "fault", [KeyringLocked("t0ken-value"), ValueError("r3fresh-value too long"), OSError(5, "dbus"), Exception()]
)
def test_a_keyring_that_refuses(cache: TokenCache, keyring: FakeKeyring, function: str, fault: Exception) -> None:
    """Whatever the keyring raises, the file takes the secrets; a warning says so, without the text of the fault."""
    keyring.faults[function] = fault
    warning = cache.write(ME, TOKEN)
    (path,) = cache.folder.iterdir()
    assert_warns(warning, path, type(fault).__name__, "RUNNER_KEYRING=0")
    assert in_file(path)
    assert cache.read(ME) == Cached(TOKEN, 3600.0)


def test_two_warnings_are_both_told(cache: TokenCache, keyring: FakeKeyring) -> None:
    """A keyring that is locked and a disk that is full: one line, and both in it."""
    keyring.faults["set_password"] = KeyringLocked()
    with failing("write", errno.ENOSPC):
        warning = cache.write(ME, TOKEN)
    assert_warns(warning, cache.folder, "KeyringLocked", "No space left")


def test_a_keyring_without_backend(cache: TokenCache, keyring: FakeKeyring) -> None:
    """The package alone is no keyring: the file takes the secrets, and there is nothing to warn of."""
    keyring.faults["set_password"] = NoKeyringError("No recommended backend was available.")
    assert in_file(entry(cache))


def test_a_keyring_that_keeps_nothing(cache: TokenCache, keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a backend drops or cuts short, as the null backend does, the file keeps."""
    monkeypatch.setattr(keyring, "set_password", lambda *arguments: None)
    assert in_file(entry(cache))
    assert cache.read(ME).token == TOKEN


@pytest.mark.parametrize("before", [True, False])
def test_a_full_disk_leaves_nothing_in_the_keyring(cache: TokenCache, keyring: FakeKeyring, before: bool) -> None:
    """Secrets whose file could not be written do not stay in the keyring."""
    if before:
        entry(cache)
    with failing("write", errno.ENOSPC):
        assert_warns(cache.write(ME, TOKEN), cache.folder)
    assert (keyring.kept, names(cache.folder)) == ({}, [])


LOST: dict[str, Callable[[FakeKeyring, pytest.MonkeyPatch], object]] = {
    "did not give them (KeyringLocked)": lambda keyring, _: keyring.faults.update(get_password=KeyringLocked(TOKEN.value)),
    "does not have them": lambda keyring, _: keyring.kept.clear(),
    "switched off": lambda _, patch: patch.setenv("RUNNER_KEYRING", "0"),
}  # fmt: skip


@pytest.mark.parametrize("says", LOST)
def test_secrets_that_the_keyring_does_not_give(
    cache: TokenCache, keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch, says: str
) -> None:
    """An entry whose secrets are not to be had gives a warning and no token."""
    path = entry(cache)
    LOST[says](keyring, monkeypatch)
    cached = cache.read(ME)
    assert cached.token is None
    assert_warns(cached.warning, path, says, "remove it")


@pytest.mark.parametrize(
    "kept", ["r3fresh-value", "{}", "[]", '{"token": "", "refresh_token": ""}', '{"token": 1, "refresh_token": ""}']
)
def test_foreign_secrets_in_the_keyring(cache: TokenCache, keyring: FakeKeyring, kept: str) -> None:
    """What somebody else has put in the keyring under our name is not used."""
    path = entry(cache)
    keyring.kept = dict.fromkeys(keyring.kept, kept)
    assert_warns(cache.read(ME).warning, path, "does not have them")


def test_the_keyring_is_switched_off(cache: TokenCache, keyring: FakeKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """`RUNNER_KEYRING=0` keeps the secrets in the file and asks the keyring nothing."""
    monkeypatch.setenv("RUNNER_KEYRING", "0")
    keyring.faults = dict.fromkeys(["set_password", "get_password", "delete_password"], AssertionError("asked"))
    assert in_file(entry(cache))
    assert cache.read(ME).token == TOKEN
    assert cache.clear() == 1


def test_a_broken_installation_of_keyring(cache: TokenCache, tmp_path: Path) -> None:
    """A package that cannot even be imported is a fault of the keyring like others."""
    (tmp_path / "keyring.py").write_text("raise RuntimeError('t0ken-value')")
    out = alone(cache, tmp_path, f"print(cache.write(me, Token({TOKEN.value!r})))")
    assert_warns(out.strip(), "(RuntimeError)")
    assert cache.read(ME).token == Token(TOKEN.value)


def test_no_keyring_is_installed(cache: TokenCache, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package the file takes the secrets, with no word, after a look that imports nothing."""
    looked: list[str] = []
    monkeypatch.delenv("RUNNER_KEYRING")
    monkeypatch.delitem(sys.modules, "keyring", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", looked.append)
    assert in_file(entry(cache))
    assert cache.read(ME).token == TOKEN
    assert looked == ["keyring"]


# --- what it costs -----------------------------------------------------------------------------------------------------


def alone(cache: TokenCache, path: Path, code: str) -> str:
    """What a process of its own prints that has `cache` and `me`, with `path` before all packages."""
    prelude = (
        "import sys; from pathlib import Path; from runner.engine.exchange import Token; "
        "from runner.runtime.token_cache import TokenCache; cache, me = TokenCache(Path(sys.argv[1])), eval(sys.argv[2]); "
        "slow = lambda: print(*sorted({'keyring', 'filelock', 'platformdirs', 'httpx', 'asyncio'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", prelude + code, cache.folder, repr(ME)],
        env=environment(RUNNER_KEYRING="1", PYTHONPATH=f"{path}{os.pathsep}{ROOT}"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def test_reading_imports_nothing_slow(cache: TokenCache, tmp_path: Path) -> None:
    """Reading, writing and forgetting need no lock's library; reading needs no keyring where no file asks for it."""
    (tmp_path / "keyring.py").write_text("def get_password(*arguments): return None\nset_password = get_password")
    assert alone(cache, tmp_path, "cache.read(me); cache.forget(me); slow()").split() == []
    cache.write(ME, TOKEN)
    assert alone(cache, tmp_path, "assert cache.read(me).token; slow()").split() == []
    assert alone(cache, tmp_path, "cache.write(me, Token('t')); slow()").split() == ["keyring"]
    assert "filelock" in alone(cache, tmp_path, "cache.locked(me).__enter__(); slow()").split()
