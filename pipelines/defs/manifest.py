"""The dbt manifest: made once by an explicit step, read by everything else, never parsed at import.

It is kept by a hash of the project's files; a run is handed the parsed project, with the SQL that dbt compiled of it, and
parses and compiles nothing itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import platform
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
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
COMPILED = paths.DBT_TARGET / "compiled.pickle"
"""The project with the SQL that dbt compiled of each model and test, which is the same for every edition: what a run starts
from. As Python keeps it for itself, for dbt takes fifteen times as long to read what it writes."""
_TO_RENDER = re.compile(r"{[{%#]|[#}%]}")
"""What dbt would take for Jinja, were it given such SQL again."""
SOURCES = ("*.sql", "*.yml", "*.csv")
RESULTS = "run_results.json"
WAREHOUSE = "warehouse.duckdb"
"""The file name of every run's warehouse."""


def ensure_manifest() -> None:
    """Parses the dbt project where its files or dbt itself changed since the manifest was made. Raises MachineFault."""
    _ensure_parsed(None)


def _ensure_parsed(engine: Engine | None) -> tuple[Path, str]:
    """Where the project lies as dbt parsed it for an engine, and its key: another has other names and other macros."""
    key = _key(engine)
    place = paths.DBT_TARGET if engine is None else paths.DBT_TARGET / engine.name
    manifest, parsed, kept_key = (place / file.name for file in (MANIFEST, PARSED, KEY))
    if manifest.exists() and parsed.exists() and kept_key.exists() and kept_key.read_text("utf-8") == key:
        return place, key
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
    return place, key


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
    from dbt.artifacts.schemas.run import RunExecutionResult

    place, key = _ensure_parsed(engine)
    manifest = json.loads((place / MANIFEST.name).read_text("utf-8"))
    # Of the same project, an authority is all that the environment says to its SQL.
    key = f"{key} {choose_authority()}"
    # Read anew for each run, because a run writes into it what it compiled.
    parsed = _open_compiled(key) if engine is None and words[0] != "compile" else None
    is_compiled = parsed is not None
    if parsed is None:
        parsed = _open_parsed(place)
        parsed.build_flat_graph()
    # dbt would describe the whole project anew, in three times what this takes.
    words = [*words, "--no-write-json"]
    result = _invoke(words, parsed, admitted=admitted, warehouse=warehouse, artifacts=artifacts, engine=engine)
    results = [*result.result.results] if isinstance(result.result, RunExecutionResult) else []
    _write_artifacts(artifacts, manifest, results)
    if engine is None and not is_compiled:
        _keep_compiled(key, parsed, place)
    return result


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


def _write_artifacts(folder: Path, manifest: dict[str, Any], results: Sequence[Any]) -> None:
    """The manifest with what was compiled, and what became of each node: as dbt writes them, less what nothing here reads."""
    for result in results:
        node = result.node
        if node.resource_type in ("model", "test"):
            manifest["nodes"][node.unique_id] |= {
                "compiled": node.compiled,
                "compiled_code": node.compiled_code,
                "extra_ctes": [],
                "extra_ctes_injected": node.extra_ctes_injected,
                "relation_name": node.relation_name,
                "depends_on": {"macros": node.depends_on.macros, "nodes": node.depends_on.nodes},
            }
    told = [
        {
            "unique_id": result.node.unique_id,
            "status": str(result.status),
            "failures": result.failures,
            "compiled_code": getattr(result.node, "compiled_code", None),
        }
        for result in results
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST.name).write_text(json.dumps(manifest), "utf-8")
    (folder / RESULTS).write_text(json.dumps({"results": told}), "utf-8")


def _open_parsed(place: Path) -> Manifest:
    from dbt.contracts.graph.manifest import Manifest

    parsed = Manifest.from_msgpack((place / PARSED.name).read_bytes())
    # They are a developer's, who runs dbt itself; they put other rows in the place of what a model reads.
    parsed.unit_tests.clear()
    return parsed


def _open_compiled(key: str) -> Manifest | None:
    """What was kept of this very project; None where there is none, or what is there is no longer what was put there."""
    head, _, pickled = COMPILED.read_bytes().partition(b"\n") if COMPILED.is_file() else (b"", b"", b"")
    if head != _head(key, pickled):
        return None
    compiled: Manifest = pickle.loads(pickled)
    return compiled


def _keep_compiled(key: str, done: Manifest, place: Path) -> None:
    """For the next run, where a run compiled all of it."""
    parsed = _open_parsed(place)
    for unique_id, node in _list_compilable(parsed).items():
        ran = _list_compilable(done)[unique_id]
        if ran.compiled_code is None or _TO_RENDER.search(ran.compiled_code):
            return
        node.raw_code, node.depends_on = ran.compiled_code, ran.depends_on
    pickled = pickle.dumps(parsed)
    # Where it cannot be kept, the next run compiles again. Two may be at this at the same moment: the last one stands.
    with suppress(OSError), tempfile.TemporaryDirectory(dir=COMPILED.parent) as name:
        file = Path(name) / COMPILED.name
        file.write_bytes(_head(key, pickled) + b"\n" + pickled)
        file.replace(COMPILED)


def _head(key: str, pickled: bytes) -> bytes:
    return f"{key} {platform.python_version()} {hashlib.sha256(pickled).hexdigest()}".encode()


def _list_compilable(parsed: Manifest) -> dict[str, Any]:
    return {unique_id: node for unique_id, node in parsed.nodes.items() if node.resource_type in ("model", "test")}


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
    made_by = " ".join(f"{name} {version(name)}" for name in ("dbt-core", "dbt-common", "dbt-adapters", adapter))
    digest = hashlib.sha256(f"{WAREHOUSE} {made_by} {paths.DBT_PROJECT}".encode())
    if engine is not None:
        digest.update(engine.schema.encode())
    files = [f for pattern in SOURCES for f in paths.DBT_PROJECT.rglob(pattern) if paths.DBT_TARGET not in f.parents]
    for file in sorted(files):
        digest.update(str(file.relative_to(paths.DBT_PROJECT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()
