"""Fail when a file of `src` is covered less than the given percentage: `coverage_floor.py 90`."""

import json
import subprocess
import sys

floor = float(sys.argv[1])
report = json.loads(
    subprocess.run(
        [sys.executable, "-m", "coverage", "json", "-q", "-o", "-"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
)
low = {
    name: entry["summary"]["percent_covered"]
    for name, entry in report["files"].items()
    if entry["summary"]["percent_covered"] < floor
}
for name, percent in sorted(low.items(), key=lambda item: item[1]):
    print(f"{name}: {percent:.1f} % covered, the floor is {floor:g} %")
sys.exit(bool(low))
