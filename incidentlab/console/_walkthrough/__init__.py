"""What the walkthrough shows at its steps: the texts as data, and one view a file."""
