"""Several runs set side by side: scenarios, rules and assumptions."""
