"""Stand-ins for models of License Manager, edx-enterprise and the LMS, which can't run here.

They have the names, labels, fields and managers of the services' own models, as read from their
sources, as far as the producers meet them.
"""
