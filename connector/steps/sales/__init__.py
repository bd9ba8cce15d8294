"""Over to sales, and after whom nobody has looked since."""
