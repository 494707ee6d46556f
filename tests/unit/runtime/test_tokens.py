"""The token store: one fetch for each identity, renewed in time, whatever the number of threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.engine.exchange import Ask, Exchange, Fetch, Grant, Listen, Redirected, Request, Response, Send, Token, Wait
from runner.engine.results import Outcome
from runner.errors import AuthError, TransportError
from runner.runtime.token_cache import TokenCache
from runner.runtime.tokens import TokenStore, leeway

URL = "https://login.test/token"


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


def test_life_is_counted_from_the_last_send() -> None:
    """What a fetch does before it asks for the token, such as discovery, takes nothing from the token's life."""
    login = Login(100.0)

    def fetch(last: Token | None) -> Fetch:
        yield Send(Request("GET", "https://login.test/discovery"))
        login.now += 70.0
        yield Wait(5.0)
        yield Send(Request("POST", URL))
        login.now += 20.0
        return Token("t", 100.0)

    grant = Grant(("d",), "x", "GET", "https://login.test/", fetch, 0.0)
    result = login.store.authorize(grant).result
    assert (result.elapsed, result.method, result.url, len(result.exchanges)) == (90.0, "POST", URL, 2)
    login.now = 169.0
    assert login.store.authorize(grant).result.number == 1
    login.now = 170.0
    assert login.store.authorize(grant).result.number == 2


def test_a_renewal_is_given_the_last_token(login: Login) -> None:
    """The first fetch starts from nothing, each later one from the token that it renews, its refresh token included."""
    given: list[Token | None] = []

    def fetch(last: Token | None) -> Fetch:
        given.append(last)
        yield Send(Request("POST", URL))
        return Token(f"t{len(given)}", 100.0, f"r{len(given)}", URL)

    grant = Grant(("r",), "x", "POST", URL, fetch, 0.0)
    login.store.authorize(grant)
    login.now = 100.0
    login.store.authorize(grant)
    login.store.authorize(grant, stale=2)
    assert given == [None, Token("t1", 100.0, "r1", URL), Token("t2", 100.0, "r2", URL)]


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


# --- the cache on disk ---------------------------------------------------------------------------------------------


class Wall:
    """Wall clock time, set by hand."""

    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def cache(tmp_path: Path, wall: Wall, monkeypatch: pytest.MonkeyPatch) -> TokenCache:
    monkeypatch.setenv("RUNNER_KEYRING", "0")
    return TokenCache(tmp_path / "tokens", wall)


class Kept(Login):
    """A run of its own over a cache that others share: its tokens are named after it; `given` is what it renewed."""

    def __init__(self, cache: TokenCache, name: str = "run") -> None:
        super().__init__()
        self.name = name
        self.status = 200
        self.given: list[Token | None] = []
        self.hidden: list[Any] = []
        self.store = TokenStore(self.perform, lambda: self.now, self.waits.append, None, lambda: cache)

    def perform(self, request: Request) -> Exchange:
        exchange = super().perform(request)
        return exchange._replace(response=exchange.response._replace(status=self.status))

    def fetch(self, last: Token | None) -> Fetch:
        self.given.append(last)
        yield Send(Request("POST", URL))
        if self.failure is not None:
            raise self.failure
        return Token(f"{self.name}-{self.asked}", self.lifetime, f"refresh-{self.name}-{self.asked}", URL)

    def grant(self, identity: str = "me", leeway: float | None = None) -> Grant:
        return replace(super().grant(identity, leeway), cache="disk", hide=self.hidden.append)


def test_a_kept_token_is_taken(cache: TokenCache, wall: Wall) -> None:
    """What one run has fetched the next one takes without asking anybody; it is cached, not fresh, and a secret."""
    first = Kept(cache, "first")
    fetched = first.store.authorize(first.grant())
    assert (fetched.fresh, fetched.result.cached) == (True, False)
    wall.now += 600.0
    second = Kept(cache, "second")
    taken, again = (second.store.authorize(second.grant()) for _ in range(2))
    assert (second.asked, taken.fresh, again.fresh, again.result) == (0, False, False, taken.result)
    assert taken.token is not None
    assert (taken.token.value, taken.token.refresh_token) == ("first-1", "refresh-first-1")
    assert (taken.result.cached, taken.result.status, taken.result.exchanges) == (True, None, ())
    assert (taken.result.outcome, taken.result.number, taken.result.lifetime) == (Outcome.PASSED, 1, 3000.0)
    assert (taken.result.method, taken.result.url) == ("POST", URL)
    assert second.hidden == [["first-1", "refresh-first-1"]]


