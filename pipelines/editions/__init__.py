"""The sealed edition: its manifest, its place in the output folder, its record, and the proof that it is whole.

What belongs here happens to finished bytes: sealing, switching, publishing, withdrawing, verifying.
Nothing here counts, hides, words a figure or knows how an edition is built; the moment and the person are passed in.
"""
