"""Runs every example and sums up: `python examples`, or `make examples`."""

import subprocess
import sys
from pathlib import Path
from time import perf_counter

results = []
for example in sorted(Path(__file__).parent.glob("[0-9]*.py")):
    print(f"\n=== {example.name}", flush=True)
    start = perf_counter()
    code = subprocess.run([sys.executable, example]).returncode
    results.append((example.name, code, perf_counter() - start))

print("\n=== summary")
for name, code, seconds in results:
    print(f"{name:<32}{'ran' if code == 0 else f'failed, exit code {code}':<24}{seconds:6.1f} s")
sys.exit(any(code for _, code, _ in results))
