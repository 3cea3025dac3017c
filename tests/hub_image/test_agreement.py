"""Chart versions and image tags, compared as real deployments have had them side by side."""

import pytest

from hubimages.hub_image.check.agreement import Agreement, compare

# What stood side by side in two public deployments from 2019 to 2026, and whether the image was the one of the chart's
# commit in the history of zero-to-jupyterhub-k8s.
REAL = [
    ("0.11.1-n277.h61b0e003", "0.11.1-n298.hd9d7403b", Agreement.DIFFER),
    ("1.1.3-n648.hab95aa08", "1.1.3-n644.h35436cda", Agreement.AGREE),
    ("2.0.0-beta.1.git.5783.h867f4331", "2.0.0-beta.1.git.5781.hc5adeae4", Agreement.AGREE),
    ("2.0.1-0.dev.git.5850.he4dbf6c8", "2.0.1-0.dev.git.5840.h71ad2287", Agreement.AGREE),
    ("3.0.0-beta.1.git.6208.h7b44299a", "3.0.0-beta.1", Agreement.AGREE),
    ("4.3.3-0.dev.git.7272.h2ff70453", "4.3.3-0.dev.git.7263.h1d8bfb12", Agreement.AGREE),
    ("v0.8-c3ea854", "7b33351", Agreement.CANNOT_TELL),
    ("v0.9-445a953", "0.9-445a953", Agreement.AGREE),
    ("v0.0.1+3175.434f0d3", "0.0.1_3164-a04b974", Agreement.AGREE),
    ("v0.0.1-n3180.h9f01fda", "0.0.1_3164-a04b974", Agreement.AGREE),
    ("0.9.0-beta.3.n007.hc58048a", "0.9.0-beta.3.n000.h9e1a7f9", Agreement.AGREE),
    ("0.9.0-n116.h1c766a1", "0.9.0-n033.h8211ad2", Agreement.AGREE),
    ("0.10.0-beta.1.n019.h39e0cd53", "0.10.0-beta.1.n016.h9d87e7b7", Agreement.AGREE),
    ("1.1.3-n554.hfa81c67f", "1.1.3-n554.hfa81c67f", Agreement.AGREE),
    ("3.3.6", "3.2.1", Agreement.DIFFER),
    ("4.3.3", "4.3.3", Agreement.AGREE),
]


@pytest.mark.parametrize(("chart", "image", "expected"), REAL)
def test_pairs_of_real_deployments_are_judged_as_their_history_does(
    chart: str, image: str, expected: Agreement
) -> None:
    assert compare(chart, image)[0] is expected


@pytest.mark.parametrize(
    ("chart", "image", "expected", "why"),
    [
        ("0.6.0", "v0.6", Agreement.AGREE, "both come from 0.6.0"),
        ("v0.6", "0.6.0", Agreement.CANNOT_TELL, "v0.6 is a range, of which Helm takes the newest version"),
        ("3.3", "3.3.8", Agreement.CANNOT_TELL, "3.3 is a range, of which Helm takes the newest version"),
        ("3.3.x", "3.2.8", Agreement.DIFFER, "the chart is any 3.3.x, the image is 3.2.8"),
        ("v3", "4.0.0", Agreement.DIFFER, "the chart is any v3, the image is 4.0.0"),
        ("^3.3.0", "4.0.0", Agreement.CANNOT_TELL, "^3.3.0 is a range, of which Helm takes the newest version"),
        ("4.3.3", "v4.3.3", Agreement.AGREE, "both come from 4.3.3"),
        ("4.3.3", "4.3.2", Agreement.DIFFER, "the chart is 4.3.3, the image is 4.3.2"),
        ("4.0.0-beta.2", "4.0.0", Agreement.DIFFER, "the chart is 4.0.0-beta.2, the image is 4.0.0"),
        (
            "4.3.3",
            "4.3.3-0.dev.git.7263.h1d8bfb12",
            Agreement.DIFFER,
            "the image is a build after 4.3.3, the chart is 4.3.3 itself",
        ),
        (
            "4.3.3-0.dev.git.7263.h1d8bfb12",
            "4.3.3-0.dev.git.7263.h2ff70453",
            Agreement.DIFFER,
            "they come from different commits after 4.3.3",
        ),
        (
            "3.2.1-0.dev.git.6502.hd8a1d5f",
            "3.2.1-0.dev.git.6502.hd8a1d5f8",
            Agreement.AGREE,
            "both come from the same commit",
        ),
        ("4.3.3", "latest", Agreement.CANNOT_TELL, "latest names no release"),
        ("0.9-445a953", "0.9-b51ffeb", Agreement.CANNOT_TELL, "nothing tells which came first"),
        ("2.0.0-n600.h1c766a1", "2.0.0-0.dev.git.5840.h71ad2287", Agreement.CANNOT_TELL, "which came first"),
        ("~4.3", "4.3.3", Agreement.CANNOT_TELL, "~4.3 is a range, of which Helm takes the newest version"),
    ],
)
def test_release_bases_are_compared_and_what_cannot_be_told_is_said(
    chart: str, image: str, expected: Agreement, why: str
) -> None:
    answer, reason = compare(chart, image)
    assert answer is expected
    assert reason.endswith(why)
