"""Understanding one message: signals, slots, small talk, and the candidates from the knowledge base."""
