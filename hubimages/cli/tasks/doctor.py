"""The tasks about this machine, what it has and what its shells complete, and help on topics."""

from invoke import Context, task

from hubimages import console
from hubimages.cli.task import operator_errors


@task(auto_shortflags=False, help={"json": "print the report as one JSON object"})
@operator_errors
def doctor(c: Context, *, json: bool = False) -> None:
    """Show what is installed, what is missing and which tasks need it.

    Lists programs, extras and registry logins, and how to install what is missing. Needs no network. The exit code is
    0 even if something is missing.
    """
    from hubimages import doctor as job

    report = job.examine()
    console.result(report.as_json() if json else str(report))


@task(positional=["shell"], auto_shortflags=False, help={"shell": "bash, zsh or fish"})
@operator_errors
def completion(c: Context, shell: str) -> None:
    """Print what lets a shell complete tasks, options, hubs, images and files.

    For bash, add `eval "$(hubimages completion bash)"` to ~/.bashrc; for zsh, `eval "$(hubimages completion zsh)"` to
    ~/.zshrc; for fish, `hubimages completion fish | source` to ~/.config/fish/config.fish.
    """
    from hubimages.cli.completion import script

    console.result(script(shell).rstrip("\n"))


@task(name="help", positional=["topic"], optional=["topic"], auto_shortflags=False, help={"topic": "one of the topics"})
@operator_errors
def help_on(c: Context, topic: str = "") -> None:
    """Show help on a topic, such as exit-codes or logins.

    Without a topic, lists them: commits, environment, exit-codes, hubs, json, logins. `hubimages TASK --help`
    describes one task.
    """
    from hubimages.cli.topics import overview, text

    console.result(text(topic) if topic else overview())
