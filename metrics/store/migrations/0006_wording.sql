-- How long outputs are, and how rich, is among a cycle's traits: they are made again when they are next read.
DELETE FROM traits;
