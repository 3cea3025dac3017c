"""Which packages a name or a specifier means."""

import pytest

from hubimages.contents.search.wanted import Match, Wanted
from hubimages.errors import BadInputError

PACKAGES = [
    ("conda", "numpy", "1.2.3", "py_0"),
    ("pip", "Jupyter_Server.Proxy", "4.4.0"),
    ("pip", "numpy-stl", "1.2.3"),
    ("pip", "torch", "2.5.0rc1"),
    ("conda", "openssl", "1.1.1w"),
    ("conda", "tzdata", "2025b"),
    ("deb", "git", "1:2.39.5-0+deb12u2"),
    ("deb", "libstdc++6", "12.2.0-14"),
    ("R", "data.table", "1.16.0"),
    ("R", "nlme", "3.1-166"),
]


def meant(text: str) -> list[str]:
    return [f"{each.name} {each.version}" for each in Wanted.parse(text).among(PACKAGES)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("numpy", ["numpy 1.2.3"]),
        ("numpy==1.2.3", ["numpy 1.2.3"]),
        (" NumPy >= 1.2, < 2 ", ["numpy 1.2.3"]),
        ("numpy!=1.2.3", []),
        ("numpy==1.2.*", ["numpy 1.2.3"]),
        ("numpy~=1.2.0", ["numpy 1.2.3"]),
        ("jupyter-server-proxy<4.5", ["Jupyter_Server.Proxy 4.4.0"]),
        ("torch>2.4", ["torch 2.5.0rc1"]),  # a prerelease is in the image, so it counts
        ("torch<2.5", []),  # as PEP 440 has it
        ("openssl===1.1.1w", ["openssl 1.1.1w"]),  # letters that Python's rules do not know
        ("openssl>=1.1.1", ["openssl 1.1.1w"]),
        ("openssl<1.1.1", []),
        ("tzdata==2025b", ["tzdata 2025b"]),
        ("git>=2.40", []),  # 1:2.39.5 has an epoch, which is no part of git's own version
        ("git==2.39.5", ["git 1:2.39.5-0+deb12u2"]),
        ("git==2.39.*", ["git 1:2.39.5-0+deb12u2"]),
        ("git!=2.39.*", []),
        ("git~=2.39", ["git 1:2.39.5-0+deb12u2"]),
        ("libstdc++6", ["libstdc++6 12.2.0-14"]),
        ("data.table", ["data.table 1.16.0"]),
        ("nlme>=3.1.166", ["nlme 3.1-166"]),
        ("nlme===3.1-166", ["nlme 3.1-166"]),
        ("scipy", []),
    ],
)
def test_a_name_or_specifier_means(text: str, found: list[str]) -> None:
    assert meant(text) == found


def test_a_match_says_who_installed_it() -> None:
    assert list(Wanted.parse("git").among(PACKAGES)) == [Match("deb", "git", "1:2.39.5-0+deb12u2")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "==1.2",
        "numpy==",
        "numpy=1.2",
        "numpy[extra]",
        "numpy; python_version<'3'",
        "numpy @ https://x/y.whl",
        "a b",
    ],
)
def test_anything_else_is_one_line(text: str) -> None:
    with pytest.raises(BadInputError) as refused:
        Wanted.parse(text)
    what = f"--with={text}: write a name or a PEP 508 specifier, such as numpy or 'numpy==1.2.3'"
    assert str(refused.value) == what
