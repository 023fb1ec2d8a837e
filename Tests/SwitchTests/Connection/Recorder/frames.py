# Frames of two hosts.
