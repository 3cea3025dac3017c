"""The program that `helm` runs: charts and values come in on stdin, rendered templates go out on stdout, pickled."""

import pickle
import sys


def main() -> None:
    """Answer requests until stdin ends: (True, texts by template) or (False, Helm's message)."""
    import helm_python as sdk

    source, target = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            chart, values, name = pickle.load(source)
        except EOFError:
            return
        try:
            with sdk.Chart.load(chart) as loaded:  # anew for each: rendering drops the dependencies that are off
                answer: tuple[bool, dict[str, str] | str] = (True, loaded.render(values, name=name, namespace=name))
        except sdk.HelmError as error:
            answer = (False, str(error))
        pickle.dump(answer, target, protocol=pickle.HIGHEST_PROTOCOL)
        target.flush()


if __name__ == "__main__":
    main()
