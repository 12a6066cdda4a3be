"""Pictures of the model, and of what happened."""
