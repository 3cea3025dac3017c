"""How hubimages reads the answers of a real registry."""

import re
from datetime import UTC, datetime

import pytest

from hubimages.errors import BadInputError, NoAnswerError
from hubimages.image_ref import ImageRef
from hubimages.registry import (
    HiddenError,
    Limits,
    LoginRefusedError,
    NotThereError,
    Registries,
    Right,
    all_tags,
    created,
    creation_dates,
    digests,
    login_state,
)
from tests.engine import process
from tests.engine.registry import Registry
from tests.registry.conftest import Configure
from tests.registry.images import Publisher, entry

MAY = "2026-05-04T03:02:01.123456789Z"


def reference(registry: Registry, rest: str) -> ImageRef:
    return ImageRef.parse(f"{registry.address}/{rest}")


def test_a_digest_a_missing_tag_a_missing_repository_and_no_registry_are_four_answers(open_registry: Registry) -> None:
    digest = Publisher(open_registry, "four/answers").image({}, "there")
    there = reference(open_registry, "four/answers:there")
    nobody = ImageRef.parse(f"127.0.0.1:{process.free_port()}/four/answers:there")
    asked = [there, there.at(digest=digest), there.at("gone"), reference(open_registry, "four/none:there"), nobody]
    with Registries() as registries:
        answers = digests(registries, [*asked, there])
    assert list(answers) == asked
    assert [answers[there], answers[there.at(digest=digest)]] == [digest, digest]
    assert [type(answers[each]) for each in asked[2:]] == [NotThereError, NotThereError, NoAnswerError]
    assert [str(answers[each]) for each in asked[2:]] == [
        f"{open_registry.address} has no {open_registry.address}/four/answers:gone",
        f"{open_registry.address} has no {open_registry.address}/four/none:there",
        f"no answer from {nobody.host}, try again later: Connection refused",
    ]


def test_an_image_without_tag_and_digest_is_refused(open_registry: Registry) -> None:
    with Registries() as registries, pytest.raises(BadInputError, match=r"a/b has neither a tag nor a digest\. Write"):
        registries.digest(reference(open_registry, "a/b"))


def test_all_tags_of_many_repositories_are_listed(open_registry: Registry) -> None:
    Publisher(open_registry, "tags/one").image({}, "b", "a")
    Publisher(open_registry, "tags/two").image({}, "c")
    one, two, none = (reference(open_registry, f"tags/{name}") for name in ("one", "two", "none"))
    with Registries() as registries:
        answers = all_tags(registries, [one.at("a"), one.at("b"), two, none])
    assert list(answers) == [one, two, none]
    assert [sorted(answers[one]), answers[two], type(answers[none])] == [["a", "b"], ["c"], NotThereError]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("configuration", "annotations", "date"),
    [
        ({"created": MAY}, {}, datetime(2026, 5, 4, 3, 2, 1, 123456, UTC)),
        ({"created": "2026-05-04T05:02:01+02:00"}, {}, datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)),
        ({"created": "0001-01-01T00:00:00Z"}, {}, None),
        ({"created": "0001-01-01T00:00:00+23:59"}, {}, None),
        ({"created": "1970-01-01T00:00:00Z"}, {}, None),
        ({"created": "1980-01-01T00:00:01Z"}, {}, None),
        ({"created": "yesterday"}, {}, None),
        ({"created": 5}, {}, None),
        ({}, {}, None),
        ({"created": "1970-01-01T00:00:00Z", "config": {"Labels": {"org.opencontainers.image.created": MAY}}}, {},
         datetime(2026, 5, 4, 3, 2, 1, 123456, UTC)),
        ({}, {"org.opencontainers.image.created": MAY}, datetime(2026, 5, 4, 3, 2, 1, 123456, UTC)),
    ],
)  # fmt: skip
def test_the_date_is_the_one_the_image_truly_has(
    open_registry: Registry, configuration: dict[str, object], annotations: dict[str, str], date: datetime | None
) -> None:
    digest = Publisher(open_registry, "dates/one").image(configuration, "now", annotations=annotations)
    with Registries() as registries:
        assert created(registries, reference(open_registry, f"dates/one@{digest}")) == date


