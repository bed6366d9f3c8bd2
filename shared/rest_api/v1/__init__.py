"""Version 1: what the commands say and do, to those who hold the permissions.

Asks the same functions as the commands and the admin, and decides nothing itself.
"""
