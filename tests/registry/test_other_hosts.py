"""A login goes to the registry that it is for and its token service, wherever its answers lead."""

import pytest

from hubimages.errors import HubImagesError, NoAnswerError
from hubimages.registry import HiddenError, Registries
from tests.registry.conftest import Configure
from tests.registry.scripted import HERE, Asked, Reply, error, scripted, tags


@pytest.mark.parametrize("challenge", ['Bearer realm="http://{0}/token",service="x"', 'Basic realm="x"'])
def test_the_host_that_a_redirect_leads_to_gets_no_login(challenge: str, configure: Configure) -> None:
    with scripted(lambda asked: error(401, WWW_Authenticate=challenge.format(asked.headers["Host"]))) as other:
        elsewhere = {"Location": f"http://{other.host}/v2/a/b/manifests/1"}
        with scripted(lambda asked: Reply(307, b"", elsewhere)) as server, Registries() as registries:
            configure({server.host: "ada:secret"})
            with pytest.raises(HiddenError):
                registries.digest(server.image)
        assert {each.login for each in (*other.asked, *server.asked)} == {""}
        assert "/token" not in {each.path for each in other.asked}


def test_a_redirect_takes_no_token_along(configure: Configure) -> None:
    with scripted(lambda asked: HERE) as other:

        def answer(asked: Asked) -> Reply:
            if asked.path == "/token":
                return Reply(200, b'{"token": "t"}')
            if not asked.login:
                return error(401, WWW_Authenticate=f'Bearer realm="http://{asked.headers["Host"]}/token"')
            return Reply(307, b"", {"Location": f"http://{other.host}/x"})

        with scripted(answer) as server, Registries() as registries:
            configure({server.host: "ada:secret"})
            registries.digest(server.image)
        assert [each.login for each in other.asked] == [""]
        assert "Bearer t" in {each.login for each in server.asked}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_an_identity_token_is_not_sent_on(status: int, home: object, configure: Configure) -> None:
    with scripted(lambda asked: Reply(200, b'{"token": "t"}')) as other:

        def answer(asked: Asked) -> Reply:
            if asked.path == "/token":
                return Reply(status, b"", {"Location": f"http://{other.host}/token"})
            return error(401, WWW_Authenticate=f'Bearer realm="http://{asked.headers["Host"]}/token"')

        with scripted(answer) as server, Registries() as registries:
            configure(auths={server.host: {"identitytoken": "identity"}})
            with pytest.raises(HubImagesError):
                registries.digest(server.image)
        assert other.asked == []
        assert [b"identity" in each.body for each in server.asked if each.path == "/token"][:1] == [True]


def test_a_list_of_tags_that_goes_on_elsewhere_is_refused(configure: Configure) -> None:
    listed = tags("1", Link='<http://127.0.0.2:9/v2/a/b/tags/list>; rel="next"')
    elsewhere = pytest.raises(NoAnswerError, match=r"continues on another host, 127\.0\.0\.2:9")
    with scripted(lambda asked: listed) as server, Registries() as registries, elsewhere:
        registries.tags(server.image)


def test_what_is_no_tag_is_left_out_of_a_list_of_tags(configure: Configure) -> None:
    listed = tags("1.0", "\x1b[31mred", "a b", "../x", "", "é", "x" * 129, "ok")
    with scripted(lambda asked: listed) as server, Registries() as registries:
        assert registries.tags(server.image) == ["1.0", "ok"]
