"""Data files: the routing table and what is said around a transfer."""
