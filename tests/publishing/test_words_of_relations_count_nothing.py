"""The numbers in the words of the relations stand for no figure, wherever a page or the audit quotes them."""

from __future__ import annotations

from pipelines import paths, register
from pipelines.disclosure.relations import read_relations
from pipelines.publishing.digits import tell_numbers_apart
from pipelines.publishing.proving.knowledge import collect_phrases, find_numbers

METRICS, CATEGORIES = register.read_metrics(), register.read_categories()
SAYINGS = read_relations(paths.RELATIONS.read_text("utf-8"), METRICS, CATEGORIES).sayings


def find_unknown_numbers(text: str, sayings: list[str]) -> list[str]:
    members = [category for each in CATEGORIES.values() for category in each]
    phrases = collect_phrases(METRICS.values(), members, sayings, threshold=5, base=5)
    return find_numbers(tell_numbers_apart(text, phrases))


def test_what_a_relation_says_and_why_is_known_wherever_it_is_quoted() -> None:
    for saying in SAYINGS:
        assert find_unknown_numbers(saying, SAYINGS) == []
        assert (
            find_unknown_numbers(f"It could be worked out from other figures ({saying}). {saying} More.", SAYINGS) == []
        )


def test_the_same_number_in_other_words_is_a_number() -> None:
    saying = next(each for each in SAYINGS if "84 days" in each)
    assert find_unknown_numbers(saying, []) == ["84"]
    assert find_unknown_numbers(f"{saying} 84 of them were late.", SAYINGS) == ["84"]