def test_a_kept_token_is_renewed_in_time(cache: TokenCache, wall: Wall) -> None:
    """A token from disk ends by the time that it had left when it was taken, less the leeway."""
    cache.write(("me",), Token("old", 3600.0, "r"))
    wall.now += 3000.0
    run = Kept(cache)
    assert run.store.authorize(run.grant()).result.cached
    run.now = 299.0
    assert run.store.authorize(run.grant()).result.number == 1
    wall.now, run.now = wall.now + 300.0, 300.0
    renewed = run.store.authorize(run.grant())
    assert (renewed.fresh, renewed.result.cached, renewed.result.number) == (True, False, 2)


@pytest.mark.parametrize(("passed", "leeway"), [(3600.0, None), (9999.0, 0.0), (3301.0, None), (3595.0, 10.0)])
def test_of_an_ended_token_only_the_refresh_token_serves(
    cache: TokenCache, wall: Wall, passed: float, leeway: float | None
) -> None:
    """A kept token that has ended, or is about to, is renewed, and its renewal begins with it."""
    old = Token("old", 3600.0, "r", URL)
    cache.write(("me",), old)
    wall.now += passed
    run = Kept(cache)
    got = run.store.authorize(run.grant(leeway=leeway))
    assert (run.given, got.fresh, got.result.cached, got.result.number) == ([old], True, False, 1)
    assert got.token is not None
    assert got.token.value == "run-1"
    assert cache.read(("me",)).token == got.token
    assert ["old", "r"] in run.hidden


def test_a_refused_kept_token_is_renewed_and_kept(cache: TokenCache) -> None:
    """When the API refuses a token from disk another one is fetched with it, and takes its place there."""
    cache.write(("me",), Token("old", 3600.0, "r"))
    run = Kept(cache)
    assert run.store.authorize(run.grant()).result.cached
    renewed = run.store.authorize(run.grant(), stale=1)
    assert (renewed.fresh, renewed.result.cached, renewed.result.number, run.asked) == (True, False, 2, 1)
    assert run.given == [Token("old", 3600.0, "r")]
    kept = cache.read(("me",)).token
    assert kept is not None
    assert kept.value == "run-1"
    late = run.store.authorize(run.grant(), stale=1)
    assert (late.result, late.fresh, run.asked) == (renewed.result, False, 1)


def test_the_newer_token_of_another_process_is_taken(cache: TokenCache) -> None:
    """A run whose token was refused, or is ending, takes the one that somebody else has kept in the meantime."""
    for stale, now in ((1, 0.0), (None, 3400.0)):
        run, other = Kept(cache, "run"), Kept(cache, f"other at {now}")
        cache.forget(("me",))
        run.store.authorize(run.grant())
        other.store.authorize(other.grant(), stale=None)
        renewed = other.store.authorize(other.grant(), stale=1)
        run.now = now
        taken = run.store.authorize(run.grant(), stale)
        assert taken.token == renewed.token
        assert (taken.result.cached, taken.fresh, taken.result.number, run.asked) == (True, False, 2, 1)
        keys = {taken.result.key, run.store.authorize(run.grant()).result.key}
        assert keys == {(("me",), 2)}


def test_the_newer_refresh_token_of_another_process_is_used(cache: TokenCache) -> None:
    """Where a server gives the same access token again, the refresh token that came with it is still the newer one."""
    run = Kept(cache)
    cache.write(("me",), Token("same", 3600.0, "r1"))
    run.store.authorize(run.grant())
    cache.write(("me",), Token("same", 3600.0, "r2"))
    run.store.authorize(run.grant(), stale=1)
    assert [last and last.refresh_token for last in run.given] == ["r2"]


