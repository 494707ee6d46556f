"""Options of curl: what each becomes, alone and with others, and that none is lost without a word."""

from __future__ import annotations

from typing import Any

import pytest

from runner.cli import importing
from runner.formats.curl import load
from runner.formats.curl.lost import NO_LOSS
from runner.formats.curl.options import _SWITCHES, _TAKING
from runner.formats.draft import Choices, Foreign, ForeignFault, texts

PLAIN = "curl https://api.test/a"
#: Arguments of options that do not take any word.
ARGUMENTS = {
    "max-time": "5", "aws-sigv4": "aws:amz:eu-west-1:s3", "retry": "3", "retry-delay": "2", "max-redirs": "3",
    "max-filesize": "100", "range": "0-5", "data-urlencode": "a=b", "form": "a=b", "form-string": "a=b",
    "header": "X-A:b", "cookie": "a=b", "user": "ada:pw1234", "proxy-user": "joe:pw1234", "json": "{}",
    "url-query": "a=b", "expect100-timeout": "3", "proto": "=https", "time-cond": "20240101",
}  # fmt: skip
#: What curl itself does nothing with where it stands alone; aliases of options that change nothing.
NOTHING_ALONE = frozenset(
    {"cookie-jar", "digest", "get", "globoff", "key", "max-redirs", "next", "pass", "path-as-is", "retry-all-errors",
     "retry-connrefused", "retry-delay", "show-headers", "ftp-ssl", "ftp-ssl-reqd"}
)  # fmt: skip


def imported(command: str) -> tuple[dict[str, Any], list[str]]:
    """The first request of a command with what its collection shares, and what was lost."""
    found = load(Foreign("x", command), Choices())
    shared = {key: found.collection[key] for key in ("auth", "secrets", "defaults") if key in found.collection}
    return {**shared, **found.collection["requests"][0]}, [loss.what for loss in found.losses]


@pytest.mark.parametrize("option", sorted((_TAKING | _SWITCHES) - NO_LOSS - NOTHING_ALONE))
def test_no_option_is_dropped_without_a_word(option: str) -> None:
    """An option changes the request, or is told; those that change neither are known by name."""
    argument = ARGUMENTS.get(option, "x") if option in _TAKING else ""
    assert imported(f"curl --{option} {argument} https://api.test/a") != imported(PLAIN)


@pytest.mark.parametrize("argument", ["''", "x", "0", "-1", "$X", "'a b'", "@x", "://", "':'", "'{{'"])
def test_whatever_the_argument_is(argument: str) -> None:
    """Each option, whatever its argument is, makes a collection that passes `check`, or a fault with words."""
    for option in sorted(_TAKING):
        try:
            made = load(Foreign("x", f"curl -L --{option} {argument} https://api.test/a"), Choices())
        except ForeignFault:
            continue
        importing._check(texts(made, "x.yaml"))


@pytest.mark.parametrize(
    ("options", "key", "value"),
    [
        ("-x p.test:80 -U 'joe:p@s/1'", "proxy", "http://joe:{{url_encode(proxy_password)}}@p.test:80"),
        ("-x http://joe:p%40ss@p.test", "proxy", "http://joe:{{url_encode(proxy_password)}}@p.test:1080"),
        ("-x https://p.test", "proxy", "https://p.test:443"),
        ('-x p.test:80 -U "joe:$PW"', "proxy", "http://joe:{{url_encode(env.PW)}}@p.test:80"),
        ('-x "$HOST:80" -U joe:$X', "proxy", "http://joe:{{url_encode(env.X)}}@{{env.HOST}}:80"),
        ("-x socks5h://$HOST -U joe:$X", "proxy", "socks5h://joe:{{url_encode(env.X)}}@{{env.HOST}}"),
        ("-x ''", "proxy", False),
        ("--noproxy '*' -x p.test:80", "proxy", False),
        ("--http2 --http1.1", "http2", False),
        ("--http1.1 --http2", "http2", True),
        ("--netrc-file n", "auth", {"type": "netrc"}),
        ("--remote-name-all", "save_to", "a"),
        ("-z 20240101", "headers", {"If-Modified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"}),
        ("-z '-1 Jan 2024 10:00:00 +0200'", "headers", {"If-Unmodified-Since": "Mon, 01 Jan 2024 08:00:00 GMT"}),
        ("-o ''", "save_to", None),
        ("--max-filesize 0", "max_body", None),
        ("-r ''", "headers", None),
        ("-G --json '{}'", "headers", {"Content-Type": "application/json", "Accept": "application/json"}),
    ],
)  # fmt: skip
def test_settings(options: str, key: str, value: object) -> None:
    """An option with others, the empty argument among them, is what curl makes of it."""
    assert imported(f"curl {options} https://api.test/a")[0].get(key) == value


def test_user_of_the_url() -> None:
    """Credentials in a URL are taken as `-u` is: by the way to authenticate that the command names."""
    url = "https://ada:pw%401@api.test/a"
    assert imported(f"curl --digest {url}")[0]["auth"] == {
        "type": "digest",
        "username": "ada",
        "password": "{{password}}",
    }
    assert imported(f"curl --aws-sigv4 aws:amz:eu-west-1:s3 {url}")[0]["auth"]["type"] == "aws_sigv4"
    request, lost = imported(f"curl --ntlm {url}")
    assert ("auth" in request, lost) == (False, ["the option 'ntlm'"])


@pytest.mark.parametrize(
    ("options", "lost"),
    [
        ("-U joe:pw1234", "the option 'proxy-user'"),
        ("-x $PROXY -U joe:pw1234", "the option 'proxy-user'"),
        ("--aws-sigv4 aws:amz:eu-west-1:s3", "the option 'aws-sigv4'"),
        ("-L --max-redirs $MOST", "the option 'max-redirs'"),
        ("-z page.html", "the option 'time-cond'"),
        ("-L -e ';auto'", "the option 'referer'"),
        ("--skip-existing -O", "the option 'skip-existing'"),
        ("-d a=b -F c=d", "-d with -F"),
        ("-I -d a=b", "-d with -I"),
        ("-A ''", "the header 'User-Agent:'"),
    ],
)
def test_losses(options: str, lost: str) -> None:
    """What has no counterpart as it stands is told."""
    assert imported(f"curl {options} https://api.test/a")[1] == [lost]


def test_outputs_by_place() -> None:
    """Each -o and -O is for one URL, in their order."""
    found = load(Foreign("x", "curl -O -o two.txt https://api.test/1 https://api.test/2 https://api.test/3"), Choices())
    assert [item.get("save_to") for item in found.collection["requests"]] == ["1", "two.txt", None]


def test_query_that_ends_with_an_ampersand() -> None:
    """What is added to a query that ends with `&` gets no second one."""
    assert imported("curl --url-query a=b 'https://api.test/a?c=d&'")[0]["query"] == {"c": "d", "a": "b"}
