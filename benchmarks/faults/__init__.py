"""The fault corpus: correct programs, faults planted in them, and what each checker says about them.

programs/   correct hand-written networks and layers, in three styles
twins.py    the same functions in differentiable NumPy: the truth
subjects.py every program seen as units: values in, output and gradients out
truth.py    where a variant of a program differs from its twins
hand.py     faults and benign habits written by hand, with what is true of each
causes.py   which causes are right for each;  lines.py  which lines are
mutants.py  faults made by operators on the syntax tree
correct.py  random correct networks, and PyTorch's own gradients as layers
ours.py     Backproof on a variant;  peers.py  the other checkers
tables.py   outcomes into docs/faults.md
"""
