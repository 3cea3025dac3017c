"""Hubs whose images have newer tags: which pods get which tag, and which places keep theirs.

REG is the registry with a path for the specimen; REGHOST and REGPATH are the two parts.
In `tags` the images of the registry are listed in the order in which they were created.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Specimen:
    """One hub: its values files, the last of which wins, and the tags (or tag@digest) after bump-images."""

    files: str | Mapping[str, str]
    tags: str | Mapping[str, str]
    after: Mapping[str, str]
    kept: Mapping[str, str] = field(default_factory=dict)  # tag: the one it could have

    @property
    def texts(self) -> dict[str, str]:
        return {"values.yaml": self.files} if isinstance(self.files, str) else dict(self.files)

    @property
    def images(self) -> dict[str, list[str]]:
        named = {"lab": self.tags} if isinstance(self.tags, str) else self.tags
        return {name: tags.split() for name, tags in named.items()}


def image(tag: str) -> str:
    return f"singleuser: {{image: {{name: REG/lab, tag: {tag!r}}}}}\n"


def choices(**tags: str) -> str:
    lines = ["singleuser:", "  profileList:", "  - display_name: Choose", "    slug: choose", "    profile_options:"]
    lines += ["      image:", "        choices:"]
    for name, tag in tags.items():
        lines += [f"          {name}:", f"            kubespawner_override: {{image: 'REG/lab:{tag}'}}"]
    return "\n".join([*lines, ""])


def profiles(**tags: str) -> str:
    lines = ["singleuser:", "  profileList:"]
    for name, tag in tags.items():
        lines += [
            f"  - slug: {name}",
            f"    display_name: {name}",
            f"    kubespawner_override: {{image: 'REG/lab:{tag}'}}",
        ]
    return "\n".join([*lines, ""])


DIGEST = f"sha256:{'0' * 64}"
NEW = "1.1.0@DIGEST"  # the registry's digest of that tag

SPECIMENS: dict[str, Specimen] = {
    # A: several edits in one file
    "two images of one file": Specimen(
        "singleuser:\n  image: {name: REG/lab, tag: 1.0.0}\n  profileList:\n  - slug: r\n"
        "    kubespawner_override: {image: 'REG/r:1.0.0'}\n",
        {"lab": "1.0.0 1.1.0", "r": "1.0.0 2.0.0"},
        {"singleuser": "1.1.0", "profile r": "2.0.0"},
    ),
    "three images in one line": Specimen(
        "singleuser: {image: {name: REG/lab, tag: 1.0.0}, profileList: [{slug: a, kubespawner_override: "
        "{image: 'REG/a:1.0.0'}}, {slug: b, kubespawner_override: {image: 'REG/b:1.0.0'}}]}\n",
        {"lab": "1.0.0 1.10.0", "a": "1.0.0 10.0.0", "b": "1.0.0 1.0.1"},
        {"singleuser": "1.10.0", "profile a": "10.0.0", "profile b": "1.0.1"},
    ),
    "two files of one hub": Specimen(
        {"common.yaml": "singleuser: {image: {name: REG/lab}}\n", "prod.yaml": "singleuser: {image: {tag: 1.0.0}}\n"},
        "1.0.0 1.1.0",
        {"singleuser": "1.1.0"},
    ),
    "a later file overrides": Specimen(
        {"common.yaml": image("1.0.0"), "prod.yaml": "singleuser: {image: {tag: 1.0.5}}\n"},
        "1.0.0 1.0.5 1.1.0",
        {"singleuser": "1.1.0"},
    ),
    # B: a name beside a tag key, in other spellings
    "a name under image": Specimen(
        "singleuser: {image: {image: REG/lab, tag: 1.0.0}}\n", "1.0.0 1.1.0", {"singleuser": "1.1.0"}
    ),
    "sha beside the tag": Specimen(
        f"singleuser:\n  image:\n    name: REG/lab\n    sha: {DIGEST}\n    tag: 1.0.0\n",
        "1.0.0 1.1.0",
        {"singleuser": NEW},
    ),
    "a digest in another file": Specimen(
        {
            "common.yaml": f"singleuser: {{image: {{digest: '{DIGEST}'}}}}\n",
            "prod.yaml": "singleuser: {image: {name: REG/lab, tag: 1.0.0}}\n",
        },
        "1.0.0 1.1.0",
        {"singleuser": NEW},
    ),
    "sha in a later file": Specimen(
        {
            "common.yaml": "singleuser: {image: {name: REG/lab, tag: 1.0.0}}\n",
            "prod.yaml": f"singleuser: {{image: {{sha: '{DIGEST}'}}}}\n",
        },
        "1.0.0 1.1.0",
        {"singleuser": NEW},
    ),
    "an image beside its tag in a profile": Specimen(
        "singleuser:\n  profileList:\n  - slug: a\n    kubespawner_override:\n"
        "      image: {image: REG/lab, tag: 1.0.0}\n",
        "1.0.0 1.1.0",
        {"profile a": "1.1.0"},
    ),
    "a pair of variables": Specimen(
        "singleuser:\n  image: {name: REG/lab, tag: 1.0.0}\n"
        "  extraEnv: {WORKER_IMAGE: REG/lab, WORKER_IMAGE_TAG: 1.0.0}\n",
        "1.0.0 1.1.0",
        {"singleuser": "1.1.0", "env WORKER_IMAGE": "REG/lab", "env WORKER_IMAGE_TAG": "1.1.0"},
    ),
    "a registry beside the name": Specimen(
        "singleuser: {image: {registry: REGHOST, repository: REGPATH/lab, tag: 1.0.0}}\n",
        "1.0.0 1.1.0",
        {"singleuser": "1.1.0"},
    ),
    "a registry in another file": Specimen(
        {
            "common.yaml": "singleuser: {image: {registry: REGHOST}}\n",
            "prod.yaml": "singleuser: {image: {repository: REGPATH/lab, tag: 1.0.0}}\n",
        },
        "1.0.0 1.1.0",
        {"singleuser": "1.1.0"},
    ),
    "a version key": Specimen(
        "singleuser: {image: {repository: REG/lab, version: 1.0.0}}\n", "1.0.0 1.1.0", {"singleuser": "1.1.0"}
    ),
    "a repository with a path": Specimen(
        "singleuser: {image: {repository: REG/lab, tag: '1.0.0', pullPolicy: Always}}\n",
        "1.0.0 1.1.0",
        {"singleuser": "1.1.0"},
    ),
    "a pair in a container": Specimen(
        "singleuser:\n  image: {name: REG/lab, tag: 1.0.0}\n  extraContainers:\n"
        "  - {name: x, image: {name: REG/lab, tag: 1.0.0}}\n",
        "1.0.0 1.1.0",
        {"singleuser": "1.1.0", "container x": "1.1.0"},
    ),
    # G: digests
    "a digest beside the tag": Specimen(
        f"singleuser: {{image: {{name: REG/lab, tag: 1.0.0, digest: '{DIGEST}'}}}}\n",
        "1.0.0 1.1.0",
        {"singleuser": NEW},
    ),
    "a digest in the tag": Specimen(
        f"singleuser: {{image: {{name: REG/lab, tag: '1.0.0@{DIGEST}'}}}}\n", "1.0.0 1.1.0", {"singleuser": NEW}
    ),
    "a digest in the text": Specimen(
        f"singleuser:\n  profileList:\n  - slug: a\n    kubespawner_override:\n      image: REG/lab:1.0.0@{DIGEST}\n",
        "1.0.0 1.1.0",
        {"profile a": NEW},
    ),
    # N: other places of the image
    "a pre-pulled image": Specimen(
        image("1.0.0") + "prePuller:\n  extraImages:\n    lab: {name: REG/lab, tag: 1.0.0}\n",
        "1.0.0 1.1.0",
        {"singleuser": "1.1.0", "pulled lab": "1.1.0"},
    ),
    "a Dask worker": Specimen(
        "singleuser:\n  image: {name: REG/lab, tag: 1.0.0}\n  extraEnv:\n"
        "    DASK_GATEWAY__CLUSTER__OPTIONS__IMAGE: REG/lab:1.0.0\n",
        "1.0.0 1.1.0",
        {"singleuser": "1.1.0", "env DASK_GATEWAY__CLUSTER__OPTIONS__IMAGE": "1.1.0"},
    ),
    "an init container": Specimen(
        "singleuser:\n  image: {name: REG/lab, tag: 1.0.0}\n  initContainers: [{name: home, image: 'REG/lab:1.0.0'}]\n",
        "1.0.0 1.1.0",
        {"singleuser": "1.1.0", "container home": "1.1.0"},
    ),
    "a pre-pulled image at another tag stays": Specimen(
        image("1.0.0") + "prePuller:\n  extraImages:\n    lab: {name: REG/lab, tag: 0.9.0}\n",
        "0.9.0 1.0.0 1.1.0",
        {"singleuser": "1.1.0", "pulled lab": "0.9.0"},
    ),
    "an image pre-pulled for an old choice stays": Specimen(
        choices(new="1.0.0", old="0.9.0")
        + "prePuller:\n  extraImages:\n    new: {name: REG/lab, tag: 1.0.0}\n    old: {name: REG/lab, tag: 0.9.0}\n",
        "0.9.0 1.0.0 1.1.0",
        {"choice new": "1.1.0", "choice old": "0.9.0", "pulled new": "1.1.0", "pulled old": "0.9.0"},
        {"0.9.0": "1.1.0"},
    ),
    "the same in another file": Specimen(
        {"common.yaml": "prePuller: {extraImages: {lab: {name: REG/lab, tag: 1.0.0}}}\n", "prod.yaml": image("1.0.0")},
        "1.0.0 1.1.0",
        {"singleuser": "1.1.0", "pulled lab": "1.1.0"},
    ),
    # P: choices
    "old and new": Specimen(
        choices(old="1.0.0", new="1.1.0"),
        "1.0.0 1.1.0 1.2.0",
        {"choice old": "1.0.0", "choice new": "1.2.0"},
        {"1.0.0": "1.2.0"},
    ),
    "nothing newer than the newest choice": Specimen(
        choices(old="1.0.0", new="1.2.0"),
        "1.0.0 1.1.0 1.2.0",
        {"choice old": "1.0.0", "choice new": "1.2.0"},
        {"1.0.0": "1.2.0"},
    ),
    "three commits": Specimen(
        choices(old="aaaaaaaaaaa1", new="bbbbbbbbbbb2", rkernel="00000000000c"),
        "aaaaaaaaaaa1 00000000000c bbbbbbbbbbb2 1111111111ff",
        {"choice old": "aaaaaaaaaaa1", "choice new": "1111111111ff", "choice rkernel": "00000000000c"},
        {"aaaaaaaaaaa1": "1111111111ff", "00000000000c": "1111111111ff"},
    ),
    "profiles": Specimen(
        profiles(stable="2026.01.30", edge="2026.06.04"),
        "2026.01.30 2026.06.04 2026.07.01",
        {"profile stable": "2026.01.30", "profile edge": "2026.07.01"},
        {"2026.01.30": "2026.07.01"},
    ),
    "an old profile beside the default": Specimen(
        profiles(old="1.0.0").replace("singleuser:", "singleuser:\n  image: {name: REG/lab, tag: 1.1.0}")
        + "  - {slug: new, display_name: New}\n",
        "1.0.0 1.1.0 1.2.0",
        {"singleuser": "1.2.0", "profile old": "1.0.0"},
        {"1.0.0": "1.2.0"},
    ),
    "an old choice in another file than the default": Specimen(
        {"common.yaml": image("1.1.0"), "prod.yaml": choices(old="1.0.0") + "          new: {display_name: New}\n"},
        "1.0.0 1.1.0 1.2.0",
        {"singleuser": "1.2.0", "choice old": "1.0.0"},
        {"1.0.0": "1.2.0"},
    ),
    "a default that no profile offers is no choice": Specimen(
        profiles(lab="1.0.0").replace("singleuser:", "singleuser:\n  image: {name: REG/lab, tag: 1.1.0}"),
        "1.0.0 1.1.0 1.2.0",
        {"singleuser": "1.2.0", "profile lab": "1.2.0"},
    ),
    "a default that no choice offers is no choice": Specimen(
        {"common.yaml": image("1.1.0"), "prod.yaml": choices(lab="1.0.0")},
        "1.0.0 1.1.0 1.2.0",
        {"singleuser": "1.2.0", "choice lab": "1.2.0"},
    ),
    "choices of two flavours move both": Specimen(
        choices(seven="1.0-java7", eleven="1.1-java11"),
        "1.0-java7 1.1-java11 1.2-java7 1.2-java11",
        {"choice seven": "1.2-java7", "choice eleven": "1.2-java11"},
    ),
    "one tag twice moves twice": Specimen(
        choices(small="1.0.0", large="1.0.0"), "1.0.0 1.1.0", {"choice small": "1.1.0", "choice large": "1.1.0"}
    ),
    "choices without a date": Specimen(
        choices(one="aaaaaaaaaaa1", two="bbbbbbbbbbb2"),
        "-aaaaaaaaaaa1 -bbbbbbbbbbb2 -ccccccccccc3",
        {"choice one": "aaaaaaaaaaa1", "choice two": "bbbbbbbbbbb2"},
        {"aaaaaaaaaaa1": "", "bbbbbbbbbbb2": ""},
    ),
    # C: calendar versions
    "a calendar version": Specimen(
        image("2022.6.1"), "2022.6.1 2022.4.0 2022.12.0 2022.13.1", {"singleuser": "2022.13.1"}
    ),
    "a calendar version that is no date": Specimen(image("2022.4.0"), "2022.4.0 2022.6.1", {"singleuser": "2022.6.1"}),
    "a build number": Specimen(
        image("2023.12.1-402"), "2023.12.1-402 2023.12.0-369 2024.04.2-764", {"singleuser": "2024.04.2-764"}
    ),
    "dates": Specimen(image("2026.9.1"), "2026.9.1 2026.10.01 2026.9.30", {"singleuser": "2026.10.01"}),
    # D: flavours
    "java": Specimen(image("1.14.1-java7"), "1.14.1-java7 1.15.0-java11 1.14.2-java7", {"singleuser": "1.14.2-java7"}),
    "cuda": Specimen(
        image("24.04-cuda11.8-py3.10"),
        "24.04-cuda11.8-py3.10 24.10-cuda12.2-py3.10 24.05-cuda11.8-py3.10",
        {"singleuser": "24.05-cuda11.8-py3.10"},
    ),
    "a flavour in front": Specimen(
        image("py3.10-2024.01.01"),
        "py3.10-2024.01.01 py3.12-2025.01.01 py3.10-2024.02.02",
        {"singleuser": "py3.10-2024.02.02"},
    ),
    "no other flavour": Specimen(image("1.0-gpu"), "1.0-gpu 1.1 1.1-cpu", {"singleuser": "1.0-gpu"}),
    # E: what orders tags, and what does not
    "git describe": Specimen(
        image("0.10.0-80.g2ee3230"),
        "0.10.0-80.g2ee3230 0.10.0-9.gfffffff 0.10.0-112.g1111111",
        {"singleuser": "0.10.0-112.g1111111"},
    ),
    "chartpress": Specimen(
        image("0.0.1-0.dev.git.9.h2707c010"),
        "0.0.1-0.dev.git.9.h2707c010 0.0.1-0.dev.git.10.h1111111",
        {"singleuser": "0.0.1-0.dev.git.10.h1111111"},
    ),
    "a revision behind a word": Specimen(image("main-9"), "main-9 main-10 dev-11", {"singleuser": "main-10"}),
    "a revision before a word": Specimen(image("9-main"), "9-main 10-main 11-dev", {"singleuser": "10-main"}),
    "commits of 7 and of 8 digits": Specimen(image("aaaaaa1"), "aaaaaa1 0000000b", {"singleuser": "0000000b"}),
    "a commit behind a date": Specimen(
        image("2026-01-01-aaaaaa1"), "2026-01-01-aaaaaa1 2026-02-01-0000001", {"singleuser": "2026-02-01-0000001"}
    ),
    "a commit before a date": Specimen(
        image("aaaaaa1-20260101"), "aaaaaa1-20260101 0000001-20260201", {"singleuser": "0000001-20260201"}
    ),
    "two builds of one day": Specimen(
        image("2026-01-01-aaaaaa1"), "2026-01-01-aaaaaa1 2026-01-01-0000001", {"singleuser": "2026-01-01-0000001"}
    ),
    "commits without dates": Specimen(
        image("aaaaaaaaaaa1"), "-aaaaaaaaaaa1 -bbbbbbbbbbb2", {"singleuser": "aaaaaaaaaaa1"}, {"aaaaaaaaaaa1": ""}
    ),
    "no format": Specimen(image("fa26_2a"), "fa26_2a fa26_2b", {"singleuser": "fa26_2a"}, {"fa26_2a": ""}),
    # F: stray tags and jumps
    "a stray year": Specimen(image("3.2.1"), "3.2.1 3.3.0 2024.1.0", {"singleuser": "3.3.0"}, {"3.2.1": "2024.1.0"}),
    "only a jump": Specimen(image("3.2.1"), "3.2.1 2024.1.0", {"singleuser": "3.2.1"}, {"3.2.1": "2024.1.0"}),
    "an ordinary major": Specimen(image("3"), "3 4", {"singleuser": "4"}),
    "another format": Specimen(
        image("0.3.1"), "0.3.1 2026-01-02 2026-01-03 2026-01-04", {"singleuser": "0.3.1"}, {"0.3.1": "2026-01-04"}
    ),
    "a moving tag": Specimen(image("latest"), "latest 1.0.0", {"singleuser": "latest"}),
    # O: bytes, quotes, anchors
    "braces without quotes": Specimen(
        "singleuser: {profileList: [{slug: a, kubespawner_override: {image: REG/lab:1.0.0}}]}\n",
        "1.0.0 1.1.0",
        {"profile a": "1.1.0"},
    ),
    "a tag that is a number": Specimen(
        "singleuser:\n  image:\n    name: REG/lab\n    tag: v1\n  profileList:\n", "v1 v2", {"singleuser": "v2"}
    ),
    "digits that need quotes": Specimen(
        "singleuser:\n  image:\n    name: REG/lab\n    tag: abcdef1\n", "abcdef1 5115e56", {"singleuser": "5115e56"}
    ),
    "an anchor": Specimen(
        "singleuser:\n  image: {name: REG/lab, tag: &tag 1.0.0}\n  extraEnv: {VERSION: *tag}\n",
        "1.0.0 1.1.0",
        {"singleuser": "1.1.0", "env VERSION": "1.1.0"},
    ),
    "carriage returns and a comment": Specimen(
        "singleuser:\r\n  image:\r\n    name: REG/lab # 1.0.0\r\n    tag: '1.0.0' # 1.0.0\r\n",
        "1.0.0 1.1.0",
        {"singleuser": "1.1.0"},
    ),
}
