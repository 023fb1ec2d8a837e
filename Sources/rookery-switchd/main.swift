// The switch alone.
