"""What must always hold, and the evidence that it does."""
