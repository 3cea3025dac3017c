"""How hubimages answers challenges: tokens, logins, and the hosts that get them."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from hubimages.errors import LoginError, NoAnswerError, NotInstalledError
from hubimages.image_ref import ImageRef
from hubimages.registry import HiddenError, LoginRefusedError, Registries, created, digests
from hubimages.registry.http.challenge import challenges
from hubimages.registry.http.logins import Login
from hubimages.registry.http.tokens import Authorizer
from hubimages.registry.http.transport import Transport
from hubimages.registry.problems import NameRefusedError
from hubimages.registry.rights.push import Right, login_state
from tests.registry.conftest import Configure
from tests.registry.images import sha256
from tests.registry.scripted import DIGEST, HERE, Asked, Reply, ask, error, replies, scripted


def bearer(asked: Asked, *, given: str = "t", expect: str = "Bearer t", parameter: str = "token") -> Reply | None:
    """Answer as token server and registry: a challenge, a token, or None for a request with the token."""
    if asked.path == "/token":
        return Reply(200, json.dumps({parameter: given}).encode())
    if asked.login != expect:
        realm = f"http://{asked.headers['Host']}/token?x=1"
        challenge = f'Bearer realm="{realm}",service="the, service",scope="repository:a/b:pull"'
        return error(401, "UNAUTHORIZED", WWW_Authenticate=challenge)
    return None


def test_a_challenge_is_met_with_one_token_for_each_repository(configure: Configure) -> None:
    with scripted(lambda asked: bearer(asked) or HERE) as server, Registries() as registries:
        images = [ImageRef(server.host, name, str(n)) for name in ("a/b", "a/c") for n in range(20)]
        assert set(digests(registries, images).values()) == {DIGEST}
    tokens = [each for each in server.asked if each.path == "/token"]
    assert sorted(each.query["scope"][-1] for each in tokens) == ["repository:a/b:pull", "repository:a/c:pull"]
    assert {(each.query["service"][0], each.query["x"][0], each.login) for each in tokens} == {
        ("the, service", "1", "")
    }


@pytest.mark.parametrize("parameter", ["token", "access_token"])
def test_the_token_may_have_either_name(parameter: str, configure: Configure) -> None:
    assert ask(lambda asked: bearer(asked, parameter=parameter) or HERE)[0] == DIGEST


def test_a_token_that_is_no_longer_accepted_is_asked_for_again(configure: Configure) -> None:
    current = {"token": "t0", "n": 0}

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            current["n"] += 1  # type: ignore[operator]
            current["token"] = f"t{current['n']}"
        return bearer(asked, given=str(current["token"]), expect=f"Bearer {current['token']}") or HERE

    with scripted(answer) as server, Registries() as registries:
        assert registries.digest(server.image) == DIGEST
        current["token"] = "another"
        assert registries.digest(server.image) == DIGEST
    assert current["n"] == 2


def test_a_login_is_given_to_the_token_service_alone(configure: Configure) -> None:
    with scripted(lambda asked: bearer(asked) or HERE) as server, Registries() as registries:
        configure({server.host: "ada:secret"})
        assert registries.digest(server.image) == DIGEST
    assert [(each.path, each.login) for each in server.asked] == [
        ("/v2/a/b/manifests/1", ""), ("/token", "Basic YWRhOnNlY3JldA=="), ("/v2/a/b/manifests/1", "Bearer t")
    ]  # fmt: skip


def test_a_public_image_is_found_with_a_login_that_has_expired(configure: Configure) -> None:
    def answer(asked: Asked) -> Reply:
        return error(401) if asked.path == "/token" and asked.login else bearer(asked) or HERE

    with scripted(answer) as server, Registries() as registries:
        configure({server.host: "ada:old"})
        assert registries.digest(server.image) == DIGEST


def test_a_login_that_is_refused_is_told_from_one_that_is_missing(configure: Configure) -> None:
    def answer(asked: Asked) -> Reply:
        return error(401) if asked.path == "/token" else bearer(asked, expect="never") or HERE

    with scripted(answer) as server:
        with Registries() as registries:
            missing = digests(registries, [server.image])[server.image]
        configure({server.host: "ada:old"})
        with Registries() as registries:
            refused = digests(registries, [server.image])[server.image]
    assert (type(missing), type(refused)) == (HiddenError, LoginRefusedError)
    assert str(refused) == f"{server.host} does not accept the login of ada"


def test_an_identity_token_is_exchanged_by_post(configure: Configure) -> None:
    with scripted(lambda asked: bearer(asked, parameter="access_token") or HERE) as server, Registries() as registries:
        configure(auths={server.host: {"auth": "YWRhOg==", "identitytoken": "the-identity"}})
        assert registries.digest(server.image) == DIGEST
    exchange = next(each for each in server.asked if each.path == "/token")
    assert (exchange.method, exchange.login) == ("POST", "")
    assert b"grant_type=refresh_token" in exchange.body
    assert b"refresh_token=the-identity" in exchange.body


def test_an_identity_token_does_not_follow_a_redirect(configure: Configure) -> None:
    with scripted(replies(Reply(200, b'{"access_token": "t"}'))) as other:
        away = Reply(307, b"", {"Location": f"http://{other.host}/token"})
        with scripted(lambda asked: away if asked.path == "/token" else bearer(asked) or HERE) as server:
            configure(auths={server.host: {"auth": "YWRhOg==", "identitytoken": "the-identity"}})
            with Registries() as registries, pytest.raises(NoAnswerError):
                registries.digest(server.image)
    assert other.asked == []


@pytest.mark.parametrize(("realm", "said"), [
    ("http://registry.example/token", "which is not https: not sent"), ("https://[::1/token", "which is no address"),
])  # fmt: skip
def test_no_login_is_sent_to_a_token_service_without_tls_or_an_address(
    realm: str, said: str, configure: Configure
) -> None:
    challenge = f'Bearer realm="{realm}",service="x"'
    with scripted(replies(error(401, WWW_Authenticate=challenge))) as server, Registries() as registries:
        configure({server.host: "ada:secret"})
        with pytest.raises(NoAnswerError, match=f"{said}$"):
            registries.digest(server.image)


@pytest.mark.parametrize("reply", [Reply(200, b"{}"), Reply(200, b"<html>"), Reply(200, b"[]"), error(500), error(302)])
def test_a_token_service_that_gives_no_token_gave_no_answer(reply: Reply, configure: Configure) -> None:
    got, _ = ask(lambda asked: reply if asked.path == "/token" else bearer(asked) or HERE)
    assert type(got) is NoAnswerError


def test_a_login_does_not_follow_a_redirect_to_another_host(configure: Configure) -> None:
    manifest = json.dumps({"config": {"digest": sha256(b'{"created": "2026-01-01T00:00:00Z"}')}}).encode()
    with scripted(replies(Reply(200, b'{"created": "2026-01-01T00:00:00Z"}'))) as storage:

        def answer(asked: Asked) -> Reply:
            if "/blobs/" in asked.path:
                return bearer(asked) or Reply(307, b"", {"Location": f"http://{storage.host}/signed"})
            return bearer(asked) or Reply(200, manifest)

        with scripted(answer) as server, Registries() as registries:
            assert created(registries, server.image) == datetime(2026, 1, 1, tzinfo=UTC)
    assert [(each.path, each.login) for each in storage.asked] == [("/signed", "")]


def challenged(*challenges: str, given: Reply | None = None, expect: str = "Bearer t") -> Callable[[Asked], Reply]:
    """Answer with these challenges until `expect` is sent, and at /token with `given` or a token."""

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            return given or Reply(200, b'{"token": "t"}')
        if asked.login == expect:
            return HERE
        shown = ", ".join(challenges).replace("SERVER", f"http://{asked.headers['Host']}")
        return error(401, "UNAUTHORIZED", WWW_Authenticate=shown)

    return answer


BASIC, BEARER = 'Basic realm="SERVER/basic"', 'Bearer realm="SERVER/token",service="s"'
OF_ADA = "Basic YWRhOnNlY3JldA=="  # ada:secret


@pytest.mark.parametrize(("challenges", "expect", "sent"), [
    ((BEARER,), "Bearer t", ["", OF_ADA, "Bearer t"]),
    ((BASIC, BEARER), "Bearer t", ["", OF_ADA, "Bearer t"]),
    ((BEARER, BASIC), "Bearer t", ["", OF_ADA, "Bearer t"]),
    ((BASIC,), OF_ADA, ["", OF_ADA]),
    (("Negotiate", BASIC), OF_ADA, ["", OF_ADA]),
    (('Bearer service="no realm"', BASIC), OF_ADA, ["", OF_ADA]),
])  # fmt: skip
def test_of_several_challenges_a_token_is_preferred(configure, challenges, expect, sent):
    with scripted(challenged(*challenges, expect=expect)) as server, Registries() as registries:
        configure({server.host: "ada:secret"})
        assert registries.digest(server.image) == DIGEST
    assert [each.login for each in server.asked] == sent


@pytest.mark.parametrize("challenge", ["Negotiate", 'Digest realm="SERVER/token"', "", 'Bearer service="no realm"'])
def test_a_login_is_not_sent_for_a_challenge_that_does_not_ask_for_it(configure, challenge):
    with scripted(challenged(challenge)) as server, Registries() as registries:
        configure({server.host: "ada:secret"})
        with pytest.raises(HiddenError):
            registries.digest(server.image)
    assert {each.login for each in server.asked} == {""}


def test_basic_without_a_login_sends_none_and_a_login_that_is_refused_is_sent_once(configure):
    with scripted(challenged(BASIC, expect="never")) as server:
        with Registries() as registries, pytest.raises(HiddenError):
            registries.digest(server.image)
        assert {each.login for each in server.asked} == {""}
        configure({server.host: "ada:secret"})
        with Registries() as registries, pytest.raises(LoginRefusedError, match=r"does not accept the login of ada$"):
            registries.digest(server.image)
        assert [each.login for each in server.asked].count(OF_ADA) == 1


def test_a_registry_token_is_sent_as_it_is_and_no_other_is_asked_for(configure):
    with scripted(challenged(BEARER, expect="Bearer of-the-registry")) as server, Registries() as registries:
        configure(auths={server.host: {"auth": "YWRhOnNlY3JldA==", "registrytoken": "of-the-registry"}})
        assert registries.digest(server.image) == DIGEST
    assert [each.login for each in server.asked] == ["", "Bearer of-the-registry"]


def test_the_scope_of_the_registry_is_asked_for_besides_and_none_to_push_where_we_only_pull(configure):
    more = ',scope="repository:a/b:pull,push aws repository:a/b:pull"'
    with scripted(challenged(BEARER + more)) as server, Registries() as registries:
        assert registries.digest(server.image) == DIGEST
    (asked,) = (each for each in server.asked if each.path == "/token")
    assert asked.query == {"service": ["s"], "scope": ["aws", "repository:a/b:pull"]}


def test_a_token_to_push_is_asked_for_where_the_right_to_push_is(configure):
    meet = challenged(BEARER.replace(',service="s"', ',scope="repository:a/b:pull,push"'))

    def answer(asked: Asked) -> Reply:
        begun = asked.method == "POST" and asked.login
        return Reply(202, b"", {"Location": "/v2/a/b/blobs/uploads/1"}) if begun else meet(asked)

    with scripted(answer) as server, Registries() as registries:
        configure({server.host: "ada:secret"})
        assert login_state(registries, server.image).right is Right.MAY_PUSH
    asked = [each.query for each in server.asked if each.path == "/token" and "push" in each.query["scope"][-1]]
    assert asked == [{"scope": ["repository:a/b:pull,push"]}]


def test_to_push_nothing_is_asked_for_without_the_login_that_was_refused(configure):
    meet = challenged(BEARER)

    def answer(asked: Asked) -> Reply:
        return error(401) if asked.path == "/token" and asked.login else meet(asked)

    with scripted(answer) as server, Registries() as registries:
        configure({server.host: "ada:old"})
        assert login_state(registries, server.image).right is Right.LOGIN_REFUSED
    assert {each.login for each in server.asked if each.path == "/token" and "push" in each.query["scope"][-1]} == {
        "Basic YWRhOm9sZA=="
    }


def test_a_helper_that_fails_is_an_error_where_the_registry_asks_for_basic(configure):
    with scripted(challenged(BASIC)) as server, Registries() as registries:
        configure(credHelpers={server.host: "nowhere"})
        with pytest.raises(NotInstalledError, match="docker-credential-nowhere"):
            registries.digest(server.image)


REFUSED = [error(status) for status in (400, 401, 403)]


@pytest.mark.parametrize("given", [*REFUSED, error(404)], ids=lambda reply: str(reply.status))
def test_without_a_login_a_token_service_that_refuses_hides_the_image(configure, given):
    with scripted(challenged(BEARER, given=given)) as server, Registries() as registries, pytest.raises(HiddenError):
        registries.digest(server.image)
    assert {each.login for each in server.asked} == {""}


@pytest.mark.parametrize("given", REFUSED, ids=lambda reply: str(reply.status))
def test_a_login_that_the_token_service_refuses_is_named_and_with_an_identity_token_too(configure, given):
    for entry, who in (("ada:secret", "ada"), (":", "the identity token")):
        with scripted(challenged(BEARER, given=given)) as server, Registries() as registries:
            more = {} if who == "ada" else {"identitytoken": "i"}
            configure(auths={server.host: {"auth": b64encode(entry.encode()).decode(), **more}})
            with pytest.raises(LoginRefusedError, match=f"does not accept the login of {who}$"):
                registries.digest(server.image)


@pytest.mark.parametrize(("status", "kind"), [(400, NameRefusedError), (401, LoginRefusedError)])
def test_a_name_that_the_token_service_refuses_is_told_from_a_login(configure, status, kind):
    with scripted(challenged(BEARER, given=error(status, "NAME_INVALID"))) as server, Registries() as registries:
        configure({server.host: "ada:secret"})
        with pytest.raises(kind) as refused:
            registries.digest(server.image)
    assert type(refused.value) is kind
    asked = [each.login for each in server.asked if each.path == "/token"]
    assert asked == ([OF_ADA] if kind is NameRefusedError else [OF_ADA, ""])


def test_a_token_service_without_an_answer_is_not_asked_again_without_the_login(configure):
    with scripted(challenged(BEARER, given=error(418))) as server, Registries() as registries:
        configure({server.host: "ada:secret"})
        with pytest.raises(NoAnswerError, match=r"its token service gave no token \(status 418\)$"):
            registries.digest(server.image)
    assert [each.login for each in server.asked if each.path == "/token"] == [OF_ADA]


def test_a_login_is_looked_for_once_for_a_repository_and_so_is_its_failure():
    looked: list[tuple[str, str]] = []

    def find(host: str, name: str) -> Login | None:
        looked.append((host, name))
        if name == "a/bad":
            raise LoginError("the helper failed")
        return Login(name, "secret") if name != "a/none" else None

    authorizer = Authorizer(Transport(), find)
    for _ in range(2):
        assert authorizer.login("h", "a/b") == Login("a/b", "secret")
        assert authorizer.login("h", "a/none") is None
        with pytest.raises(LoginError, match=r"^the helper failed$"):
            authorizer.login("h", "a/bad")
    assert looked == [("h", "a/b"), ("h", "a/none"), ("h", "a/bad")]


@pytest.mark.parametrize(("header", "found"), [
    ('Bearer realm="https://h/t",service="s, with a comma",scope="a b"',
     [("bearer", {"realm": "https://h/t", "service": "s, with a comma", "scope": "a b"})]),
    ("Bearer Realm=https://h/t, SERVICE = s", [("bearer", {"realm": "https://h/t", "service": "s"})]),
    (r'Basic realm="say \"a\\b\""', [("basic", {"realm": r'say "a\b"'})]),
    ('=, "?", Negotiate, Basic realm="x"', [("negotiate", {}), ("basic", {"realm": "x"})]),
    ('realm="of nothing", Basic', [("basic", {})]),
    ("", []),
])  # fmt: skip
def test_the_challenges_of_a_header_are_read_and_what_cannot_be_is_left_out(header, found):
    assert [(each.scheme, each.parameters) for each in challenges(header)] == found
