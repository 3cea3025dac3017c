"""Whether a job builds the image and does nothing else, by the commands of its scripts."""

import re
from typing import Any

import pytest

from hubimages.migration.finishing.shell import bare, commands
from hubimages.migration.finishing.steps import more_than_building
from tests.fuzz.limits import limited

HERE = "images/hub"
BUILD = f"repo2docker --no-run {HERE}"


def verdict(*steps: Any) -> str:
    job = {"steps": [{"run": one} if isinstance(one, str) else one for one in steps]}
    return more_than_building(job, re.compile(HERE))


@pytest.mark.parametrize(
    "script",
    [
        # as workflows of public image repositories have them
        "sudo rm -rf /usr/local/lib/android /usr/share/dotnet /opt/ghc\nsudo docker image prune --all --force",
        "sudo apt clean && docker rmi $(docker image ls -aq)\ndf -h",
        'CALVER="$( date -u \'+%Y.%m.%d\' )"\nSHA7="${GITHUB_SHA::7}"\necho "DOCKER_TAG=${SHA7}" >> $GITHUB_ENV',
        'PROJECT_VERSION=$(uv version --short)\necho "x=${PROJECT_VERSION}" >> "$GITHUB_OUTPUT"',
        'echo "built; pushed & tagged" | tee -a "$GITHUB_STEP_SUMMARY"  # then | nothing',
        "image_name=`echo \"${{inputs.args}}\" | awk -F'=' '{print $2}' | tr -d '[:blank:]'`",
        "if [ \"${{ github.actor == 'x' && github.ref == 'refs/heads/main' }}\" = true ]; then\n  echo main\nfi",
        "cat > build.env <<EOF\nkubectl apply is only text here\nEOF\nwc -l build.env 2>&1",
        "for image in a b; do docker push $image; done",
        "env TZ=UTC date\n! false\n(cd images; ls)",
        'docker login -u x --password-stdin quay.io <<< "$TOKEN"',
    ],
)
def test_what_only_prepares_or_prints_is_no_more_than_building(script: str) -> None:
    assert verdict(script, BUILD) == ""


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("if true; then kubectl apply -f hub.yaml; fi", "kubectl apply"),
        ("for one in a b; do helm upgrade $one .; done", "helm upgrade"),
        ("if helm status hub; then echo there; fi", "helm status"),
        ("while ! hubploy deploy hub; do sleep 1; done", "hubploy deploy"),
        ("STATUS=$(kubectl rollout status deploy/hub)", "kubectl rollout"),
        ("export TAG=`./release.sh`", "./release.sh"),
        ("echo $(echo $(helm list))", "helm list"),
        ("env KUBECONFIG=k helm upgrade hub .", "helm upgrade"),
        ("A='1 2' B=\"$(date)\" sudo -E ./deploy.sh", "./deploy.sh"),
        ("npm publish", "npm publish"),
        ("conda run -n deploy ./deploy", "conda run"),
        ("source scripts/deploy.sh", "source scripts"),
        ("aws ecr batch-delete-image --repository-name x", "aws ecr batch"),
        ("git push origin HEAD", "git push"),
        ("echo '- hub' | tee -a config/prod.yaml", "tee -a"),
        ("cat <<EOF | kubectl apply -f -\nkind: Pod\nEOF", "kubectl apply"),
        ("(set -e; helm upgrade hub .)", "helm upgrade"),
        ("true & ./notify.sh", "./notify.sh"),
        ({"uses": "aws-actions/amazon-ecs-deploy-task-definition@v1"}, "amazon-ecs-deploy"),
        ("docker build images/other", "builds something else"),
    ],
)
def test_what_does_more_is_told(script: Any, told: str) -> None:
    assert told in verdict(script, BUILD)


def test_a_script_is_taken_apart_as_the_shell_does() -> None:
    script = (
        "a 'b; c' \\\n  d && e \"f $(g | h)\" || i 2>&1 | j &>k # l; m\n"
        "n `o` ${{ p && q }}; ( r )\nt <<-'X'\n\tu;v\n\tX\nw"
    )
    assert commands(script) == [
        "a 'b; c' d", 'e "f $(g | h)"', "i 2>&1", "j &>k", "n `o` ${{ p && q }}", "r", "t <<-'X'", "w", "g", "h", "o",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("command", "rest"),
    [
        ("then FOO=bar sudo -EH make x", "make x"),
        ("A=1 B='two words' C=\"$(date +%s)\"", ""),
        ("if ! time env X=y curl z", "curl z"),
        ("environment A=1", "environment A=1"),
        ("sudoku", "sudoku"),
        ("A+=b", ""),
    ],
)
def test_what_stands_before_a_command_is_taken_off(command: str, rest: str) -> None:
    assert bare(command) == rest


@pytest.mark.parametrize("piece", ["$(a)", "${{a}}", "`a`", '"a"', r'"\a"'])
def test_a_variable_of_many_pieces_without_an_end_takes_no_time(piece: str) -> None:
    command = f"X={piece * 40}'"
    assert bare(command) == command


def test_scripts_inside_of_scripts_have_no_limit() -> None:
    assert commands("echo " * 2 + "$(a " * 1500 + ")" * 1500)[-1] == "a"


@pytest.mark.parametrize(
    "script", ["$(" * 20_000, "${{" * 20_000, "`" * 19_999, "a <<EOF\n" * 10_000, "(" * 20_000, "a" + "(" * 20_000]
)
def test_a_script_that_nothing_closes_takes_no_long_time(script: str) -> None:
    with limited(3):
        commands(script)


def test_a_here_document_without_an_end_is_none() -> None:
    assert commands("cat <<A <<B\nx\nB\nmake") == ["cat <<A <<B", "make"]
    assert commands("cat <<A\nmake\n") == ["cat <<A", "make"]
