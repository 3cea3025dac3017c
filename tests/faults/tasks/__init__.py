"""Every task that writes, in small places where it does its whole work, and why others need no place here."""

from tests.faults.tasks.deployments import DEPLOYMENTS
from tests.faults.tasks.image_repos import IMAGE_REPOS
from tests.faults.tasks.many import MANY
from tests.faults.tasks.pages import PAGES

SCENARIOS = (*IMAGE_REPOS, *MANY, *DEPLOYMENTS, *PAGES)

# Tasks that write nothing of a user's on this machine.
READ_ONLY = frozenset({
    "compare-locks", "check-registry", "check-hub-image", "hub-experiments", "registry-tags", "doctor", "completion",
    "help", "check-imagebuilding-hub", "test-image",
})  # fmt: skip
# Tasks that write, whose faults other tests try, and where.
ELSEWHERE = {
    "finish-migration": "tests/migration/finishing",
    "bump-hub-image": "tests/engine/test_hub_storm.py",
    "rebuild-hub-image": "tests/engine/test_hub_storm.py",
    "new-hub-experiment": "tests/engine/test_hub_storm.py",
}
# Tasks that write, whose faults no test tries, and what their write is.
NOT_TRIED = {
    "end-hub-experiment": "commits as point-hubs does",
    "new-imagebuilding-hub": "commits as point-hubs does; sops encrypts in a temporary directory",
    "lock-environment": "one file, written or committed as point-hubs does",
    "apply-lock": "with --write, one file that is replaced whole",
    "image-contents": "with --html, one file that is replaced whole",
    "compare-images": "with --html or --markdown, one file that is replaced whole",
    "image-repos": "clones as each does; with --html, one file that is replaced whole",
    "attach-contents": "an image's SBOM in a registry, whose parts are not seen before the last one",
    "preview-imagebuilding-hub": "a temporary directory and containers, which tests/imagebuilding/test_preview.py ends",
    "set-configurator-image": "one request to a hub, which is read back",
    "try-image": "a server on a hub, which is stopped again",
}
