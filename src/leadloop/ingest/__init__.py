"""How leads come in and scores go out: tables in CSV, Parquet and JSON lines, read and written batch by batch."""
