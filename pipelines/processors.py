"""How many processors there are for the work of this process. What is done on them is not known here."""

import os
import sys


def count_processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
