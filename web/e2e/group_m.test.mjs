/** The page of one task, row by row. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { fits, phone, stage, violations } from './browser.mjs'

let on, made, page, wrong, go, api, at
before(async () => {
  on = await stage('fill_run.py')
  made = on.made
  ;({ page, wrong, go, api } = await on.open())
  at = (tab, id = made.warbler) => go(`/tasks/${id}/${tab}`)
})
after(() => on?.end())

const dialog = () => page.getByRole('dialog')
const choose = async (item) => {
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: item }).click()
}
const taskOf = async (id = made.warbler) => (await api('tasks.get_by_id', { task: id })).task
/** What a button has the browser save. */
async function saved(button) {
  const [file] = await Promise.all([page.waitForEvent('download'), button.click()])
  return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') }
}
/** A draft, of which everything may be edited. */
async function draft(name, fields = {}) {
  const { id } = await api('tasks.create', { name, type: 'data_processing', ...fields })
  return id
}
/** Sends events, as the SDK does. */
const send = (events) =>
  page.evaluate(async (body) => {
    const got = await fetch('/api/events.add_batch', { method: 'POST', headers: { 'Content-Type': 'application/json-lines', 'X-Coffer': '1' }, body })
    if (!got.ok) throw new Error(await got.text())
  }, events.map((e) => JSON.stringify(e)).join('\n'))

test('M-01 the header: type, name, status, tags, id, description, a panel beside the list, and a menu of what can be done', async () => {
  await at('info')
  await page.getByRole('img', { name: 'training' }).waitFor()
  const head = page.getByRole('main')
  await head.getByText('Completed').first().waitFor()
  await head.getByText('Learns songs').first().waitFor()
  await page.getByRole('button', { name: 'Copy the id' }).first().click()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), made.warbler)

  await page.getByRole('button', { name: 'Tag', exact: true }).click()
  await page.getByLabel('New tag').fill('loud')
  await page.getByLabel('New tag').press('Enter')
  await page.getByRole('button', { name: 'Remove the tag spring' }).click()
  await page.waitForFunction(() => [...document.querySelectorAll('.head > .tag')].map((t) => t.textContent).join() === 'loud')
  await page.keyboard.press('Escape')

  // What the server refuses is told in its words, and can be mended there.
  await page.getByRole('button', { name: 'Rename' }).click()
  await dialog().getByLabel('Name').fill('x'.repeat(5000))
  await dialog().getByRole('button', { name: 'Rename' }).click()
  await dialog().getByRole('alert').filter({ hasText: 'the task name has 5000 bytes' }).waitFor()
  assert.deepEqual(await violations(page), [])
  await dialog().getByLabel('Name').fill('warbler, renamed')
  await dialog().getByLabel('Name').press('Enter')
  await page.getByRole('heading', { name: 'warbler, renamed' }).waitFor()
  assert.equal((await taskOf()).name, 'warbler, renamed')

  await page.getByRole('button', { name: 'Show beside its list' }).click()
  const list = page.getByRole('navigation', { name: 'Tasks of the list' })
  await list.getByRole('link', { name: /warbler, renamed/ }).waitFor()
  await page.getByRole('button', { name: 'Show on the whole page' }).click()
  await list.waitFor({ state: 'detached' })

  const id = await draft('to be archived')
  await at('info', id)
  await page.getByRole('img', { name: 'data processing' }).waitFor()
  await page.getByRole('button', { name: 'More actions' }).click()
  assert.equal(await page.getByRole('menuitem', { name: 'Abort…' }).isDisabled(), true)
  await page.getByRole('menuitem', { name: 'Archive…' }).click()
  await dialog().getByRole('button', { name: 'Archive 1' }).click()
  await page.getByText('Archived', { exact: true }).first().waitFor()
  await choose('Delete…')
  await dialog().getByRole('button', { name: 'Delete 1 task' }).click()
  await page.waitForURL(/archived=1/)
})

