"""What made an edition besides its input: the tools, the lock file, dbt's checksum of each model; for the record, the commit.

The manifest states what is content: the same here and elsewhere. A commit is no content (another commit may hold the same
code, and a copy has none), so it stands in the record, editions.log.
"""

from __future__ import annotations

import platform
import re
import subprocess
import sysconfig
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from pipelines import paths
from pipelines.defs.inputs import CODE_PLACES
from pipelines.editions.manifest import digest_file


def describe_making(dbt_manifest: Mapping[str, Any]) -> dict[str, Any]:
    """For the manifest: `lock`, `tools` (by name, the version of each) and `models` (dbt's sha256 of each model's source)."""
    return {
        "lock": {"file": paths.LOCK.relative_to(paths.PROJECT).as_posix(), "sha256": digest_file(paths.LOCK)},
        "tools": list_tools(),
        "models": {
            node["name"]: node["checksum"]["checksum"]
            for node in dbt_manifest["nodes"].values()
            if node["resource_type"] == "model"
        },
    }


@cache
def list_tools() -> dict[str, str]:
    """Python and every package that the project itself asks for, with the version that is installed here."""
    tools = {"python": platform.python_version()}
    for line in requires("storyboard") or ():
        name = re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]
        if "extra ==" not in line:
            try:
                tools[name] = version(name)
            except PackageNotFoundError:
                tools[name] = "not installed"
    return dict(sorted(tools.items()))


@cache
def list_installed() -> list[str]:
    """Every package that is installed beside the project, with its version, as the name of its record: those that nobody asked
    for by name are among them."""
    place = Path(sysconfig.get_path("purelib"))
    return sorted(record.name for record in place.glob("*.dist-info"))


@cache
def describe_commit() -> str | None:
    """The commit of the clone that runs, and whether what makes an edition is as it was committed; None outside git."""
    # A folder inside somebody else's repository is no clone of ours.
    top, _, commit = _ask_git("rev-parse", "--show-toplevel", "HEAD").partition("\n")
    if not commit or not paths.PROJECT.samefile(top):
        return None
    changed = _ask_git("status", "--porcelain", "--", *CODE_PLACES)
    return f"{commit}, with changes" if changed else f"{commit}, clean"


def _ask_git(*words: str) -> str:
    command = ["git", "--no-optional-locks", "-C", str(paths.PROJECT), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
