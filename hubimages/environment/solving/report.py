"""Put the solver's answer into the report of the check."""

from hubimages.environment.check import Report
from hubimages.environment.solving.request import request_of
from hubimages.environment.solving.solver import solve
from hubimages.environment.surroundings import Surroundings
from hubimages.errors import BadInputError, NoAnswerError
from hubimages.findings import WARNING, Finding


def add_solution(here: Surroundings, report: Report) -> None:
    """Add whether the packages can be installed together. Without channels that answer, nothing is concluded.

    Raises NotInstalledError without py-rattler.
    """
    try:
        request = request_of(here)
        answer = solve(request)
    except NoAnswerError as error:
        report.not_checked.append(f"whether the packages can be installed together: {error}")
        return
    except BadInputError as error:
        if here.environment is None:
            report.not_checked.append(f"whether packages can be installed together: {error}")
        elif all(each.code != "unreadable-package" for each in report.findings):
            report.findings.append(Finding("unreadable-package", str(error), "write it as conda reads it"))
        return
    for solution in answer.solutions:
        if solution.conflict:
            why = solution.conflict.rstrip(". \n")
            message = f"the packages cannot be installed together on {solution.platform}:\n{why}"
            remedy = "change one of the versions named"
            report.findings.append(Finding("no-solution", message, remedy, request.file))
        else:
            report.lines.append(
                f"{solution.platform}: {len(solution.records)} conda packages can be installed together"
            )
    for name in answer.also_in_conda:
        line = next((spec.line for spec in request.pip if spec.name == name), None)
        message = f"pip installs {name}, which the channels have, too"
        remedy = "move it to the conda packages, so that one solver decides"
        report.findings.append(Finding("pip-in-conda", message, remedy, request.file, line, WARNING))
