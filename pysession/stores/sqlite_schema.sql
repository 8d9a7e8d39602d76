-- One row for each session: what was put. Facts come before the bytes, which a list then does not read.
CREATE TABLE session (
  key INTEGER PRIMARY KEY,
  owner BLOB NOT NULL,      -- UTF-8, whose order is that of code points
  id BLOB NOT NULL,
  etag TEXT NOT NULL,
  size INTEGER NOT NULL,    -- bytes of data, its further pieces included
  changed INTEGER NOT NULL, -- microseconds since 1970
  expires INTEGER,
  immutable INTEGER NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (owner, id)
);

CREATE INDEX session_expires ON session (expires) WHERE expires IS NOT NULL;

-- What of a document of more than 1 MiB does not stand in its row, in pieces of 1 MiB. SQLite has a value twice in memory
-- while it writes it, and once while it reads it. One that is replaced by one of the same size is written in its place.
CREATE TABLE piece (
  session INTEGER NOT NULL,
  number INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (session, number)
);

-- Where appended messages go in the bytes of a session, found when the first is appended.
CREATE TABLE seam (
  session INTEGER PRIMARY KEY,
  at TEXT,                  -- the JSON Pointer that was given, if one was
  seam BLOB NOT NULL
);

-- The messages that were appended since, with the facts of the session after each: the bytes of a long session need not
-- be written again for one more message.
CREATE TABLE message (
  session INTEGER NOT NULL,
  number INTEGER NOT NULL,
  etag TEXT NOT NULL,
  size INTEGER NOT NULL,    -- bytes of the whole document
  changed INTEGER NOT NULL,
  message BLOB NOT NULL,
  PRIMARY KEY (session, number)
);

CREATE TRIGGER session_replaced AFTER UPDATE ON session BEGIN
  DELETE FROM message WHERE session = old.key;
  DELETE FROM seam WHERE session = old.key;
END;

CREATE TRIGGER session_deleted AFTER DELETE ON session BEGIN
  DELETE FROM message WHERE session = old.key;
  DELETE FROM seam WHERE session = old.key;
END;

CREATE TRIGGER session_shortened AFTER UPDATE ON session WHEN old.size > 1048576 BEGIN
  DELETE FROM piece WHERE session = old.key AND number > (new.size - 1) / 1048576;
END;

CREATE TRIGGER large_session_deleted AFTER DELETE ON session WHEN old.size > 1048576 BEGIN
  DELETE FROM piece WHERE session = old.key;
END;

CREATE VIEW current AS
SELECT
  s.key, s.owner, s.id,
  coalesce(m.etag, s.etag) AS etag,
  coalesce(m.size, s.size) AS size,
  coalesce(m.changed, s.changed) AS changed,
  s.expires, s.immutable,
  coalesce(m.number, 0) AS messages
FROM session AS s
LEFT JOIN message AS m
  ON m.session = s.key AND m.number = (SELECT max(number) FROM message WHERE session = s.key);
