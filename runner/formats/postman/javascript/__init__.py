"""JMESPath → JavaScript for Postman's scripts: expressions over a response, or over the variables.

    trees        what is asked of the tree of an expression
    literals     values and regular expressions
    paths        where scripts find the response, the request, the variables
    functions    functions, and dates
    translator   the tree of an expression ─▶ JavaScript

What `runner.formats.scripts` reads of the JavaScript that is written here is the expression again. Nothing here knows
YAML.
"""
