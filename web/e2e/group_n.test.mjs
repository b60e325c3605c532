/** The tab of artifacts, row by row: the list, what is told of each item, and its bytes. */

import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fits, phone, shots, stage, violations } from './browser.mjs'

let on, made, page, go, api
before(async () => {
  on = await stage('fill_artifacts.py')
  made = on.made
  ;({ page, go, api } = await on.open())
})
after(() => on?.end())

const at = (name, search = {}) => `/tasks/${made[name]}/artifacts?${new URLSearchParams(search)}`
const items = () => page.getByRole('group', { name: 'Artifacts; up and down choose' })
const item = (name) => items().getByRole('link', { name: new RegExp(`^${name}`) })
const section = (name) => items().getByRole('button', { name: new RegExp(`^${name} \\d`) })
const chosen = () => items().locator('[aria-current] .grow').textContent()
const heading = (name) => page.locator('.detail').getByRole('heading', { name, exact: true })
const tab = (name) => page.getByRole('navigation', { name: 'Views of the artifact' }).getByRole('link', { name }).click()
/** A fact: the name of it, and what stands beside it. */
const fact = (name) => page.locator('.facts > div').filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd')
const copied = () => page.evaluate(() => navigator.clipboard.readText())
const artifact = (key, task = 'churn run') => api(`tasks/${made[task]}/artifact?${new URLSearchParams({ key })}`)

test('N-01 artifacts of a task are visible', async () => {
  await go(at('churn run'))
  for (const name of ['config', 'features', 'frame', 'notes', 'report', 'elsewhere']) await item(name).waitFor()
  await page.getByRole('link', { name: /^Artifacts \d+/ }).waitFor()
  assert.deepEqual(await violations(page), [])
  await page.screenshot({ path: join(shots, 'artifacts-list.png') })
})

test('N-02 input and output models stand in the same list', async () => {
  await go(at('churn run'))
  await item('base').waitFor()
  await item('churn-net').waitFor()
  const { tasks } = await api('tasks.get_all_ex', { id: [made['churn run']], only_fields: ['models'] })
  assert.equal(tasks[0].models.input[0].name, 'base')
})

test('N-03 sections are in order, fold, and are left out when empty; long names have a tooltip; the width is drawn', async () => {
  await go(at('churn run'))
  await section('Artifacts').waitFor()
  const names = async () => (await items().getByRole('heading').allTextContents()).map((t) => t.replace(/\s*\d+$/, ''))
  assert.deepEqual(await names(), ['Input models', 'Output models', 'Data audit', 'Artifacts'])
  await section('Artifacts').press('Enter')
  await item('config').waitFor({ state: 'detached' })
  assert.equal(await section('Artifacts').getAttribute('aria-expanded'), 'false')
  await page.reload()
  await section('Artifacts').waitFor()
  assert.equal(await item('config').count(), 0) // it is remembered
  await section('Artifacts').click()
  const long = item('a name that is so long')
  await long.waitFor()
  assert.match(await long.getAttribute('title'), /^a name that is so long that no list of three hundred pixels shows all of it\n/)
  const cut = await long.locator('.grow').evaluate((e) => e.scrollWidth > e.clientWidth)
  assert.ok(cut)

  const bar = page.getByRole('separator', { name: 'Width of the list' })
  const width = () => page.locator('.list').evaluate((e) => Math.round(e.getBoundingClientRect().width))
  assert.equal(await width(), 336)
  const box = await bar.boundingBox()
  await page.mouse.move(box.x + 4, box.y + 200)
  await page.mouse.down()
  await page.mouse.move(box.x + 84, box.y + 200, { steps: 4 })
  await page.mouse.up()
  const drawn = await width()
  assert.ok(drawn > 400 && drawn < 430, `${drawn} px`)
  await bar.press('ArrowLeft')
  assert.equal(await width(), drawn - 16)
  await page.reload()
  await item('config').waitFor()
  assert.equal(await width(), drawn - 16)
  await bar.dblclick()
  assert.equal(await width(), 336)
  await go(at('kept on a disk'))
  await section('Artifacts').waitFor()
  assert.deepEqual(await names(), ['Artifacts'])
})

