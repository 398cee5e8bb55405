"""Pure functions from arrays to arrays, one module a subject."""
