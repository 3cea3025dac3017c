"""Expressions that take more than linear time, on texts that cannot be long, or are ours; and where patterns come from."""

NAME = 300  # characters: tags, names of images, versions; a path is cut by the system at 4,096, a file's name at 255
LINE = 2000  # a line, or an entry, whose beginning alone is looked at
OWN = 500  # what we or programs of the person's own machine wrote

# How long the text can be, for expressions whose time grows faster than the text.
SHORT: dict[str, tuple[int, str]] = {
    "hubimages/doctor/extras.py:OF_EXTRA": (OWN, "the metadata of our own package"),
    "hubimages/extract/hazards.py:REQUIREMENTS": (255, "a file's name"),
    "hubimages/hub_image/check/agreement.py:VERSION": (NAME, "a tag, or a chart's version"),
    "hubimages/hub_image/experiments/listing.py:REQUIREMENTS": (4096, "a path"),
    "hubimages/hub_image/plain.py:DOCKERFILE": (255, "a file's name"),
    "hubimages/imagebuilding/check/regular_expressions.py:SUSPECT": (1000, "LONGEST there"),
    "hubimages/imagebuilding/check/rules/versions.py:COMMIT": (NAME, "a tag"),
    "hubimages/references/tag_format/reading.py:_DESCRIBE": (NAME, "a tag"),
    "hubimages/references/tag_format/reading.py:_VERSION": (NAME, "a tag"),
    "hubimages/scanning/engines/keywords.py:PLACEHOLDER": (LINE, "LONGEST there"),
    "hubimages/update/adopting/files.py:PACKAGE": (300, "LONGEST there"),
    "freshness/sources.py:get": (OWN, "the name of an error's class"),
    "<<cookiecutter.repo>>/.github/image_build/network.py:is_temporary": (LINE, "what the container engine says"),
}

# Calls whose pattern is made at run time, and of what.
MADE: dict[str, str] = {
    "hubimages/extract/removal/wanted.py:checked_file": "the person's own, only compiled here",
    "hubimages/hub_image/bump/helm_repository.py:versions_in": "constants beside it; seeds of tests/fuzz",
    "hubimages/hub_image/check/ignored.py:parsed": "a line of .dockerignore: test_ignored.py",
    "hubimages/imagebuilding/check/regular_expressions.py:python_error": "a hub's own, in a process with a limit",
    "hubimages/imagebuilding/check/rules/form.py:_refused": "a hub's own, after `is_slow` has tried it",
    "hubimages/imagebuilding/new/secret.py:_matches": "the person's own .sops.yaml, which sops itself matches",
    "hubimages/migration/finishing/mentions.py:still_naming": "the name of an image directory, escaped",
    "hubimages/migration/finishing/workflows.py:pattern_of": "the name of an image directory, escaped",
    "hubimages/references/find/layouts/kustomize/patches.py:_is_for": "a kustomization's name, which is limited",
    "hubimages/scanning/engines/plugins.py:_matching": "detect-secrets' own, for lines that NEEDS lets through",
    "hubimages/update/adopting/files.py:_licence": "constants beside it",
    "hubimages/update/adopting/guessing.py:host": "constants beside it",
    "<<cookiecutter.repo>>/.github/image_build/image_name.py:registry_host_problem": "constants beside it",
    "<<cookiecutter.repo>>/.github/image_build/image_name.py:registry_problem": "constants beside it",
    "<<cookiecutter.repo>>/.github/image_build/visibility.py:is_public": "constants beside it",
}
