"""Order backends: where the merchant's orders are looked up."""
