"""The tables of the run store, version by version: each script leads from one version of the schema to the next."""

MIGRATIONS = (
    """
    CREATE TABLE runs (key TEXT PRIMARY KEY, settings TEXT NOT NULL, plain TEXT NOT NULL, history BLOB NOT NULL,
                       parameters BLOB NOT NULL, saved REAL NOT NULL);
    CREATE TABLE pins (shelf TEXT NOT NULL, key TEXT NOT NULL, settings TEXT NOT NULL, name TEXT NOT NULL, note TEXT NOT NULL,
                       position INTEGER NOT NULL, pinned REAL NOT NULL, removed REAL, PRIMARY KEY (shelf, key))
    """,
    """
    CREATE TABLE searches (id TEXT PRIMARY KEY, shelf TEXT NOT NULL, plan TEXT NOT NULL, begun REAL NOT NULL,
                           state TEXT NOT NULL, beat REAL NOT NULL, owner TEXT NOT NULL);
    CREATE INDEX searches_of_shelf ON searches (shelf);
    CREATE TABLE trials (search TEXT NOT NULL, number INTEGER NOT NULL, rung INTEGER NOT NULL, key TEXT NOT NULL,
                         score REAL, failure TEXT NOT NULL, checkpoint BLOB, place TEXT NOT NULL,
                         PRIMARY KEY (search, number, rung))
    """,
    """
    ALTER TABLE searches ADD COLUMN removed REAL
    """,
    """
    CREATE TABLE points (key TEXT PRIMARY KEY, packed TEXT NOT NULL, saved REAL NOT NULL);
    CREATE TABLE notes (shelf TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, saved REAL NOT NULL, PRIMARY KEY (shelf, name))
    """,
    """
    CREATE TABLE shares (token TEXT PRIMARY KEY, shelf TEXT NOT NULL, may_edit INTEGER NOT NULL, made REAL NOT NULL,
                         UNIQUE (shelf, may_edit));
    CREATE TABLE short_links (name TEXT PRIMARY KEY, query TEXT NOT NULL UNIQUE, used REAL NOT NULL)
    """,
    """
    CREATE TABLE rooms (id TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE, opened REAL NOT NULL, revision INTEGER NOT NULL,
                        state TEXT NOT NULL);
    CREATE TABLE room_teachers (room TEXT NOT NULL, teacher TEXT NOT NULL, PRIMARY KEY (room, teacher));
    CREATE TABLE room_passes (pass TEXT PRIMARY KEY, room TEXT NOT NULL, made REAL NOT NULL);
    CREATE TABLE room_here (room TEXT NOT NULL, server TEXT NOT NULL, members INTEGER NOT NULL, at REAL NOT NULL,
                            PRIMARY KEY (room, server));
    CREATE TABLE room_answers (room TEXT NOT NULL, activity INTEGER NOT NULL, round INTEGER NOT NULL, member TEXT NOT NULL,
                               answer TEXT NOT NULL, PRIMARY KEY (room, activity, round, member));
    CREATE TABLE room_works (id TEXT PRIMARY KEY, room TEXT NOT NULL, activity INTEGER NOT NULL, member TEXT NOT NULL,
                             settings TEXT NOT NULL, goal TEXT NOT NULL, note TEXT NOT NULL, label TEXT NOT NULL, at REAL NOT NULL,
                             result TEXT);
    CREATE INDEX works_of_room ON room_works (room)
    """,
    """
    CREATE TABLE plans (id TEXT PRIMARY KEY, shelf TEXT NOT NULL, plan TEXT NOT NULL, saved REAL NOT NULL);
    CREATE INDEX plans_of_shelf ON plans (shelf)
    """,
    """
    ALTER TABLE points RENAME COLUMN key TO name;
    CREATE TABLE keepers (kind TEXT NOT NULL, name TEXT NOT NULL, shelf TEXT NOT NULL, PRIMARY KEY (kind, name, shelf));
    INSERT INTO keepers SELECT 'points', name, '' FROM points;
    INSERT INTO keepers SELECT 'short_links', name, '' FROM short_links;
    CREATE TABLE room_goals (room TEXT NOT NULL, name TEXT NOT NULL, goal TEXT NOT NULL, PRIMARY KEY (room, name));
    INSERT INTO room_goals SELECT DISTINCT room, goal, goal FROM room_works WHERE goal <> ''
    """,
    # Until here a shelf was called as the cookie of its browser. Classes, which last a day, know browsers by digests of that.
    """
    UPDATE pins SET shelf = shelf_of(shelf);
    UPDATE searches SET shelf = shelf_of(shelf);
    UPDATE notes SET shelf = shelf_of(shelf);
    UPDATE shares SET shelf = shelf_of(shelf);
    UPDATE plans SET shelf = shelf_of(shelf);
    UPDATE keepers SET shelf = shelf_of(shelf) WHERE shelf <> '';
    DELETE FROM rooms;
    DELETE FROM room_teachers;
    DELETE FROM room_passes;
    DELETE FROM room_here;
    DELETE FROM room_answers;
    DELETE FROM room_works;
    DROP TABLE IF EXISTS room_goals;
    CREATE TABLE room_goals (room TEXT NOT NULL, name TEXT NOT NULL, goal TEXT NOT NULL, PRIMARY KEY (room, name))
    """,
)
