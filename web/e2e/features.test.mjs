/** What people expect of the web app, row by row: features.json says of each whether a test proves it, or what is missing. */

import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const here = import.meta.dirname
const rows = JSON.parse(readFileSync(join(here, 'features.json'), 'utf8'))

test('each row is proved by a test of its name, or says what is missing', () => {
  const named = new Set()
  for (const file of readdirSync(here).filter((f) => f.endsWith('.test.mjs'))) {
    for (const [, id] of readFileSync(join(here, file), 'utf8').matchAll(/\btest\('([A-Z]-\d\d) /g)) named.add(id)
  }
  for (const [id, row] of Object.entries(rows)) {
    assert.equal(named.has(id), row.test === true, `${id}: the list and the tests disagree`)
    assert.ok(row.test === true || row.rest?.length > 8, `${id}: neither a test nor a reason`)
  }
  for (const id of named) assert.ok(rows[id], `${id} is tested and not listed`)
})

test('no row is left out', () => {
  const last = { K: 14, L: 18, M: 13, N: 21, O: 12, R: 8, S: 8 }
  const want = Object.entries(last).flatMap(([group, n]) => Array.from({ length: n }, (_, i) => `${group}-${String(i + 1).padStart(2, '0')}`))
  assert.deepEqual(Object.keys(rows).sort(), want)
})
