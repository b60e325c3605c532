/** Pages used as people do: what is set up stands in the address, files are safe, changes come by themselves. */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { desk, stage } from './browser.mjs'
import { churn as churnOf } from './pages.mjs'

let on, server, made
before(async () => {
  on = await stage()
  ;({ server, made } = on)
})
after(() => on?.end())
const churn = () => churnOf(made)

describe('working with it', () => {
  let window
  before(async () => (window = await on.open()))
  after(() => window?.close())

  test('what is set up stands in the address, and reproduces it', async () => {
    const { page } = window
    await page.goto(server.web + '/tasks')
    await page.getByLabel('Filter by name, id or comment').fill('churn')
    await page.getByText('2 tasks', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Name' }).click()
    assert.match(page.url(), /q=churn/)
    assert.match(page.url(), /sort=-name/)
    await page.goto(page.url())
    await page.getByText('2 tasks', { exact: true }).waitFor()
    assert.equal(await page.getByRole('link', { name: 'resnet50-line4-18' }).count(), 0)
  })

  test('the addresses that the SDK prints lead to the task', async () => {
    const { page } = window
    const id = made['churn-gbm-0412']
    for (const [printed, tab] of [
      [`/projects/0123/experiments/${id}/output/log`, 'console'],
      [`/projects/0123/tasks/${id}/output/log`, 'console'],
      [`/projects/*/tasks/${id}/artifacts/output-model`, 'artifacts'],
      [`/datasets/simple/0123/experiments/${id}`, 'artifacts'],
    ]) {
      await page.goto(server.web + printed)
      await page.waitForURL(`${server.web}/tasks/${id}/${tab}`)
      await page.getByRole('heading', { name: 'churn-gbm-0412' }).waitFor()
    }
  })

  test('keys choose artifacts, and the filter understands sizes', async () => {
    const { page } = window
    await page.goto(server.web + churn() + '/artifacts?key=config')
    await page.getByRole('group', { name: 'Artifacts; up and down choose' }).focus()
    await page.keyboard.press('ArrowDown')
    await page.waitForURL(/key=confusion/)
    await page.keyboard.press('/')
    await page.keyboard.type('size:>10kb type:pandas')
    await page.getByRole('link', { name: 'confusion' }).waitFor({ state: 'detached' })
    await page.locator('.item').nth(1).waitFor() // train and wide, of which only these are tables of that size
    assert.equal(await page.locator('.item').count(), 2)
  })

  test('a script in a file reads no page and calls nobody for the user', async () => {
    const { page, wrong } = window
    await page.goto(server.web + churn() + '/artifacts?key=drawing')
    await page.getByRole('img', { name: 'drawing.svg' }).waitFor()
    await page.goto(server.web + churn() + '/artifacts?key=report')
    await page.getByRole('button', { name: 'Show the page' }).click()
    await page.frameLocator('iframe').getByRole('heading', { name: 'Report of the run' }).waitFor()
    assert.equal(await page.frameLocator('iframe').locator('body[data-ran]').count(), 0) // nothing runs unless it was asked for
    const calls = []
    page.on('request', (r) => r.url().includes('get_credentials') && calls.push(r.url()))
    await page.getByRole('button', { name: 'Run its scripts' }).click()
    await page.frameLocator('iframe').locator('body[data-ran]').waitFor()
    assert.doesNotMatch(await page.title(), /stolen/)
    assert.deepEqual(calls, [])
    wrong.length = 0 // the browser tells of what it refused
    // The same by their addresses, as a page of their own.
    for (const key of ['report', 'drawing']) {
      const digest = await page.evaluate(
        async ([task, key]) => (await (await fetch(`/api/tasks/${task}/artifact?key=${key}`)).json()).sha256,
        [made['churn-gbm-0412'], key],
      )
      const end = key === 'report' ? '/html?scripts=1' : '/bytes'
      await page.goto(`${server.web}/api/preview/${digest}${end}`)
      assert.equal(await page.evaluate(() => origin), 'null')
      const read = await page.evaluate(() => { try { return document.cookie } catch { return 'refused' } })
      assert.equal(read, 'refused')
      await page.goto(server.web + churn() + '/artifacts')
    }
    wrong.length = 0
  })

  test('a page of rows, a member and a slice stand in the address', async () => {
    const { page } = window
    await page.goto(server.web + churn() + '/artifacts?key=wide')
    await page.getByRole('button', { name: 'Rows behind' }).click()
    await page.waitForURL(/rows=100-200/)
    await page.getByText(/Rows 100 to 199 of 3,000/).waitFor()
    await page.goto(server.web + churn() + '/artifacts?key=folder')
    await page.getByRole('button', { name: 'weights.npy' }).click()
    await page.waitForURL(/member=weights.npy/)
    await page.getByRole('img', { name: /Heatmap of 30 rows/ }).waitFor()
    await page.getByRole('button', { name: 'All files' }).click()
    await page.getByRole('button', { name: 'train.py' }).waitFor()
    await page.goto(server.web + churn() + '/artifacts?key=volume')
    await page.getByLabel(/Place on axis 0/).fill('2')
    await page.getByLabel(/Place on axis 0/).press('Enter')
    await page.waitForURL(/slice=2/)
  })

  test('statistics of a large table are of its first rows, and say so, until a job has read all', async () => {
    const { page } = window
    let release
    const held = new Promise((resolve) => (release = resolve))
    let asked = 0
    await page.route('**/api/preview/*', async (route) => {
      const reply = await route.fetch()
      if (asked++ > 0) await held
      await route.fulfill({ response: reply })
    })
    await page.goto(`${server.web}/tasks/${made['resnet50-line4-18']}/artifacts?key=wide`)
    await page.getByText('Statistics of the first rows; all rows are being read').waitFor()
    release()
    await page.getByText('Statistics cover all rows').waitFor()
    await page.unroute('**/api/preview/*')
    const column = page.getByRole('columnheader', { name: /^column 1 / })
    assert.match(await column.innerText(), /mean -?[\d.e-]+\s+14% null/) // each seventh of all 3,000
    await column.getByRole('img', { name: /^Histogram from/ }).waitFor()
  })

  test('an earlier version is restored', async () => {
    const { page } = window
    await page.goto(server.web + churn() + '/artifacts?key=config&view=versions')
    await page.getByRole('button', { name: 'Restore version 1' }).click()
    await page.getByRole('cell', { name: 'v3', exact: true }).waitFor()
    await page.goto(server.web + churn() + '/artifacts?key=config&as=logged')
    await page.getByText('"a": 1').waitFor()
  })

  test('a download has the registered digest', async () => {
    const { page } = window
    await page.goto(server.web + churn() + '/artifacts?key=train')
    const link = page.getByRole('link', { name: 'Download' })
    const digest = await page.locator('.chip[title]').nth(1).getAttribute('title')
    const url = await link.getAttribute('href')
    const got = await page.evaluate(async (u) => {
      const bytes = await (await fetch(u)).arrayBuffer()
      const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
      return [...sum].map((b) => b.toString(16).padStart(2, '0')).join('')
    }, url)
    assert.equal(got, digest)
  })

  test('an artifact that comes while the page is open appears by itself', async () => {
    const { page } = window
    await page.goto(server.web + churn() + '/artifacts')
    await page.getByRole('link', { name: 'features' }).waitFor()
    const status = await page.evaluate(async (task) => {
      const artifact = { key: 'late', type: 'string', uri: 'https://example.org/late', timestamp: 1, type_data: { preview: 'late' } }
      const got = await fetch('/api/tasks.add_or_update_artifacts', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Coffer': '1' },
        body: JSON.stringify({ task, artifacts: [artifact], force: true }),
      })
      return got.status
    }, made['churn-gbm-0412'])
    assert.equal(status, 200)
    await page.getByRole('link', { name: 'late' }).waitFor()
  })

  test('names are text, never markup', async () => {
    const { page, wrong } = window
    wrong.length = 0
    await page.goto(`${server.web}/tasks/${made['<script>alert(1)</script> tickets']}/artifacts?key=${encodeURIComponent('<img src=x onerror=alert(1)>')}`)
    await page.getByRole('heading', { name: '<script>alert(1)</script> tickets' }).waitFor()
    await page.getByRole('heading', { name: '<img src=x onerror=alert(1)>' }).waitFor()
    assert.deepEqual(wrong, [])
  })

  test('a key pair is made, shown once, and revoked', async () => {
    const { page } = window
    await page.goto(server.web + '/settings/keys')
    await page.getByLabel('Label of a new key pair').fill('from the browser')
    await page.getByRole('button', { name: 'Make a key pair' }).click()
    await page.getByText('secret_key').waitFor()
    const row = page.getByRole('row', { name: /from the browser/ })
    await row.getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('button', { name: 'Revoke the key pair' }).click()
    await row.waitFor({ state: 'detached' })
  })

  test('without a session there is nothing to see', async () => {
    const { page, close } = await on.open(desk, false)
    for (const path of ['/', '/tasks', churn() + '/artifacts', '/settings/keys']) {
      await page.goto(server.web + path)
      await page.waitForURL(/\/login/)
    }
    await page.goto(server.web + '/login?next=https://example.org/')
    await page.getByLabel('Name').fill('admin')
    await page.locator('input[type=password]').fill(server.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(server.web + '/')
    await close()
  })

  test('signing out ends the session', async () => {
    const { page, close } = await on.open()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(/\/login/)
    await page.goto(server.web + '/tasks')
    await page.waitForURL(/\/login/)
    await close()
  })
})

describe('features', () => {
  let window
  before(async () => (window = await on.open()))
  after(() => window?.close())
  const go = (path) => window.go(path)

  test('M-08 values of series: first, last, min, max, mean', async () => {
    const { page } = window
    await go(churn() + '/scalars?view=values')
    const row = page.getByRole('row', { name: /loss val/ })
    await row.waitFor()
    const cells = await row.getByRole('cell').allTextContents()
    assert.deepEqual(cells.slice(2, 6), ['30', '1', '0.03333', '0.03333 at 29'])
  })

  test('O-08 metadata of a model is changed', async () => {
    const { page } = window
    await go(`/models/${made['churn-gbm']}` + '/metadata')
    await page.getByRole('button', { name: 'Edit trained on' }).click()
    await page.getByLabel('Value').fill('december')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('cell', { name: 'december' }).waitFor()
  })

  test('R-01 the name of a profile is changed, and back', async () => {
    const { page } = window
    await go('/settings/profile')
    for (const name of ['admin-2', 'admin']) {
      await page.getByRole('button', { name: 'Change', exact: true }).click()
      await page.getByLabel('Name', { exact: true }).fill(name)
      await page.getByRole('button', { name: 'Rename' }).click()
      await page.getByRole('definition').filter({ hasText: name }).first().waitFor()
    }
  })
})
