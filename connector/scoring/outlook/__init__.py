"""The days to come: when a contact must be looked at again although nothing new is told of her."""
