"""Language models behind an OpenAI-compatible address: asked politely, their answers kept and read as labels."""
