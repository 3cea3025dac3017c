"""Keep an engine and the stand-in images for many test runs: `python -m tests.engine`, until Ctrl-C.

Prints what to set in the shell that runs the tests; those then use this engine, and nothing is made twice.
"""

import signal
import sys
from contextlib import ExitStack

from tests.engine.engine import any_engine
from tests.engine.install import EngineUnavailableError
from tests.engine.plugin import BASES
from tests.engine.stand_ins import repo2docker_base, stand_ins


def main() -> int:
    """Start the engine, print how to use it, and wait."""
    with ExitStack() as stack:
        try:
            engine = stack.enter_context(any_engine())
        except EngineUnavailableError as reason:
            print(reason, file=sys.stderr)  # noqa: T201
            return 69
        stack.enter_context(stand_ins(engine, repo2docker_base(), *BASES))
        for name, value in engine.env.items():
            print(f"export {name}={value}", flush=True)  # noqa: T201
        # SIGTERM cleans up, too
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    sys.exit(main())
