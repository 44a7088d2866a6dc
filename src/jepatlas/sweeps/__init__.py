"""Parameter sweeps: a file, a table, a figure. `docs/sweeps.md` says how.

`file` is what a sweep file may hold, `experiments` the combinations that it makes, `check` what is
refused before any of them runs. `copies` gives each experiment a copy of the project to run in and
brings it home, `runner` keeps some of them at work; `cluster` has them done by the nodes of a Ray
cluster, each of which does what `node` says. `results` and `figure` are made of experiments that
are there, wherever they ran.
"""
