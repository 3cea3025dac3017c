"""The entry point of the `hubimages` command and of `python -m hubimages`.

Importing the tasks takes a moment. So that Ctrl-C is one line and exit code 130 in that moment, too, the signal gets
its handler before anything else is imported.
"""

import os

try:
    import signal
    from types import FrameType

    def stop(number: int = 2, frame: FrameType | None = None) -> None:
        """End at once with the line and the exit code of an interrupted task."""
        os.write(2, b"interrupted\n")
        os._exit(130)

    INTERRUPTIBLE = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # else ignored, as with `&`
    if INTERRUPTIBLE:
        signal.signal(signal.SIGINT, stop)
except KeyboardInterrupt:
    os.write(2, b"interrupted\n")
    os._exit(130)


def main() -> None:
    """Run the command line and exit."""
    from hubimages.systems import refuse_others

    refuse_others()
    open_closed_streams()
    from hubimages.cli.lean_invoke import lean_invoke

    with lean_invoke():
        from hubimages.cli import program

    try:
        if INTERRUPTIBLE:
            signal.signal(signal.SIGINT, signal.default_int_handler)  # from here on a task can clean up
        program.main()
        end_before_rattler(0)
    except SystemExit as end:
        end_before_rattler(end.code)
        raise
    except KeyboardInterrupt:
        stop()
    finally:
        if INTERRUPTIBLE:
            signal.signal(signal.SIGINT, stop)  # while the interpreter shuts down


def end_before_rattler(code: str | int | None) -> None:
    """End at once with a number if py-rattler is loaded: its threads can crash while the interpreter shuts down."""
    import contextlib
    import sys

    if "rattler" in sys.modules and not isinstance(code, str):
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # it was closed before we started
                with contextlib.suppress(OSError):  # the console has told it, or the reader is gone
                    stream.flush()
        os._exit(code or 0)


def open_closed_streams() -> None:
    """Open /dev/null in the place of a standard stream that is closed (`hubimages ... >&-`).

    Otherwise the next file that is opened gets its number, and programs that we start write into that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


if __name__ == "__main__":
    main()
