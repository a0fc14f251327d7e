"""The end of a run: its rows are removed, whatever became of it, and what is left is looked through.

Which ids there were is read from what the gate admitted; looking for them is `editions.forgetting`'s.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from pipelines.editions.forgetting import search, write_receipt
from pipelines.paths import Output

_IDS = ("child_id", "episode_id", "interview_id", "referral_id")


def forget(output: Output, work: Path, editions: Iterable[str]) -> list[str]:
    """Remove the folder of a run with all its rows, then look for them, and write the receipt.

    Returns the files in which a row was found that should not be there: none.
    """
    ids = set(_list_ids(work))
    shutil.rmtree(work, ignore_errors=True)
    found = search(output, editions, ids)
    write_receipt(output, found, work.name, when=datetime.now(UTC).astimezone(), run=work.name)
    return sorted(found.elsewhere)


def _list_ids(work: Path) -> Iterator[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for file in sorted(work.glob("runs/*/admitted/*.parquet")):
        try:
            table = pq.read_table(file, columns=[name for name in pq.read_schema(file).names if name in _IDS])
        except (OSError, pa.ArrowInvalid):
            continue  # a run that was stopped may leave half a file
        for column in table.columns:
            yield from (str(value) for value in column.unique().to_pylist() if value is not None)
