"""What can be found out about a company: from its own website, a table of firmographics, or whoever sells such facts."""
