"""The lineage as a drawing: every relation once, lines from left to right, words for those who do not see it."""

import re
from pathlib import Path
from xml.etree import ElementTree

from pipelines.lineage.picture import Box, draw, place_in_columns
from pipelines.lineage.reading import read_sql
from pipelines.lineage.trail import compose_trail
from tests.lineage.made_projects import PROJECT, warehouse

SVG = "{http://www.w3.org/2000/svg}"


def drawing(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def test_a_relation_stands_to_the_right_of_all_that_it_reads():
    assert place_in_columns({"a": [], "b": ["a"], "c": ["a", "b"], "d": []}) == {"a": 0, "b": 1, "c": 2, "d": 0}


def test_boxes_do_not_overlap_and_lines_lead_to_the_right():
    boxes = [Box("a", 0, ("x: value", "a long field name: filter, join")), Box("b", 0), Box("c", 1), Box("d", 2, (), 2)]
    svg = drawing(
        draw(boxes, [("a", "c"), ("b", "c"), ("c", "d"), ("gone", "d")], title="T", described="D & d", key="k")
    )
    rects = [[float(r.get(n, "")) for n in ("x", "y", "width", "height")] for r in svg.iter(f"{SVG}rect")]
    for i, (x, y, w, h) in enumerate(rects):
        for x2, y2, w2, h2 in rects[i + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y
    lines = [re.findall(r"[\d.]+", path.get("d", "")) for path in svg.iter(f"{SVG}path")]
    assert len(lines) == 3
    assert all(float(line[0]) < float(line[-2]) for line in lines)


def test_a_drawing_has_words_and_is_the_same_each_time():
    once, again = (draw([Box("a", 0)], [], title="T", described="What it shows.", key="k") for _ in range(2))
    assert once == again
    svg = drawing(once)
    assert svg.get("role") == "img"
    assert svg.findtext(f"{SVG}desc") == "What it shows."


def test_the_picture_of_a_metric_names_its_fields_and_what_each_does(tmp_path: Path):
    with warehouse(tmp_path, [("1", "a", "female", "2015-05-01", "missing")]) as rows:
        files = compose_trail(PROJECT, read_sql(PROJECT), {}, rows)
    texts = [text.text for text in drawing(files["metrics/missing_episodes.svg"]).iter(f"{SVG}text")]
    assert "extract episodes" in texts
    assert "missing_episodes" in texts
    assert "kind: filter" in texts
    assert any(text and text.startswith("episode_id: ") for text in texts)
    assert not [text for text in texts if text and text.startswith("reported_by")]


def test_what_most_metrics_read_is_left_out_of_the_picture_of_all_and_said_to_be(tmp_path: Path):
    with warehouse(tmp_path, [("1", "a", "female", "2015-05-01", "missing")]) as rows:
        svg = drawing(compose_trail(PROJECT, read_sql(PROJECT), {}, rows)["lineage.svg"])
    assert [text.text for text in svg.iter(f"{SVG}text")] == ["missing_episodes"]
    assert "Left out, because most metrics read it: episodes." in (svg.findtext(f"{SVG}desc") or "")
