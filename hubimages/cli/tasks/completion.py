"""The task that lets shells complete the command."""

from invoke import Context, task

from hubimages import console
from hubimages.cli.task import operator_errors


@task(positional=["shell"], auto_shortflags=False, help={"shell": "bash, zsh or fish"})
@operator_errors
def completion(c: Context, shell: str) -> None:
    """Print what lets a shell complete tasks, options, hubs, images and files.

    For bash, add `eval "$(hubimages completion bash)"` to ~/.bashrc; for zsh, `eval "$(hubimages completion zsh)"` to
    ~/.zshrc; for fish, `hubimages completion fish | source` to ~/.config/fish/config.fish.
    """
    from hubimages.cli.completion import script

    console.result(script(shell).rstrip("\n"))
