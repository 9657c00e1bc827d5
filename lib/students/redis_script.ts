/**
 * The scripts that run inside Redis, and what they read and write there.
 *
 * Redis runs a script as one step. So what one server records never mixes with
 * what another server records at the same time.
 *
 * @module
 */

import { bytesOf, isSameIdentity, isSmall, sidText } from "./row.ts";
import type { Batch, Row } from "./row.ts";
import { type Recorded, StoreError } from "./store.ts";
import type { Student } from "./student.ts";

/**
 * Where a roster is kept. The braces keep all in one part of a cluster.
 *
 * - `students`: each row, under its `rowKey`, as `sequence firstSeen bytes largeBytes
 *   requests "lastSeen clientId clientIp"`. The text in quotes is JSON.
 * - `sids`: the name in the first row of each `sid`. Both are JSON, so that `null` and
 *   `"null"` differ.
 * - `totals`: `bytes`, `largeBytes`, `next` (the next sequence) and `version`.
 */
export const KEYS: readonly [students: string, sids: string, totals: string] = [
  "{rollcall}:students",
  "{rollcall}:sids",
  "{rollcall}:totals",
];

/** The version of this layout. */
export const VERSION = "1";

/** The first word of the error for a roster that a newer Rollcall has changed. */
export const NEWER = "ROLLCALLVERSION";

/**
 * Records rows. It reads all that it needs before it writes, because Redis does not
 * undo a script that fails half-way.
 *
 * Its arguments are the version, and those of {@linkcode RowsToRecord}. It returns
 * how many `sid` there are, the estimated bytes, those of the large rows, and for each
 * row whose `sid` came with another name before: its number, and that name.
 */
export const RECORD: string = String.raw`
local students, sids, totals = KEYS[1], KEYS[2], KEYS[3]
local MOST = 1000 -- pairs in one command: Lua's stack is limited

-- A Lua number is a double: exact up to 2^53, but "1e+15" by default.
local function text(number) return string.format('%.0f', number) end

local function read(key, fields)
  local values = {}
  for from = 1, #fields, MOST do
    local to = math.min(from + MOST - 1, #fields)
    local some = redis.call('HMGET', key, unpack(fields, from, to))
    for i = 1, #some do values[from + i - 1] = some[i] end
  end
  return values
end

local function write(key, pairs)
  for from = 1, #pairs, 2 * MOST do
    local to = math.min(from + 2 * MOST - 1, #pairs)
    redis.call('HSET', key, unpack(pairs, from, to))
  end
end

local version, bytes, large, next = unpack(redis.call(
  'HMGET', totals, 'version', 'bytes', 'largeBytes', 'next'))
if version and version ~= ARGV[1] then
  return redis.error_reply('${NEWER} ' .. version)
end
bytes, large, next = tonumber(bytes or 0), tonumber(large or 0), tonumber(next or 0)

local rows, fields, byField, lines = {}, {}, {}, 0
local line = '\n ([^\n]*),\n ([^\n]*),\n ([^\n]*),\n (%d+),\n (%d+),\n (%d+)'
for i = 2, #ARGV, 3 do
  local first, last = ARGV[i], ARGV[i + 1]
  for sid, name, user, requests, rowBytes, rowLarge in string.gmatch(ARGV[i + 2], line) do
    lines = lines + 1
    local field = '[' .. sid .. ',' .. name .. ',' .. user .. ']'
    local row = byField[field]
    if row then
      row.requests, row.last = row.requests + requests, last
    else
      row = { sid = sid, name = name, line = lines, requests = tonumber(requests),
        first = first, last = last, bytes = rowBytes, large = rowLarge }
      byField[field] = row
      rows[#rows + 1], fields[#fields + 1] = row, field
    end
  end
end

local known = read(students, fields)
local newSids = {}
for i, row in ipairs(rows) do
  if not known[i] then newSids[#newSids + 1] = row.sid end
end
local names = {} -- in the first row of each sid
for i, name in ipairs(read(sids, newSids)) do
  if name then names[newSids[i]] = name end
end

local reply, changed, added = { 0, 0, 0 }, {}, {} -- the totals follow
for i, row in ipairs(rows) do
  local sid, name = row.sid, row.name
  local start, requests
  if known[i] then
    start, requests = string.match(known[i], '^(%S+ %S+ %S+ %S+) (%d+) ')
    requests = requests + row.requests
  else
    start = text(next) .. ' ' .. row.first .. ' ' .. row.bytes .. ' ' .. row.large
    requests = row.requests
    next, bytes, large = next + 1, bytes + row.bytes, large + row.large
    local before = names[sid]
    if not before then
      names[sid] = name
      added[#added + 1], added[#added + 2] = sid, name
    elseif before ~= name and before ~= 'null' and name ~= 'null' and sid ~= 'null' then
      reply[#reply + 1], reply[#reply + 2] = row.line, before
    end
  end
  local value = start .. ' ' .. text(requests) .. ' ' .. row.last
  changed[#changed + 1], changed[#changed + 2] = fields[i], value
end

write(students, changed)
write(sids, added)
if #newSids > 0 then
  redis.call('HSET', totals, 'version', ARGV[1], 'bytes', text(bytes),
    'largeBytes', text(large), 'next', text(next))
end
reply[1], reply[2], reply[3] = redis.call('HLEN', sids), bytes, large
return reply
`;

