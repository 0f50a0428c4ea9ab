"""A synthetic world of sales actions whose effects are known: what they bring depends on the lead and on what was done before."""
