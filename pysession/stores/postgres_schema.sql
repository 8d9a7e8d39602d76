-- One row for each session. The document is bytea: json and jsonb change what they are given. A long document lies outside
-- of its row, so that the facts beside it are read and written without it.
CREATE TABLE pysession_session (
  key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner bytea NOT NULL,             -- UTF-8, whose order is that of code points
  id bytea NOT NULL,
  etag text NOT NULL,
  base text NOT NULL,               -- the etag of what was put, to which the appended messages belong
  size bigint NOT NULL,             -- bytes of the document with its messages
  changed bigint NOT NULL,          -- microseconds since 1970
  expires bigint,
  immutable boolean NOT NULL,
  messages integer NOT NULL,        -- how many were appended
  at text,                          -- the JSON Pointer that was given for them, if one was
  seam bytea,                       -- where they go in the bytes that were put, found when the first was appended
  data bytea NOT NULL,
  UNIQUE (owner, id)
);

CREATE INDEX pysession_session_expires ON pysession_session (expires) WHERE expires IS NOT NULL;

-- Appended messages.
CREATE TABLE pysession_message (
  session bigint NOT NULL REFERENCES pysession_session ON DELETE CASCADE,
  base text NOT NULL,
  number integer NOT NULL,
  message bytea NOT NULL,
  PRIMARY KEY (session, base, number)
);

CREATE TABLE pysession_layout (version integer NOT NULL);
INSERT INTO pysession_layout VALUES (1);
