-- +goose Up

-- Who did what, the newest first: of all, and of one person or key.

CREATE INDEX audit_entries_id ON audit_entries (entry_id);
CREATE INDEX audit_entries_actor ON audit_entries (actor, entry_id);
