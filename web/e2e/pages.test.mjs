/**
 * Every page in a real browser, against the real binary filled by the real SDK: at two widths, light and dark. A page
 * passes when it shows what was logged, says nothing in the console, asks no other host, and axe finds no violation of
 * level A or AA. Pictures of all are left in e2e/shots.
 */

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { chromium } from 'playwright-core'
import { start } from './server.mjs'

const here = import.meta.dirname
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const shots = join(here, 'shots')
mkdirSync(shots, { recursive: true })

const looks = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
]
const schemes = ['light', 'dark']

// Long enough for a loaded machine.
const PATIENCE = 30_000

let server, browser, made
before(async () => {
  server = await start()
  made = await server.fill('fill.py')
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

/** A window of somebody who is not signed in; what goes wrong in it is collected. */
async function open(look, signIn = true) {
  const context = await browser.newContext({ viewport: look, colorScheme: 'light', bypassCSP: false, reducedMotion: 'reduce' })
  context.setDefaultTimeout(PATIENCE)
  const page = await context.newPage()
  const wrong = []
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && wrong.push(`${m.type()}: ${m.text()}`))
  page.on('pageerror', (e) => wrong.push(`exception: ${e.message}`))
  page.on('dialog', (d) => {
    wrong.push(`dialog: ${d.message()}`)
    void d.dismiss()
  })
  page.on('request', (r) => {
    const url = new URL(r.url())
    if (url.origin !== server.web && !['blob:', 'data:'].includes(url.protocol)) wrong.push(`request to ${r.url()}`)
  })
  if (signIn) {
    await page.goto(server.web + '/login')
    await page.getByLabel('Name').fill('admin')
    await page.locator('input[type=password]').fill(server.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL((url) => url.pathname !== '/login')
  }
  return { page, wrong, close: () => context.close() }
}

/** Violations of WCAG 2 A and AA. Run through the debugging protocol, so that the page's policy stays as it is. */
async function violations(page) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe)
  const found = await page.evaluate(() => axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }))
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ') + ' ' + n.failureSummary).join('; ')}`)
}

const churnGbm = () => `/models/${made['churn-gbm']}`
const churn = () => `/tasks/${made['churn-gbm-0412']}`

