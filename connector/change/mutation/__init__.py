"""Breaking one rule after the other, to see whether any golden person would miss it."""
