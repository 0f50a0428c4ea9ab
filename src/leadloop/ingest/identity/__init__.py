"""Identity: which records of companies and people are of the same one."""
