"""What `check-environment` tells of an image repository's files, asked of the real repo2docker."""

import json
import subprocess
from pathlib import Path

import pytest

from hubimages.environment import Options, Report, check_environment
from hubimages.errors import BadInputError
from tests.forking import STARTED

GOOD = "channels:\n- conda-forge\ndependencies:\n- python=3.12\n- numpy=2.3\n"


def repository(directory: Path, files: dict[str, str]) -> Path:
    """Write files below a directory and return it. Line ends are written as given."""
    for name, text in files.items():
        place = directory / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode())
    return directory


def told(report: Report) -> list[tuple[str, str, str | None, int | None]]:
    """Return grade, code, file and line of each finding that is not style."""
    return [(one.grade, one.code, one.file, one.line) for one in report.findings if not one.style]


def check(directory: Path, files: dict[str, str], hub_version: str = "") -> Report:
    return check_environment(repository(directory, files), Options(hub_version=hub_version))


@pytest.mark.parametrize(
    ("line", "python"),
    [
        ("python=3.12", "3.12"),
        ("python==3.11.*", "3.11"),
        ("python=3.12.*", "3.12"),
        ("python='3.13'", "3.10"),
        ("python =3.13", "3.13"),
        ("python=3.11.9=h955ad1f_0_cpython", "3.11"),
    ],
)
def test_the_version_is_the_one_that_repo2docker_takes(tmp_path: Path, line: str, python: str) -> None:
    report = check(tmp_path, {"environment.yml": f"dependencies:\n- {line}\n"})
    assert (report.choice.buildpack, report.choice.python) == ("CondaBuildPack", python)


@pytest.mark.parametrize("line", ["python=3.12", "python==3.11.*", "python=3.12.*", "python =3.13", "python=3.11.4"])
def test_a_version_that_repo2docker_reads_is_no_finding(tmp_path: Path, line: str) -> None:
    assert told(check(tmp_path, {"environment.yml": f"dependencies:\n- {line}\n- numpy=2.3\n"})) == []


@pytest.mark.parametrize(
    ("lines", "grade", "code"),
    [
        ("- numpy=2", "warning", "python-default"),
        ("- python", "warning", "python-default"),
        ("- python=3", "warning", "python-default"),
        ("- python=*", "warning", "python-default"),
        ("- python>=3.9", "warning", "python-not-read"),
        ("- python>=3.12", "error", "python-not-read"),
        ("- python~=3.12.0", "error", "python-not-read"),
        ("- python 3.12", "error", "python-not-read"),
        ("- conda-forge::python=3.12", "error", "python-not-read"),
        ("- python=3.15", "error", "python-not-supported"),
        ("- python=4", "error", "python-unknown"),
        ("- python=3.6", "warning", "python-old"),
    ],
)
def test_a_version_that_repo2docker_does_not_take_is_told_with_its_line(
    tmp_path: Path, lines: str, grade: str, code: str
) -> None:
    report = check(tmp_path, {"environment.yml": f"dependencies:\n- pip\n{lines}\n"})
    assert [one[:3] for one in told(report)] == [(grade, code, "environment.yml")]
    assert report.findings[0].line == (3 if "python" in lines else None) or report.findings[0].style


@pytest.mark.parametrize("directory", ["binder", ".binder"])
def test_files_at_the_top_are_not_read_beside_a_binder_directory(tmp_path: Path, directory: str) -> None:
    files = {f"{directory}/environment.yml": GOOD, "environment.yml": GOOD, "apt.txt": "git\n", "start": "x"}
    report = check(tmp_path, files)
    assert report.directory == directory
    assert told(report) == [("warning", "not-read", name, None) for name in ("apt.txt", "environment.yml", "start")]


def test_two_binder_directories_are_refused(tmp_path: Path) -> None:
    report = check(tmp_path, {"binder/environment.yml": GOOD, ".binder/environment.yml": GOOD})
    assert [(one.grade, one.code) for one in report.findings if one.grade == "error"] == [
        ("error", "repo2docker-refuses")
    ]
    assert report.exit_code == 1


