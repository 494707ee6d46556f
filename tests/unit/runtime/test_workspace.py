"""Files that are named, in the command line or an auth block: where they are, their text, and the user's netrc file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.errors import InvalidError
from runner.runtime.workspace import Workspace

posix = pytest.mark.skipif(os.name != "posix", reason="files have no mode here")
as_user = pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


# --- read ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        (b"-----BEGIN PRIVATE KEY-----\nab\n-----END PRIVATE KEY-----\n", None),
        (b"\xef\xbb\xbf-----BEGIN", "-----BEGIN"),
        ("ключ \U0001f511\n".encode(), None),
        (b"a\r\nb\r\n", "a\nb\n"),
    ],
    ids=["empty", "pem", "byte order mark", "beyond ASCII", "line ends of Windows"],
)
def test_read(workspace: Workspace, tmp_path: Path, content: bytes, text: str | None) -> None:
    """The text of a file is read as UTF-8, with or without a byte order mark."""
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    assert workspace.read(str(path)) == (content.decode() if text is None else text)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("missing.pem", None, "no such file"),
        (".", None, "is a directory"),
        ("key.pem/x", b"", "not a directory"),
        ("key.pem", b"\xff\xfe\x00", "is no text"),
        ("key.pem", b"PK\x03\x04\x80S-inside-the-file", "is no text"),
    ],
)
def test_what_cannot_be_read(
    workspace: Workspace, tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    """A file that is not there, is a folder, or is no text is a ValueError with its path and without its bytes."""
    if content is not None:
        (tmp_path / "key.pem").write_bytes(content)
    path = str(tmp_path / name)
    with pytest.raises(ValueError, match="'") as caught:
        workspace.read(path)
    message = str(caught.value)
    assert path in message
    assert words in message.lower()
    assert "S-inside" not in message
    assert "Errno" not in message


@as_user
def test_what_may_not_be_read(workspace: Workspace, tmp_path: Path) -> None:
    """A file that we may not read is a ValueError that says so."""
    path = tmp_path / "key.pem"
    path.write_text("secret")
    path.chmod(0)
    with pytest.raises(ValueError, match="Permission denied"):
        workspace.read(str(path))


# --- paths ---------------------------------------------------------------------------------------------------------


@posix
def test_links_in_a_circle(workspace: Workspace, tmp_path: Path) -> None:
    """A path whose links lead in a circle is a fault of the path, wherever it is named."""
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    with pytest.raises(ValueError, match=r"'loop\.yaml'"):
        workspace.locate(str(tmp_path / "a.yaml"), "loop.yaml")
    with pytest.raises(InvalidError, match="symbolic links"):
        workspace.source(loop)
    with pytest.raises(InvalidError, match="no such file or folder") as caught:
        workspace.collections([str(loop)])
    assert caught.value.diagnostics[0].hint == ""


@posix
def test_a_name_that_is_too_long(workspace: Workspace, tmp_path: Path) -> None:
    """A name that no file can have is a fault of the path, in the system's words."""
    name = "n" * 3000
    with pytest.raises(ValueError, match=name):
        workspace.locate(str(tmp_path / "a.yaml"), name)
    with pytest.raises(InvalidError, match="File name too long"):
        workspace.collections([name])


# --- netrc ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of $NETRC; there is no ~/.netrc."""
    path = tmp_path / "netrc"
    monkeypatch.setenv("NETRC", str(path))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return path


@pytest.mark.parametrize(
    ("text", "host", "login"),
    [
        ("machine api.test login ada password pw", "api.test", ("ada", "pw")),
        ("machine api.test login ada password pw", "API.test", None),
        ("machine api.test login ada password pw", "other.test", None),
        ("machine api.test login ada password pw", "sub.api.test", None),
        ("machine api.test login ada password pw", "", None),
        ("machine api.test login a password b\ndefault login any password all", "other.test", ("any", "all")),
        ("machine api.test login a password b\ndefault login any password all", "api.test", ("a", "b")),
        ("machine a.test login a password b\nmachine b.test login c password d", "b.test", ("c", "d")),
        ('machine api.test login "a b" password "p w"', "api.test", ("a b", "p w")),
        ("machine api.test user ada account x password pw", "api.test", ("ada", "pw")),
        ("machine api.test login ada", "api.test", ("ada", "")),
        ("machine api.test password pw", "api.test", ("", "pw")),
        ("# machine api.test login a password b\n", "api.test", None),
        ("machine api.test login a password p#w", "api.test", ("a", "p#w")),
        ("machine api.test login ä password пароль", "api.test", ("ä", "пароль")),
        ("macdef init\ncd /\n\nmachine api.test login a password b", "api.test", ("a", "b")),
        ("", "api.test", None),
    ],
)
def test_netrc_login(workspace: Workspace, netrc: Path, text: str, host: str, login: tuple[str, str] | None) -> None:
    """The entry of the host, else the default entry, else nothing."""
    netrc.write_text(text, encoding="utf-8")
    assert workspace.netrc_login(host) == login


