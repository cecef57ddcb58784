"""The command line: one verb a file. Exit codes: 0 good, 1 a fault found, 2 cannot run or could not be judged."""

from __future__ import annotations

import sys
import traceback

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
    try:
        app()
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # `backproof ... | head`: typer would say 1
            sys.exit(2)
        raise
    except (BackproofError, OSError) as error:
        print(f"backproof: {error}", file=sys.stderr)
        sys.exit(2)
    except Exception:  # Python would exit with 1, which here means that a fault was found
        traceback.print_exc()
        print("backproof: this is a defect of Backproof, not of your code", file=sys.stderr)
        sys.exit(2)
