"""Small sealed editions made of real files, for the tests of editions. No test stands here."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from pipelines.editions.manifest import Code, ManifestFacts, Policy, Sealed, SealedExtract, digest_inputs
from pipelines.editions.names import name_folder
from pipelines.editions.publication import Act, install_editions, publish
from pipelines.editions.seal import seal_edition
from pipelines.editions.state import EditionState, find_previous, list_editions
from pipelines.editions.switch import work_in
from pipelines.paths import Output

ACT = Act("an analyst", datetime(2016, 1, 12, 9, 30, tzinfo=UTC), "run-1")
PAGES = ("index.html", "missing/index.html", "education/cme/index.html")


def write_page(words: str) -> str:
    body = f'<body class="a">\n<!-- storyboard:banner -->\n<p>{words}</p></body>'
    return f'<!DOCTYPE html>\n<html lang="en-GB">{body}</html>\n'


def list_on_index(states: Sequence[EditionState]) -> str:
    items = "".join(f'<li><a href="{s.name}/index.html">{s.name} {s.status}</a></li>' for s in states)
    return f"<!DOCTYPE html><html><body><ul>{html.unescape(items)}</ul></body></html>"


def stage(
    folder: Path,
    edition: str,
    words: str = "first",
    *,
    version: int = 1,
    previous: Sealed | None = None,
    corrects: Sealed | None = None,
    is_invented: bool = True,
    places: Sequence[str] = ("",),
) -> Path:
    """A finished, sealed edition whose every file says `words`. `places` are the folders of its page sets, as `E06000014/`."""
    staged = folder / name_folder(edition, version)
    files = {
        "public/figures.csv": f"edition,value\n{edition},{words}\n",
        "public/charts/épisodes déclarés.svg": f"<svg>{words}</svg>",
        "public/pages/assets/style.css": f"p {{ color: black }} /* {words} */",
        "restricted/figures.csv": f"edition,value\n{edition},exact {words}\n",
        "restricted/audit/steps and rows.json": f'{{"words": "{words}"}}',
    } | {f"public/pages/{place}{page}": write_page(f"{edition} {words}") for place in places for page in PAGES}
    for path, content in files.items():
        (staged / path).parent.mkdir(parents=True, exist_ok=True)
        (staged / path).write_text(content, encoding="utf-8", newline="\n")
    (staged / "restricted" / "nothing").mkdir()
    seal_edition(
        staged,
        ManifestFacts(
            edition=edition,
            version=version,
            policy=Policy(threshold=5, base=5),
            extracts=(
                SealedExtract(
                    "missing_episodes",
                    "ab" * 32,
                    540,
                    530,
                    10,
                    "missing_episodes.csv",
                    "2014-04-01",
                    "2015-03-31",
                    {"out_of_period": 10},
                ),
            ),
            code=Code("0.1.0", "cd" * 32),
            inputs=digest_inputs({"missing_episodes": words}),
            previous=previous,
            corrects=corrects,
            is_invented=is_invented,
        ),
    )
    return staged


def install(output: Output, folder: Path, *editions: str, words: str = "first") -> list[str]:
    """Build and install editions as the command does: each rests on the one before it."""
    staged: dict[str, Path] = {}
    with work_in(output):
        for edition in editions:
            states = list_editions(output)
            previous = find_previous(states, edition)
            staged = {edition: stage(folder, edition, words, previous=previous.sealed if previous else None)}
            changed = install_editions(staged, output, ACT, list_on_index)
    return changed


def put_out(output: Output, name: str) -> EditionState:
    with work_in(output):
        return publish(output, name, ACT, list_on_index)


def read_tree(folder: Path) -> dict[str, bytes]:
    return {entry.relative_to(folder).as_posix(): entry.read_bytes() for entry in folder.rglob("*") if entry.is_file()}
