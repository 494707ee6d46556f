"""The token store: one fetch for each identity, renewed in time, whatever the number of threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from runner.engine.exchange import Exchange, Fetch, Grant, Request, Response, Send, Token, Wait
from runner.engine.results import Outcome
from runner.errors import AuthError, TransportError
from runner.runtime.tokens import TokenStore, leeway


class Login:
    """A token endpoint answered by hand: counts what it is asked; `gate` holds answers back until it is set."""

    def __init__(self, lifetime: float | None = 3600.0) -> None:
        self.lifetime = lifetime
        self.asked = 0
        self.waits: list[float] = []
        self.failure: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.lock = threading.Lock()
        self.now = 0.0
        self.store = TokenStore(self.perform, lambda: self.now, self.waits.append)

    def perform(self, request: Request) -> Exchange:
        with self.lock:
            self.asked += 1
        assert self.gate.wait(30)
        if isinstance(self.failure, TransportError):
            raise self.failure
        return Exchange(request, Response(200, content=f"token-{self.asked}".encode()))

    def fetch(self, last: Token | None) -> Fetch:
        exchange = yield Send(Request("POST", "https://login.test/token"))
        assert exchange is not None
        if self.failure is not None:
            raise self.failure
        return Token(exchange.response.content.decode(), self.lifetime)

    def grant(self, identity: str = "me", leeway: float | None = None) -> Grant:
        url = "https://login.test/token"
        return Grant((identity,), "client_credentials", "POST", url, self.fetch, leeway)


@pytest.fixture
def login() -> Login:
    return Login()


def test_a_token_is_fetched_once(login: Login) -> None:
    """The first wish fetches, later ones are given the same token; only the first is fresh."""
    first, second = (login.store.authorize(login.grant()) for _ in range(2))
    assert (login.asked, first.token, second.token) == (1, second.token, first.token)
    assert (first.fresh, second.fresh) == (True, False)
    assert first.result == second.result


def test_identities_do_not_share(login: Login) -> None:
    """Another identity has a token of its own, and a count of its own."""
    first, other = login.store.authorize(login.grant("me")), login.store.authorize(login.grant("you"))
    assert (login.asked, first.result.number, other.result.number) == (2, 1, 1)
    assert first.result.key != other.result.key


@pytest.mark.parametrize(
    ("lifetime", "declared", "seconds"),
    [
        (3600.0, None, 300.0),
        (600.0, None, 300.0),
        (100.0, None, 50.0),
        (None, None, 0.0),
        (3600.0, 30.0, 30.0),
        (60.0, 0.0, 0.0),
        (60.0, 90.0, 90.0),
    ],
)
def test_leeway_is_300_seconds_or_half_the_life(lifetime: float | None, declared: float | None, seconds: float) -> None:
    """Whichever is less, unless the file says how long."""
    assert leeway(Login().grant(leeway=declared), Token("t", lifetime)) == seconds


@pytest.mark.parametrize(
    ("lifetime", "declared", "still", "renewed"),
    [
        (3600.0, None, 3299.0, 3300.0),
        (100.0, None, 49.0, 50.0),
        (60.0, 10.0, 49.0, 50.0),
        (60.0, 0.0, 59.0, 60.0),
    ],
)
def test_a_token_is_renewed_before_it_ends(
    lifetime: float, declared: float | None, still: float, renewed: float
) -> None:
    """Up to the leeway before its end a token is used, then a new one is fetched."""
    login = Login(lifetime)
    grant = login.grant(leeway=declared)
    login.store.authorize(grant)
    login.now = still
    assert login.store.authorize(grant).result.number == 1
    login.now = renewed
    again = login.store.authorize(grant)
    assert (again.result.number, again.fresh, login.asked) == (2, True, 2)


def test_a_token_without_end_is_kept(login: Login) -> None:
    """Where nobody said how long it lives, a token is used until it is refused."""
    login.lifetime = None
    login.store.authorize(login.grant())
    login.now = 1e9
    assert login.store.authorize(login.grant()).result.number == 1


def test_life_is_counted_from_the_send() -> None:
    """A slow answer does not make a token live longer."""
    login = Login(100.0)
    perform = login.perform

    def slow(request: Request) -> Exchange:
        login.now += 40.0
        return perform(request)

    login.store = TokenStore(slow, lambda: login.now, login.waits.append)
    first = login.store.authorize(login.grant(leeway=0.0))
    assert first.result.elapsed == 40.0
    login.now = 100.0
    assert login.store.authorize(login.grant(leeway=0.0)).fresh


def test_a_refused_token_is_replaced_once(login: Login) -> None:
    """Whoever was refused a token gets a newer one; a newer one that is there already serves."""
    grant = login.grant()
    login.store.authorize(grant)
    renewed = login.store.authorize(grant, stale=1)
    assert (renewed.result.number, renewed.fresh) == (2, True)
    late = login.store.authorize(grant, stale=1)
    assert (late.result.number, late.fresh, login.asked) == (2, False, 2)


@pytest.mark.parametrize(
    "failure", [AuthError("refused", ["detail"], "a hint"), TransportError("dns", "no such host", "a hint")]
)
def test_a_failure_is_remembered(login: Login, failure: Exception) -> None:
    """A server that refused is not asked again, not even after a refusal by the API."""
    login.failure = failure
    first = login.store.authorize(login.grant())
    login.failure = None
    again = login.store.authorize(login.grant())
    stale = login.store.authorize(login.grant(), stale=1)
    assert (first.token, again.token, stale.token, login.asked) == (None, None, None, 1)
    assert first.result.outcome is Outcome.ERRORED
    assert first.result.fault is not None
    assert (first.result.fault.kind, first.result.fault.hint) == ("auth", "a hint")
    assert again.result == first.result


def test_a_wait_within_a_fetch_is_granted(login: Login) -> None:
    """A grant may wait between its requests."""

    def fetch(last: Token | None) -> Fetch:
        yield Wait(5.0)
        exchange = yield Send(Request("POST", "https://login.test/token"))
        assert exchange is not None
        return Token("t")

    grant = Grant(("w",), "device_code", "POST", "https://login.test/token", fetch)
    assert login.store.authorize(grant).token == Token("t")
    assert login.waits == [5.0]


def test_the_result_tells_the_step(login: Login) -> None:
    """Name, method, URL, status and life of the fetch are told."""
    result = login.store.authorize(login.grant()).result
    assert (result.name, result.method, result.url, result.status, result.lifetime, result.outcome) == (
        "client_credentials", "POST", "https://login.test/token", 200, 3600.0, Outcome.PASSED,
    )  # fmt: skip
    assert len(result.exchanges) == 1


# --- threads -------------------------------------------------------------------------------------------------------

THREADS = 16


def together(work: Callable[[], Any], login: Login) -> list[Any]:
    """What each of 16 threads gets that all ask before the first answer comes."""
    login.gate.clear()
    barrier = threading.Barrier(THREADS + 1)

    def start() -> Any:
        barrier.wait(30)
        return work()

    with ThreadPoolExecutor(THREADS) as pool:
        asked = [pool.submit(start) for _ in range(THREADS)]
        barrier.wait(30)
        login.gate.set()
        return [future.result(30) for future in asked]


def test_sixteen_threads_fetch_one_token(login: Login) -> None:
    """One of them fetches, the others wait for it and take the same token."""
    grant = login.grant()
    got = together(lambda: login.store.authorize(grant), login)
    assert login.asked == 1
    assert {authorized.token for authorized in got} == {Token("token-1", 3600.0)}
    assert sum(authorized.fresh for authorized in got) == 1


def test_sixteen_refusals_at_once_renew_once(login: Login) -> None:
    """Parallel 401s to one token lead to one new token."""
    grant = login.grant()
    login.store.authorize(grant)
    got = together(lambda: login.store.authorize(grant, stale=1), login)
    assert login.asked == 2
    assert {authorized.result.number for authorized in got} == {2}


def test_sixteen_threads_ask_a_refusing_server_once(login: Login) -> None:
    """A failure is shared like a token."""
    login.failure = AuthError("refused")
    grant = login.grant()
    got = together(lambda: login.store.authorize(grant), login)
    assert login.asked == 1
    assert {authorized.token for authorized in got} == {None}


def test_identities_do_not_wait_for_one_another(login: Login) -> None:
    """While one identity's fetch is under way another one can be fetched."""
    slow_begins, slow_may_end = threading.Event(), threading.Event()

    def slow(last: Token | None) -> Fetch:
        slow_begins.set()
        assert slow_may_end.wait(30)
        yield Wait(0.0)
        return Token("slow")

    with ThreadPoolExecutor(1) as pool:
        grant = Grant(("slow",), "x", "POST", "https://login.test/slow", slow)
        future = pool.submit(login.store.authorize, grant)
        assert slow_begins.wait(30)
        assert login.store.authorize(login.grant("quick")).token is not None
        slow_may_end.set()
        assert future.result(30).token == Token("slow")
