"""The layouts of the files of arrays that figures and the page are drawn from."""

EXACT = {  # the layout of what `exact` wrote
    "grid": "float _ _ 2",
    "*/grid": "float _ _ 2",
    "*/paths": "float _ _ 2",
}
EVALUATED = {  # and of what `evaluate` wrote of a method
    "*/grid": "float kept _ _ 2",
    "*/grid_steps": "int kept",
    "*/paths": "float _ _ 2",
}
