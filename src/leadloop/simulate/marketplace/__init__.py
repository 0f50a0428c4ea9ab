"""Posted leads of a marketplace: jobs and gigs scraped from listings, and what users did with them."""
