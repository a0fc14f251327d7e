"""One set of numbers, proved: finished files are opened again, and each number in them is matched with its figure.

Readers turn a file into what it shows and says; `verdict` alone judges; `edition` walks through the files. Nothing here writes.
"""
