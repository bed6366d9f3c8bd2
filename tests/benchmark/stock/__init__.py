"""The contestant: a receiver as squads write it for the stock consumer."""
