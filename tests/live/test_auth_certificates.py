"""Client certificates, against an nginx that demands one of its own authority."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

TEXT = """\
defaults: {verify: server.crt, client_cert: %s}
requests: [{name: Who, url: "{{base}}/who", assert: [text: "SUCCESS O=Live,CN=Ada"]}]
"""
PLAIN = TEXT.replace(", client_cert: %s", "")


@pytest.fixture
def files(live: Any, nginx: Any) -> Any:
    """The server's files, beside the collection."""
    for path in nginx.place.glob("*.*"):
        if path.suffix in (".crt", ".key", ".pem"):
            shutil.copy(path, live.place)
    return live.place


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    "declared",
    [
        "{cert: client.crt, key: client.key}",
        "{cert: both.pem}",
        '{cert: client.crt, key: locked.key, password: "{{env.PW}}"}',
    ],
)
def test_a_certificate_of_the_file(live: Any, nginx: Any, declared: str) -> None:
    """Certificate and key may be one file or two, and the key encrypted; its password is not shown."""
    said = live.text(TEXT % declared, "--verbose", base=nginx.mutual_url, env={"PW": nginx.password})
    assert nginx.password not in said


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("words", [["--cert", "client.crt", "--key", "client.key"], ["--cert", "both.pem"]])
def test_a_certificate_of_the_flags(live: Any, nginx: Any, words: list[str]) -> None:
    """`--cert` and `--key` do as well, and win over the file."""
    live.text(PLAIN, *words, base=nginx.mutual_url)
    live.text(TEXT % "{cert: stranger.crt, key: stranger.key}", *words, base=nginx.mutual_url)


def test_a_certificate_from_elsewhere(live: Any, nginx: Any, files: Any) -> None:
    """Where the whole value is one variable of the process environment, the files may lie outside of the project."""
    env = {"CERT": str(nginx.place / "client.crt"), "KEY": str(nginx.place / "client.key")}
    live.text(TEXT % '{cert: "{{env.CERT}}", key: "{{env.KEY}}"}', base=nginx.mutual_url, env=env)
    assert files == live.place


@pytest.mark.usefixtures("files")
def test_no_certificate(live: Any, nginx: Any) -> None:
    """Without one nginx answers 400, and its words are shown."""
    said = live.text(PLAIN, base=nginx.mutual_url, expect=1)
    assert "400" in said
    assert "No required SSL certificate was sent" in said


@pytest.mark.usefixtures("files")
def test_a_certificate_of_nobody(live: Any, nginx: Any) -> None:
    """One that another authority signed is refused."""
    said = live.text(TEXT % "{cert: stranger.crt, key: stranger.key}", base=nginx.mutual_url, expect=1)
    assert "The SSL certificate error" in said


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ("{cert: client.crt, key: locked.key}", "password"),
        ('{cert: client.crt, key: locked.key, password: "{{env.PW}}?"}', "the password of its key is wrong"),
        ("{cert: client.crt, key: stranger.key}", "the key is not that of the certificate"),
        ("{cert: client.crt, key: nowhere.key}", "nowhere.key"),
    ],
)
def test_a_key_that_does_not_open(live: Any, nginx: Any, declared: str, words: str) -> None:
    """No password, a wrong one, the key of another certificate, no key: it says which of these."""
    (live.place / "inline.yaml").write_text(TEXT % declared, "utf-8")
    done = live.command(
        "run", "inline.yaml", "-v", f"base={nginx.mutual_url}", cwd=live.place, env={"PW": nginx.password}
    )
    assert done.code in (3, 4), done.said
    assert words in done.said
    assert nginx.password not in done.said
    assert "Traceback" not in done.said


@pytest.mark.usefixtures("files")
def test_a_token_request_takes_the_certificate_along(live: Any, nginx: Any) -> None:
    """The token step honours the same TLS settings: nginx lets it in, and answers what is no token."""
    text = """\
defaults: {verify: server.crt, client_cert: {cert: client.crt, key: client.key}}
auth: {type: oauth2, token_url: "{{base}}/token", client_id: one, client_auth: none}
requests: [{name: One, url: "{{base}}/who"}]
"""
    said = live.text(text, base=nginx.mutual_url, expect=5)
    assert f"POST {nginx.mutual_url}/token answered 200" in said
    assert "SUCCESS O=Live,CN=Ada" in said
