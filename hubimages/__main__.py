"""`python -m hubimages`, where the `hubimages` command is not on PATH."""

from hubimages.program import main

main()
