"""Stand-ins for Credentials' models, so that the tests run without Credentials.

They have the labels, fields, constraints and ``save()`` of the service's own models, as read from
its source, as far as the destination or its tests meet them. Without migrations their tables are
made before that of sites: no constraint can lead there.
"""