@pytest.mark.parametrize(
    ("files", "finding"),
    [
        ({"environment.yaml": GOOD}, ("warning", "environment-yaml", "environment.yaml", None)),
        ({"binder/environment.yaml": GOOD}, ("warning", "environment-yaml", "binder/environment.yaml", None)),
        ({"environment.yml": GOOD, "environment.yaml": GOOD}, ("warning", "not-read", "environment.yaml", None)),
        (
            {"environment.yml": GOOD, "requirements.txt": "requests\n"},
            ("warning", "not-read", "requirements.txt", None),
        ),
        ({"environment.yml": GOOD, "install.R": "1\n"}, ("warning", "not-read", "install.R", None)),
        ({"environment.yml": GOOD, "runtime.txt": "python-3.11"}, ("warning", "not-read", "runtime.txt", None)),
        ({"environment.yml": GOOD, "Apt.txt": "git\n"}, ("warning", "wrong-name", "Apt.txt", None)),
        ({"environment.yml": GOOD, "postBuild.sh": "#!/bin/sh\n"}, ("warning", "wrong-name", "postBuild.sh", None)),
        ({"enviroment.yml": GOOD, "apt.txt": "git\n"}, ("warning", "wrong-name", "enviroment.yml", None)),
    ],
)
def test_a_file_that_is_not_read_is_told(
    tmp_path: Path, files: dict[str, str], finding: tuple[str, str, str, None]
) -> None:
    assert finding in told(check(tmp_path, files))


@pytest.mark.parametrize(
    "files",
    [
        {"environment.yml": GOOD + "- pip\n- pip:\n  - -r requirements.txt\n", "requirements.txt": "requests\n"},
        {
            "environment.yml": GOOD,
            "requirements.txt": "x\n",
            "postBuild": "#!/bin/sh\npip install -r requirements.txt\n",
        },
        {"environment.yml": GOOD, "setup.sh": "x", "postBuild": "#!/bin/sh\n./setup.sh\n"},
        {"runtime.txt": "r-4.4-2025-06-01", "environment.yml": "dependencies:\n- numpy=2\n", "install.R": "1\n"},
        {
            "requirements.txt": "x\n",
            "runtime.txt": "python-3.12",
            "requirements-dev.txt": "x",
            "requirements2.txt": "x",
        },
    ],
)
def test_a_file_that_something_reads_is_no_finding(tmp_path: Path, files: dict[str, str]) -> None:
    assert told(check(tmp_path, files)) == []


@pytest.mark.parametrize(
    ("name", "text", "findings"),
    [
        ("apt.txt", "git\r\ncurl\r\n", [("warning", "windows-line-ends", 1)]),
        ("apt.txt", "git\n--fix-missing\n", [("warning", "apt-option", 2)]),
        ("apt.txt", "# tools\ngit\napt-get install curl\n", [("error", "apt-command", 3)]),
        ("apt.txt", "git\ngit\n", [("warning", "duplicate", 2)]),
        ("apt.txt", "git; curl\n", [("error", "apt-name", 1)]),
        ("apt.txt", "sudo\nlibxml2-dev=2.9+dfsg\ng++ make  # two\nlibc6:i386\n", []),
        ("postBuild", "pip list\n", [("warning", "no-shebang", 1)]),
        ("postBuild", "#!/bin/bash\r\npip list\r\n", [("error", "windows-line-ends", 1)]),
        ("postBuild", "#!/bin/bash\npip list\n", []),
        ("postBuild", "#!/usr/bin/env python\nprint()\n", []),
        ("start", 'exec "$@"\n', [("error", "no-shebang", 1)]),
        ("start", "#!/bin/bash\nexport A=1\n", [("error", "start-without-exec", None)]),
        ("start", '#!/bin/bash\n# exec "$@"\n', [("error", "start-without-exec", None)]),
        ("start", '#!/bin/bash\n"$@"\n', [("warning", "start-without-exec", None)]),
        ("start", '#!/bin/bash -l\nexport A=1\nexec "$@"\n', []),
        ("start", "#!/usr/bin/env python\nimport os\n", []),
        ("start", "", [("error", "empty-script", None)]),
    ],
)
def test_what_scripts_and_apt_txt_get_wrong_is_told(
    tmp_path: Path, name: str, text: str, findings: list[tuple[str, str, int | None]]
) -> None:
    report = check(tmp_path, {"environment.yml": GOOD, name: text})
    assert told(report) == [(grade, code, name, line) for grade, code, line in findings]


