"""Each module here reads one kind of source and turns it into facts; none of them changes what it reads."""
