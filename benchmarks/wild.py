"""A folder of 300 files judged to the end: time, memory of all processes together, processes left behind.

    python -m benchmarks.wild [--files 300]

The files are the programs of tests/wild, copied again and again; every tenth is rough: it raises, exits, never
ends, prints without end or asks for more memory than there is.
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
    mark = f"BACKPROOF_BENCHMARK={os.getpid()}"
    name, _, value = mark.partition("=")
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
    print(output.strip().splitlines()[-1], f"exit code {process.returncode}", sep="; ")
    print(
        f"{seconds:.0f} s of wall clock, {used.ru_utime + used.ru_stime:.0f} s of processor time on "
        f"{len(os.sched_getaffinity(0))} cores, at most {peak[0] / 2**20:.0f} MiB resident in all processes "
        f"together, {'no process' if not left else 'processes'} left behind"
    )


if __name__ == "__main__":
    main()
