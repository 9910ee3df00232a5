"""All the I/O there is: the store, the bus, the server, the clock. It knows no service by name."""
