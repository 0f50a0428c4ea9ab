"""How requests are read and answers written: JSON, arguments, forms, problems, and the shapes of each."""
