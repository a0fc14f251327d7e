"""What an engine needs, looked at for `doctor`: what is installed, the server, Java. Nothing is made or changed anywhere.

Only engines that somebody set up or asks for: a machine that counts with DuckDB needs none of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pipelines.defs.configuration import Configuration, read_from_environment
from pipelines.defs.engines import DEFAULT, ENGINES, EngineName, choose_engine, list_absent, tell_installing
from pipelines.defs.engines.java import require_java
from pipelines.defs.health import Condition, State
from pipelines.faults import Fault, UsageFault

_MEND = "As the sentence says."


def list_looks(through: str) -> list[tuple[str, Callable[[], Condition]]]:
    """What is to be looked at, by name: of the engine that a build would take, and of those that the settings name.

    What is wrong with the former is a fault, with the latter a warning. Raises a Fault where there is no such engine, or the
    settings cannot be read.
    """
    if through not in ENGINES:
        raise UsageFault(f"There is no engine {through}. --through takes {', '.join(ENGINES)}.")
    configuration = read_from_environment()
    named = {"postgres": configuration.postgres is not None, "spark": "spark" in configuration.model_fields_set}
    looks: list[tuple[str, Callable[[], Condition]]] = []
    for engine in ENGINES:
        if engine == DEFAULT or not (engine == through or named[engine]):
            continue
        state: State = "fault" if engine == through else "warning"
        looks.append((f"{engine}: packages", partial(_look_at_packages, engine, state)))
        if engine == "postgres":
            looks.append(("postgres: server", partial(_look_at_server, configuration, state)))
        else:
            looks.append(("spark: Java", partial(_look_at_java, configuration, state)))
    return looks


def _look_at_packages(engine: EngineName, state: State) -> Condition:
    name, absent = f"{engine}: packages", list_absent(engine)
    if absent:
        return Condition(name, state, f"not installed: {', '.join(absent)}", tell_installing(engine))
    return Condition(name, "sound", "what it needs is installed")


def _look_at_server(configuration: Configuration, state: State) -> Condition:
    name, settings = "postgres: server", configuration.postgres
    if settings is None:
        mend = "Give it `postgres:` with host, database and user (docs/running/a-national-service.md)."
        return Condition(name, state, "storyboard.yml does not say where it is", mend)
    if list_absent("postgres"):
        return Condition(name, "warning", "not asked: there is nothing here to ask it with", "See the packages above.")
    try:
        engine = choose_engine("postgres", configuration)
        if engine is not None:
            engine.check()
    except Fault as fault:
        return Condition(name, state, str(fault), _MEND)
    place = f"{settings.host}, port {settings.port}, database {settings.database}"
    return Condition(name, "sound", f"{place}: it lets us in, and a schema may be made there")


def _look_at_java(configuration: Configuration, state: State) -> Condition:
    try:
        found = require_java()
        if not list_absent("spark") and (engine := choose_engine("spark", configuration)) is not None:
            engine.check()
    except Fault as fault:
        return Condition("spark: Java", state, str(fault), _MEND)
    return Condition("spark: Java", "sound", f"Java {found}")
