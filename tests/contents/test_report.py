"""The differences between two images read as a person looks for them: major versions first."""

import pytest

from hubimages.contents import Contents, Package, compare, comparison_as_text, contents_as_lines, contents_summary

BEFORE = Contents((
    Package("conda", "numpy", "1.26.4", "py312_0", "srv/conda"),
    Package("conda", "scipy", "1.14.0", "py312_0", "srv/conda"),
    Package("conda", "zlib", "1.3", "h1", "srv/conda"),
    Package("deb", "vim", "2:9.1-1", "amd64"),
    Package("pip", "nbgitpuller", "1.2.0"),
))  # fmt: skip
AFTER = Contents((
    Package("R", "ggplot2", "3.5.1", "", "usr/lib/R/library"),
    Package("conda", "numpy", "2.1.0", "py312_0", "srv/conda"),
    Package("conda", "scipy", "1.14.1", "py312_0", "srv/conda"),
    Package("conda", "zlib", "1.3", "h2", "srv/conda"),
    Package("deb", "vim", "2:10.0-1", "amd64"),
))  # fmt: skip


def test_major_versions_come_first_and_builds_are_shown_where_only_they_differ() -> None:
    assert comparison_as_text(compare(BEFORE, AFTER)).splitlines() == [
        "~ conda numpy 1.26.4 -> 2.1.0 (major)",
        "~ deb vim 2:9.1-1 -> 2:10.0-1 (major)",
        "~ conda scipy 1.14.0 -> 1.14.1",
        "~ conda zlib 1.3 h1 -> 1.3 h2",
        "+ R ggplot2 3.5.1",
        "- pip nbgitpuller 1.2.0",
    ]


def test_the_same_packages_are_said_to_be_the_same() -> None:
    assert comparison_as_text(compare(AFTER, AFTER)) == (
        "both images have the same packages, with the same versions and builds"
    )


@pytest.mark.parametrize(
    ("old", "new", "major"),
    [("1.9", "1.10", False), ("2025.1", "2026.1", False), ("1:2.3-4", "2:2.3-4", True), ("0a1b2c3", "ffff", True)],
)
def test_the_first_number_decides_what_is_major_unless_it_is_a_year(old: str, new: str, major: bool) -> None:
    shown = comparison_as_text(compare(Contents((Package("pip", "x", old),)), Contents((Package("pip", "x", new),))))
    assert shown == f"~ pip x {old} -> {new}{' (major)' if major else ''}"


def test_a_list_has_a_line_for_each_package_and_a_summary_by_kind() -> None:
    assert contents_as_lines(AFTER).splitlines()[1] == "conda\tnumpy\t2.1.0\tpy312_0\tsrv/conda"
    assert contents_summary(AFTER) == "5 packages: 1 R, 3 conda, 1 deb"
