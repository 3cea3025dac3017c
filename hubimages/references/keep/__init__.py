"""Comments that say at which pace a place or a hub moves: `# hubimages: keep until 2026-12-20: end of term`."""
