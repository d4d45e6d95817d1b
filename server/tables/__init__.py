"""Tables of points in files as people have them: bytes become a `Reading`, with everything that was guessed and can be changed."""
