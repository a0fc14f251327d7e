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
from pipelines.defs.checking import choose_authority
from pipelines.faults import MachineFault

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

    from pipelines.defs.engines import Engine

MANIFEST = paths.DBT_TARGET / "manifest.json"
PARSED = paths.DBT_TARGET / "manifest.msgpack"
"""The same as dbt keeps it for itself: what a run starts from."""
KEY = paths.DBT_TARGET / "manifest.key"
SOURCES = ("*.sql", "*.yml", "*.csv")
WAREHOUSE = "warehouse.duckdb"
"""The file name of every run's warehouse."""


def ensure_manifest() -> None:
    """Parses the dbt project where its files or dbt itself changed since the manifest was made. Raises MachineFault."""
    _ensure_parsed(None)


def _ensure_parsed(engine: Engine | None) -> Path:
    """The project as dbt parsed it for an engine: another has other names for relations, and other macros."""
    key = _key(engine)
    place = paths.DBT_TARGET if engine is None else paths.DBT_TARGET / engine.name
    manifest, parsed, kept_key = (place / file.name for file in (MANIFEST, PARSED, KEY))
    if manifest.exists() and parsed.exists() and kept_key.exists() and kept_key.read_text("utf-8") == key:
        return parsed
    place.mkdir(parents=True, exist_ok=True)
    # Another command may be parsing at the same moment: each does it in a folder of its own, and the last one stands.
    with tempfile.TemporaryDirectory(dir=place) as name:
        folder = Path(name)
        # The parsed project names its relations after the warehouse file: it is called what every run's is called.
        warehouse = folder / WAREHOUSE
        result = _invoke(["parse"], None, admitted=folder, warehouse=warehouse, artifacts=folder, engine=engine)
        if not result.success:
            raise MachineFault(
                f"The dbt project cannot be parsed: {result.exception}. Restore dbt_project and run again."
            )
        (folder / "partial_parse.msgpack").replace(parsed)
        (folder / "manifest.json").replace(manifest)
        (folder / "manifest.key").write_text(key, "utf-8")
        (folder / "manifest.key").replace(kept_key)
    return parsed


def read_manifest() -> Mapping[str, Any]:
    """The manifest as dbt wrote it. Raises MachineFault where it has not been made yet."""
    if not MANIFEST.exists():
        raise MachineFault("The dbt manifest is not there yet. Start through `storyboard ui` or `storyboard build`.")
    manifest: Mapping[str, Any] = json.loads(MANIFEST.read_text("utf-8"))
    return manifest


def run_dbt(
    words: Sequence[str],
    *,
    admitted: Path,
    warehouse: Path,
    artifacts: Path = paths.DBT_TARGET,
    engine: Engine | None = None,
) -> dbtRunnerResult:
    """One dbt command over the parsed project, in this process. `admitted` is the folder of Parquet that it may read.

    It runs on an engine that is open, where one is given, else on the warehouse, which is closed after.
    Raises MachineFault where the project cannot be parsed.
    """
    from dbt.contracts.graph.manifest import Manifest

    # Read anew for each run, because a run writes into it what it compiled.
    parsed = Manifest.from_msgpack(_ensure_parsed(engine).read_bytes())
    parsed.build_flat_graph()
    return _invoke(words, parsed, admitted=admitted, warehouse=warehouse, artifacts=artifacts, engine=engine)


def _invoke(
    words: Sequence[str],
    parsed: Manifest | None,
    *,
    admitted: Path,
    warehouse: Path,
    artifacts: Path,
    engine: Engine | None,
) -> dbtRunnerResult:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    flags = ["--project-dir", str(paths.DBT_PROJECT), "--profiles-dir", str(paths.DBT_PROJECT)]
    where = ["--target-path", str(artifacts), "--log-path", str(artifacts)]
    # What a server says about what it could not read may quote a cell.
    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "none"]
    target = [] if engine is None else ["--target", engine.name]
    with _environment(admitted, warehouse, engine):
        try:
            return dbtRunner(manifest=parsed).invoke([*quiet, *words, *flags, *where, *target])
        finally:
            DuckDBConnectionManager.close_all_connections()


@contextmanager
def _environment(admitted: Path, warehouse: Path, engine: Engine | None) -> Iterator[None]:
    ours = {
        "STORYBOARD_AUTHORITY": choose_authority(),
        "STORYBOARD_ADMITTED": str(admitted),
        "STORYBOARD_WAREHOUSE": str(warehouse),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        **(engine.environment() if engine is not None else {}),
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


def _key(engine: Engine | None) -> str:
    adapter = "dbt-duckdb" if engine is None else f"dbt-{engine.name}"
    # dbt remembers where the seeds lie: a project that was moved or copied is parsed again.
    digest = hashlib.sha256(f"{WAREHOUSE} {version('dbt-core')} {version(adapter)} {paths.DBT_PROJECT}".encode())
    if engine is not None:
        digest.update(engine.schema.encode())
    files = [f for pattern in SOURCES for f in paths.DBT_PROJECT.rglob(pattern) if paths.DBT_TARGET not in f.parents]
    for file in sorted(files):
        digest.update(str(file.relative_to(paths.DBT_PROJECT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
