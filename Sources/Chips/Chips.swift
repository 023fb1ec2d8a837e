// The emulated hardware of a fully virtualized machine.
