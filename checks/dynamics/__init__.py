"""What lectures claim of training as a motion: rates, boundaries, noise floors, escapes and costs, each measured."""
