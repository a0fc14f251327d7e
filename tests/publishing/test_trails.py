"""The way to a metric on its public page: every step in words, the SQL, the version, lines to sign on; no rows."""

import re

from pipelines import paths
from pipelines.publishing.trails import (
    Relation,
    TestResult,
    Trail,
    list_checks,
    mark_up_path,
    mark_up_signatures,
    tell_version,
    write_sql_page,
)

EPISODES = Relation(
    "episodes", "One row per episode.", ("Keep the rows where `ODD(a)` < b.", "Work out c."), "select 1"
)
METRIC = Relation("made", "What is <counted>.", ("Count.",), "select 2\n\nfrom episodes")


def trail(version: str, **before: str) -> Trail:
    return Trail((EPISODES, METRIC), version * 64, (TestResult("It adds up.", True),), before)


def test_steps_are_numbered_through_and_sql_stands_as_code():
    path = mark_up_path(trail("a"))
    assert re.findall(r'<ol start="(\d+)" data-tells="code">', path) == ["1", "3"]
    assert "<li>Keep the rows where <code>ODD(a)</code> &lt; b.</li>" in path
    assert "What is &lt;counted&gt;." in path


def test_a_version_says_since_when_it_is_the_same():
    same, other = "a" * 64, "b" * 64
    assert "no earlier edition has it" in tell_version(trail("a"), "2018")
    assert "the same since edition 2016" in tell_version(trail("a", **{"2016": same, "2017": same}), "2018")
    changed = tell_version(trail("a", **{"2016": other, "2017": same}), "2018")
    assert "the same since edition 2017; another than in edition 2016" in changed
    assert "another than in edition 2017" in tell_version(trail("a", **{"2016": same, "2017": other}), "2018")


def test_shared_sql_names_the_metrics_that_use_it_and_has_no_blank_line_inside():
    page = write_sql_page({"made": trail("a"), "rate": trail("b")})
    assert '<a href="made.html">made</a> and <a href="rate.html">rate</a>' in page
    assert "select 2" not in page
    assert page.count("## episodes {") == 1


def test_without_a_trail_the_checks_of_all_figures_are_listed():
    assert [test.says for test in list_checks(["Sums hold."], None)] == ["Sums hold."]
    assert [test.says for test in list_checks(["Sums hold."], trail("a"))] == ["It adds up."]


def test_what_is_to_be_signed_is_hidden_from_readers_of_the_screen():
    assert '<div class="sign">' in mark_up_signatures()
    assert ".md-typeset .sign { display: none; }" in (paths.DOCS / "assets" / "storyboard.css").read_text("utf-8")
