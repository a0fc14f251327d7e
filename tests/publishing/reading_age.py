"""How old a reader has to be for a text: the Flesch-Kincaid grade, as years of age.

A rough measure, by the length of sentences and words. Syllables are counted by their vowels, as is usual.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?")
_SENTENCE = re.compile(r"[^.!?]+[.!?]+(?=\s|$)|[^.!?]+$")
SCHOOL_BEGINS = 5
"""The age at which the first grade ends less one: a grade is a year of school."""


def count_syllables(word: str) -> int:
    """Groups of vowels, a silent e and -es, -ed left out; at least one."""
    text = re.sub(r"(?:[^laeiouy]es|[^laeioutdy]ed|[^laeiouy]e)$", lambda m: m.group()[0], word.lower())
    return max(1, len(re.findall(r"[aeiouy]+", text)))


def find_reading_age(paragraphs: list[str]) -> float:
    """Years of age, from sentences of at least three words. A heading or label is no sentence."""
    sentences = [
        words
        for paragraph in paragraphs
        for sentence in _SENTENCE.findall(" ".join(paragraph.split()))
        if len(words := _WORD.findall(sentence)) >= 3
    ]
    words = [word for sentence in sentences for word in sentence]
    syllables = sum(map(count_syllables, words))
    grade = 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59
    return grade + SCHOOL_BEGINS
