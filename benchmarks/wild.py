"""A folder of 300 files judged to the end: python -m benchmarks.wild [--files 300].

Time, the memory of all processes together, processes left behind. It uses every core, as a user would. The files
are the programs of tests/wild, copied again and again; every tenth is rough: it raises, exits, never ends, prints
without end or asks for more memory than there is.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.contest import Outcome, say

PROGRAMS = Path(__file__).parents[1] / "tests" / "wild" / "programs"
TIMEOUT = 5.0  # seconds a file: the loops use them up
LAYER = "class Rough:\n    def forward(self, x):\n        {}\n    def backward(self, dout):\n        return dout\n"
ROUGH = {
    "raises": LAYER.format("raise ValueError('no')"),
    "exits": LAYER.format("import os; os._exit(3)"),
    "loops": LAYER.format("\n        while True: pass"),
    "prints": LAYER.format("\n        while True: print('x' * 1000)"),
    "grows": LAYER.format("return bytearray(10**11)"),
}


def fill(folder: Path, count: int) -> None:
    programs = sorted(PROGRAMS.glob("*.py"))
    for i in range(count):
        if i % 10 == 9:
            name, text = list(ROUGH.items())[i // 10 % len(ROUGH)]
            (folder / f"{i:03}_{name}.py").write_text(text)
        else:
            source = programs[i % len(programs)]
            shutil.copy(source, folder / f"{i:03}_{source.name}")
    shutil.copy(PROGRAMS / "book_layers_right.py", folder)  # what another program imports


def memory_of(leader: int, mark: str) -> int:
    """Bytes resident, of the command and of all the processes that carry its mark."""
    total = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if int(entry.name) == leader or mark.encode() in (entry / "environ").read_bytes():
                    total += int((entry / "statm").read_text().split()[1]) * resource.getpagesize()
            except (OSError, IndexError):
                continue
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=300)
    count = parser.parse_args().files
    os.sched_setaffinity(0, range(os.cpu_count() or 1))  # `make bench` holds what it starts on one core
    mark = f"BACKPROOF_BENCHMARK={os.getpid()}"
    name, _, value = mark.partition("=")
    say(f"a folder of {count} files, each with a limit of {TIMEOUT:.0f} s")
    with tempfile.TemporaryDirectory() as place:
        fill(Path(place), count)
        command = [Path(sys.executable).with_name("backproof"), "check", place, "--timeout", str(TIMEOUT)]
        started = time.monotonic()
        environment = {**os.environ, name: value}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
        peak, running = [0], True

        def watch() -> None:
            while running:
                peak[0] = max(peak[0], memory_of(process.pid, mark))
                time.sleep(0.2)

        thread = threading.Thread(target=watch)
        thread.start()
        output = process.communicate()[0].decode()
        seconds = time.monotonic() - started
        running = False
        thread.join()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        left = memory_of(-1, mark)
    cores = len(os.sched_getaffinity(0))
    processor = used.ru_utime + used.ru_stime
    rows = [
        ["how it ended", f"{output.strip().splitlines()[-1]} (exit code {process.returncode})"],
        ["time on the wall", f"{seconds:.0f} s, {seconds / count:.2f} s a file"],
        ["processor time", f"{processor:.0f} s, {processor / seconds / cores:.0%} of {cores} cores"],
        ["most memory of all processes together", f"{peak[0] / 2**20:.0f} MiB"],
        ["processes left behind", "some" if left else "none"],
    ]
    rough = sum(i % 10 == 9 for i in range(count))
    title = f"a folder of {count} files, {rough} of them rough, {TIMEOUT:.0f} s each at most"
    outcome = Outcome("wild", tables=[{"title": title, "head": ["", ""], "rows": rows}])
    outcome.save()


if __name__ == "__main__":
    main()
