"""Every task that writes, in small places where it does its whole work, and why others need no place here."""

from tests.faults.tasks.contents import CONTENTS
from tests.faults.tasks.deployments import DEPLOYMENTS
from tests.faults.tasks.hub_images import HUB_IMAGES
from tests.faults.tasks.image_repos import IMAGE_REPOS
from tests.faults.tasks.imagebuilding import IMAGEBUILDING
from tests.faults.tasks.live_hubs import LIVE_HUBS
from tests.faults.tasks.locks import LOCKS
from tests.faults.tasks.many import MANY
from tests.faults.tasks.moved import MOVED
from tests.faults.tasks.pages import PAGES

SCENARIOS = (
    *IMAGE_REPOS, *LOCKS, *MANY, *MOVED, *DEPLOYMENTS, *HUB_IMAGES, *IMAGEBUILDING, *LIVE_HUBS, *PAGES, *CONTENTS,
)  # fmt: skip

# Tasks that write nothing of a user's on this machine.
READ_ONLY = frozenset({
    "compare-locks", "check-registry", "check-hub-image", "hub-experiments", "registry-tags", "doctor", "completion",
    "help", "check-imagebuilding-hub", "test-image",
})  # fmt: skip
# Tasks that write, whose faults other tests try, and where.
ELSEWHERE = {
    "bump-hub-image": "tests/engine/test_hub_storm.py",
    "rebuild-hub-image": "tests/engine/test_hub_storm.py",
    "new-hub-experiment": "tests/engine/test_hub_storm.py",
    "preview-imagebuilding-hub": "tests/imagebuilding/test_preview.py",
}
# Tasks that write, whose faults no test tries, and what their write is.
