"""How many threads a calculation may use. Imports nothing: libraries read it as they are loaded."""

SINGLE_THREADED = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""One thread a process: results do not depend on the machine, and processes do not compete."""
