"""The page: what the pipeline measured, in one file of HTML to read and to play with.

Each section has a module that turns arrays and tables into small data; `assemble` puts these and
the files of `assets/` into one document.
"""
