"""Handing a conversation over to a human, with its context."""
