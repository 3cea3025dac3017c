"""How hubimages answers challenges: tokens, logins, and the hosts that get them."""

import json
from datetime import UTC, datetime

import pytest

from hubimages.errors import NoAnswerError
from hubimages.image_ref import ImageRef
from hubimages.registry import HiddenError, LoginRefusedError, Registries, created, digests
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


def test_no_login_is_sent_to_a_token_service_without_tls(configure: Configure) -> None:
    challenge = 'Bearer realm="http://registry.example/token",service="x"'
    with scripted(replies(error(401, WWW_Authenticate=challenge))) as server, Registries() as registries:
        configure({server.host: "ada:secret"})
        with pytest.raises(NoAnswerError, match="which is not https: not sent"):
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
