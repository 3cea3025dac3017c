"""How hubimages reads answers that no real registry gives on demand: pages, 429, challenges, failures, nonsense."""

import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from hubimages.errors import NoAnswerError
from hubimages.image_ref import ImageRef
from hubimages.registry import (
    HiddenError,
    Limits,
    NameRefusedError,
    NotThereError,
    Registries,
    created,
    digests,
    each,
)
from tests.registry.scripted import DIGEST, HERE, QUICK, Asked, Reply, ask, error, replies, scripted, tags

API = "Docker-Distribution-Api-Version"


def test_pages_are_followed_by_link_to_the_last_one() -> None:
    def answer(asked: Asked) -> Reply:
        page = int(asked.query.get("last", ["0"])[0])
        following = {"Link": f'</v2/a/b/tags/list?n=1000&last={page + 1}>; rel="next"'} if page < 3 else {}
        return Reply(200, json.dumps({"tags": [f"t{page}", "again"]}).encode(), following)

    with scripted(answer) as server, Registries.anonymous() as registries:
        assert registries.tags(server.image) == ["t0", "again", "t1", "t2", "t3"]
    assert [dict(each.query) for each in server.asked] == [
        {"n": ["1000"]}, *({"n": ["1000"], "last": [str(n)]} for n in (1, 2, 3))
    ]  # fmt: skip


@pytest.mark.parametrize(
    "link",
    ['<{path}&last=x>; rel="next"', "<{path}&last=x>;rel=next",
     '<http://{host}{path}&last=x>; title="a, b"; rel="next"',
     '<{path}&last=y>; rel="prev", <{path}&last=x>; rel="next"', '<list?last=x>; REL="next"'],
)  # fmt: skip
def test_every_way_to_write_the_next_page_is_understood(link: str) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.query.get("last") == ["x"]:
            return tags("two")
        return tags("one", Link=link.format(path="/v2/a/b/tags/list?n=1", host=asked.headers["Host"]))

    with scripted(answer) as server, Registries.anonymous() as registries:
        assert registries.tags(server.image) == ["one", "two"]


def test_a_page_at_another_host_is_not_fetched_since_the_login_would_go_there() -> None:
    with (
        scripted(replies(tags("one", Link='<https://elsewhere.example/v2/a/b/tags/list>; rel="next"'))) as server,
        Registries.anonymous() as registries,
        pytest.raises(NoAnswerError, match=r"elsewhere\.example"),
    ):
        registries.tags(server.image)


def test_pages_that_go_in_a_circle_end() -> None:
    with (
        scripted(replies(tags("one", Link='</v2/a/b/tags/list?n=1000&last=1>; rel="next"'))) as server,
        Registries.anonymous() as registries,
        pytest.raises(NoAnswerError, match="its list of tags never ends"),
    ):
        registries.tags(server.image)
    assert len(server.asked) == 2


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"tags": "a"}', b'{"tags": [1]}', b"<html>", b"\xff"])
def test_a_list_of_tags_that_cannot_be_read_is_no_answer(body: bytes) -> None:
    with (
        scripted(replies(Reply(200, body))) as server,
        Registries.anonymous() as registries,
        pytest.raises(NoAnswerError),
    ):
        registries.tags(server.image)


def test_no_tags_are_an_answer() -> None:
    with (
        scripted(replies(Reply(200, b'{"name": "a/b", "tags": null}'))) as server,
        Registries.anonymous() as registries,
    ):
        assert registries.tags(server.image) == []


def test_a_busy_registry_is_asked_again_when_it_said_and_not_before() -> None:
    answer, server = ask(replies(error(429, "TOOMANYREQUESTS", Retry_After="1"), HERE))
    assert answer == DIGEST
    first, second = server.asked
    assert 0.95 <= second.time - first.time < 1.9


def test_the_moment_to_ask_again_may_be_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    answer, server = ask(replies(error(503, Retry_After=soon), HERE), Limits(patience=5))
    assert (answer, len(server.asked)) == (DIGEST, 2)
    assert 0.5 <= server.asked[1].time - server.asked[0].time < 3


@pytest.mark.timeout(10)  # without a bound it would wait for an hour
@pytest.mark.parametrize("given", ["3600", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_a_registry_that_is_busy_for_long_gave_no_answer(given: str) -> None:
    started = time.monotonic()
    answer, server = ask(replies(error(429, Retry_After=given)))
    assert type(answer) is NoAnswerError
    assert "it is busy" in str(answer)
    assert len(server.asked) == 1
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("headers", [{}, {"Retry_After": "soon"}, {"Retry_After": "0"}])
def test_a_registry_that_stays_busy_is_not_asked_for_ever(headers: dict[str, str]) -> None:
    answer, server = ask(replies(error(429, **headers)))
    assert type(answer) is NoAnswerError
    assert 2 <= len(server.asked) <= 10


def test_all_threads_wait_for_a_busy_registry_together() -> None:
    busy = {"until": 0.0}

    def answer(asked: Asked) -> Reply:
        if not busy["until"]:
            busy["until"] = asked.time + 1
        return error(429, Retry_After="1") if asked.time < busy["until"] - 0.1 else HERE

    with scripted(answer) as server, Registries.anonymous(limits=Limits(patience=10)) as registries:
        images = [server.image.at(str(n)) for n in range(60)]
        assert set(digests(registries, images).values()) == {DIGEST}
    assert len(server.asked) <= 60 + 16  # each connection was refused once at most


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (error(404, "MANIFEST_UNKNOWN"), NotThereError),
        (error(400, "NAME_INVALID"), NoAnswerError),  # a HEAD has no body to say so
        (error(401), HiddenError),
        (error(403, "DENIED"), HiddenError),
        (error(500), NoAnswerError),
        (error(502), NoAnswerError),
        (error(418), NoAnswerError),
        (Reply(204), NoAnswerError),
        (Reply(200, b"<html>a page</html>"), NoAnswerError),
        (Reply(200, b"[1]"), NoAnswerError),
        (Reply(200, b"{}"), str),
    ],
)
def test_each_answer_means_one_thing(reply: Reply, kind: type[object]) -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(200, b"{}", {API: "registry/2.0"}) if asked.path == "/v2/" else reply

    got, server = ask(answer)
    assert type(got) is kind, got
    assert got == DIGEST or server.host in str(got)


