"""`check-environment --fix` changes what needs no decision, and no other byte."""

from pathlib import Path

import pytest

from hubimages.environment import fix_environment, plan_fixes
from tests.environment.test_check_environment import GOOD, repository


def test_nothing_of_a_good_repository_changes(tmp_path: Path) -> None:
    files = {"environment.yml": GOOD, "start": '#!/bin/bash\nexec "$@"\n', "apt.txt": "git\n"}
    assert plan_fixes(repository(tmp_path, files))[1] == []


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("environment.yml", "dependencies:\n  - python 3.12  # old\n", "dependencies:\n  - python=3.12  # old\n"),
        ("environment.yml", 'dependencies:\n- "conda-forge::python=3.12"\n', 'dependencies:\n- "python=3.12"\n'),
        ("environment.yml", "dependencies:\n- python>=3.12\n", "dependencies:\n- python>=3.12\n"),
        (
            "environment.yml",
            "# é\ndependencies:\n- python=3.12\n- numpy=2 # a\n- numpy=2\n- scipy=1",
            "# é\ndependencies:\n- python=3.12\n- numpy=2 # a\n- scipy=1\n",
        ),
        (
            "environment.yml",
            "dependencies:   \n- python=3.12 \t\n- pip:\n  - >-\n    a==1  \n    \nprefix: /home/me/env\n",
            "dependencies:\n- python=3.12\n- pip:\n  - >-\n    a==1  \n\n",
        ),
        ("environment.yml", "dependencies:\r\n- python=3.12\r\n", "dependencies:\n- python=3.12\n"),
        (
            "environment.yml",
            "dependencies:\n- python=3.12\n- numpy=1\n- numpy=2\n",
            "dependencies:\n- python=3.12\n- numpy=1\n- numpy=2\n",
        ),
        ("apt.txt", "git\r\n# x\r\ngit\r\n", "git\n# x\n"),
        ("postBuild", "pip list", "#!/bin/bash\npip list"),
        ("postBuild", "#!/bin/bash\r\npip list\r\n", "#!/bin/bash\npip list\n"),
        ("start", "export A=1", '#!/bin/bash\nexport A=1\nexec "$@"\n'),
        ("start", '#!/bin/sh\n  "$@"\n', '#!/bin/sh\n  exec "$@"\n'),
        ("start", '#!/bin/sh\n"$@"\necho done\n', '#!/bin/sh\n"$@"\necho done\n'),
        ("start", '\ufeff#!/bin/sh\nexec "$@"\n', '#!/bin/sh\nexec "$@"\n'),
    ],
)
def test_only_the_safe_findings_are_mended(tmp_path: Path, name: str, before: str, after: str) -> None:
    place = repository(tmp_path, {"environment.yml": GOOD, name: before})
    (place / name).chmod(0o755)
    fix_environment(place)
    assert (place / name).read_bytes().decode() == after
    assert (place / name).stat().st_mode & 0o777 == 0o755
    assert plan_fixes(place)[1] == []


def test_a_plan_writes_nothing(tmp_path: Path) -> None:
    place = repository(tmp_path, {"environment.yml": "dependencies:\n- python 3.12\n"})
    _, edits = plan_fixes(place)
    assert [edit.path for edit in edits] == ["environment.yml"]
    assert (place / "environment.yml").read_text() == "dependencies:\n- python 3.12\n"
