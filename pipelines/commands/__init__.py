"""What each command of `storyboard` takes and says, by who asks. `pipelines.cli` gathers them; nothing is worked out here."""
