-- Conversations of agents and their messages, for programs in any language: docs/conversations.md says how they are written
-- and read. It can be run again. PostgreSQL 12 or later.

CREATE TABLE IF NOT EXISTS conversations (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner text COLLATE "C" NOT NULL DEFAULT '',      -- user or tenant; '' where there is only one
  session_id text COLLATE "C" NOT NULL,
  source_id text COLLATE "C" NOT NULL,             -- the history provider: a session may have several histories
  message_count bigint NOT NULL DEFAULT 0,         -- the position of the last message; raised together with each insert
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (owner, session_id, source_id)
);

-- The message is text, and what is inserted is what is selected: jsonb would reorder members, drop repeated ones and refuse
-- "\u0000" and unpaired surrogates, and a column of type json is parsed by some drivers (node-postgres), which loses 1.0 and
-- large integers. The columns before it are copies for queries. They are written once and never read back into a message.
CREATE TABLE IF NOT EXISTS messages (
  conversation_id bigint NOT NULL REFERENCES conversations ON DELETE CASCADE,
  position bigint NOT NULL,                        -- 1, 2, 3 … without gaps
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  dialect text NOT NULL CHECK (dialect IN ('python', 'dotnet', 'go')),
  role text NOT NULL,
  message_id text,
  author_name text,
  message text NOT NULL CHECK (json_typeof(message::json) = 'object'),
  PRIMARY KEY (conversation_id, position)
);

CREATE INDEX IF NOT EXISTS conversations_session ON conversations (session_id);
CREATE INDEX IF NOT EXISTS conversations_updated ON conversations (updated_at);
CREATE INDEX IF NOT EXISTS messages_role ON messages (conversation_id, role);
CREATE INDEX IF NOT EXISTS messages_message_id ON messages (message_id) WHERE message_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS conversations_schema_version (version integer PRIMARY KEY);
INSERT INTO conversations_schema_version VALUES (1) ON CONFLICT DO NOTHING;
