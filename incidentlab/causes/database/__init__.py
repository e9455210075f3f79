"""The causes inside the database server: its privileges, its encryption and the files it keeps."""