@pytest.mark.parametrize(
    ("dependencies", "findings"),
    [
        ("- scipy=1.11\n- scipy=1.11\n", [("warning", "duplicate", 6)]),
        ("- scipy=1.11\n- scipy=1.12\n", [("error", "contradiction", 6)]),
        ("- scipy=1.11\n- scipy>=1.12\n", [("error", "contradiction", 6)]),
        ("- scipy=1.11\n- scipy>=1.10\n", [("warning", "duplicate", 6)]),
        ("- scipy=1.11\n- pip\n- pip:\n  - SciPy==1.12\n", [("warning", "conda-and-pip", 8)]),
        ("- scipy=1.11=py311h_0\n", [("warning", "build-pinned", 5)]),
        ("- '>=3'\n", [("error", "no-package", 5)]),
        ("- ucrt=10.0\n- m2w64-gmp=6.1\n- vs2015_runtime=14.40\n", [("error", "other-system", 5)]),
        ("- pip\n- pip:\n  - PyWin32==306\n", [("error", "other-system", 7)]),
        ("- pip\n- pip:\n  - pywin32==306; sys_platform == 'win32'\n  - pyobjc-core==10; sys_platform=='darwin'\n", []),
        (
            "- python.app=1.4\n- pyobjc-core=10.3\n- ucrt=1.0\n",
            [("error", "other-system", 5), ("error", "other-system", 7)],
        ),
        ("- libvc=1.0\n- vcrpy=1.0\n- appnope=0.1\n", []),
    ],
)
def test_packages_that_stand_twice_or_contradict_are_told(
    tmp_path: Path, dependencies: str, findings: list[tuple[str, str, int]]
) -> None:
    report = check(
        tmp_path,
        {"environment.yml": f"channels: [conda-forge]\ndependencies:\n- python=3.12\n- numpy=2.3\n{dependencies}"},
    )
    assert told(report) == [(grade, code, "environment.yml", line) for grade, code, line in findings]


def test_packages_without_a_version_are_advice_that_strict_does_not_count(tmp_path: Path) -> None:
    place = repository(tmp_path, {"environment.yml": "dependencies:\n- python=3.12\n- scipy\n- numpy=2\n"})
    report = check_environment(place, Options(strict=True))
    assert [(one.code, one.style, one.line) for one in report.findings] == [("unpinned", True, 3)]
    assert report.exit_code == 0


def test_strict_fails_for_a_warning(tmp_path: Path) -> None:
    place = repository(tmp_path, {"environment.yml": "dependencies:\n- numpy=2\n"})
    assert [check_environment(place, Options(strict=strict)).exit_code for strict in (False, True)] == [0, 1]


@pytest.mark.parametrize(
    ("channels", "findings"),
    [
        ("- conda-forge\n- defaults\n", [("warning", "channel-defaults", 3)]),
        ("- defaults\n- conda-forge\n", [("warning", "channel-defaults", 2)]),
        ("- pytorch\n- conda-forge\n", [("warning", "channel-order", 2)]),
        ("- conda-forge\n- pytorch\n- nodefaults\n", []),
        ("- conda-forge\n- conda-forge\n", [("warning", "duplicate", 3)]),
    ],
)
def test_channels_are_told_by_line(tmp_path: Path, channels: str, findings: list[tuple[str, str, int]]) -> None:
    report = check(tmp_path, {"environment.yml": f"channels:\n{channels}dependencies:\n- python=3.12\n"})
    assert told(report) == [(grade, code, "environment.yml", line) for grade, code, line in findings]


@pytest.mark.parametrize(
    ("lines", "hub", "line"),
    [
        ("- jupyterhub-singleuser=4.*", "5.4.0", 4),
        ("- jupyterhub=5.2", "4.1", 4),
        ("- jupyterhub>=4,<5", "5.4.0", 4),
        ("- pip:\n  - jupyterhub~=4.1", "5.4.0", 5),
        ("- scipy=1", "4.1.6", None),
    ],
)
def test_another_major_version_than_the_hub_runs_is_an_error(
    tmp_path: Path, lines: str, hub: str, line: int | None
) -> None:
    report = check(tmp_path, {"environment.yml": f"dependencies:\n- python=3.12\n- numpy=2\n{lines}\n"}, hub)
    assert told(report) == [("error", "hub-version", "environment.yml", line)]


@pytest.mark.parametrize("line", ["- jupyterhub-singleuser=5.*", "- jupyterhub>=4", "- jupyterhub==5.4.0", "- scipy=1"])
def test_the_major_version_that_the_hub_runs_is_no_finding(tmp_path: Path, line: str) -> None:
    assert told(check(tmp_path, {"environment.yml": f"dependencies:\n- python=3.12\n{line}\n"}, "5.4.0")) == []


