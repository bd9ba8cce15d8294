"""The receiver: verify the raw bytes, store them durably, answer 2xx. It judges nothing and calls nobody."""
