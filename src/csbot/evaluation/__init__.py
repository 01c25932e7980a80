"""Evaluation: labelled cases and dialogues in, the trade's indicators out."""
