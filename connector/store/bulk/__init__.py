"""A million people out of the store and back, in columns, by COPY."""