test('N-04 the first item is chosen on entry: an input model, else an output model, else an artifact', async () => {
  for (const [task, key, head] of [['churn run', 'base', 'churn-base'], ['makes only', 'made here', 'made here'], ['kept on a disk', 'on the disk', 'on the disk']]) {
    await go(at(task))
    await heading(head).waitFor()
    assert.equal(await chosen(), key)
  }
})

test('N-05 of an artifact: path, size, hash, each pair of metadata, preview', async () => {
  const a = await artifact('features')
  await go(at('churn run', { key: 'features', view: 'files' }))
  await fact('Address').getByText(a.uri, { exact: true }).waitFor()
  await fact('Size').getByText(`${a.size.toLocaleString('en')} bytes`).waitFor()
  await tab(/^Metadata/)
  await fact('SHA-256').getByText(a.sha256).waitFor()
  await page.getByRole('row', { name: /^split train/ }).waitFor()
  await page.getByRole('row', { name: /^made from rows of/ }).waitFor()
  assert.equal(await page.locator('.detail tbody tr').count(), Object.keys(a.metadata).length)
  assert.deepEqual(await violations(page), [])
  await page.screenshot({ path: join(shots, 'artifacts-metadata.png') })
  await tab('Preview')
  await page.getByRole('img', { name: /Heatmap of 30 rows/ }).waitFor()
})

test('N-06 also upload time, type, content type and mode', async () => {
  const a = await artifact('features')
  await go(at('churn run', { key: 'features', view: 'metadata' }))
  for (const [name, want] of [['Type', 'numpy'], ['Content type', 'application/numpy'], ['Mode', 'output']]) await fact(name).getByText(want, { exact: true }).waitFor()
  assert.equal(await fact('Logged').locator('time').getAttribute('datetime'), new Date(a.timestamp * 1000).toISOString())
  assert.equal(new Date(await fact('Registered').locator('time').getAttribute('datetime')).getTime(), Math.floor(Date.parse(a.registered)))
})