/**
 * Deletes all rows of a `sid`, and returns how many there were. Its arguments are the
 * version, and {@linkcode argsOfForget}.
 */
export const FORGET: string = String.raw`
local students, sids, totals = KEYS[1], KEYS[2], KEYS[3]
local version, bytes, large = unpack(redis.call(
  'HMGET', totals, 'version', 'bytes', 'largeBytes'))
if version and version ~= ARGV[1] then
  return redis.error_reply('${NEWER} ' .. version)
end

local found, cursor = {}, '0'
repeat
  local rows
  cursor, rows = unpack(redis.call(
    'HSCAN', students, cursor, 'MATCH', ARGV[3], 'COUNT', 1000))
  for i = 1, #rows, 2 do found[rows[i]] = rows[i + 1] end
until cursor == '0'

local count = 0
for _, value in pairs(found) do
  local rowBytes, rowLarge = string.match(value, '^%S+ %S+ (%S+) (%S+) ')
  bytes, large, count = bytes - rowBytes, large - rowLarge, count + 1
end
if count == 0 then return 0 end
redis.call('HSET', totals, 'bytes', string.format('%.0f', bytes),
  'largeBytes', string.format('%.0f', large))
for field in pairs(found) do redis.call('HDEL', students, field) end
redis.call('HDEL', sids, ARGV[2])
return count
`;

/** The rows of some batches, for the script {@linkcode RECORD}. */
export class RowsToRecord {
  /**
   * For each batch: when its rows were first seen, what they were last seen with, and
   * the rows as JSON, with a line for each value.
   *
   * Redis and its client handle one long argument faster than many short ones. And a
   * value as JSON has no line feed in it.
   */
  readonly args: string[] = [];
  /** The first request of each row, by its place among all. */
  #first: number[] = [];
  #count = 0;

  /** Takes the rows of some batches. */
  constructor(batches: readonly Batch[]) {
    for (const { students, origin: { clientId, clientIp }, at } of batches) {
      const last = JSON.stringify(`${at} ${clientId} ${clientIp}`);
      const values = this.#valuesOf(students);
      this.args.push(`${at}`, last, JSON.stringify(values, null, 1));
    }
  }

  /** Returns the values of all rows. A request that repeats the one before it is part of its row. */
  #valuesOf(students: readonly Student[]): (string | number | null)[] {
    const values: (string | number | null)[] = [];
    for (let i = 0, next = 0; i < students.length; i = next) {
      const student = students[i];
      while (
        ++next < students.length && isSameIdentity(student, students[next])
      );
      const { sid, student_name, github_username } = student;
      const bytes = bytesOf(student);
      const large = isSmall(student) ? 0 : bytes;
      values.push(sidText(sid), student_name, github_username);
      values.push(next - i, bytes, large);
      this.#first.push(this.#count + i);
    }
    this.#count += students.length;
    return values;
  }

  /** Returns one result for each request. `doubtful` has numbers of rows, each followed by the name before. */
  results(doubtful: readonly unknown[]): Recorded[] {
    const results = new Array<Recorded>(this.#count).fill("recorded");
    for (let i = 0; i < doubtful.length; i += 2) {
      const index = this.#first[Number(doubtful[i]) - 1];
      results[index] = { before: JSON.parse(String(doubtful[i + 1])) };
    }
    return results;
  }
}

/**
 * Reads a row of `students`, and its sequence.
 *
 * @throws {StoreError} If it is no row.
 */
export function readRow(key: string, value: string): [number, Row] {
  try {
    const [sid, student_name, github_username] = JSON.parse(key);
    const [sequence, firstSeen, , , requests, ...rest] = value.split(" ");
    const [lastSeen, clientId, ...clientIp] = JSON.parse(rest.join(" "))
      .split(" ");
    return [Number(sequence), {
      sid,
      student_name,
      github_username,
      firstSeen: Number(firstSeen),
      lastSeen: Number(lastSeen),
      requests: Number(requests),
      clientId: Number(clientId),
      clientIp: clientIp.join(" "),
    }];
  } catch (cause) {
    throw new StoreError("the roster's database has a damaged row", { cause });
  }
}

/** Returns the last arguments of {@linkcode FORGET}: the `sid`, and a pattern of its rows' keys. */
export function argsOfForget(sid: string | null): [string, string] {
  const json = JSON.stringify(sid);
  return [json, `\\[${json.replace(/[\\*?[\]]/g, "\\$&")},*`];
}
