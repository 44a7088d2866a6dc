"""The layout of the files of arrays that figures and the page are drawn from."""

PAGE = {  # the layout of what the page shows of what `evaluate` wrote
    "shown": "int shown",
    "kinds": "text kinds",
    "perturbed": "uint8 kinds shown height width",
    "from_perturbed": "uint8 shown height width",
    "from_clean": "uint8 shown height width",
    "neighbours": "int shown _",
    "predicted": "int test",
    "map": "float test 2",
    "map_share": "float 2",
    "curve_loss": "float epochs members",
}
EVALUATED = PAGE | {  # and of all that pictures and tables show of it
    "curve_knn_accuracy": "float epochs members",
    "map_epochs": "int frames",
    "maps": "float frames _ 2",
}
