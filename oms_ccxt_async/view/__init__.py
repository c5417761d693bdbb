"""Something to look at: one account as a person sees it, on a terminal and on a page. Clients of the driver."""
