"""What may leave the building: the policy and the protection of one release of figures.

Pure: no clock, no environment, no warehouse, no wording beyond the symbols of the policy and the reasons for the auditor.
Nothing else in the project hides a number.
"""
