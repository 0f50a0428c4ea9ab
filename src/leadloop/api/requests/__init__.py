"""From a request to the function that answers it: the gate, routes, and writes that may be sent again."""
