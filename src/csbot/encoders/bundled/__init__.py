"""The bundled encoder: model, tokenizer, card."""
