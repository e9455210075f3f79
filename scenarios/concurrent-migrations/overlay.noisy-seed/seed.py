"""The first task is there, once: whoever comes first inserts it, and the database tells the others."""

import os
import sys

import psycopg

with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
    try:
        connection.execute("INSERT INTO tasks (id, title, description) VALUES (1000, 'Welcome', 'Tick me')")
    except psycopg.errors.UniqueViolation:
        sys.stdout.write("The first task is there already\n")
