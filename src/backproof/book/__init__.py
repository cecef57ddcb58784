"""Stand-ins for the modules that scripts of "Deep Learning from Scratch" import.

`common.functions` → `backproof.book.functions`, `common.layers` → `.layers`, `common.gradient` → `.gradient`,
`dataset.mnist` → `.mnist`: with the import lines changed, the scripts run as they are.
"""
