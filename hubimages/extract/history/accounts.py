"""Account for every commit of the source: kept, brought in from a former path, or not kept and why."""

from collections.abc import Collection
from dataclasses import dataclass, fields

from hubimages.extract.history.commits import History, Trees
from hubimages.extract.history.lanes import Merged
from hubimages.extract.history.prune import Kept


@dataclass(frozen=True)
class Accounts:
    """How many commits there are of each kind; every commit of the source is in exactly one."""

    kept: int  # from the image directory itself
    brought_in: int  # from its former paths
    unchanged: int  # left the image as it was
    merges: int  # merges that brought nothing
    another: int  # touched what the directory held before the image was moved there
    not_followed: int  # touched a former path that a person did not want
    aside: int  # touched the image, but on a line of history that the commit extracted does not need
    later: int  # came after the commit extracted

    @property
    def dropped(self) -> int:
        """The commits that are not kept."""
        return self.unchanged + self.merges + self.another + self.not_followed + self.aside + self.later

    def __str__(self) -> str:
        parts = [
            f"{self.unchanged} did not touch the image" if self.unchanged else "",
            f"{self.merges} merged nothing into it" if self.merges else "",
            f"{self.another} touched what was there before the image" if self.another else "",
            f"{self.not_followed} touched a former path that is not followed" if self.not_followed else "",
            f"{self.aside} changed it on a side that was not merged" if self.aside else "",
            f"{self.later} came after the image had gone" if self.later else "",
        ]
        return ", ".join(part for part in parts if part) or "none"


def account(
    history: History, dir_trees: Trees, merged: Merged, kept: Kept, tip: int, declined: Collection[int] = ()
) -> Accounts:
    """Count the commits of a history.

    `dir_trees`: the image directory's tree in each; `kept`: what the tip needs; `declined`: what would be kept with the
    former paths that a person declined.
    """
    included = history.up_to(tip)
    numbers = dict.fromkeys((field.name for field in fields(Accounts)), 0)
    trees = merged.trees
    for commit, above in enumerate(history.parents):
        if commit in kept.parents:
            numbers["kept" if 0 in merged.lanes[commit] else "brought_in"] += 1
        elif not included[commit]:
            numbers["later"] += 1
        elif commit in declined:
            numbers["not_followed"] += 1
        elif len(above) > 1:
            numbers["merges"] += 1
        elif trees[commit] != (trees[above[0]] if above else ""):
            numbers["aside"] += 1
        elif not trees[commit] and dir_trees[commit] != (dir_trees[above[0]] if above else ""):
            numbers["another"] += 1
        else:
            numbers["unchanged"] += 1
    return Accounts(**numbers)
