"""Several runs set side by side: scenarios, cases and assumptions."""