def test_what_the_registry_says_of_a_refused_name_is_shown() -> None:
    with (
        scripted(replies(error(400, "NAME_INVALID", "no dots, please"))) as server,
        Registries.anonymous() as registries,
        pytest.raises(NameRefusedError, match=r"NAME_INVALID: no dots, please"),
    ):
        registries.tags(server.image)


@pytest.mark.parametrize("greeting", [Reply(404, b"no such page"), Reply(200, b"<html>Welcome</html>"), error(500)])
def test_a_server_that_is_no_registry_does_not_say_that_an_image_is_not_there(greeting: Reply) -> None:
    got, _ = ask(lambda asked: greeting if asked.path == "/v2/" else Reply(404, b"no such page"))
    assert type(got) is NoAnswerError


def test_a_failure_is_asked_about_once_more_and_a_second_one_is_no_answer() -> None:
    assert ask(replies(error(502), HERE))[0] == DIGEST
    answer, server = ask(replies(error(502)))
    assert (type(answer), len(server.asked)) == (NoAnswerError, 2)


def test_what_comes_too_slowly_is_no_answer() -> None:
    started = time.monotonic()
    with (
        scripted(replies(Reply(200, b'{"tags": []}' + b" " * 100, pause=0.1))) as server,
        Registries.anonymous(limits=QUICK) as registries,
        pytest.raises(NoAnswerError, match="within 1 s"),
    ):
        registries.tags(server.image)
    assert time.monotonic() - started < 4


def test_an_answer_that_ends_before_its_end_is_no_answer() -> None:
    with (
        scripted(replies(Reply(200, b'{"tags": ["a"]} ', cut=True))) as server,
        Registries.anonymous(limits=QUICK) as registries,
        pytest.raises(NoAnswerError),
    ):
        registries.tags(server.image)
    assert len(server.asked) == 2


def test_what_has_not_changed_is_not_sent_again() -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(304) if asked.headers.get("If-None-Match") == '"one"' else tags("a", ETag='"one"')

    with scripted(answer) as server, Registries.anonymous() as registries:
        assert [registries.tags(server.image) for _ in range(3)] == [["a"]] * 3
    assert [each.headers.get("If-None-Match") for each in server.asked] == [None, '"one"', '"one"']


def test_content_that_is_not_what_its_digest_says_is_not_used() -> None:
    def answer(asked: Asked) -> Reply:
        if "/blobs/" in asked.path:
            return Reply(200, b'{"created": "2026-01-01T00:00:00Z"}')
        return Reply(200, json.dumps({"config": {"digest": DIGEST}}).encode())

    with (
        scripted(answer) as server,
        Registries.anonymous() as registries,
        pytest.raises(NoAnswerError, match="is something else"),
    ):
        created(registries, server.image)


def test_no_more_than_sixteen_requests_are_under_way_at_once() -> None:
    under_way = {"now": 0, "most": 0}

    def answer(asked: Asked) -> Reply:
        under_way["now"] += 1
        under_way["most"] = max(under_way["most"], under_way["now"])
        time.sleep(0.02)
        under_way["now"] -= 1
        return HERE

    with scripted(answer) as server, Registries.anonymous() as registries:
        digests(registries, [server.image.at(str(n)) for n in range(80)])
    assert 4 <= under_way["most"] <= 16


def test_a_bug_in_a_question_stays_a_bug() -> None:
    def question(image: ImageRef) -> str:
        raise ZeroDivisionError

    with Registries.anonymous() as registries, pytest.raises(ZeroDivisionError):
        each(registries, [ImageRef("h", "n")], question)


def test_this_machine_is_asked_directly_and_others_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY", "http_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with scripted(replies(HERE)) as server, scripted(replies(error(502))) as proxy:
        monkeypatch.setenv("http_proxy", f"http://{proxy.host}")
        monkeypatch.setenv("https_proxy", proxy.host)
        elsewhere = ImageRef("registry.example.org", "a/b", "1")
        with Registries.anonymous(limits=QUICK) as registries:
            answers = digests(registries, [server.image, elsewhere])
    assert answers[server.image] == DIGEST
    assert type(answers[elsewhere]) is NoAnswerError
    assert {each.method for each in proxy.asked} == {"CONNECT"}