test('N-07 a path of a local disk is text that can be copied', async () => {
  const a = await artifact('on the disk', 'kept on a disk')
  assert.match(a.uri, /^(file:\/\/)?\//)
  await go(at('kept on a disk', { key: 'on the disk', view: 'files' }))
  await fact('Kept by').getByText('the disk of the machine that logged it').waitFor()
  await fact('Address').getByText(a.uri, { exact: true }).waitFor()
  assert.equal(await page.locator('.detail').getByRole('link', { name: /disk/ }).count(), 0)
  await fact('Address').getByRole('button', { name: 'Copy the address' }).click()
  await fact('Address').getByRole('button', { name: 'Copied' }).waitFor()
  assert.equal(await copied(), a.uri)
})

test('N-08 a path of the network is a link to a new tab; what is here is downloaded, and the browser knows how far', async () => {
  await go(at('churn run', { key: 'elsewhere', view: 'files' }))
  const away = fact('Address').getByRole('link', { name: 'https://example.org/sets/rows.csv' })
  assert.equal(await away.getAttribute('href'), 'https://example.org/sets/rows.csv')
  assert.deepEqual([await away.getAttribute('target'), await away.getAttribute('rel')], ['_blank', 'noopener noreferrer'])
  await page.getByRole('link', { name: 'Open', exact: true }).waitFor()
  const a = await artifact('frame')
  await go(at('churn run', { key: 'frame', view: 'files' }))
  assert.equal(await fact('Address').getByRole('link').getAttribute('target'), '_blank')
  const href = await page.getByRole('link', { name: 'Download', exact: true }).getAttribute('href')
  const told = await page.evaluate(async (h) => (await fetch(h, { method: 'HEAD' })).headers.get('content-length'), href)
  assert.equal(Number(told), a.size) // the browser shows a part of this
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download', exact: true }).click()])
  const bytes = Buffer.concat(await (await file.createReadStream()).toArray())
  assert.equal(bytes.length, a.size)
})

test('N-09 a download keeps the name of the file, and a large one does not pass through the page', async () => {
  await go(at('churn run', { key: 'report' }))
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download', exact: true }).click()])
  assert.equal(file.suggestedFilename(), 'report of June.html')

  const size = 520_000_000
  await large(size)
  await go(at('makes only', { key: 'large' }))
  const link = page.getByRole('link', { name: 'Download', exact: true })
  await link.waitFor()
  const asked = []
  page.on('request', (r) => r.url().includes('large.bin') && asked.push(r.resourceType()))
  const [saved] = await Promise.all([page.waitForEvent('download'), link.click()])
  assert.equal((await stat(await saved.path())).size, size)
  assert.equal(saved.suggestedFilename(), 'large.bin')
  assert.deepEqual(asked.filter((kind) => ['fetch', 'xhr'].includes(kind)), [])
  await saved.delete()
})

/** An artifact of so many bytes, each a piece of one buffer, as no page could make it. */
async function large(size) {
  const { credentials } = await api('auth.create_credentials', { label: 'large' })
  const piece = Buffer.alloc(1_000_000)
  const boundary = 'parts'
  const path = `large/${made['makes only']}/large.bin`
  async function* body() {
    yield Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${path}"; filename="large.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`)
    for (let n = 0; n < size; n += piece.length) yield piece
    yield Buffer.from(`\r\n--${boundary}--\r\n`)
  }
  const sent = await fetch(on.server.web + '/files/', {
    method: 'POST',
    headers: {
      'Content-Type': `multipart/form-data; boundary=${boundary}`,
      Authorization: 'Basic ' + Buffer.from(`${credentials.access_key}:${credentials.secret_key}`).toString('base64'),
    },
    body: body(),
    duplex: 'half',
  })
  assert.equal(sent.status, 200, await sent.text())
  await api('tasks.started', { task: made['makes only'], force: true })
  await api('tasks.add_or_update_artifacts', {
    task: made['makes only'],
    artifacts: [{ key: 'large', type: 'custom', mode: 'output', uri: `${on.server.web}/files/${path}`, content_size: size, timestamp: 1_700_000_000, type_data: {} }],
  })
  await api('tasks.completed', { task: made['makes only'], force: true })
}

test('N-11 a replaced artifact is not taken from what the browser kept', async () => {
  const read = async () => {
    await go(at('makes only', { key: 'config' }))
    const link = page.getByRole('link', { name: 'Download', exact: true })
    const href = await link.getAttribute('href')
    return [href, await page.evaluate(async (h) => (await fetch(h)).text(), href)]
  }
  const [first, before] = await read()
  assert.match(before, /"a": 1/)
  await replace('makes only', 'config', '{"a": 2}')
  const [second, now] = await read()
  assert.equal(now, '{"a": 2}')
  assert.notEqual(second, first)
  assert.equal(await page.evaluate(async (h) => (await fetch(h)).text(), first), before) // the earlier version has its own address
})

/** Uploads other bytes to an artifact's path, and registers them, as the SDK does. */
async function replace(task, key, text) {
  const a = await artifact(key, task)
  await api('tasks.started', { task: made[task], force: true })
  await page.evaluate(
    async ([uri, content]) => {
      const path = decodeURIComponent(new URL(uri).pathname.replace(/^\/(files\/)?/, ''))
      const form = new FormData()
      form.append(path, new Blob([content]), 'config.json')
      const got = await fetch('/files/', { method: 'POST', headers: { 'X-Coffer': '1' }, body: form })
      if (!got.ok) throw new Error(await got.text())
    },
    [a.uri, text],
  )
  const hash = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(text))).toString('hex')
  await api('tasks.add_or_update_artifacts', {
    task: made[task],
    artifacts: [{ key, type: a.type, mode: 'output', uri: a.uri, hash, content_size: text.length, timestamp: a.timestamp + 1, type_data: { preview: text } }],
  })
  await api('tasks.completed', { task: made[task], force: true })
}

test('N-12 an HTML artifact is opened in a sandbox', async () => {
  await go(at('churn run', { key: 'report' }))
  await page.getByRole('button', { name: 'Show the page' }).click()
  const frame = page.frameLocator('iframe')
  await frame.getByRole('heading', { name: 'Report of the run' }).waitFor()
  assert.equal(await page.locator('iframe').getAttribute('sandbox'), '')
  assert.equal(await frame.locator('[data-ran]').count(), 0)
  await page.getByRole('button', { name: 'Run its scripts' }).click()
  await frame.locator('[data-ran]').waitFor()
  assert.equal(await page.locator('iframe').getAttribute('sandbox'), 'allow-scripts')
  assert.doesNotMatch(await page.title(), /stolen/)
})

test('N-13 addresses within fields are links', async () => {
  await go(at('churn run', { key: 'features', view: 'metadata' }))
  const link = page.getByRole('row', { name: /^made from/ }).getByRole('link')
  assert.equal(await link.textContent(), 'https://example.org/rows?day=1')
  assert.deepEqual([await link.getAttribute('href'), await link.getAttribute('target')], ['https://example.org/rows?day=1', '_blank'])
})

test('N-14 a preview is monospace, scrolls, is searched and copied', async () => {
  await go(at('churn run', { key: 'notes' }))
  const text = page.getByRole('region', { name: /^Text/ })
  await text.getByText('line 0 of the notes').waitFor()
  const mono = (e) => getComputedStyle(e).fontFamily.includes('monospace')
  assert.ok(await text.locator('pre').first().evaluate(mono))
  assert.ok(await page.evaluate(() => [...document.querySelectorAll('.pvtext, .detail')].some((e) => e.scrollHeight > e.clientHeight + 100)))
  const find = page.getByLabel(/^Find in the text/)
  await find.fill('LINE 29')
  await page.getByText('1 of 11').waitFor() // 29 and 290 to 299
  await find.press('Enter')
  await page.getByText('2 of 11').waitFor()
  const marks = await text.locator('mark.here').evaluate((e) => {
    const box = e.getBoundingClientRect()
    return [e.closest('td').textContent, box.top > 0 && box.bottom <= innerHeight]
  })
  assert.deepEqual(marks, ['line 290 of the notes, even', true])
  assert.deepEqual(await violations(page), [])
  await page.screenshot({ path: join(shots, 'artifacts-find.png') })
  await find.fill('nowhere')
  await page.getByText('not found').waitFor()
  await page.getByRole('button', { name: 'Copy these lines' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  assert.match(await copied(), /^line 0 of the notes, even\n[^]*line 299 of the notes, odd$/)

  // The text that was logged beside it, too.
  await go(at('churn run', { key: 'config', as: 'logged' }))
  const logged = page.getByLabel('Preview as logged')
  assert.ok(await logged.evaluate(mono))
  await page.getByLabel(/^Find in the text/).fill('"b"')
  await page.getByText('1 of 1').waitFor()
  await page.getByRole('button', { name: 'Copy the text' }).click()
  assert.match(await copied(), /"a": 1/)
})

test('the tab fits a phone: the list, then an item, and back', async () => {
  const small = await on.open(phone)
  await small.go(at('churn run'))
  await small.page.getByRole('link', { name: /^features/ }).click()
  await small.page.getByRole('heading', { name: 'features', exact: true }).waitFor()
  await fits(small.page)
  assert.deepEqual(await violations(small.page), [])
  await small.page.screenshot({ path: join(shots, 'artifacts-phone.png') })
  await small.page.goBack()
  await small.page.getByRole('link', { name: /^features/ }).waitFor()
  await small.close()
})
