"""The dbt manifest: made once by an explicit step, read by everything else, never parsed at import.

It is kept by a hash of the project's files; a run is handed the parsed project, and parses nothing itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines import paths
from pipelines.defs.checking import AUTHORITY
from pipelines.faults import MachineFault

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

MANIFEST = paths.DBT_TARGET / "manifest.json"
PARSED = paths.DBT_TARGET / "manifest.msgpack"
"""The same as dbt keeps it for itself: what a run starts from."""
KEY = paths.DBT_TARGET / "manifest.key"
SOURCES = ("*.sql", "*.yml", "*.csv")
WAREHOUSE = "warehouse.duckdb"
"""The file name of every run's warehouse."""


def ensure_manifest() -> None:
    """Parses the dbt project where its files or dbt itself changed since the manifest was made. Raises MachineFault."""
    key = _key()
    if MANIFEST.exists() and PARSED.exists() and KEY.exists() and KEY.read_text("utf-8") == key:
        return
    paths.DBT_TARGET.mkdir(parents=True, exist_ok=True)
    # Another command may be parsing at the same moment: each does it in a folder of its own, and the last one stands.
    with tempfile.TemporaryDirectory(dir=paths.DBT_TARGET) as name:
        folder = Path(name)
        # The parsed project names its relations after the warehouse file: it is called what every run's is called.
        warehouse = folder / WAREHOUSE
        result = _invoke(["parse"], None, admitted=folder, warehouse=warehouse, artifacts=folder)
        if not result.success:
            raise MachineFault(
                f"The dbt project cannot be parsed: {result.exception}. Restore dbt_project and run again."
            )
        (folder / "partial_parse.msgpack").replace(PARSED)
        (folder / "manifest.json").replace(MANIFEST)
        (folder / "manifest.key").write_text(key, "utf-8")
        (folder / "manifest.key").replace(KEY)


def read_manifest() -> Mapping[str, Any]:
    """The manifest as dbt wrote it. Raises MachineFault where it has not been made yet."""
    if not MANIFEST.exists():
        raise MachineFault("The dbt manifest is not there yet. Start through `storyboard ui` or `storyboard build`.")
    manifest: Mapping[str, Any] = json.loads(MANIFEST.read_text("utf-8"))
    return manifest


def run_dbt(
    words: Sequence[str], *, admitted: Path, warehouse: Path, artifacts: Path = paths.DBT_TARGET
) -> dbtRunnerResult:
    """One dbt command over the parsed project, in this process. `admitted` is the folder of Parquet that it may read.

    The warehouse is closed after. Raises MachineFault where the project cannot be parsed.
    """
    from dbt.contracts.graph.manifest import Manifest

    ensure_manifest()
    # Read anew for each run, because a run writes into it what it compiled.
    parsed = Manifest.from_msgpack(PARSED.read_bytes())
    parsed.build_flat_graph()
    return _invoke(words, parsed, admitted=admitted, warehouse=warehouse, artifacts=artifacts)


def _invoke(
    words: Sequence[str], parsed: Manifest | None, *, admitted: Path, warehouse: Path, artifacts: Path
) -> dbtRunnerResult:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    flags = ["--project-dir", str(paths.DBT_PROJECT), "--profiles-dir", str(paths.DBT_PROJECT)]
    where = ["--target-path", str(artifacts), "--log-path", str(artifacts)]
    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "none"]
    with _environment(admitted, warehouse):
        try:
            return dbtRunner(manifest=parsed).invoke([*quiet, *words, *flags, *where])
        finally:
            DuckDBConnectionManager.close_all_connections()


@contextmanager
def _environment(admitted: Path, warehouse: Path) -> Iterator[None]:
    ours = {
        "STORYBOARD_AUTHORITY": AUTHORITY,
        "STORYBOARD_ADMITTED": str(admitted),
        "STORYBOARD_WAREHOUSE": str(warehouse),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _key() -> str:
    digest = hashlib.sha256(f"{WAREHOUSE} {version('dbt-core')} {version('dbt-duckdb')}".encode())
    files = [f for pattern in SOURCES for f in paths.DBT_PROJECT.rglob(pattern) if paths.DBT_TARGET not in f.parents]
    for file in sorted(files):
        digest.update(str(file.relative_to(paths.DBT_PROJECT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
