"""Schedules and step control: `rate` after k steps, `recursive` from the rate before; limits on gradients."""