def test_many_runs_at_once_fetch_one_token(cache: TokenCache) -> None:
    """Runs that begin at the same time with an empty cache fetch one token: one of them, the others take it."""
    runs = [Kept(cache, f"run{number}") for number in range(8)]
    barrier = threading.Barrier(len(runs))

    def go(run: Kept) -> Any:
        barrier.wait(30)
        return run.store.authorize(run.grant())

    with ThreadPoolExecutor(len(runs)) as pool:
        got = list(pool.map(go, runs))
    assert sum(run.asked for run in runs) == 1
    assert sum(authorized.fresh for authorized in got) == 1
    assert len({authorized.token.value for authorized in got}) == 1


@pytest.mark.parametrize(
    ("status", "failure", "kept"),
    [
        (400, AuthError("invalid_grant"), False),
        (401, AuthError("invalid_client"), False),
        (403, AuthError("no"), False),
        (400, AuthError("temporarily_unavailable", transient=True), True),
        (302, AuthError("a redirect"), True),
        (404, AuthError("not found"), True),
        (408, AuthError("too slow"), True),
        (429, AuthError("too many requests"), True),
        (500, AuthError("oops"), True),
        (503, AuthError("later"), True),
        (200, AuthError("no access_token"), True),
        (0, TransportError("reset", "the connection broke"), True),
        (0, TransportError("timeout", "no answer"), True),
    ],
)
def test_only_a_refusal_forgets(cache: TokenCache, wall: Wall, status: int, failure: Exception, kept: bool) -> None:
    """A refresh token that the server refused is forgotten; a server that stumbles leaves it for the next run."""
    cache.write(("me",), Token("old", 60.0, "r"))
    wall.now += 3600.0
    run = Kept(cache)
    run.status, run.failure = status, failure
    got = run.store.authorize(run.grant())
    assert (got.token, got.result.outcome, run.asked) == (None, Outcome.ERRORED, 1)
    assert (cache.read(("me",)).token is not None) is kept
    run.failure = None
    assert run.store.authorize(run.grant()).token is None
    assert run.asked == 1


def test_a_refused_discovery_forgets_nothing(cache: TokenCache, wall: Wall) -> None:
    """Who keeps us from the discovery document, such as a proxy, has not refused the refresh token."""
    cache.write(("me",), Token("old", 60.0, "r"))
    wall.now += 3600.0
    run = Kept(cache)
    run.status = 403

    def fetch(last: Token | None) -> Fetch:
        yield Send(Request("GET", "https://login.test/discovery"))
        raise AuthError("no document")

    assert run.store.authorize(replace(run.grant(), fetch=fetch)).token is None
    assert cache.read(("me",)).token is not None


