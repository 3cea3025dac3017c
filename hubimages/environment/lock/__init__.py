"""Lock an environment: the packages of each platform, with builds and hashes."""
