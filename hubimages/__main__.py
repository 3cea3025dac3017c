"""`python -m hubimages`, where the `hubimages` command is not on PATH."""

from hubimages.cli.program import main

main()
