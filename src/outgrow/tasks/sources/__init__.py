"""Where tasks get their examples: hub, packs, files, tables."""
