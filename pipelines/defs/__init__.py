"""The shell: what runs, when, from what. Nothing here counts, hides or words anything."""
