"""The page under the admin that says how the rooms are: numbers that lead to rows, and plots."""