def test_what_was_superseded_is_not_taken_again(cache: TokenCache, wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk keeps saying what it said, a used refresh token is not used twice: that may end the session."""
    cache.write(("me",), Token("old", 60.0, "r"))
    wall.now += 3600.0
    monkeypatch.setattr(cache, "write", lambda *arguments: "the token is not kept")
    run = Kept(cache)
    run.store.authorize(run.grant())
    run.now += 3600.0
    run.store.authorize(run.grant())
    assert [last and last.refresh_token for last in run.given] == ["r", "refresh-run-1"]


def test_a_warning_is_told_with_the_token_that_is_taken(cache: TokenCache) -> None:
    """An entry that was damaged and that another process mended in the meantime is told, too."""
    cache.write(("me",), Token("old", 3600.0))
    path = cache._entry(("me",))
    good = path.read_bytes()
    path.write_text("{")
    run = Kept(cache)

    @contextmanager
    def locked(identity: tuple[Any, ...]) -> Iterator[None]:
        path.write_bytes(good)
        yield

    run.store = TokenStore(run.perform, lambda: run.now, run.waits.append, None, lambda: replaced)
    replaced = copy(cache)
    replaced.locked = locked  # type: ignore[method-assign]
    result = run.store.authorize(run.grant()).result
    assert (result.cached, ["it is damaged" in warning for warning in result.warnings]) == (True, [True])


def test_a_damaged_entry_is_told_once(cache: TokenCache) -> None:
    """A cache file that cannot be read is a warning of the first token that is fetched, and of no later one."""
    run = Kept(cache)
    cache.write(("me",), Token("old", 60.0))
    cache._entry(("me",)).write_text("{")
    first = run.store.authorize(run.grant()).result
    assert [warning.count("it is damaged") for warning in first.warnings] == [1]
    assert run.store.authorize(run.grant(), stale=1).result.warnings == ()


@pytest.mark.usefixtures("cache")
def test_a_token_that_cannot_be_kept_is_told_once(tmp_path: Path, wall: Wall) -> None:
    """Where nothing can be written the run goes on with its memory, and says so once, however often it renews."""
    (tmp_path / "file").write_text("")
    run = Kept(TokenCache(tmp_path / "file" / "tokens", wall))
    results = [run.store.authorize(run.grant(), stale).result for stale in (None, 1, 2)]
    assert [result.number for result in results] == [1, 2, 3]
    told = [warning for result in results for warning in result.warnings if "is not kept" in warning]
    assert len(told) == 1
    assert "run-1" not in told[0]


def test_memory_touches_no_disk(cache: TokenCache) -> None:
    """With `cache: memory` the disk is neither read nor written, whatever is there."""
    cache.write(("me",), Token("old", 3600.0, "r"))
    before = cache._entry(("me",)).read_bytes()
    run = Kept(cache)
    asked: list[bool] = []
    run.store = TokenStore(run.perform, lambda: run.now, run.waits.append, None, lambda: asked.append(True) or cache)
    grant = replace(run.grant(), cache="memory")
    for stale in (None, 1):
        assert run.store.authorize(grant, stale).fresh
    run.failure, run.status = AuthError("refused"), 400
    assert run.store.authorize(grant, 2).token is None
    assert (asked, run.given[0]) == ([], None)
    assert cache._entry(("me",)).read_bytes() == before


# --- the person ----------------------------------------------------------------------------------------------------


class Somebody:
    """A person who notes what they are asked, and comes back with `answer`."""

    def __init__(self, answer: Redirected | Exception) -> None:
        self.answer = answer
        self.told: list[Ask | Listen] = []

    def ask(self, ask: Ask) -> None:
        self.told.append(ask)

    def listen(self, listen: Listen) -> Redirected:
        self.told.append(listen)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


ASK = Ask(("open the page",), "https://login.test/device")
LISTEN = Listen("127.0.0.1", 0, "/cb", lambda uri: ASK, 300.0)


def sign_in(person: Any, *wishes: Ask | Listen) -> tuple[Any, list[Any]]:
    """What comes of a fetch that has these wishes, and what each was answered with."""
    replies: list[Any] = []

    def fetch(last: Token | None) -> Fetch:
        for wish in wishes:
            try:
                replies.append((yield wish))
            except AuthError as error:
                replies.append(error)
                raise
        return Token("t")

    login = Login()
    store = TokenStore(login.perform, lambda: 0.0, login.waits.append, person)
    return store.authorize(Grant(("p",), "x", "GET", "https://login.test/", fetch)), replies


def test_wishes_for_a_person_go_to_the_person() -> None:
    """An Ask is shown, a Listen is answered with what came back; a step that sent nothing has no status."""
    back = Redirected("http://127.0.0.1:7/cb", {"code": "c"})
    person = Somebody(back)
    got, replies = sign_in(person, ASK, LISTEN)
    assert (person.told, replies) == ([ASK, LISTEN], [None, back])
    assert (got.token, got.result.status, got.result.method, got.result.url) == (
        Token("t"), None, "GET", "https://login.test/",
    )  # fmt: skip


def test_who_does_not_come_back_fails_the_step() -> None:
    """When nobody signs in the grant learns of it, and the step has failed with those words."""
    error = AuthError("nobody signed in", hint="run it again")
    got, replies = sign_in(Somebody(error), LISTEN)
    assert (got.token, replies) == (None, [error])
    assert (got.result.fault.message, got.result.fault.hint) == ("nobody signed in", "run it again")


@pytest.mark.parametrize("wish", [ASK, LISTEN], ids=lambda wish: type(wish).__name__)
def test_without_a_person_nobody_signs_in(wish: Any) -> None:
    """A grant that asks a person fails where there is none, instead of waiting."""
    got, replies = sign_in(None, wish)
    assert (got.token, got.result.outcome, len(replies)) == (None, Outcome.ERRORED, 1)
    assert "nobody is there" in got.result.fault.message