def test_of_an_image_for_several_platforms_the_one_for_the_hubs_nodes_counts(open_registry: Registry) -> None:
    publisher = Publisher(open_registry, "dates/many")
    year = {n: publisher.image({"created": f"{n}-01-01T00:00:00Z"}) for n in (2020, 2021, 2022)}
    publisher.index(
        [entry(year[2020], "unknown", "unknown"), entry(year[2021], "linux", "arm64"), entry(year[2022])], "3"
    )
    publisher.index([entry(year[2020], "unknown", "unknown"), entry(year[2021], "linux", "arm64")], "2")
    publisher.index([entry(year[2020], "unknown", "unknown")], "1")
    images = [reference(open_registry, f"dates/many:{tag}") for tag in ("1", "2", "3", "4")]
    with Registries() as registries:
        found = creation_dates(registries, images)
    assert [found[each] for each in images[:3]] == [
        None, datetime(2021, 1, 1, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC)
    ]  # fmt: skip
    assert type(found[images[3]]) is NotThereError


def test_what_a_password_hides_is_neither_absent_nor_there(locked_registry: Registry, configure: Configure) -> None:
    digest = Publisher(locked_registry, "a/secret").image({}, "1")
    there, gone = reference(locked_registry, "a/secret:1"), reference(locked_registry, "a/secret:2")
    configure()
    with Registries() as registries:
        assert [type(each) for each in digests(registries, [there, gone]).values()] == [HiddenError, HiddenError]
    configure({locked_registry.address: "robot:wrong"})
    with Registries() as registries:
        assert type(digests(registries, [there])[there]) is LoginRefusedError
    configure({locked_registry.address: "robot:correct horse"})
    with Registries() as registries, Registries.anonymous() as everybody:
        answers = digests(registries, [there, gone])
        assert (answers[there], type(answers[gone])) == (digest, NotThereError)
        with pytest.raises(HiddenError):
            everybody.digest(there)


@pytest.mark.parametrize(
    ("login", "right"),
    [("", Right.NOT_LOGGED_IN), ("robot:wrong", Right.LOGIN_REFUSED), ("robot:correct horse", Right.MAY_PUSH)],
)
def test_the_right_to_push_is_found_out_and_nothing_is_left_behind(
    locked_registry: Registry, configure: Configure, login: str, right: Right
) -> None:
    configure({locked_registry.address: login} if login else {})
    image = reference(locked_registry, "nobody/pushed")
    with Registries() as registries:
        state = login_state(registries, image)
    assert (state.right, state.username) == (right, login.partition(":")[0])
    log = locked_registry.log.read_text()
    assert log.count('"POST /v2/nobody/pushed/blobs/uploads/ HTTP/1.1" 202') == (right is Right.MAY_PUSH)
    assert len(re.findall(r'"DELETE /v2/nobody/pushed/blobs/uploads/\S+ HTTP/1.1" 204', log)) == (
        right is Right.MAY_PUSH
    )
    assert b"nobody/pushed" not in locked_registry.request("_catalog")[0]


def test_where_no_login_is_asked_for_none_is_needed_to_push(open_registry: Registry, configure: Configure) -> None:
    with Registries() as registries:
        state = login_state(registries, reference(open_registry, "nobody/here"))
    assert state.right is Right.MAY_PUSH
    state.check()


def test_a_registry_that_cannot_be_reached_says_nothing_about_the_right_to_push(configure: Configure) -> None:
    image = ImageRef.parse(f"127.0.0.1:{process.free_port()}/a/b")
    with Registries(limits=Limits(patience=1)) as registries, pytest.raises(NoAnswerError):
        login_state(registries, image)
