"""Who is measured: a module each, with a function for each task that it can do: `Data` in, an Arrow table out.

`prepare(data, task)`, where there is one, is not timed, and neither are imports.
"""
