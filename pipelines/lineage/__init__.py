"""Where figures come from, read out of the SQL that was run: steps in plain English, and columns back to their fields.

Pure: it gets SQL and the columns of the extracts, and gives records. It runs no SQL, knows no dbt, opens no file.
"""