def test_no_netrc_at_all(workspace: Workspace, netrc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user without a netrc file has no entry; that is no fault."""
    monkeypatch.delenv("NETRC")
    assert workspace.netrc_login("api.test") is None
    monkeypatch.setenv("NETRC", "")
    assert workspace.netrc_login("api.test") is None


def test_the_netrc_of_the_user(
    workspace: Workspace, netrc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without $NETRC it is ~/.netrc; with $NETRC that file alone is looked at."""
    own = tmp_path / "home" / ".netrc"
    own.write_text("machine api.test login home password pw")
    own.chmod(0o600)
    netrc.write_text("machine api.test login named password pw")
    assert workspace.netrc_login("api.test") == ("named", "pw")
    monkeypatch.delenv("NETRC")
    assert workspace.netrc_login("api.test") == ("home", "pw")


@pytest.mark.usefixtures("netrc")
def test_a_named_netrc_is_missing(workspace: Workspace) -> None:
    """A file that $NETRC names has to be there; its name and where it was named are told."""
    with pytest.raises(ValueError, match=r"^no such file: '.*netrc' \(from \$NETRC\)$"):
        workspace.netrc_login("api.test")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("machine api.test\n login ada\n pasword S-netrc-secret", 3),
        ("machine api.test login ada password S-pass S-netrc-secret", 1),
        ("S-netrc-secret", 1),
        ("machine api.test login ada password\n S-pass\nS-netrc-secret", 3),
        ("machine", 1),
        ("macdef x\nS-netrc-secret", 2),
    ],
)
def test_a_netrc_that_cannot_be_understood(workspace: Workspace, netrc: Path, text: str, line: int) -> None:
    """A fault names file and line, and shows nothing of what stands there: it may be a password."""
    netrc.write_text(text)
    with pytest.raises(ValueError, match="netrc, line") as caught:
        workspace.netrc_login("api.test")
    message = str(caught.value)
    assert message.startswith(f"{netrc}, line {line}: ")
    assert "S-" not in message.replace(str(netrc), "")


def test_a_netrc_that_is_a_folder(workspace: Workspace, netrc: Path) -> None:
    """A folder is a ValueError that names the file, in plain words."""
    netrc.mkdir()
    with pytest.raises(ValueError, match=str(netrc)) as caught:
        workspace.netrc_login("api.test")
    assert "Errno" not in str(caught.value)
    assert "is a directory" in str(caught.value).lower()


@posix
@pytest.mark.parametrize(("mode", "refused"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_permissions_of_the_users_netrc(
    workspace: Workspace, netrc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, refused: bool
) -> None:
    """A ~/.netrc that others may read is refused, as by other tools, and what to do is said."""
    monkeypatch.delenv("NETRC")
    own = tmp_path / "home" / ".netrc"
    own.write_text("machine api.test login ada password S-netrc-secret")
    own.chmod(mode)
    if not refused:
        assert workspace.netrc_login("api.test") == ("ada", "S-netrc-secret")
        return
    with pytest.raises(ValueError, match="too permissive") as caught:
        workspace.netrc_login("api.test")
    message = str(caught.value)
    assert message.startswith(f"{own}: access too permissive")
    assert message.endswith("(chmod 600)")
    assert "S-netrc-secret" not in message


def test_a_netrc_that_is_no_text(workspace: Workspace, netrc: Path) -> None:
    """Bytes that are no text are told in plain words, without the bytes."""
    netrc.write_bytes(b"machine api.test login a password S-\xff\xfe")
    with pytest.raises(ValueError, match="is no text") as caught:
        workspace.netrc_login("api.test")
    assert str(netrc) in str(caught.value)
    assert "S-" not in str(caught.value).replace(str(netrc), "")
    assert "codec" not in str(caught.value)


def test_a_missing_file_has_a_neighbour(workspace: Workspace, tmp_path: Path) -> None:
    """A file that is not there is told with the name beside it that was probably meant."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "user.json").write_text("{}")
    for path, words in [
        ("schemas/usr.json", "no such file: 'schemas/usr.json' (did you mean 'schemas/user.json'?)"),
        ("schemas/quite-another.yaml", "no such file: 'schemas/quite-another.yaml'"),
        ("nowhere/user.json", "no such file: 'nowhere/user.json'"),
    ]:
        with pytest.raises(ValueError, match="no such file") as caught:
            workspace.locate(str(tmp_path / "a.yaml"), path)
        assert str(caught.value) == words
