// The bridges of the virtual switch and their management.
