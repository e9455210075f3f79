"""What people see: Rich and nothing else prints here."""
