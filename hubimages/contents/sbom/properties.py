"""The names that our properties have in a CycloneDX document."""

PREFIX = "hubimages:"
CONTENTS, FORM = "contents", "1"  # says that a document is ours, and of which form
