"""Which workflows of the portal listen to what Trellis writes: what `check` says of them, and what follows from it."""
