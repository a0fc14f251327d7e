"""Whether this machine can make an edition: environment, versions, fonts, folders, disk, locks, settings, each with its mend.

Looks only: nothing is installed, repaired or removed. What is wrong with extracts is for `check`.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from pipelines import paths
from pipelines.editions.lock import hold_lock
from pipelines.faults import DataFault, Fault, MachineFault
from pipelines.paths import Output

State = Literal["sound", "warning", "fault"]
_NEEDED_BYTES = 1 << 30
"""An edition with its history needs some hundred megabytes while it is made."""
_LONGEST_PATH = 259
_DEEPEST = 120
"""Characters that the longest name below an output folder takes."""
_PIN = re.compile(r"^(?P<name>[A-Za-z0-9_.-]+)==(?P<version>[^\s;\\]+)(?P<marker>\s*;[^\\]*)?")


@dataclass(frozen=True)
class Condition:
    """One thing that was looked at: what was found and, where it is not sound, how to mend it."""

    name: str
    state: State
    found: str
    mend: str = ""


def examine_machine(extracts: Path | None, output: Output, through: str = "duckdb") -> list[Condition]:
    """Everything that a build needs, looked at. A condition that cannot be looked at is a fault with its reason.

    Engines are looked at where a build would go `through` one, or the settings name one.
    """
    looks: list[tuple[str, Callable[[], Condition]]] = [
        ("Python", _look_at_python),
        ("packages", _look_at_packages),
        ("time zones", _look_at_time_zones),
        ("fonts", _look_at_fonts),
        ("words on the terminal", _look_at_encoding),
        ("settings", _look_at_settings),
        ("extracts", lambda: _look_at_extracts(extracts)),
        ("output", lambda: _look_at_output(output)),
        ("disk", lambda: _look_at_disk(output)),
        ("lock", lambda: _look_at_lock(output)),
        ("length of paths", lambda: _look_at_lengths(output)),
        ("editions", lambda: _look_at_editions(output)),
        ("network", _look_at_telemetry),
    ]
    return [_look(name, look) for name, look in [*looks, *_list_engines(through)]]


def _list_engines(through: str) -> list[tuple[str, Callable[[], Condition]]]:
    from pipelines.defs.engines.looking import list_looks

    try:
        return list_looks(through)
    except DataFault:
        return []  # the settings cannot be read, which is said of the settings


def _look(name: str, look: Callable[[], Condition]) -> Condition:
    try:
        return look()
    except Fault as fault:
        return Condition(name, "fault", str(fault), "As the sentence says.")
    except OSError as fault:
        return Condition(name, "fault", f"It cannot be looked at: {fault.strerror or fault}.", "See to the permission.")


def _look_at_python() -> Condition:
    found = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] < (3, 14):
        return Condition("Python", "sound", f"{found}, {sys.executable}")
    return Condition("Python", "fault", found, "Install Python 3.11, and the project again as README.md says.")


def _look_at_packages() -> Condition:
    pinned = dict(_read_pins())
    wrong = [
        f"{name} {there or 'is absent'}" for name, wanted in pinned.items() if (there := _installed(name)) != wanted
    ]
    if not wrong:
        return Condition("packages", "sound", f"all {len(pinned)} as the lock has them")
    told = ", ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
    return Condition("packages", "warning", f"not as the lock has them: {told}", "Run `make storyboard` again.")


def _read_pins() -> Iterator[tuple[str, str]]:
    """Every package of the lock that this machine needs."""
    from packaging.markers import Marker

    for line in paths.LOCK.read_text("utf-8").splitlines():
        pin = _PIN.match(line)
        if pin and (not pin["marker"] or Marker(pin["marker"].strip("; ")).evaluate()):
            yield pin["name"], pin["version"]


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _look_at_time_zones() -> Condition:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        return Condition("time zones", "fault", "Europe/London is not known", "Install the package tzdata.")
    return Condition("time zones", "sound", "Europe/London is known")


def _look_at_fonts() -> Condition:
    found = importlib.util.find_spec("matplotlib")
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" if found and found.origin else None
    if folder is not None and (folder / "DejaVuSans.ttf").is_file():
        return Condition("fonts", "sound", "DejaVu Sans, in which papers and charts are set, comes with the project")
    return Condition("fonts", "fault", "DejaVu Sans is not there", "Install the packages again: `make storyboard`.")


def _look_at_encoding() -> Condition:
    written = (sys.stdout.encoding or "").lower().replace("-", "")
    if written == "utf8":
        return Condition("words on the terminal", "sound", "UTF-8")
    return Condition(
        "words on the terminal",
        "warning",
        f"{sys.stdout.encoding}: letters that it does not have are shown as ?. Files are always UTF-8",
        "Set PYTHONUTF8=1 where you want them shown.",
    )


def _look_at_settings() -> Condition:
    from pipelines.defs.configuration import VARIABLE, find_configuration, read_configuration
    from pipelines.disclosure.policy import read_policy
    from pipelines.editions.settings import read_settings

    policy = read_policy(paths.POLICY.read_text("utf-8"))
    read_settings(paths.PUBLICATION.read_text("utf-8"))
    given = os.environ.get(VARIABLE)
    file = find_configuration(Path(given) if given else None)
    if file is not None:
        read_configuration(file)
    own = str(file) if file is not None else f"no {paths.CONFIGURATION}: every default"
    told = f"{own}; numbers below {policy.threshold} are hidden, others rounded to {policy.base}"
    return Condition("settings", "sound", told)


def _look_at_extracts(extracts: Path | None) -> Condition:
    from pipelines.intake.calendar import read_calendar

    folder = extracts or (paths.DEFAULT_EXTRACTS if paths.DEFAULT_EXTRACTS.is_dir() else paths.SAMPLE_EXTRACTS)
    if not folder.is_dir():
        return Condition("extracts", "fault", f"there is no folder {folder}", "Name the right one with --extracts.")
    calendar = read_calendar(folder)
    here = [name for name in calendar if (folder / name).is_dir()]
    if not here:
        return Condition(
            "extracts", "warning", f"{folder} has no folder of an edition", "Begin one: storyboard init EDITION."
        )
    return Condition("extracts", "sound", f"{folder}: {', '.join(here)}")


def _find_standing(folder: Path) -> Path:
    """The folder, or the nearest around it that is there."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def _look_at_output(output: Output) -> Condition:
    place = _find_standing(output.folder)
    with tempfile.TemporaryFile(dir=place):
        pass
    for each in (output.folder, *output.folder.parents):
        if each.is_symlink():
            return Condition(
                "output", "warning", f"{each} is a link", "Name the folder that it points to with --output instead."
            )
    return Condition("output", "sound", f"{output.folder} can be written to")