@pytest.mark.parametrize(
    ("recorded", "line", "given", "expected"),
    [
        ("3", "- jupyterhub-singleuser=3.*", "", [("warning", "hub-behind", "environment.yml", 3)]),
        ("4", "- jupyterhub>=4,<5", "", [("warning", "hub-behind", "environment.yml", 3)]),
        ("5", "- jupyterhub=5.*", "", []),
        ("3", "- jupyterhub=3.*", "3.1", []),  # somebody says what the hub runs
        ("", "- jupyterhub=3.*", "", []),  # no generated repository
    ],
)
def test_a_generated_repository_hears_that_hubs_run_a_newer_version(
    recorded: str, line: str, given: str, expected: list[object], tmp_path: Path
) -> None:
    files = {"environment.yml": f"dependencies:\n- python=3.12\n{line}\n"}
    if recorded:
        files[".hubimages.yaml"] = f'template: x\nanswers:\n  jupyterhub_version: "{recorded}"\n'
    report = check(tmp_path, files, given)
    assert told(report) == expected
    if expected:
        start = f"this image has JupyterHub {recorded}, and hubs run 5 (the current Zero to JupyterHub chart)"
        assert report.findings[0].message == start


def test_the_recorded_answers_say_which_version_the_hub_runs(tmp_path: Path) -> None:
    files = {
        ".hubimages.yaml": 'template: x\nanswers:\n  jupyterhub_version: "5.4.0"\n',
        "environment.yml": "dependencies:\n- python=3.12\n- jupyterhub=4.*\n",
    }
    report = check(tmp_path, files)
    assert told(report) == [("error", "hub-version", "environment.yml", 3)]
    assert "jupyterhub_version in .hubimages.yaml" in report.findings[0].message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("dependencies:\n- python=3.12\n  - numpy\n", "no-package"),
        ("dependencies: [python=3.12\n", "unreadable-yaml"),
        ("- python=3.12\n", "repo2docker-refuses"),
        ("name: a\nname: b\ndependencies:\n- python=3.12\n", "repo2docker-refuses"),
        ("dependencies:\n\t- python=3.12\n", "unreadable-yaml"),
    ],
)
def test_an_environment_file_that_cannot_be_read_is_an_error(tmp_path: Path, text: str, code: str) -> None:
    report = check(tmp_path, {"environment.yml": text})
    assert code in [one.code for one in report.findings]
    assert report.exit_code == 1


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("r-4.4-2025-06-01", []),
        ("r-4.4", [("error", "runtime", 1)]),
        ("r-2016-01-01", [("error", "repo2docker-refuses", None)]),
        ("julia-1.9", [("error", "runtime", 1)]),
        ("r", [("error", "repo2docker-refuses", None)]),
    ],
)
def test_a_runtime_txt_that_chooses_nothing_is_told(
    tmp_path: Path, text: str, findings: list[tuple[str, str, int | None]]
) -> None:
    report = check(tmp_path, {"runtime.txt": text})
    found = [(one.grade, one.code, one.line) for one in report.findings if one.grade == "error"]
    assert found == findings


def test_install_r_that_leaves_the_snapshot_is_told(tmp_path: Path) -> None:
    script = 'install.packages("sf")\ninstall.packages("terra", repos = "https://cran.r-project.org")\nbiocLite("x")\n'
    report = check(tmp_path, {"runtime.txt": "r-4.4-2025-06-01", "install.R": script})
    assert told(report) == [
        ("warning", "install-r-repos", "install.R", 2),
        ("error", "install-r-bioclite", "install.R", 3),
    ]


def test_both_versions_of_repo2docker_are_named_where_they_differ(tmp_path: Path) -> None:
    files = {"environment.yml": GOOD, ".github/requirements-repo2docker.txt": "jupyter-repo2docker==2024.7.0\n"}
    report = check(tmp_path, files)
    facts = json.loads(report.as_json())
    assert facts["repo2docker"] == {"installed": report.choice.version, "pinned": "2024.7.0"}
    assert "installed; the repository pins 2024.7.0" in str(report)
    assert len(report.not_checked) == 1


def test_a_module_of_the_repository_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", STARTED)  # as tasks do; the other tests fork the program that asks
    files = {"environment.yml": GOOD, "requests.py": "raise SystemExit(9)\n", "json.py": "raise SystemExit(9)\n"}
    assert check(tmp_path, files).choice.python == "3.12"


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="there is no"):
        check_environment(tmp_path / "nowhere")


