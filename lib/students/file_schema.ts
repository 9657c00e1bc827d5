/**
 * The tables of a roster's file.
 *
 * @module
 */

/** The columns of `students`, which are those of a row. Times are in milliseconds since 1970. */
export const COLUMNS: string = "sid, student_name, github_username, " +
  "first_seen, last_seen, requests, client_id, client_ip";

/** Creates the tables, which must not be there yet. */
export const CREATE_TABLES = `
  CREATE TABLE students (
    id INTEGER PRIMARY KEY,
    sid TEXT,
    student_name TEXT,
    github_username TEXT,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    client_id INTEGER NOT NULL,
    client_ip TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX students_by_identity ON students (
    ifnull(sid, x''), ifnull(student_name, x''), ifnull(github_username, x'')
  );
  CREATE TABLE journal (id INTEGER PRIMARY KEY, rows TEXT NOT NULL) STRICT;
`;

/**
 * Writes the tables anew, with zeros where the old ones were. Otherwise, what was
 * deleted would still be in the file, until something else takes its place. VACUUM
 * does the same, but needs more permissions than our tasks give.
 */
export const REWRITE_TABLES = `
  ALTER TABLE students RENAME TO old_students;
  ALTER TABLE journal RENAME TO old_journal;
  DROP INDEX students_by_identity;
  ${CREATE_TABLES}
  INSERT INTO students SELECT * FROM old_students ORDER BY id;
  INSERT INTO journal SELECT * FROM old_journal ORDER BY id;
  DROP TABLE old_students;
  DROP TABLE old_journal;
`;

/** Fills all unused pages of the file with zeros: they become a text, which is deleted. */
export const CLEAR_UNUSED_PAGES = `
  CREATE TABLE unused (bytes BLOB NOT NULL) STRICT;
  INSERT INTO unused SELECT zeroblob(freelist_count * page_size)
    FROM pragma_freelist_count, pragma_page_size;
  DROP TABLE unused;
`;
