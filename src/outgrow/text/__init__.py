"""Networks that read text, built from pretrained transformers."""
