"""What operators' programs ask and do over HTTP; each version is a package of its own."""
