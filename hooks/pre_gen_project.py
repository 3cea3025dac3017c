"""Refuse answers that would make a repository that cannot work, with one line that says which and why.

cookiecutter renders this file before it writes any other, and again when it replays answers of an earlier run.
<< check(cookiecutter) >>"""
