// Guests made from Debian packages.
