/** Ten thousand tasks in the table, five thousand artifacts on a task: nothing is missing on the way down, and little is drawn or loaded. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { desk, stage } from './browser.mjs'

const TASKS = 10_000
const ARTIFACTS = 5_000
const AT_ONCE = 32
const FIRST_PAGE = 300_000 // bytes
const DRAWN = 120 // rows

const number = (i) => String(i).padStart(5, '0')

let on, window, api, project
const useful = {} // milliseconds until an empty table, or an empty task, is shown
before(async () => {
  on = await stage(null)
  window = await on.open()
  ;({ api } = window)
  project = (await api('projects.create', { name: 'large' })).id
  const { id } = await api('tasks.create', { name: 'empty', type: 'training', project })
  useful.tasks = await shownAfter('/tasks?q=nothing', (p) => p.getByText('No task matches.'))
  useful.artifacts = await shownAfter(`/tasks/${id}/artifacts`, (p) => p.getByText('No artifacts recorded'))
  await fill()
})
after(() => on?.end())

/** Makes the tasks; the last of them has the artifacts. */
async function fill() {
  const { credentials } = await api('auth.create_credentials', { label: 'large' })
  const basic = 'Basic ' + Buffer.from(`${credentials.access_key}:${credentials.secret_key}`).toString('base64')
  const call = async (endpoint, body, authorization) => {
    const got = await fetch(`${on.server.web}/api/${endpoint}`, { method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: authorization }, body: JSON.stringify(body) })
    const reply = await got.json()
    assert.equal(got.status, 200, JSON.stringify(reply))
    return reply.data
  }
  const token = `Bearer ${(await call('auth.login', {}, basic)).token}`
  let next = 0
  const makers = Array.from({ length: AT_ONCE }, async () => {
    while (next < TASKS) await call('tasks.create', { name: `task ${number(next++)}`, type: 'training', project, tags: ['many'] }, token)
  })
  await Promise.all(makers)
  const { id } = await call('tasks.create', { name: 'with artifacts', type: 'training', project }, token)
  on.made.full = id
  for (let i = 0; i < ARTIFACTS; i += 1000) {
    await call('tasks.add_or_update_artifacts', {
      task: id,
      artifacts: Array.from({ length: 1000 }, (_, n) => ({
        key: `part ${number(i + n)}`, type: 'custom', mode: 'output', uri: `https://example.org/${i + n}`, content_size: n, timestamp: 1_700_000_000, type_data: { preview: 'x'.repeat(500) },
      })),
    }, token)
  }
}

/** How long it takes, in a window that has kept nothing, until something is shown: the middle one of three. */
async function shownAfter(path, what) {
  const took = []
  for (let i = 0; i < 3; i++) {
    const fresh = await on.open(desk)
    const began = performance.now()
    await fresh.go(path)
    await what(fresh.page).first().waitFor()
    took.push(performance.now() - began)
    await fresh.close()
  }
  return took.sort((a, b) => a - b)[1]
}

/** Scrolls down by a little less than what is in sight, and notes each row that comes into sight: its name, by its place. */
const scrolled = (selector, name, rowHeight, last) =>
  window.page.evaluate(
    async ([selector, name, height, last]) => {
      const scroller = document.querySelector(selector)
      const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
      const seen = {}
      const gaps = []
      let drawn = 0
      let waits = 0
      await painted()
      while (!(last in seen) && waits < 600) {
        const rows = new Map([...scroller.querySelectorAll('[data-row]')].map((r) => [Number(r.dataset.row), r]))
        drawn = Math.max(drawn, rows.size)
        const box = scroller.getBoundingClientRect()
        const inSight = [...rows].filter(([, r]) => {
          const at = r.getBoundingClientRect()
          return at.bottom > box.top && at.top < box.bottom
        })
        const places = inSight.map(([i]) => i).sort((a, b) => a - b)
        const covered = places.length * height
        // All that is in sight is rows, one under the other; only the head of the table and the end of the list are not.
        if (places.at(-1) - places[0] + 1 !== places.length || covered < Math.min(scroller.clientHeight, scroller.scrollHeight) - 3 * height) {
          gaps.push([scroller.scrollTop, places])
        }
        for (const [i, r] of inSight) seen[i] = r.querySelector(name).textContent
        const before = scroller.scrollTop
        scroller.scrollTop += scroller.clientHeight - 3 * height
        await painted()
        if (scroller.scrollTop === before) {
          waits++ // the next page is on its way
          await new Promise((done) => setTimeout(done, 50))
        } else waits = 0
      }
      return { names: Object.entries(seen).sort(([a], [b]) => a - b).map(([, n]) => n), gaps, drawn }
    },
    [selector, name, rowHeight, last],
  )

/** What the page, its scripts and its styles weigh on the way. */
async function weight(path, what) {
  const { page, close } = await on.open(desk)
  const loaded = []
  page.on('response', (r) => ['document', 'script', 'stylesheet'].includes(r.request().resourceType()) && loaded.push(r))
  await page.goto(on.server.web + path)
  await what(page).first().waitFor()
  await page.waitForLoadState('networkidle')
  let bytes = 0
  for (const r of loaded) {
    // Its head tells: the browser may have let go of the body by now.
    const { 'content-length': length, 'content-encoding': packed } = await r.allHeaders()
    if ((packed || Number(length) > 1000) && r.request().resourceType() !== 'document') assert.equal(packed, 'gzip', r.url())
    bytes += Number(length) // as it was sent
  }
  await close()
  return { bytes, files: loaded.length }
}

test('ten thousand tasks: every row once, in order, without a gap', async () => {
  await window.go('/tasks?sort=name&tags=many')
  await window.page.locator('[data-row]').first().waitFor()
  const { names, gaps, drawn } = await scrolled('.rows', 'a.strong', 36, TASKS - 1)
  assert.deepEqual(gaps, [])
  assert.deepEqual(names, Array.from({ length: TASKS }, (_, i) => `task ${number(i)}`))
  assert.ok(drawn <= DRAWN, `${drawn} rows were drawn at once`)
  await window.page.getByText('10,000 tasks', { exact: true }).waitFor()
})

test('five thousand artifacts: every row once, in order, without a gap', async () => {
  await window.go(`/tasks/${on.made.full}/artifacts`)
  await window.page.locator('.items [data-row]').first().waitFor()
  const { names, gaps, drawn } = await scrolled('.items', '.grow', 34, ARTIFACTS) // the first place is the heading's
  assert.deepEqual(gaps, [])
  assert.deepEqual(names, Array.from({ length: ARTIFACTS }, (_, i) => `part ${number(i)}`))
  assert.ok(drawn <= DRAWN, `${drawn} rows were drawn at once`)
})

for (const [what, path, row] of [
  ['tasks', () => '/tasks', (p) => p.locator('[data-row]')],
  ['artifacts', () => `/tasks/${on.made.full}/artifacts`, (p) => p.locator('.items [data-row]')],
]) {
  test(`the first page of ${what} weighs little`, async (t) => {
    const { bytes, files } = await weight(path(), row)
    t.diagnostic(`${what}: ${bytes} bytes in ${files} files`)
    assert.ok(files > 10 && bytes > FIRST_PAGE / 2, `${bytes} bytes cannot be all`)
    assert.ok(bytes < FIRST_PAGE, `${bytes} bytes`)
    const took = await shownAfter(path(), row)
    t.diagnostic(`${what}: shown after ${(took / useful[what]).toFixed(2)} times what an empty page takes (${Math.round(took)} ms to ${Math.round(useful[what])} ms)`)
  })
}
