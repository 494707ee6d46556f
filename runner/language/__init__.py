"""Floor 1: from YAML text to a model, and the expressions and templates in it. No I/O, no values of variables."""
