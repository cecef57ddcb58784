"""The proof: analytic gradients against numeric ones, contracts, and the place of the fault."""
