"""Find secrets in one text: each module is one way of looking."""
