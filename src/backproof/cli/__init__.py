"""The command line: one verb a file. Exit codes: 0 good, 1 a fault found, 2 cannot run or could not be judged."""

from __future__ import annotations

import signal
import sys
import traceback
from io import TextIOWrapper
from types import FrameType

import typer

from backproof.cli import check, data, explain, train, xray
from backproof.errors import BackproofError

app = typer.Typer(
    name="backproof",
    help="Build, prove and see neural networks whose backpropagation is written by hand in NumPy.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def _root() -> None:
    pass


app.command()(train.train)
app.command()(check.check)
app.command()(explain.explain)
app.command()(xray.xray)
app.add_typer(data.app, name="data")


def main() -> None:
    """Run a command; what goes wrong for a person's reasons becomes one message on stderr and exit code 2."""
    signal.signal(signal.SIGTERM, _terminated)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # what the terminal's encoding lacks is escaped, as JSON would do it
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except SystemExit as stop:
        if isinstance(stop.__context__, typer.Exit) and isinstance(stop.__context__.__cause__, KeyboardInterrupt):
            print("backproof: stopped", file=sys.stderr)
        if isinstance(stop.__context__, BrokenPipeError):  # `backproof ... | head`: typer would say 1
            sys.exit(2)
        raise
    except OSError as error:
        said = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
        print(f"backproof: {said or error}", file=sys.stderr)
        sys.exit(2)
    except BackproofError as error:
        print(f"backproof: {error}", file=sys.stderr)
        sys.exit(2)
    except Exception:  # Python would exit with 1, which here means that a fault was found
        traceback.print_exc()
        print("backproof: this is a defect of Backproof, not of your code", file=sys.stderr)
        sys.exit(2)


def _terminated(number: int, frame: FrameType | None) -> None:
    """End as at Ctrl-C, so that no child process is left behind."""
    sys.exit(128 + number)