def test_a_file_names_its_repository(tmp_path: Path) -> None:
    repository(tmp_path, {"binder/environment.yml": GOOD})
    assert check_environment(tmp_path / "binder/environment.yml").directory == "binder"


def test_a_dockerfile_decides_on_python(tmp_path: Path) -> None:
    report = check(tmp_path, {"Dockerfile": "FROM scratch\n", "environment.yml": "dependencies:\n- numpy=2\n"})
    assert (report.choice.kind, told(report)) == ("docker", [])


@pytest.mark.parametrize(
    ("starter", "files", "findings"),
    [
        ("pangeo-onbuild", {"environment.yml": GOOD}, [("warning", "no-jupyterhub", "environment.yml", None)]),
        ("pangeo-onbuild", {"environment.yml": f"{GOOD}- pangeo-notebook=2026.1\n"}, []),
        ("pangeo-onbuild", {"environment.yml": GOOD, "Dockerfile": "FROM a\nRUN pip install jupyterhub==5\n"}, []),
        (
            "pangeo-onbuild",
            {"environment.yml": GOOD, "Dockerfile": "FROM a\n# jupyterhub\n"},
            [("warning", "no-jupyterhub", "environment.yml", None)],
        ),
        ("docker-stacks", {"environment.yml": GOOD}, []),
        ("pixi", {"pixi.toml": '[dependencies]\nnumpy = "2.*"\n'}, [("warning", "no-jupyterhub", "pixi.toml", None)]),
        ("pixi", {"pixi.toml": '[dependencies]\njupyterhub-singleuser = "5.*"\n'}, []),
        ("r", {"environment.yml": GOOD}, [("warning", "no-r", "environment.yml", None)]),
        (
            "r",
            {"environment.yml": f"{GOOD}- conda-forge::r-base=4.4\n"},
            [("warning", "no-r", "environment.yml", None)],
        ),
        ("r", {"environment.yml": f"{GOOD}- r-base=4.4\n"}, []),
        ("environment.yml", {"environment.yml": GOOD}, []),
    ],
)
def test_a_file_without_what_the_starter_needs_is_told(
    tmp_path: Path, starter: str, files: dict[str, str], findings: list[tuple[str, str, str, None]]
) -> None:
    docker = {"Dockerfile": "FROM a\n"} if starter in ("pangeo-onbuild", "docker-stacks", "pixi") else {}
    record = {".hubimages.yaml": f"answers:\n  starter: \"{starter}\"\n  jupyterhub_version: '5'\n"}
    assert told(check(tmp_path, {**docker, **record, **files})) == findings


@pytest.mark.parametrize(
    ("text", "line", "code", "remedy"),
    [
        ("dependencies:\n\t- numpy\n", 2, "unreadable-yaml", "write blanks in place of the tab"),
        ("dependencies:\n– python=3.12\n", 2, "unreadable-yaml", "write a hyphen (-) in place of –"),
        ("dependencies:\n- python=3.12\n- pip: numpy\n", 3, "no-package", "as a list below it, each after a hyphen"),
        ("dependencies:\n- python=3.12\n- numpy: 2.3\n", 3, "no-package", "write numpy=2.3"),
        ("dependencies:\n- python=3.12\n- pip:\n  - -r more.txt\n", 4, "no-file", "add the file, or remove the line"),
        ("dependencies:\n- python=3.12\n- pip:\n  - ./ours\n", 4, "no-file", "add the file, or remove the line"),
    ],
)
def test_what_is_typed_wrongly_is_told_at_its_line(
    tmp_path: Path, text: str, line: int, code: str, remedy: str
) -> None:
    report = check(tmp_path, {"environment.yml": text})
    assert [(one.grade, one.code, one.line) for one in report.findings if one.grade == "error"] == [
        ("error", code, line)
    ]
    assert any(remedy in one.remedy for one in report.findings)


def test_a_file_that_pip_reads_is_no_finding(tmp_path: Path) -> None:
    text = f"{GOOD}- pip\n- pip:\n  - -r more.txt\n  - ./ours[all]\n  - git+https://github.com/a/b\n  - --pre\n"
    assert told(check(tmp_path, {"environment.yml": text, "more.txt": "a\n", "ours/setup.py": ""})) == []
