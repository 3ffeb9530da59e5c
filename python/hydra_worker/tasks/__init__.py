"""Does what other workers leave to this one: deferred functions, and calls of a pool. The front alone names these interfaces."""