/** Each page: its name, its address, and what it must show. */
const pages = [
  ['home', () => '/', (p) => p.getByRole('link', { name: 'churn-gbm-0412' }).first()],
  ['projects', () => '/projects', (p) => p.getByRole('link', { name: 'defects' })],
  ['tasks', () => '/tasks', (p) => p.getByRole('link', { name: 'resnet50-line4-18' })],
  ['tasks-filtered', () => '/tasks?q=nobody', (p) => p.getByText('No task matches.')],
  ['artifacts', () => '/artifacts?name=train', (p) => p.getByRole('link', { name: 'train' }).first()],
  ['task-artifacts', () => churn() + '/artifacts', (p) => p.getByRole('link', { name: 'features' })],
  ['task-image', () => churn() + '/artifacts?key=confusion', (p) => p.getByRole('img', { name: 'confusion.png' })],
  ['task-json', () => churn() + '/artifacts?key=config', (p) => p.getByRole('button', { name: 'b', exact: false }).first()],
  ['preview-table', () => churn() + '/artifacts?key=wide', (p) => p.getByText('Statistics cover all rows')],
  ['preview-array', () => churn() + '/artifacts?key=features', (p) => p.getByRole('img', { name: /Heatmap of 100 rows/ })],
  ['preview-slice', () => churn() + '/artifacts?key=volume&slice=3,:,:', (p) => p.getByRole('img', { name: /Heatmap of 120 rows/ })],
  ['preview-curve', () => churn() + '/artifacts?key=curve', (p) => p.getByRole('img', { name: /Curve of 256/ })],
  ['preview-folder', () => churn() + '/artifacts?key=folder', (p) => p.getByRole('button', { name: 'train.py' })],
  ['preview-member', () => churn() + '/artifacts?key=folder&member=weights.npy', (p) => p.getByText('30 × 20')],
  ['preview-code', () => churn() + '/artifacts?key=folder&member=train.py', (p) => p.getByText('print(os.name)')],
  ['preview-pickle', () => churn() + '/artifacts?key=object', (p) => p.getByText(/only their own code can build/)],
  ['preview-set', () => churn() + '/artifacts?key=vocab', (p) => p.getByText('set of 3')],
  ['preview-html', () => churn() + '/artifacts?key=report', (p) => p.getByRole('button', { name: 'Show the page' })],
  ['preview-svg', () => churn() + '/artifacts?key=drawing', (p) => p.getByRole('img', { name: 'drawing.svg' })],
  ['preview-bytes', () => churn() + '/artifacts?key=features&as=hex', (p) => p.getByText('00000000')],
  ['preview-logged', () => churn() + '/artifacts?key=config&as=logged', (p) => p.getByText('"a": 2')],
  ['task-files', () => churn() + '/artifacts?key=config&view=files', (p) => p.getByText('Same bytes elsewhere')],
  ['task-metadata', () => churn() + '/artifacts?key=features&view=metadata', (p) => p.getByRole('cell', { name: 'split' })],
  ['task-versions', () => churn() + '/artifacts?key=config&view=versions', (p) => p.getByRole('cell', { name: 'v1', exact: true })],
  ['task-use', () => churn() + '/artifacts?key=train&view=use', (p) => p.getByText('artifact.get()')],
  ['task-console', () => churn() + '/console', (p) => p.getByText('29 loss')],
  ['task-configuration', () => churn() + '/configuration', (p) => p.getByRole('cell', { name: 'lr', exact: true })],
  ['task-execution', () => churn() + '/execution', (p) => p.getByText('fill.py').first()],
  ['task-info', () => churn() + '/info', (p) => p.getByText('Status reason')],
  ['task-scalars', () => churn() + '/scalars', (p) => p.locator('.uplot').first()],
  ['task-values', () => churn() + '/scalars?view=values', (p) => p.getByRole('columnheader', { name: 'Mean' })],
  ['task-plots', () => churn() + '/plots', (p) => p.locator('.main-svg').first()],
  ['task-samples', () => churn() + '/samples', (p) => p.getByRole('button', { name: 'Open inputs / second, iteration 2' })],
  ['projects-under', () => '/projects?under=Retail', (p) => p.getByRole('link', { name: 'churn', exact: true }).first()],
  ['users', () => '/settings/users', (p) => p.getByRole('button', { name: 'Invite somebody' })],
  ['audit', () => '/settings/audit', (p) => p.getByText('auth.login').first()],
  ['models', () => '/models', (p) => p.getByRole('link', { name: 'churn-gbm', exact: true })],
  ['models-archive', () => '/models?archived=1', (p) => p.getByRole('link', { name: 'old-model' })],
  ['project-models', () => '/projects/*/models', (p) => p.getByRole('link', { name: 'calibrated' })],
  ['model-general', () => churnGbm() + '/general', (p) => p.getByRole('link', { name: 'churn-train-0413' })],
  ['model-weights', () => churnGbm() + '/weights', (p) => p.getByText('v3', { exact: true })],
  ['model-lineage', () => churnGbm() + '/lineage', (p) => p.getByRole('link', { name: 'calibrated' }).first()],
  ['model-design', () => churnGbm() + '/design', (p) => p.getByText('num_leaves')],
  ['model-labels', () => churnGbm() + '/labels', (p) => p.getByRole('cell', { name: 'leaves' })],
  ['model-metadata', () => churnGbm() + '/metadata', (p) => p.getByRole('cell', { name: 'november' })],
  ['keys', () => '/settings/keys', (p) => p.getByRole('button', { name: 'Revoke' }).first()],
  ['profile', () => '/settings/profile', (p) => p.getByText('Role')],
  ['about', () => '/settings/about', (p) => p.getByText('Protocol')],
  ['welcome', () => '/welcome', (p) => p.getByRole('button', { name: 'Make a key pair' })],
]

for (const look of looks) {
  describe(`${look.width} px`, () => {
    let window
    before(async () => (window = await open(look)))
    after(() => window?.close())
    for (const [name, address, shows] of pages) {
      test(name, async () => {
        const { page, wrong } = window
        wrong.length = 0
        await page.emulateMedia({ colorScheme: 'light' })
        await page.goto(server.web + address())
        await shows(page).waitFor()
        await page.waitForLoadState('load')
        for (const colorScheme of schemes) {
          await page.emulateMedia({ colorScheme })
          await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor()
          await page.screenshot({ path: join(shots, `${name}-${look.width}-${colorScheme}.png`) })
          assert.deepEqual(await violations(page), [], colorScheme)
        }
        assert.deepEqual(wrong, [])
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        assert.ok(wide <= 0, `the page scrolls sideways by ${wide} px`)
        assert.equal(await page.locator('h1').count(), 1)
      })
    }
    test('login', async () => {
      const { page, wrong, close } = await open(look, false)
      await page.goto(server.web + churn() + '/console')
      await page.getByLabel('Name').fill('admin')
      await page.locator('input[type=password]').fill('wrong')
      assert.deepEqual(await violations(page), [])
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.locator('[role=alert], .mantine-PasswordInput-error').first().waitFor()
      await page.screenshot({ path: join(shots, `login-${look.width}.png`) })
      assert.equal(await page.locator('input[type=password]').evaluate((e) => e === document.activeElement), true)
      await page.locator('input[type=password]').fill(server.password)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.waitForURL(server.web + churn() + '/console') // back to where one wanted to go
      assert.deepEqual(wrong.filter((w) => !w.includes('401')), [])
      await close()
    })
  })
}

