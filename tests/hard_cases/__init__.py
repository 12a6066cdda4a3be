"""What goes wrong in the field, a scenario for each number of the project's list of hard cases."""
