"""Applications of tornado, through the seam that tornado has between them and a connection."""
