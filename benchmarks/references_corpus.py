"""Configuration of a usual size to edit and to scan: 600 YAML files of 2.3 MB, the same every time.

Its shape is that of a public deployment repository (2i2c-org/infrastructure in 2026): most files name no image; the
others have profile lists with choices, pairs of name and tag, comments, quotes of each kind, aliases and block scalars.
"""

import random
from pathlib import Path

FILES, BYTES = 600, 2_300_000
WITH_IMAGES = 80
NAMES = ("quay.io/org/scipy", "quay.io/org/r-notebook", "pangeo/pangeo-notebook", "us-docker.pkg.dev/project/repo/hub")
TAGS = ("2026.01.31", "04c37e4fd0cd", "a1b2c3d", "'1.10'", '"5115e56"', "v1.2.3", "0.0.1-0.dev.git.1234.h0a1b2c3")


def write(folder: Path) -> None:
    """Make the files below a folder."""
    chance = random.Random(600)
    for number in range(FILES):
        text = images(chance) if number < WITH_IMAGES else ""
        filling = BYTES // FILES - len(text)
        text += "settings:\n"
        while filling > 0:
            line = f"  setting-{chance.randrange(10**6)}: value {chance.getrandbits(64):x} # {chance.randrange(99)}\n"
            text += line
            filling -= len(line)
        place = folder / "config" / "clusters" / f"c{number % 60:02}" / f"{number}.values.yaml"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def images(chance: random.Random) -> str:
    """A hub's values with images in the usual forms."""
    tag = iter(chance.choices(TAGS, k=10))
    name = iter(chance.choices(NAMES, k=10))
    choices = "".join(
        f"            choice{number}:\n"
        f"              display_name: Choice {number} # as agreed\n"
        f"              kubespawner_override:\n"
        f"                image: {next(name)}:{next(tag).strip(QUOTES)}\n"
        for number in range(3)
    )
    return (
        "jupyterhub:\n"
        "  custom: &custom\n"
        "    homepage: {templateVars: {org: {name: 'An organisation', url: https://example.org}}}\n"
        "  singleuser:\n"
        f"    image:\n      # the default\n      name: {next(name)}\n      tag: {next(tag)}   # bumped by hand\n"
        "    profileList:\n"
        "    - display_name: \"Small\"\n"
        "      description: >-\n        A small server\n        for everybody\n"
        "      profile_options:\n        image: &images\n          choices:\n" + choices + "    - display_name: Large\n"
        "      profile_options:\n        image: *images\n"
        f"  hub:\n    image: {{name: {next(name)}, tag: {next(tag)}}}\n"
        "    extraConfig:\n      some: |\n        c.Spawner.cmd = ['x']\n\n"
        "  other: *custom\n"
    )  # fmt: skip


QUOTES = "'\""