def _look_at_disk(output: Output) -> Condition:
    from pipelines.editions.disk import free_bytes

    place = _find_standing(output.folder)
    free = free_bytes(place)
    told = f"{free / (1 << 30):.1f} GB free"
    if free >= _NEEDED_BYTES:
        return Condition("disk", "sound", told)
    return Condition("disk", "warning", told, "Make room: 1 GB is enough for an edition and its history.")


def _look_at_lock(output: Output) -> Condition:
    if not output.lock.exists():
        return Condition("lock", "sound", "nobody is at work in the output folder")
    try:
        with hold_lock(output):
            return Condition("lock", "sound", "nobody is at work in the output folder")
    except MachineFault as fault:
        return Condition("lock", "warning", str(fault), "Wait for the other run. The lock goes when its holder does.")


def _look_at_lengths(output: Output) -> Condition:
    longest = max(len(str(output.folder)), len(str(paths.PROJECT))) + _DEEPEST
    if sys.platform != "win32" or longest <= _LONGEST_PATH:
        return Condition("length of paths", "sound", f"up to about {longest} characters")
    return Condition(
        "length of paths",
        "warning",
        f"up to about {longest} characters; Windows allows {_LONGEST_PATH} unless long paths are switched on",
        "Move the project or the output nearer to the root of the drive, or have long paths switched on.",
    )


def _look_at_editions(output: Output) -> Condition:
    from pipelines.editions.state import list_editions

    states = list_editions(output)
    told = ", ".join(f"{state.name} {state.status}" for state in states) or "none yet"
    return Condition("editions", "sound", told)


def _look_at_telemetry() -> Condition:
    proxies = sorted(name for name in os.environ if name.lower() in ("http_proxy", "https_proxy"))
    told = "nothing is fetched or sent; what Dagster and dbt would report is switched off"
    return Condition("network", "sound", told + (f" ({', '.join(proxies)} is set and not used)" if proxies else ""))