test('M-02 tabs lead to the parts of a task', async () => {
  await at('artifacts')
  const tabs = page.getByRole('navigation', { name: 'Parts of the task' })
  for (const [name, path, shows] of [
    ['Execution', 'execution', page.getByText('fill_run.py').first()],
    ['Configuration', 'configuration', page.getByRole('cell', { name: 'epochs', exact: true })],
    ['Info', 'info', page.getByText('Last update')],
    ['Console', 'console', page.getByText('heard birch')],
    ['Scalars', 'scalars', page.getByRole('region', { name: 'loss' })],
    ['Plots', 'plots', page.getByRole('region', { name: 'confusion / matrix' })],
    ['Debug samples', 'samples', page.getByRole('button', { name: /Open spectra/ })],
    ['Artifacts', 'artifacts', page.getByRole('link', { name: 'labels' })],
  ]) {
    await tabs.getByRole('link', { name: new RegExp(`^${name}`) }).click()
    await page.waitForURL(`**/tasks/${made.warbler}/${path}`)
    await shows.waitFor()
    assert.match(await tabs.locator('[aria-current=page]').textContent(), new RegExp(`^${name}`))
  }
})

test('M-03 how a task is run: shown, and edited in a draft', async () => {
  const diff = 'diff --git a/train.py b/train.py\n--- a/train.py\n+++ b/train.py\n@@ -1 +1 @@\n-old = 1\n+new = 2\n'
  const id = await draft('run it', {
    script: {
      repository: 'git@git.example.org:birds/songs.git', branch: 'main', version_num: '0a1b2c3d', entry_point: 'train.py', working_dir: 'src', binary: 'python3.12', diff,
      requirements: { pip: 'numpy==2.1\n', orig_pip: 'numpy\n' },
    },
    container: { image: 'birds:1', arguments: '--ipc=host', setup_shell_script: 'apt-get update' },
    output_dest: 's3://songs/out',
  })
  await at('execution', id)
  const fact = (name) => page.locator('dl.facts > div', { has: page.locator(`dt:text-is("${name}")`) }).locator('dd')
  assert.equal(await fact('Repository').getByRole('link').getAttribute('href'), 'https://git.example.org/birds/songs')
  assert.equal(await fact('Commit').getByRole('link', { name: '0a1b2c3d' }).getAttribute('href'), 'https://git.example.org/birds/songs/commit/0a1b2c3d')
  for (const [name, text] of [
    ['Branch', 'main'], ['Script', 'train.py'], ['Working directory', 'src'], ['Binary', 'python3.12'], ['Destination of outputs', 's3://songs/out'],
    ['Container image', 'birds:1'], ['Container arguments', '--ipc=host'], ['Container setup shell script', 'apt-get update'],
  ]) assert.equal(await fact(name).textContent(), text)
  await page.getByRole('region', { name: 'Packages', exact: true }).getByText('numpy==2.1').waitFor()
  await page.getByRole('region', { name: 'Packages, as first recorded' }).getByText('numpy').waitFor()
  await page.getByRole('region', { name: 'Uncommitted changes' }).getByText('+new = 2').waitFor()

  await page.getByRole('button', { name: 'Edit', exact: true }).click()
  const form = page.getByRole('form', { name: 'Execution' })
  assert.deepEqual(await violations(page), [])
  for (const [name, text] of [
    ['Repository', 'https://git.example.org/birds/calls'], ['Branch', 'next'], ['Commit', 'ffff'], ['Script', 'run.py'], ['Working directory', '.'], ['Binary', 'python3'],
    ['Destination of outputs', 's3://songs/new'], ['Container image', 'birds:2'], ['Container arguments', '--gpus all'], ['Container set-up script', 'true'],
    ['Packages (pip)', 'scipy\n'], ['Uncommitted changes, or the code itself', 'print(1)\n'],
  ]) await form.getByLabel(name, { exact: true }).fill(text)
  // Somebody else has it run meanwhile: the server's word is shown, and what was written stays.
  await api('tasks.started', { task: id })
  await form.getByRole('button', { name: 'Save' }).click()
  await form.getByRole('alert').filter({ hasText: 'in_progress; it can be edited while created' }).waitFor()
  assert.equal(await form.getByLabel('Branch').inputValue(), 'next')
  await api('tasks.reset', { task: id, force: true })
  await form.getByRole('button', { name: 'Save' }).click()
  await fact('Branch').getByText('next').waitFor()
  const { script, container, output } = await taskOf(id)
  assert.deepEqual([script.repository, script.branch, script.version_num, script.entry_point, script.working_dir, script.binary, script.diff], [
    'https://git.example.org/birds/calls', 'next', 'ffff', 'run.py', '.', 'python3', 'print(1)\n',
  ])
  assert.equal(script.requirements.pip, 'scipy\n')
  assert.deepEqual(container, { image: 'birds:2', arguments: '--gpus all', setup_shell_script: 'true' })
  assert.equal(output.destination, 's3://songs/new')
  // What has run stays as it was.
  await at('execution')
  await page.getByText('fill_run.py').first().waitFor()
  assert.equal(await page.getByRole('button', { name: 'Edit', exact: true }).count(), 0)
})

