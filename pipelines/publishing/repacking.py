"""Word and Excel files with the same bytes every time: their parts sorted, the dates that their makers put in fixed.

Changes nothing that a reader sees.
"""

from __future__ import annotations

import re
import zipfile
from datetime import date
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a zip archive can hold."""

_DATES = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:\2>)")


def repack(path: Path, dated: date = date(1980, 1, 1)) -> None:
    """Rewrites a .docx or .xlsx in place. `dated` becomes the day on which the file says that it was made."""
    moment = f"{dated.isoformat()}T00:00:00Z".encode()
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(parts):
            content = parts[name]
            if name == "docProps/core.xml":
                content = _DATES.sub(rb"\g<1>" + moment + rb"\g<3>", content)
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
