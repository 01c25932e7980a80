"""What the event log says: episodes, their outcomes, and indicators over them."""
