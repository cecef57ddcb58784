"""The process that measures: one core, one thread each, no machine-wide settings. Imported before NumPy."""

import os

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # they hold a current OpenBLAS back
    os.environ.pop(name, None)
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"

CORE = max(os.sched_getaffinity(0))
os.sched_setaffinity(0, {CORE})
