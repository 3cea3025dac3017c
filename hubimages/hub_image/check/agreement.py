"""Compare the version of a jupyterhub chart with the tag of a hub image, without any network.

Releases of both carry the same version. Development builds do not: chartpress names the chart after the last commit
that touched any of its files, and the image after the last one that touched its own, so `0.9.0-n116.h1c766a1` comes
with the image `0.9.0-n033.h8211ad2`. What can be known is that the release they start from must be the same, and that
no image can be of a later commit than its chart. Held against the history of zero-to-jupyterhub-k8s, this was right
for each of the 25 pairs of differing versions that two public deployments have had in seven years.
"""

import enum
import re
from dataclasses import dataclass

from hubimages.hub_image.versions import excluded, is_range

# 4.3.3   v0.6   0.9.0-beta.3   then what a build adds: -n033.h8211ad2   .git.5783.h867f4331   -0.dev.git.6502.hd8a1d5f
# _3164-a04b974   +3175.434f0d3   -445a953 (chartpress before its first release)
VERSION = re.compile(
    r"""v?(?P<numbers>\d{1,18}\.\d{1,18}(?:\.\d{1,18})?)
        (?:-(?P<stage>(?:alpha|beta|rc)\d*(?:\.\d+)*))?
        (?:(?:[-.](?:0\.dev\.)?git\.(?P<git>\d+)|[-._+]n?(?P<count>\d+))[.-]h?(?P<id>[0-9a-f]{6,40})
         |-(?P<old_id>[0-9a-f]{6,40})
         |(?P<dev>-0\.dev)
        )?""",
    re.VERBOSE,
)


class Agreement(enum.Enum):
    """The result of comparing a chart's version with an image's tag."""

    AGREE = "agree"
    DIFFER = "differ"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Version:
    """A chart's version or an image's tag, taken apart.

    `release` is (major, minor, patch), `stage` a pre-release such as `beta.1`. A build between releases has `builds`,
    the number of commits before it, and the commit's abbreviated id; both are None where it has not.
    """

    release: tuple[int, int, int]
    stage: str = ""
    builds: int | None = None
    commit: str | None = None
    monotonic: bool = False  # counted from the first commit (`.git.N`), not from the release (`-nN`)

    @property
    def is_release(self) -> bool:
        return self.commit is None

    @property
    def base(self) -> str:
        """Return the release that it is, or comes after, as people write it."""
        return ".".join(map(str, self.release)) + (f"-{self.stage}" if self.stage else "")


def parse(text: str) -> Version | None:
    """Return the version in the text; None if it names no release: `latest`, a bare commit."""
    found = VERSION.fullmatch(text.strip())
    if not found:
        return None
    numbers = [int(number) for number in found["numbers"].split(".")]
    builds = found["git"] or found["count"]
    return Version(
        (numbers[0], numbers[1], numbers[2] if len(numbers) > 2 else 0),
        found["stage"] or "",
        int(builds) if builds else None,
        found["id"] or found["old_id"] or ("" if found["dev"] else None),
        monotonic=found["git"] is not None,
    )


def compare(chart_version: str, image_tag: str) -> tuple[Agreement, str]:
    """Return whether the image belongs to the chart, and the reason as a clause."""
    if chart_version == image_tag:
        return Agreement.AGREE, "they are the same"
    if is_range(chart_version):
        return _compare_range(chart_version, image_tag)
    chart, image = parse(chart_version), parse(image_tag)
    if chart is None or image is None:
        unknown = chart_version if chart is None else image_tag
        return Agreement.CANNOT_TELL, f"{unknown} names no release"
    if chart.commit and image.commit and _same_commit(chart.commit, image.commit):
        return Agreement.AGREE, "both come from the same commit"
    if chart.base != image.base:
        return Agreement.DIFFER, f"the chart is {chart.base}, the image is {image.base}"
    return _compare_builds(chart, image)


def _compare_range(wanted: str, image_tag: str) -> tuple[Agreement, str]:
    """A range of chart versions, of which only Helm knows the newest."""
    if excluded(wanted, image_tag):
        return Agreement.DIFFER, f"the chart is any {wanted}, the image is {image_tag}"
    return Agreement.CANNOT_TELL, f"{wanted} is a range, of which Helm takes the newest version"


def _compare_builds(chart: Version, image: Version) -> tuple[Agreement, str]:
    """Versions that start from one release."""
    if image.is_release:
        return Agreement.AGREE, f"both come from {chart.base}"
    if chart.is_release:
        return Agreement.DIFFER, f"the image is a build after {image.base}, the chart is {chart.base} itself"
    if chart.builds is None or image.builds is None or chart.monotonic != image.monotonic:
        return Agreement.CANNOT_TELL, f"both are builds after {chart.base}, and nothing tells which came first"
    if image.builds > chart.builds:
        return Agreement.DIFFER, f"the image is a later build after {image.base} than the chart"
    if image.builds == chart.builds:
        return Agreement.DIFFER, f"they come from different commits after {chart.base}"
    return Agreement.AGREE, f"the image comes from an earlier commit after {chart.base} than the chart, as is usual"


def _same_commit(one: str, other: str) -> bool:
    """Return True if two abbreviated ids can mean one commit."""
    return one.startswith(other) or other.startswith(one)
