"""Kill a training run (-9) at random moments, resume it each time, and compare with a run nobody disturbed.

    python tools/kill.py [--kills 100] [--iterations 3000] [--compiled] [--seed N]

Exit 0 where every resume worked and the final parameters and history are the undisturbed run's, bit for bit.
"""

from __future__ import annotations

import argparse
import csv
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from backproof.training.checkpoint import Checkpoint

CHECKPOINT, SAVE_EVERY = "checkpoint.safetensors", 10
TRAIN = [
    sys.executable,
    "-c",
    "from backproof.cli import main; main()",
    "train",
    "--checkpoint-every",
    str(SAVE_EVERY),
]


class Run:
    """One run folder, and the process that works on it."""

    def __init__(self, folder: Path, arguments: argparse.Namespace) -> None:
        self.folder = folder
        self.fresh = ["--seed", "7", "--iterations", str(arguments.iterations), "--out"]
        if arguments.compiled:
            self.fresh.insert(0, "--compiled")
        self.checkpoint = folder / CHECKPOINT

    def start(self) -> subprocess.Popen[str]:
        """Begin the run, or go on with it where there is something to go on with."""
        what = ["--resume"] if self.checkpoint.exists() else self.fresh
        return subprocess.Popen(
            [*TRAIN, *what, str(self.folder)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )

    def outcome(self) -> tuple[bytes, list[list[str]], list[str]]:
        """The model's bytes, the history without its column of seconds, and which files there are."""
        with (self.folder / "history.csv").open(newline="") as file:
            history = [row[:-1] for row in csv.reader(file)]
        names = sorted(path.name for path in self.folder.iterdir())
        return (self.folder / "model.safetensors").read_bytes(), history, names


def finish(process: subprocess.Popen[str]) -> None:
    """Wait for the end, which must be a good one."""
    _, said = process.communicate()
    if process.returncode != 0:
        sys.exit(f"a run ended with exit code {process.returncode}:\n{said}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--iterations", type=int, default=3000, help="of each run")
    parser.add_argument("--compiled", action="store_true", help="train by the compiled step")
    parser.add_argument("--seed", type=int, default=None, help="of the moments; drawn and printed without")
    arguments = parser.parse_args()
    seed = random.randrange(2**32) if arguments.seed is None else arguments.seed
    moments = random.Random(seed)

    with tempfile.TemporaryDirectory() as folder:
        undisturbed = Run(Path(folder) / "undisturbed", arguments)
        began = time.perf_counter()
        finish(undisturbed.start())
        lasts = time.perf_counter() - began
        expected = undisturbed.outcome()
        print(f"undisturbed: {arguments.iterations} steps, {lasts:.1f} s; moments from seed {seed}", flush=True)

        runs, kills, during_save, steps = 0, 0, 0, []
        while kills < arguments.kills:
            run = Run(Path(folder) / f"run{runs}", arguments)
            step = 0
            while kills < arguments.kills and step < arguments.iterations:  # one kill while it leaves its results
                process = run.start()
                while process.poll() is None and not run.checkpoint.exists():
                    time.sleep(0.001)
                try:
                    process.wait(moments.uniform(0, lasts / 2))
                    break  # this time it came to its end
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
                kills += 1
                during_save += any(run.folder.glob(f"{CHECKPOINT}.*.tmp"))
                step = Checkpoint.load(run.checkpoint).facts["step"]
                steps.append(step)
                print(f"kill {kills}: checkpoint of step {step}", flush=True)
            else:
                process = run.start()
            finish(process)
            if run.outcome() != expected:
                sys.exit(f"run {runs} ended with other parameters, history or files than the undisturbed run")
            runs += 1
        print(
            f"{kills} kills ({during_save} during a save, {len(set(steps))} different steps): every resume "
            f"worked, {runs} of {runs} runs ended with the undisturbed run's parameters and history, bit for bit"
        )


if __name__ == "__main__":
    main()
