"""Makes what follows from the code alone, so that no build has to: `python -m pipelines.setting_up`, run after installing.

Nothing of an edition is made here. A build makes for itself whatever it finds missing or made of other code.
"""

from __future__ import annotations

import sys

from pipelines.commands.speaking import say
from pipelines.defs.manifest import ensure_manifest
from pipelines.defs.readings import set_up_reading
from pipelines.defs.words import set_up_words
from pipelines.faults import Fault


def main() -> None:
    """The parsed dbt project, what its SQL says, and what its pages say as they are written. A fault becomes its sentence on
    standard error and its exit status."""
    try:
        ensure_manifest()
        set_up_reading()
        set_up_words()
    except Fault as fault:
        say(str(fault))
        sys.exit(fault.exit_status)


if __name__ == "__main__":
    main()