test('M-04 parameters, user properties and configuration objects: searched, copied, and edited in a draft', async () => {
  await at('configuration')
  await page.getByLabel('Filter parameters by name or value').fill('0.05')
  await page.getByRole('cell', { name: 'epochs', exact: true }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Copy the value of lr' }).click()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), '0.05')
  await page.getByLabel('Filter parameters by name or value').fill('')
  await page.getByRole('button', { name: 'Copy network' }).click()
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /depth/)
  // Of what has run only its properties change.
  assert.equal(await page.getByRole('button', { name: 'Edit lr' }).count(), 0)
  await page.getByRole('region', { name: 'properties' }).getByRole('button', { name: 'Edit room' }).click()
  await dialog().getByLabel('Value').fill('14')
  await dialog().getByRole('button', { name: 'Save' }).click()
  await page.getByRole('row', { name: /room 14/ }).waitFor()
  const room = (await taskOf()).hyperparams.properties.room
  assert.deepEqual([room.value, room.description], ['14', 'where it stands'])

  const { id } = await api('tasks.clone', { task: made.warbler, new_task_name: 'warbler again' })
  await at('configuration', id)
  await page.getByRole('button', { name: 'Edit lr' }).click()
  assert.equal(await dialog().getByLabel('Value').inputValue(), '0.05')
  assert.deepEqual(await violations(page), [])
  await dialog().getByLabel('Value').fill('0.5')
  await dialog().getByRole('button', { name: 'Save' }).click()
  await page.getByRole('row', { name: /lr 0.5/ }).waitFor()
  await page.getByRole('button', { name: 'Remove epochs' }).click()
  await dialog().getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('cell', { name: 'epochs', exact: true }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Parameter', exact: true }).click()
  await dialog().getByLabel('Section').fill('Data')
  await dialog().getByLabel('Name').fill('folder')
  await dialog().getByLabel('Value').fill('/songs')
  // What the server refuses is told in its words.
  await api('tasks.started', { task: id })
  await dialog().getByRole('button', { name: 'Save' }).click()
  await dialog().getByRole('alert').filter({ hasText: 'its parameters can change while created' }).waitFor()
  await api('tasks.stopped', { task: id, force: true })
  await api('tasks.reset', { task: id, force: true })
  await dialog().getByRole('button', { name: 'Save' }).click()
  await page.getByRole('region', { name: 'Data' }).getByRole('row', { name: /folder \/songs/ }).waitFor()

  await page.getByRole('button', { name: 'Edit network' }).click()
  await dialog().getByLabel('Value').fill('depth = 5')
  await dialog().getByRole('button', { name: 'Save' }).click()
  await page.getByRole('region', { name: 'network' }).getByText('depth = 5').waitFor()
  await page.getByRole('button', { name: 'Configuration object' }).click()
  await dialog().getByLabel('Name').fill('grid')
  await dialog().getByLabel('Value').fill('a: 1')
  await dialog().getByRole('button', { name: 'Save' }).click()
  await page.getByRole('region', { name: 'grid' }).getByText('a: 1').waitFor()
  await page.getByRole('button', { name: 'Remove network' }).click()
  await dialog().getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('region', { name: 'network' }).waitFor({ state: 'detached' })
  const { hyperparams, configuration } = await taskOf(id)
  assert.equal(hyperparams.General.lr.value, '0.5')
  assert.equal(hyperparams.General.epochs, undefined)
  assert.equal(hyperparams.Data.folder.value, '/songs')
  assert.deepEqual(Object.keys(configuration), ['grid'])
  assert.equal(configuration.grid.value, 'a: 1')
})

test('M-05 information on a task; the description is edited', async () => {
  await at('info')
  const fact = (name) => page.locator('dl.facts > div', { has: page.locator(`dt:text-is("${name}")`) }).locator('dd')
  for (const [name, text] of [['Status', 'Completed'], ['Archived', 'no'], ['Progress', '100 %'], ['Project', 'Sound/birds'], ['User', 'admin'], ['CLEARML VERSION', /^clearml-/]]) {
    await fact(name).filter({ hasText: text }).waitFor()
  }
  for (const name of ['Created', 'Started', 'Completed', 'Last update']) await fact(name).locator('time').waitFor()
  await page.getByRole('button', { name: 'Edit the description' }).click()
  assert.equal(await page.getByLabel('Description').inputValue(), 'Learns songs\nof warblers')
  await page.getByLabel('Description').fill('Learns songs\nof all birds')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Edit the description' }).waitFor()
  assert.equal((await taskOf()).comment, 'Learns songs\nof all birds')
  // Of a child its parent is told, and that it is gone.
  const parent = await draft('parent of one')
  const child = await draft('child of one', { parent })
  await at('info', child)
  await fact('Parent').getByRole('link', { name: 'parent of one' }).waitFor()
  await api('tasks.delete', { task: parent, force: true })
  await page.reload()
  await fact('Parent').getByText(/deleted/).waitFor()
})

test('M-06 the console: followed, searched as a whole, read around what was found, saved', async () => {
  await at('console')
  await page.getByText('loading 100 %').waitFor()
  assert.equal(await page.getByText('loading 10 %').count(), 0)
  assert.match(await page.getByText('epoch', { exact: true }).getAttribute('class'), /a-32/)

  const id = await draft('long run')
  await api('tasks.started', { task: id })
  const print = (lines) => send(lines.map(([timestamp, msg]) => ({ type: 'log', task: id, timestamp, msg })))
  const t0 = Date.parse('2026-01-02T03:04:05Z')
  const steps = Array.from({ length: 20_000 }, (_, i) => [t0 + i, `step ${i} of many`])
  steps[137][1] = 'a \x1b[31mneed\x1b[0mle at 137'
  steps[15_000][1] = 'a needle at 15000'
  await print(steps)
  await at('console', id)
  const log = page.getByRole('log', { name: 'Console' })
  await log.getByText('step 19999 of many').waitFor()
  await page.getByText('20,000 messages').waitFor()

  const search = page.getByLabel('Search the whole log')
  const matches = page.getByRole('group', { name: 'Lines that match' })
  await search.fill('NEEDLE')
  await page.getByText('2 of 20,000 lines match').waitFor()
  assert.deepEqual(await matches.locator('mark').allTextContents(), ['needle', 'needle'])
  assert.deepEqual(await violations(page), [])
  await matches.getByRole('button', { name: /^138 ?a needle at 137$/ }).click()
  await log.locator('.line.hit', { hasText: 'at 137' }).waitFor()
  for (const near of [136, 138]) await log.getByText(`step ${near} of many`).waitFor()
  assert.match(page.url(), new RegExp(`at=${t0 + 137}`))
  await page.reload()
  await log.locator('.line.hit', { hasText: 'at 137' }).waitFor()
  await page.getByRole('button', { name: 'All matches' }).click()
  await page.getByText('2 of 20,000 lines match').waitFor()
  await search.fill('^step 1999\\d of')
  await page.getByText('0 of 20,000 lines match').waitFor()
  await page.getByRole('checkbox', { name: 'Regex' }).check()
  await page.getByText('10 of 20,000 lines match').waitFor()
  await search.fill('step (')
  await page.getByRole('alert').filter({ hasText: 'is no RE2 expression' }).waitFor()

  // From the end back: what is read stays in place while what was printed before comes.
  await page.getByRole('button', { name: 'Follow' }).click()
  await log.getByText('step 19999 of many').waitFor()
  await log.hover()
  await page.mouse.wheel(0, -100)
  await log.evaluate((el) => el.scrollTo(0, 200))
  await log.getByText('step 19510 of many').waitFor()
  await page.waitForFunction(() => document.querySelector('[role=log]').scrollTop > 5000) // 500 lines came above
  const seen = await log.evaluate((el) => {
    const box = el.getBoundingClientRect()
    return [...el.querySelectorAll('.line')].filter((l) => l.getBoundingClientRect().top >= box.top && l.getBoundingClientRect().bottom <= box.bottom).map((l) => l.textContent)
  })
  assert.ok(seen.some((l) => l.includes('step 19511 of many')), seen.join('\n'))
  await page.getByRole('button', { name: 'Follow' }).click()
  await print([[t0 + 30_000, 'printed just now']])
  await log.getByText('printed just now').waitFor()

  const { name, text } = await saved(page.getByRole('link', { name: 'Download' }))
  assert.equal(name, `task_${id}.log`)
  const lines = text.trimEnd().split('\n')
  assert.deepEqual([lines.length, lines[0], lines.at(-1)], [20_001, 'step 0 of many', 'printed just now'])
})

/** Sends points of a curve, as the SDK does. */
const points = (task, metric, variant, values) =>
  send(values.map((value, iter) => ({ type: 'training_stats_scalar', task, metric, variant, iter, value, timestamp: 1_700_000_000_000 + iter * 1000 })))
const chart = (name) => page.getByRole('region', { name, exact: true })
const segment = (group, name) => page.getByRole('radiogroup', { name: group }).getByText(name, { exact: true }).click()

test('M-07 curves: grouped, on three axes, smoothed in three ways, hidden, found, with all points on the whole screen', async () => {
  const { project } = await taskOf()
  const long = await draft('long curve', { project })
  await points(long, 'wave', 'sine', Array.from({ length: 2000 }, (_, i) => Math.sin(i / 50) + 2 + (i % 7) / 10))
  await at('scalars')
  await chart('loss').getByText('240 points').waitFor()
  assert.deepEqual(await violations(page), [])

  // The value under the pointer is that of the smoothed curve.
  const under = async () => {
    await page.mouse.move(0, 0)
    await chart('rate').locator('.u-over').hover({ position: { x: 245, y: 60 } })
    await chart('rate').getByText(/^iteration \d/).waitFor()
    return [await chart('rate').getByText(/^iteration \d/).textContent(), await chart('rate').locator('footer b').textContent()].join()
  }
  const drawn = new Set([await under()])
  for (const [name, how] of [['EMA', 'ema'], ['Gaussian', 'gauss'], ['Running mean', 'mean']]) {
    await page.getByRole('combobox', { name: 'Smoothing' }).click()
    await page.getByRole('option', { name }).click()
    await page.waitForURL((url) => url.searchParams.get('smooth') === `${how}:0.6`)
    drawn.add(await under())
  }
  assert.equal(drawn.size, 4, [...drawn].join(' '))
  const before = await under()
  await page.getByRole('slider', { name: 'Amount of smoothing' }).focus()
  await page.keyboard.press('Home')
  for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight')
  await page.waitForURL((url) => url.searchParams.get('smooth') === 'mean:0.03')
  assert.notEqual(await under(), before)

  await page.getByRole('checkbox', { name: 'val' }).uncheck()
  await chart('loss').getByText('120 points').waitFor()
  await page.getByRole('checkbox', { name: 'val' }).check()
  await page.getByLabel('Filter metrics').fill('rate')
  await chart('loss').waitFor({ state: 'detached' })
  await page.getByLabel('Filter metrics').fill('')
  await chart('loss').waitFor()

  // Both other axes count in time, of which the server is asked.
  const timed = page.waitForRequest((r) => r.url().includes('/scalars?key=timestamp'))
  await segment('Axis', 'Relative')
  await timed
  await page.waitForURL(/axis=relative/)
  await segment('Axis', 'Wall')
  await page.waitForURL(/axis=wall/)
  await segment('Grouping', 'Each')
  await chart('loss / train').waitFor()
  await page.getByRole('checkbox', { name: 'Log' }).check()
  await page.waitForURL(/log=1/)

  // What was chosen last is how other tasks of the project begin, and stands in their addresses; other projects have their own.
  await at('scalars', long)
  await chart('wave / sine').waitFor()
  await page.waitForURL((url) => url.searchParams.get('axis') === 'wall' && url.searchParams.get('group') === 'none' && url.searchParams.get('log') === '1')
  const elsewhere = await draft('elsewhere')
  await points(elsewhere, 'wave', 'sine', [1, 2])
  await at('scalars', elsewhere)
  await chart('wave').waitFor()
  assert.equal(new URL(page.url()).search, '')

  await go(`/tasks/${long}/scalars?axis=iter&group=metric&log=0`)
  await chart('wave').getByText(/of 2,000 points, min and max kept/).waitFor()
  await page.getByRole('button', { name: 'Show wave on the whole screen' }).click()
  await dialog().getByText('2,000 points', { exact: true }).waitFor()
  assert.ok((await dialog().locator('.uplot').boundingBox()).height > 500)
  assert.deepEqual(await violations(page), [])
  await page.reload()
  await dialog().getByText('2,000 points', { exact: true }).waitFor()
  await page.keyboard.press('Escape')
  await dialog().waitFor({ state: 'detached' })
})

test('M-09 single values stand in a table, which is saved as CSV', async () => {
  await at('scalars')
  const table = page.getByRole('region', { name: 'Single values' })
  await table.getByRole('row', { name: 'best loss 0.2500' }).waitFor()
  await table.getByRole('row', { name: 'songs, in all 1200' }).waitFor()
  const { name, text } = await saved(table.getByRole('button', { name: 'Single values as CSV' }))
  assert.match(name, /single-values\.csv$/)
  assert.deepEqual(text.split('\r\n').sort(), ['', '"best loss",0.25', '"name","value"', '"songs, in all",1200'])
})

test('M-10 plots: the latest of each, older ones by slider and step, by metric, filtered; tables saved as CSV', async () => {
  await at('plots')
  const one = chart('errors / by class')
  const group = page.getByRole('region', { name: 'errors', exact: true })
  await group.getByRole('region', { name: 'errors / by length' }).waitFor()
  assert.equal(await group.getByRole('region').count(), 2)
  const first = async (n) => {
    await one.getByText(`iteration ${n}`, { exact: true }).waitFor()
    await page.waitForFunction((n) => document.querySelector('[aria-label="errors / by class"] .js-plotly-plot')?.data?.[0].y[0] === n, n)
  }
  await first(3)
  assert.equal(await one.getByRole('button', { name: /^Next iteration/ }).isDisabled(), true)
  await one.getByRole('button', { name: /^Iteration before/ }).click()
  await first(2)
  await one.getByRole('slider', { name: 'Iteration of errors / by class' }).focus()
  await page.keyboard.press('ArrowLeft')
  await first(1)
  assert.equal(await one.getByRole('button', { name: /^Iteration before/ }).isDisabled(), true)
  await one.getByRole('button', { name: /^Next iteration/ }).click()
  await first(2)
  assert.deepEqual(await violations(page), [])
  await page.getByLabel('Filter plots').fill('length')
  await one.waitFor({ state: 'detached' })
  await chart('errors / by length').waitFor()
  await page.getByLabel('Filter plots').fill('confusion')
  await chart('confusion / matrix').getByRole('cell', { name: '9', exact: true }).waitFor()
  const { text } = await saved(page.getByRole('button', { name: 'CSV' }))
  assert.deepEqual(text.split('\r\n').slice(0, 3), ['"wren","the ""finch"""', '"8","2"', '"1","9"'])
})

test('M-11 a plot on the whole screen: PNG, JSON, zoom, pan, log scale, legend, hover', async () => {
  await at('plots')
  await page.getByRole('button', { name: 'Show errors / by length on the whole screen' }).click()
  await page.waitForURL(/full=/)
  const plot = dialog().locator('.js-plotly-plot')
  await plot.locator('.main-svg').first().waitFor()
  assert.ok((await plot.boundingBox()).height > 500)
  assert.deepEqual(await violations(page), [])
  /** The layout, once it is so. */
  const until = async (holds) => {
    for (;;) {
      const { x, y, legend, hover } = await plot.evaluate(({ _fullLayout: l }) => ({ x: l.xaxis.range, y: l.yaxis.type, legend: l.showlegend, hover: l.hovermode }))
      const now = { from: x[0], width: x[1] - x[0], y, legend, hover }
      if (holds(now)) return now
      await page.waitForTimeout(100)
    }
  }
  const drag = async () => {
    const box = await plot.boundingBox()
    await page.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height / 2, { steps: 4 })
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height / 2, { steps: 4 })
    await page.mouse.up()
  }
  const whole = await until(() => true)
  await drag()
  const near = await until((now) => now.width < whole.width / 2)
  await plot.getByRole('button', { name: 'Pan' }).click()
  await drag()
  const moved = await until((now) => now.from < near.from - near.width / 10)
  assert.ok(Math.abs(moved.width - near.width) < near.width / 100)
  await plot.getByRole('button', { name: 'Reset axes' }).click()
  await until((now) => Math.abs(now.from - whole.from) < 1e-6)

  await dialog().getByRole('checkbox', { name: 'Log' }).check()
  await until((now) => now.y === 'log')
  await dialog().getByRole('checkbox', { name: 'Legend' }).uncheck()
  await until((now) => now.legend === false)
  for (const [name, mode] of [['Of all at this x', 'x unified'], ['None', false], ['Of the nearest point', 'closest']]) {
    await dialog().getByRole('combobox', { name: 'Values under the pointer' }).click()
    await page.getByRole('option', { name }).click()
    await until((now) => now.hover === mode)
  }
  const { name, text } = await saved(dialog().getByRole('button', { name: 'JSON' }))
  assert.equal(name, 'errors _ by length.json')
  assert.equal(JSON.parse(text).data[0].y[0], 3)
  const [png] = await Promise.all([page.waitForEvent('download'), plot.getByRole('button', { name: 'Download plot as a PNG' }).click()])
  assert.deepEqual([...readFileSync(await png.path()).subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47])
  await page.keyboard.press('Escape')
  await dialog().waitFor({ state: 'detached' })
})

