"""How many dates are asked for, so that a check leaves what a registry allows to the hubs."""

from hubimages.image_ref import ImageRef
from hubimages.references.newest.registries import MOST_DATES, Newer, dates_to_ask


def test_docker_hub_is_asked_for_few_dates_in_all_and_other_registries_for_as_many_as_an_image_may_have() -> None:
    numbers = {"docker.io/a/few": 20, "docker.io/a/some": 30, "docker.io/a/more": 31, "quay.io/a/many": MOST_DATES}
    numbers["quay.io/a/too-many"] = MOST_DATES + 1
    wanted = {ImageRef.parse(name): {f"{n:07x}" for n in range(number)} for name, number in numbers.items()}
    result = Newer()
    asked = {str(image.at()) for image in dates_to_ask(wanted, result)}
    assert asked == {"a/few", "a/some", "quay.io/a/many"}
    assert {str(image): why for image, why in result.not_asked.items()} == {
        "a/more": "only the dates of its images order its 31 tags, and these are more than Docker Hub allows",
        "quay.io/a/too-many": "only the dates of its images order its 1001 tags, and these are more than the 1000 that "
        "hubimages asks for",
    }
