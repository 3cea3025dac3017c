"""What conda and pip cannot read, or pass over: the check says what py-rattler and pip's own reader say."""

import json
from pathlib import Path

import pytest

from tests.environment.test_check_environment import check, told

CONDA = """\
numpy={{ v }}|pandas=$V|a=<2|b=>2|c~2|d = = 2|e=2.x|f<2>1|h=2,3|j[version='>2']|k|l #c|m;python_version<'3'|o=^2
p=*=*nomkl|q>=2,<3|r >= 2 , < 3|s !=2|t=|u (>=2)|v>=1.0,|w~=2.1|x 1.2 py_0|y=1.2=py*|z==2.0.*|aa<<2|bb="2"|cc > = 2
dd=2.*|conda-forge::ee >=2|_r-mutex=1.*|gg>=|hh=2!1.0|ii==2+local_1|jj[build=py*]
"""
PIP = """\
numpy=2|a>>2|b ==2 # x|c=={{v}}|d @ git+https://x/y|$FOO|e ~2|f==${VERSION}|h.whl|i[extra]>=2,<3; python_version<'4'
j==1 --hash=sha256:aaa|k==1.*|git+https://a/b#egg=l|m (>=2)|n=2=py_0|o >= 2, < 3|-i https://x/simple|sub/package
"""


def each(text: str) -> list[str]:
    return [entry for entry in text.replace("\n", "|").split("|") if entry]


def test_the_check_refuses_the_conda_packages_that_py_rattler_cannot_read(tmp_path: Path) -> None:
    rattler = pytest.importorskip("rattler", reason="py-rattler is not installed: pip install 'hubimages[solve]'")
    exceptions = pytest.importorskip("rattler.exceptions")

    def reads(entry: str) -> bool:
        try:
            rattler.MatchSpec(entry)
        except exceptions.InvalidMatchSpecError:
            return False
        return True

    lines = "".join(f"- {json.dumps(entry)}\n" for entry in each(CONDA))
    report = check(tmp_path, {"environment.yml": f"dependencies:\n- python=3.12\n{lines}"})
    refused = {one.line for one in report.findings if one.code == "unreadable-package"}
    assert refused == {line for line, entry in enumerate(each(CONDA), 3) if not reads(entry)}


def test_the_check_refuses_the_pip_packages_that_pip_cannot_read(tmp_path: Path) -> None:
    lines = "".join(f'  - "{entry}"\n' for entry in each(PIP))
    report = check(tmp_path, {"environment.yml": f"dependencies:\n- python=3.12\n- pip\n- pip:\n{lines}"})
    found = [(one.message, one.remedy) for one in report.findings if one.code == "unreadable-package"]
    assert found == [
        ("pip cannot read 'numpy=2'", "write numpy==2"),
        ("pip cannot read 'a>>2'", "write it as in numpy==2.3"),
        ("pip cannot read 'c=={{v}}'", "write it as in numpy==2.3"),
        ("pip cannot read '$FOO'", "write it as in numpy==2.3"),
        ("pip cannot read 'e ~2'", "write it as in numpy==2.3"),
        ("pip cannot read 'n=2=py_0'", "write n==2"),
    ]


def test_extras_which_conda_passes_over_are_named(tmp_path: Path) -> None:
    report = check(tmp_path, {"environment.yml": "dependencies:\n- python=3.12\n- dask[complete]\n- a[x,y]==1\n"})
    assert told(report) == [("warning", "no-extras", "environment.yml", line) for line in (3, 4)]


def test_a_list_of_conda_is_no_requirements_txt(tmp_path: Path) -> None:
    text = "# packages\nnumpy=1.2=py_0\npandas\nfoo==1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nbar=>2\n"
    report = check(tmp_path, {"requirements.txt": text, "runtime.txt": "python-3.12\n"})
    unreadable = [("error", "unreadable-package", "requirements.txt", line) for line in (2, 7)]
    assert told(report) == unreadable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dependencies:\n  python=3.12\n  numpy\n", [("error", "no-list", 1)]),
        ("dependencies:\n  python: 3.12\n", [("error", "no-list", 1)]),
        ("channels: conda-forge\ndependencies:\n- python=3.12\n", [("error", "no-list", 1)]),
        ("channels:\ndependencies:\n- python=3.12\n", []),
        ("dependancies:\n- python=3.12\n", [("error", "unknown-key", 1)]),
        ("pins: {a: &p [python=3.12]}\nplatform: linux-64\ndependencies: *p\n", [("warning", "unknown-key", 2)]),
        ("name: x\nplatforms: [linux-64]\nvariables: {A: b}\ndependencies:\n- python=3.12\n", []),
    ],
)
def test_keys_that_install_nothing_are_found(text: str, expected: list[tuple[str, str, int]], tmp_path: Path) -> None:
    report = check(tmp_path, {"environment.yml": text})
    found = [(grade, code, line) for grade, code, _, line in told(report) if not code.startswith("python-")]
    assert found == expected
