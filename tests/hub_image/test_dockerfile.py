"""Which images a Dockerfile builds upon, and that an edit changes their tags alone."""

import pytest

from hubimages.errors import BadInputError
from hubimages.hub_image.dockerfile import bases, hub_bases, with_tags

# What the Dockerfile says, the build's arguments, and the Dockerfile with the tag 9.9.9; written once with `|` around
# the tag's place.
EDITED = {
    "plain": "FROM jupyterhub/k8s-hub:|3.3.8|\n",
    "quay": "FROM quay.io/jupyterhub/k8s-hub:|3.3.8|\n",
    "slim": "FROM quay.io/jupyterhub/k8s-hub-slim:|3.3.8|\n",
    "copy in another organisation": "FROM ghcr.io/campus/mirror/k8s-hub:|3.3.8|\n",
    "beside a stage without a value": "ARG TOOL\nFROM $TOOL AS tool\nFROM jupyterhub/k8s-hub:|3.3.8|\n",
    "files copied from the hub image": "FROM jupyterhub/k8s-hub:|3.3.8|\n"
    "COPY --chown=1:1 --from=quay.io/jupyterhub/k8s-hub:|3.3.8| /a /b\n",
    "mounted from the hub image": "FROM jupyterhub/k8s-hub:|3.3.8|\n"
    "RUN --mount=type=bind,from=jupyterhub/k8s-hub:|3.3.8|,target=/x ls\n",
    "files copied from a stage": "FROM python:3 AS build\n"
    "FROM jupyterhub/k8s-hub:|3.3.8|\nCOPY --from=build /a /b\nCOPY --from=0 /a /b\n",
    "host with a port": "FROM localhost:5000/jupyterhub/k8s-hub:|3.3.8|\n",
    "lower case letters, platform and name": "from --platform=linux/amd64 jupyterhub/k8s-hub:|3.3.8| as hub\n",
    "byte order mark": "\ufeffFROM jupyterhub/k8s-hub:|3.3.8|\n",
    "platform in another stage": "FROM tool-${TARGETARCH}:1 AS tool\nFROM jupyterhub/k8s-hub:|3.3.8|\n",
    "no line end": "FROM jupyterhub/k8s-hub:|3.3.8|",
    "Windows line ends": "# a\r\nFROM jupyterhub/k8s-hub:|3.3.8|\r\nUSER root\r\n",
    "continued line": "FROM \\\n  # why\n  jupyterhub/k8s-hub:|3.3.8| \\\n  AS hub\n",
    "other escape": "# escape=`\nFROM `\n jupyterhub/k8s-hub:|3.3.8|\n",
    "argument for the tag": "ARG TAG=|3.3.8|\nFROM jupyterhub/k8s-hub:${TAG}\n",
    "argument in quotes": "ARG OTHER=1 TAG='|3.3.8|'\nFROM jupyterhub/k8s-hub:$TAG\n",
    "argument for all of it": 'ARG BASE="jupyterhub/k8s-hub:|3.3.8|"\nFROM $BASE\n',
    "argument in an argument": "ARG V=|3.3.8|\nARG BASE=jupyterhub/k8s-hub:$V\nFROM ${BASE}\n",
    "default in place": "ARG TAG\nFROM jupyterhub/k8s-hub:${TAG:-|3.3.8|}\n",
    "several stages": "FROM python:3.12 AS build\nRUN true\nFROM jupyterhub/k8s-hub:|3.3.8| AS base\nFROM base\n",
    "two hub stages": "FROM jupyterhub/k8s-hub:|3.3.7| AS one\nFROM jupyterhub/k8s-hub:|3.3.8|\n",
    "here-document": "FROM jupyterhub/k8s-hub:|3.3.8|\nRUN python <<EOF\nfrom jupyterhub import app\nEOF\n",
    "continued command": "FROM jupyterhub/k8s-hub:|3.3.8|\nRUN python -c '\\\nfrom jupyterhub import app'\n",
    "characters of several bytes": "# für – 你好 🚀\nFROM jupyterhub/k8s-hub:|3.3.8|\n",
}


@pytest.mark.parametrize("form", EDITED)
def test_only_the_tag_of_the_hub_image_is_changed(form: str) -> None:
    parts = EDITED[form].split("|")
    text = "".join(parts)
    found = hub_bases("Dockerfile", bases(text, {}))
    spans = {base.tag: "9.9.9" for base in found if base.tag}
    assert with_tags(text, spans) == "".join(part if at % 2 == 0 else "9.9.9" for at, part in enumerate(parts))


REFUSED = {
    "FROM python:3.12\n": "Dockerfile builds from python:3.12, not from jupyterhub/k8s-hub",
    "FROM scratch\n": "builds from no image",
    "FROM jupyterhub/k8s-binderhub:3.3.8\n": "not from jupyterhub/k8s-hub",
    "\n\nFROM jupyterhub/k8s-hub\n": "Dockerfile:3: FROM jupyterhub/k8s-hub has no tag",
    "ARG TAG\nFROM jupyterhub/k8s-hub:$TAG\n": "Dockerfile:2: FROM uses ARG TAG, which has no value. Write ARG",
    "FROM jupyterhub/k8s-hub:${TAG}\n": "ARG TAG, which has no value",
    "ARG TAG=v3\nFROM jupyterhub/k8s-hub:${TAG#v}\n": "Dockerfile:2: FROM 'jupyterhub/k8s-hub:${TAG#v}' is not an im",
    "FROM python AS a\nARG V=3\nFROM jupyterhub/k8s-hub:$V\n": "Move `ARG V` of line 2 above the first FROM",
    "ARG A=3 B=3.8\nFROM jupyterhub/k8s-hub:$A.$B\n": "comes from several arguments",
    f"FROM jupyterhub/k8s-hub:3.3.8@sha256:{'a' * 64}\n": "FROM pins a digest",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_edited_is_refused_with_its_reason(text: str) -> None:
    with pytest.raises(BadInputError) as refused:
        hub_bases("Dockerfile", bases(text, {}), text)
    assert REFUSED[text] in str(refused.value)


def test_a_build_argument_goes_before_the_default() -> None:
    text = "ARG TAG=1.0.0\nFROM jupyterhub/k8s-hub:$TAG\n"
    (base,) = hub_bases("Dockerfile", bases(text, {"TAG": "2.0.0"}))
    assert (base.text, base.tag and base.tag.build_arg) == ("jupyterhub/k8s-hub:2.0.0", "TAG")