/** Rows of features.md, each under its id: what holds. e2e/features.toml lists all of a group and what is missing. */
describe('features', () => {
  let window
  before(async () => (window = await open(looks[0])))
  after(() => window?.close())
  const go = (path) => window.page.goto(server.web + path)
  const api = (endpoint, body) =>
    window.page.evaluate(
      async ([e, b]) => {
        const got = await fetch(`/api/${e}`, { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Coffer': '1' }, body: JSON.stringify(b) })
        return (await got.json()).data
      },
      [endpoint, body],
    )
  /** Ticks rows of a table by their names. */
  const choose = async (...names) => {
    for (const name of names) await window.page.getByRole('checkbox', { name: `Choose ${name}` }).check()
  }

  test('K-14 filters, columns and sort are in the address', async () => {
    const { page } = window
    await go('/tasks?tags=nightly&sort=name&cols=name,type,tags')
    await page.getByText('1 tasks', { exact: true }).waitFor()
    assert.deepEqual(await page.getByRole('columnheader').allTextContents(), ['', 'Name ↑', 'Type', 'Tags'])
  })

  test('L-05 filters are chips that one button clears', async () => {
    const { page } = window
    await go('/tasks?status=completed&it=200')
    await page.getByText('1 tasks', { exact: true }).waitFor()
    await page.getByText('Iteration at least').waitFor()
    await page.getByRole('button', { name: 'Clear all' }).click()
    await page.getByRole('link', { name: 'resnet50-line4-18' }).waitFor()
    assert.equal(new URL(page.url()).search, '')
  })

  test('L-12 many are tagged, archived and restored; what the state forbids is not offered', async () => {
    const { page } = window
    await go('/tasks?q=resnet')
    await choose('resnet50-line4-18', 'resnet-base')
    assert.equal(await page.getByRole('button', { name: 'Abort' }).getAttribute('aria-disabled'), 'true')
    await page.getByRole('group', { name: 'Actions on what is chosen' }).getByRole('button', { name: 'Tag' }).click()
    await page.getByLabel('Add', { exact: true }).fill('seen, twice')
    await page.getByRole('button', { name: 'Set tags' }).click()
    await page.getByRole('row', { name: /resnet-base.*seen.*/ }).waitFor()
    await page.getByRole('button', { name: 'Archive', exact: true }).click()
    await page.getByRole('button', { name: 'Archive 2' }).click()
    await page.getByText('No task matches.').waitFor()
    await go('/tasks?archived=1&q=resnet')
    await choose('resnet50-line4-18', 'resnet-base')
    await page.getByRole('button', { name: 'Restore', exact: true }).click()
    await page.getByRole('button', { name: 'Restore 2' }).click()
    await go('/tasks?q=resnet')
    await page.getByText('2 tasks', { exact: true }).waitFor()
  })

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
    await go(churnGbm() + '/metadata')
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

  test('S-02 deleting says what goes and how many bytes, only in the archive, and leaves nothing behind', async () => {
    const { page } = window
    await go('/tasks?archived=1&q=trial')
    await page.getByText('3 tasks', { exact: true }).waitFor()
    await choose('trial-0', 'trial-1', 'trial-2')
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByText('3 artifacts').waitFor()
    await page.getByText(/of together 4\d\.\d KB/).waitFor()
    assert.equal(await page.getByRole('checkbox', { name: 'Also remove the stored bytes' }).isChecked(), true)
    assert.deepEqual(await violations(page), [])
    await page.screenshot({ path: join(shots, 'delete-dialog.png') })
    await page.getByRole('button', { name: 'Delete 3 tasks' }).click()
    await page.getByText('No task matches.').waitFor()
    const { tasks } = await api('tasks.get_all_ex', { project: undefined, name: '^trial-', search_hidden: true })
    assert.deepEqual(tasks, [])
  })
})

describe('working with it', () => {
  let window
  before(async () => (window = await open(looks[0])))
  after(() => window?.close())

  test('what is set up stands in the address, and reproduces it', async () => {
    const { page } = window
    await page.goto(server.web + '/tasks')
    await page.getByLabel('Filter by name, id or comment').fill('churn')
    await page.getByText('1 tasks', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Name' }).click()
    assert.match(page.url(), /q=churn/)
    assert.match(page.url(), /sort=-name/)
    await page.goto(page.url())
    await page.getByText('1 tasks', { exact: true }).waitFor()
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
    assert.equal(await page.locator('.item').count(), 1)
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
    const { page, close } = await open(looks[0], false)
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
    const { page, close } = await open(looks[0])
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(/\/login/)
    await page.goto(server.web + '/tasks')
    await page.waitForURL(/\/login/)
    await close()
  })
})
