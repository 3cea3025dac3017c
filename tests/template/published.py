"""The origin of a copy of hubimages that is published; a checkout is not, while one works on it."""

from hubimages import template

PUBLISHED = template.Origin("https://github.com/example/hubimages", "0123456789abcdef" * 2 + "01234567")
