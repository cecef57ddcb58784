"""The command line: one verb a file. Exit codes: 0 good, 1 a fault found, 2 cannot run or could not be judged."""

from __future__ import annotations

import sys

import typer

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


def main() -> None:
    """Run a command; what goes wrong for a person's reasons becomes one message on stderr and exit code 2."""
    try:
        app()
    except BrokenPipeError:  # the reader of our output has gone: `backproof ... | head`
        sys.stderr.close()
        sys.exit(2)
    except (BackproofError, OSError) as error:
        print(f"backproof: {error}", file=sys.stderr)
        sys.exit(2)
