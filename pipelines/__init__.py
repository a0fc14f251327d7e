"""Storyboard: from anonymised extracts to a published, provable, safe annual story board."""
