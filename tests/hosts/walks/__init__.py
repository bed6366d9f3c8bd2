"""Walks a real host through its page: installed, in shadow, live, and back, on real servers."""
