"""Propose a change to a repository on a server: its branch, and one pull request for it."""
