"""`python -m pipelines` is the command `storyboard`."""

from pipelines.cli import main

main()
