/** Components of Mantine come without styles unless style/mantine.ts names them. */

import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const web = join(import.meta.dirname, '..')
const built = join(web, 'dist', 'assets')
const styles = join(web, 'node_modules', '@mantine', 'core', 'styles')

const read = (folder, end) => readdirSync(folder).filter((f) => f.endsWith(end)).map((f) => [f, readFileSync(join(folder, f), 'utf8')])

test('each component that the app draws has its styles', () => {
  const scripts = read(built, '.js').map(([, text]) => text).join()
  const sheets = read(built, '.css').map(([, text]) => text).join()
  const classes = (text) => [...new Set(text.match(/\bm_[0-9a-f]+/g))]
  let used = 0
  for (const [file, text] of read(styles, '.css').filter(([f]) => !f.endsWith('.layer.css'))) {
    const drawn = classes(text).filter((c) => scripts.includes(c))
    used += drawn.length
    assert.deepEqual(drawn.filter((c) => !sheets.includes(c)), [], `${file} is missing`)
  }
  assert.ok(used > 100, `${used} classes were found`)
})
