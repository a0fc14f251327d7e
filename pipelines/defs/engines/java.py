"""The Java that Spark would run on: found and judged without Spark, which may not be installed yet."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from pipelines.faults import MachineFault

OLDEST = 17


def require_java() -> int:
    """The version of the Java that Spark would start. Raises MachineFault where there is none, or one that is too old."""
    found = _find_java()
    if found is None or found < OLDEST:
        what = "no Java was found" if found is None else f"Java {found} was found"
        raise MachineFault(
            f"Spark runs on Java {OLDEST} or later, and {what}. Install one (Debian: apt install "
            "openjdk-17-jre-headless), or set JAVA_HOME to the folder of the one that is there."
        )
    return found


def _find_java() -> int | None:
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if java is None:
        return None
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False).stderr
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r'version "(\d+)', told)
    return int(version.group(1)) if version else None
