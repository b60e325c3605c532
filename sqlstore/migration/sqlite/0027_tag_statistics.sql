-- SQLite keeps no statistics: only PostgreSQL has something to change here.
SELECT 1;