test('M-12 the whole task is saved as JSON', async () => {
  await at('info')
  await page.getByRole('button', { name: 'More actions' }).click()
  const { name, text } = await saved(page.getByRole('menuitem', { name: 'Export as JSON' }))
  assert.match(name, /^warbler.*\.json$/)
  const whole = JSON.parse(text)
  assert.equal(whole.id, made.warbler)
  assert.equal(whole.hyperparams.General.lr.value, '0.05')
  assert.equal(whole.configuration.network.name, 'network')
  assert.equal(whole.execution.artifacts[0].key, 'labels')
  assert.match(whole.script.diff, /warblers/)
})

test('M-13 what is no number does not break a chart: it is 0, or what the program chose', async () => {
  await at('scalars?axis=iter&group=metric&log=0')
  await chart('odd').getByText('8 points').waitFor()
  await go(`/tasks/${made.warbler}/scalars?view=values&axis=iter`)
  for (const [name, want] of [['as zero', ['4', '1', '4', '0 at 1', '4 at 3', '1.250']], ['as chosen', ['4', '1', '4', '1 at 0', '9 at 2', '5.250']]]) {
    const row = page.getByRole('row', { name: new RegExp(`^odd ${name}`) })
    await row.waitFor()
    assert.deepEqual((await row.getByRole('cell').allTextContents()).slice(2), want)
  }
})

test('the parts of a task fit a phone', async () => {
  const { page, wrong, close } = await on.open(phone)
  for (const [tab, shows] of [
    ['configuration', page.getByRole('cell', { name: 'lr', exact: true })],
    ['console?q=heard', page.getByText('3 of')],
    ['scalars?full=loss', page.getByRole('dialog').locator('.uplot')],
    ['plots?full=errors / by class', page.getByRole('dialog').locator('.main-svg').first()],
  ]) {
    await page.goto(`${on.server.web}/tasks/${made.warbler}/${tab}`)
    await shows.waitFor()
    await fits(page)
    assert.deepEqual(await violations(page), [], tab)
  }
  assert.deepEqual(wrong, [])
  await close()
})

test('the pages of a task said nothing in the console but what the server refused', () => {
  assert.deepEqual(wrong.filter((w) => !/Failed to load resource.* 400 /.test(w)), [])
})
