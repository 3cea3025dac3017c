"""A process that examines blobs: ids on stdin, verdicts as JSON on stdout, and never what is in them.

Started by `processes`. The first line of stdin is one JSON object: the git command line, the salt, whether
detect-secrets is wanted. Then one JSON array `[blob, name]` a line; `[text, name, true]` has a text itself.
"""

import base64
import json
import signal
import subprocess
import sys
from typing import IO

from hubimages.scanning.engines.blob import Verdict, examine
from hubimages.signals import started


def main() -> None:
    """Answer every line until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
    order = json.loads(sys.stdin.buffer.readline())
    engines = []
    if order["plugins"]:
        from hubimages.scanning.engines.plugins import plugins

        engines.append(plugins())
    salt = base64.b64decode(order["salt"])
    with started(order["git"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=order["env"]) as git:
        assert git.stdin is not None
        assert git.stdout is not None
        for line in sys.stdin.buffer:
            what, name, *is_text = json.loads(line)
            content = base64.b64decode(what) if is_text else blob(git.stdin, git.stdout, what)
            verdict = Verdict(state="missing") if content is None else examine(content, name, salt, engines)
            hits = [[hit.kind, hit.line, hit.same] for hit in verdict.hits]
            sys.stdout.write(json.dumps([hits, verdict.state]) + "\n")
            sys.stdout.flush()


def blob(ask: IO[bytes], answer: IO[bytes], name: str) -> bytes | None:
    """Return the content of a blob from `git cat-file --batch`; None if it is missing."""
    ask.write(name.encode() + b"\n")
    ask.flush()
    head = answer.readline().split()
    if len(head) != 3:
        return None
    content = answer.read(int(head[2]))
    answer.read(1)
    return content


if __name__ == "__main__":
    main()
