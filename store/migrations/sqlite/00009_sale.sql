-- +goose Up

-- How cards come into the shops. A card whose value is set when it is activated has a least and a most, and until then the
-- least as its value; one of a fixed value has neither. A batch is made, printed and shipped to a retailer, and may be
-- frozen whole; a retailer of '' is none. An API key of a till is for one retailer alone.

ALTER TABLE cards ADD COLUMN least INTEGER NOT NULL DEFAULT 0 CHECK (least >= 0);
ALTER TABLE cards ADD COLUMN most INTEGER NOT NULL DEFAULT 0 CHECK (most >= least);

ALTER TABLE batches ADD COLUMN state TEXT NOT NULL DEFAULT 'made' CHECK (state IN ('made', 'printed', 'shipped', 'frozen'));
ALTER TABLE batches ADD COLUMN was TEXT NOT NULL DEFAULT '' CHECK ((state = 'frozen') = (was <> ''));
ALTER TABLE batches ADD COLUMN retailer TEXT NOT NULL DEFAULT '' CHECK (state <> 'shipped' OR retailer <> '');
ALTER TABLE batches ADD COLUMN moved_at INTEGER NOT NULL DEFAULT 0;

ALTER TABLE api_keys ADD COLUMN retailer TEXT NOT NULL DEFAULT '';
