/** The table of tasks, row by row. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { stage, violations } from './browser.mjs'

let on, made, page, go, api, choose
before(async () => {
  on = await stage('fill_table.py')
  made = on.made
  ;({ page, go, api, choose } = await on.open())
})
after(() => on?.end())

const rows = () => page.locator('[data-row]')
const names = () => page.locator('[data-row] a.strong').allTextContents()
const heads = async () => (await page.getByRole('columnheader').allTextContents()).slice(1)
const dialog = () => page.getByRole('dialog')
const bar = () => page.getByRole('group', { name: 'Actions on what is chosen' })
const shown = (n) => page.getByText(`${n} tasks`, { exact: true }).waitFor()

test('L-05 filters are chips that one button clears', async () => {
  await go('/tasks?status=completed&it=200')
  await page.getByText('1 tasks', { exact: true }).waitFor()
  await page.getByText('Iteration at least').waitFor()
  await page.getByRole('button', { name: 'Clear all' }).click()
  await page.getByRole('link', { name: 'resnet50-line4-18' }).waitFor()
  assert.equal(new URL(page.url()).search, '')
  // Tags: any of some, all of them, none of others.
  for (const [search, want] of [
    ['tags=nightly,q4', ['mobilenet', 'resnet-base', 'resnet50-line4-18']],
    ['tags=nightly,q4&all=1', ['resnet50-line4-18']],
    ['tags=nightly,-q4', ['resnet-base']],
    ['tags=-nightly&q=mobile', ['mobilenet']],
  ]) {
    await go(`/tasks?sort=name&${search}`)
    await shown(want.length)
    assert.deepEqual(await names(), want)
  }
})

test('L-12 many are tagged, archived and restored; what the state forbids is not offered', async () => {
  await go('/tasks?q=resnet')
  await choose('resnet50-line4-18', 'resnet-base')
  assert.equal(await page.getByRole('button', { name: 'Abort' }).getAttribute('aria-disabled'), 'true')
  await page.getByRole('group', { name: 'Actions on what is chosen' }).getByRole('button', { name: 'Tag' }).click()
  await page.getByLabel('Add', { exact: true }).fill('seen, twice')
  await page.getByRole('button', { name: 'Set tags' }).click()
  await page.getByRole('row', { name: /resnet-base.*seen.*/ }).waitFor()
  await page.getByRole('button', { name: 'Archive', exact: true }).click()
  await page.getByRole('button', { name: 'Archive 2' }).click()
  await page.getByText('2 tasks', { exact: true }).waitFor()
  await go('/tasks?archived=1&q=resnet')
  await choose('resnet50-line4-18', 'resnet-base')
  await page.getByRole('button', { name: 'Restore', exact: true }).click()
  await page.getByRole('button', { name: 'Restore 2' }).click()
  await page.getByText('No task matches.').waitFor()
  await go('/tasks?q=resnet')
  await page.getByText('4 tasks', { exact: true }).waitFor()
})

test('L-01 all fields of tasks are columns', async () => {
  await go('/tasks?q=mobilenet&cols=type,name,tags,status,project,user,started,updated,iteration,description,time,parent,id,artifacts')
  await shown(1)
  assert.deepEqual((await heads()).map((h) => h.replace(/ [↑↓]$/, '')), [
    'Type', 'Name', 'Tags', 'Status', 'Project', 'User', 'Started', 'Updated', 'Iteration', 'Description', 'Run time', 'Parent task', 'Id', 'Artifacts',
  ])
  const cells = await rows().first().getByRole('cell').allTextContents()
  for (const [at, text] of [[1, 'training'], [2, 'mobilenet'], [3, 'q4'], [4, 'Completed'], [5, 'Vision/defects/small'], [9, '40'], [10, 'a run of 40 steps']]) assert.equal(cells[at], text)
  assert.equal(cells[13], made.mobilenet.slice(0, 8))
  assert.equal(cells[14], '–')
  const stored = { key: 'a', type: 'custom', uri: 's3://elsewhere/a', content_size: 2048 }
  await api('tasks.add_or_update_artifacts', { task: made.mobilenet, artifacts: [stored, { ...stored, key: 'b' }], force: true })
  await page.reload()
  await rows().first().getByRole('cell', { name: '2 · 4.1 KB' }).waitFor()
})

test('L-02 metrics and parameters become columns, and go again', async () => {
  await go('/tasks?q=resnet50')
  await page.getByRole('button', { name: 'Columns' }).click()
  const find = page.getByLabel('Find a column')
  for (const [text, name] of [['loss', /^loss \/ val Metric/], ['loss', /^loss \/ val min Metric/], ['loss', /^loss \/ val max Metric/], ['lr', /^lr General/]]) {
    await find.fill(text)
    await page.getByRole('group', { name: 'More columns' }).getByRole('checkbox', { name }).click() // it goes up to those that are shown
  }
  await page.getByRole('columnheader', { name: 'lr' }).waitFor()
  await rows().first().getByRole('cell', { name: '0.1', exact: true }).waitFor()
  const cells = await rows().first().getByRole('cell').allTextContents()
  assert.deepEqual(cells.slice(-4), ['30.10', '0.1000', '30.10', '0.1'])
  await page.getByRole('list', { name: 'Columns that are shown' }).getByRole('checkbox', { name: 'lr' }).click()
  await page.getByRole('columnheader', { name: 'lr' }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'As usual' }).click()
  await page.getByRole('columnheader', { name: 'loss / val max' }).waitFor({ state: 'detached' })
})

test('L-04 the table is put in order by fields, metrics and parameters', async () => {
  const metric = (await api('projects.get_unique_metric_variants', {})).metrics.find((m) => m.metric === 'loss')
  const loss = `m.${metric.metric_hash}.${metric.variant_hash}.value`
  await go(`/tasks?cols=name,type,started,updated,iteration,time,${loss},p.General.lr`)
  for (const [head, upwards] of [
    ['Name', ['resnet-base', 'resnet50-line4-18']],
    ['Iteration', ['resnet-base', 'resnet50-line4-18']],
    ['loss / val', ['resnet-base', 'resnet50-line4-18']],
    ['lr', ['resnet-base', 'resnet50-line4-18']],
    ['Started', ['resnet50-line4-18', 'resnet-base']],
    ['Updated', ['resnet50-line4-18', 'resnet-base']],
  ]) {
    const column = page.getByRole('columnheader', { name: new RegExp(`^${head}( [↑↓])?$`) })
    if ((await column.getAttribute('aria-sort')) !== 'descending') {
      await column.getByRole('button').click()
      await page.locator('[aria-sort=descending]').filter({ hasText: head }).waitFor()
    }
    await page.waitForFunction(
      (want) => [...document.querySelectorAll('[data-row] a.strong')].map((a) => a.textContent).filter((n) => want.includes(n)).join() === want.join(),
      upwards.toReversed(),
    )
    await column.getByRole('button').click()
    await page.locator('[aria-sort=ascending]').filter({ hasText: head }).waitFor()
    await page.waitForFunction(
      (want) => [...document.querySelectorAll('[data-row] a.strong')].map((a) => a.textContent).filter((n) => want.includes(n)).join() === want.join(),
      upwards,
    )
  }
})

test('L-03 columns are dragged to other places and to other widths, fitted, shown and hidden, and stay so', async () => {
  await go('/tasks?q=resnet&cols=name,status,iteration,description')
  await shown(4)
  const head = (name) => page.getByRole('columnheader', { name, exact: true })
  const edge = (name) => page.getByRole('separator', { name: `Width of ${name}` })
  const wide = async (name) => Math.round((await head(name).boundingBox()).width)
  await head('Iteration').dragTo(head('Name'))
  await page.waitForURL(/cols=iteration(%2C|,)name(%2C|,)status/)
  assert.deepEqual((await heads()).map((h) => h.replace(/ [↑↓]$/, '')), ['Iteration', 'Name', 'Status', 'Description'])
  const before = await wide('Status')
  const at = await edge('Status').boundingBox()
  await page.mouse.move(at.x + at.width / 2, at.y + at.height / 2)
  await page.mouse.down()
  await page.mouse.move(at.x + at.width / 2 + 60, at.y + 5, { steps: 4 })
  await page.mouse.up()
  assert.equal(await wide('Status'), before + 60)
  assert.deepEqual(await heads().then((all) => all.length), 4) // it was made wider, not dragged elsewhere
  // As wide as what stands in it: no wider, and nothing of it is cut.
  await edge('Description').dblclick()
  const { need, have } = await page.evaluate(() => {
    const cells = [...document.querySelectorAll('[data-row] > :last-child')]
    const widths = cells.map((cell) => {
      const range = document.createRange()
      range.selectNodeContents(cell)
      return range.getBoundingClientRect().width
    })
    return { need: Math.max(...widths), have: cells[0].clientWidth }
  })
  assert.ok(have >= need && have <= Math.max(need, 90) + 2, `${have} for ${need}`)
  // By keys, too.
  const name = await wide('Name')
  await edge('Name').focus()
  await page.keyboard.press('ArrowLeft')
  assert.equal(await wide('Name'), name - 16)
  assert.deepEqual(await violations(page), [])
  await go('/tasks?q=resnet')
  await shown(4)
  assert.deepEqual((await heads()).map((h) => h.replace(/ [↑↓]$/, '')), ['Iteration', 'Name', 'Status', 'Description'])
  assert.equal(await wide('Status'), before + 60)
  await page.getByRole('button', { name: 'Columns' }).click()
  await page.getByRole('list', { name: 'Columns that are shown' }).getByRole('checkbox', { name: 'Iteration' }).click()
  await head('Iteration').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'As usual' }).click()
  await head('Run time').waitFor()
  await page.keyboard.press('Escape')
  assert.equal(await wide('Status'), before)
})

test('L-06 tasks are searched by name, id, description, and the models they use or made', async () => {
  for (const [search, want] of [
    ['q=mobile', ['mobilenet']],
    [`q=${made.mobilenet}`, ['mobilenet']],
    ['q=of 40 steps', ['mobilenet']],
    ['q=^resnet-[bd]&re=1', ['resnet-base', 'resnet-draft']],
    ['q=tickets-model', []],
    ['q=tickets-model&by=model', ['makes-model', 'uses-model']],
    ['q=^TICKETS-m.*l$&re=1&by=model', ['makes-model', 'uses-model']],
    ['q=tickets-model&by=model&tags=nightly', []],
    ['q=no such model&by=model', []],
  ]) {
    await go(`/tasks?sort=name&${search}`)
    await shown(want.length)
    assert.deepEqual(await names(), want, search)
  }
  await go('/tasks?sort=name')
  await page.getByRole('button', { name: 'Search by models' }).click()
  await page.getByLabel('Filter by the name of a model').fill('old-model')
  await shown(1)
  assert.deepEqual(await names(), ['old-train'])
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download the table as CSV' }).click()])
  const csv = Buffer.concat(await (await file.createReadStream()).toArray()).toString().trim().split(/\r?\n/)
  assert.equal(csv.length, 2)
  assert.match(csv[1], /old-train/)
  await page.getByRole('button', { name: 'Regular expression' }).click()
  await page.waitForURL(/re=1/)
})

test('L-07 columns are kept for each project, with and without its subprojects', async () => {
  const id = (await api('projects.get_all_ex', { name: '^Vision/defects$' })).projects[0].id
  const pick = async (name) => {
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('dialog').getByRole('checkbox', { name, exact: true }).click()
    await page.getByRole('columnheader', { name, exact: true }).waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
  }
  const has = async (...names) => {
    for (const name of names) await page.getByRole('columnheader', { name, exact: true }).waitFor()
  }
  const lacks = (name) => page.getByRole('columnheader', { name, exact: true }).waitFor({ state: 'detached' })
  await go(`/projects/${id}/tasks`)
  await page.getByRole('link', { name: 'mobilenet' }).waitFor() // of the project below
  await pick('Tags')
  await page.getByRole('checkbox', { name: 'Subprojects' }).uncheck()
  await page.getByRole('link', { name: 'mobilenet' }).waitFor({ state: 'detached' })
  await has('Tags', 'User')
  await pick('User')
  await go(`/projects/${id}/tasks`)
  await has('User')
  await lacks('Tags')
  await go(`/projects/${id}/tasks?own=1`)
  await has('Tags')
  await lacks('User')
  await go('/tasks')
  await has('Tags', 'User')
})

test('L-08 three views: a table, details beside cards, and charts that compare', async () => {
  const view = async (name) => page.getByRole('radiogroup', { name: 'View of the list' }).getByTitle(name, { exact: true }).click()
  const region = (name) => page.getByRole('region', { name, exact: true })
  await go('/tasks?q=resnet&sort=name')
  await shown(4)
  await view('Charts')
  await page.waitForURL(/view=charts/)
  await region('loss / val').getByText('resnet50-line4-18').waitFor()
  await region('loss / val').getByText('resnet-base').waitFor()
  assert.deepEqual(await violations(page), [])
  await page.getByLabel('Filter by name, id or comment').fill('resnet50')
  await region('loss / val').getByText('resnet-base').waitFor({ state: 'detached' })
  await page.getByLabel('Filter by name, id or comment').fill('resnet')
  await region('loss / val').getByText('resnet-base').waitFor()
  // Those that are ticked are compared.
  await view('Table')
  await choose('resnet-base')
  await view('Charts')
  await region('loss / val').getByText('resnet50-line4-18').waitFor({ state: 'detached' })
  await region('loss / val').getByText('resnet-base').waitFor()

  await view('Details')
  const cards = page.getByRole('navigation', { name: 'Tasks of the list' })
  await page.getByRole('heading', { level: 1, name: 'resnet-base' }).waitFor()
  assert.deepEqual(await cards.getByRole('link').locator('.strong').allTextContents(), ['resnet-base', 'resnet-draft', 'resnet-failed', 'resnet50-line4-18'])
  assert.deepEqual(await violations(page), [])
  // From part to part and from task to task the list stays; its address brings it back.
  await page.getByRole('navigation', { name: 'Parts of the task' }).getByRole('link', { name: 'Info' }).click()
  await cards.getByRole('link', { name: /resnet-failed/ }).click()
  await page.getByRole('heading', { level: 1, name: 'resnet-failed' }).waitFor()
  await page.getByText('out of memory').waitFor()
  await page.reload()
  assert.match(await cards.locator('[aria-current=page]').textContent(), /resnet-failed/)
  await view('Table')
  await shown(4)
  assert.equal(new URL(page.url()).search, '?q=resnet&sort=name')
})

test('L-09 a double click opens a task beside its list; the whole page and back', async () => {
  await go('/tasks?q=resnet&sort=name')
  const row = page.getByRole('row', { name: /resnet-failed/ })
  await row.getByText('Failed', { exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor()
  await row.getByText('Failed', { exact: true }).dblclick()
  const cards = page.getByRole('navigation', { name: 'Tasks of the list' })
  await cards.getByRole('link', { name: /resnet-draft/ }).waitFor()
  await page.getByRole('heading', { level: 1, name: 'resnet-failed' }).waitFor()
  await page.getByRole('button', { name: 'Show on the whole page' }).click()
  await cards.waitFor({ state: 'detached' })
  assert.equal(new URL(page.url()).search, '')
  await page.getByRole('button', { name: 'Show beside its list' }).click()
  await cards.getByRole('link', { name: /resnet50-line4-18/ }).waitFor()
  await page.getByRole('heading', { level: 1, name: 'resnet-failed' }).waitFor()
})

test('L-10 the table refreshes by itself, can be paused and refreshed by hand; what is chosen stays', async () => {
  const project = (await api('projects.get_all_ex', { name: '^NLP/tickets$' })).projects[0].id
  const make = (name) => api('tasks.create', { name, type: 'training', project })
  await go('/tasks?q=ticker')
  await page.getByText('No task matches.').waitFor()
  await make('ticker-1')
  await choose('ticker-1') // it comes by itself
  await make('ticker-2')
  await page.getByRole('row', { name: /ticker-2/ }).waitFor()
  await bar().getByText('1 chosen').waitFor()
  await page.getByRole('button', { name: 'Refresh by itself' }).click()
  await make('ticker-3')
  const [asked] = await Promise.all([
    page.waitForRequest('**/api/tasks.get_all_ex'),
    page.getByRole('button', { name: 'Refresh', exact: true }).click(),
  ])
  assert.match(asked.postData(), /ticker/)
  await page.getByRole('row', { name: /ticker-3/ }).waitFor()
  await bar().getByText('1 chosen').waitFor()
})

test('L-11 one, a range, all and none are chosen', async () => {
  await go('/tasks?q=resnet&sort=name')
  await shown(4)
  const count = async (n) => bar().getByText(`${n} chosen`).waitFor()
  await choose('resnet-base')
  await count(1)
  await page.getByRole('checkbox', { name: 'Choose all that are shown' }).check()
  await count(4)
  await page.getByRole('checkbox', { name: 'Choose none' }).uncheck()
  await bar().waitFor({ state: 'detached' })
  await choose('resnet-base')
  await page.getByRole('checkbox', { name: 'Choose resnet-failed' }).click({ modifiers: ['Shift'] })
  await count(3)
  await bar().getByRole('button', { name: 'Choose none' }).click()
  await bar().waitFor({ state: 'detached' })
})

test('L-13 what failed of many is told with its reason', async () => {
  await go('/tasks?q=resnet-')
  await shown(3)
  await choose('resnet-base', 'resnet-failed')
  // Published meanwhile by somebody else: publishing it once more is refused.
  await api('tasks.publish', { task: made['resnet-failed'], force: true })
  await bar().getByRole('button', { name: 'Publish' }).click()
  await dialog().getByRole('button', { name: 'Publish 2' }).click()
  await dialog().getByText('1 done, 1 not:').waitFor()
  await dialog().getByRole('listitem').filter({ hasText: /^resnet-failed: .+/ }).waitFor()
  await dialog().getByRole('button', { name: 'Close' }).last().click()
  const { tasks } = await api('tasks.get_all_ex', { id: [made['resnet-base']], only_fields: ['status'] })
  assert.equal(tasks[0].status, 'published')
})

test('L-14 the archive is the same table; what runs is asked for first; filters stay', async () => {
  const project = (await api('projects.get_all_ex', { name: '^NLP/tickets$' })).projects[0].id
  const { id } = await api('tasks.create', { name: 'still-running', type: 'training', project })
  await api('tasks.started', { task: id })
  await go('/tasks?q=still')
  await choose('still-running')
  await bar().getByRole('button', { name: 'Archive', exact: true }).click()
  await dialog().getByText('1 of them still run: archiving does not stop them.').waitFor()
  await dialog().getByRole('button', { name: 'Archive 1' }).click()
  await page.getByText('No task matches.').waitFor()
  await page.getByRole('checkbox', { name: 'Archive', exact: true }).check()
  await page.waitForURL(/q=still/)
  await choose('still-running')
  await bar().getByRole('button', { name: 'Delete', exact: true }).waitFor()
  await bar().getByRole('button', { name: 'Restore', exact: true }).click()
  await dialog().getByRole('button', { name: 'Restore 1' }).click()
  await page.getByText('No task matches.').waitFor()
  const { tasks } = await api('tasks.get_all_ex', { id: [id], only_fields: ['system_tags'] })
  assert.ok(!tasks[0].system_tags.includes('archived'))
  await api('tasks.delete', { task: id, force: true })
})

test('L-15 the table is saved as CSV with its columns and all rows of the filter', async () => {
  await go('/tasks?q=resnet&sort=name&cols=name,status,iteration')
  await shown(4)
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download the table as CSV' }).click()])
  const text = await (await file.createReadStream()).toArray()
  const lines = Buffer.concat(text).toString().replace(/^\ufeff/, '').trim().split(/\r?\n/)
  assert.match(lines[0], /^"?Name"?,"?Status"?,"?Iteration"?$/)
  assert.equal(lines.length, 5)
  assert.deepEqual(lines.slice(1).map((l) => l.split(',')[0].replaceAll('"', '')), ['resnet-base', 'resnet-draft', 'resnet-failed', 'resnet50-line4-18'])
})

test('L-17 a task is described in the browser: kept as a draft, or put into a queue', async () => {
  const { id: queue } = await api('queues.create', { name: 'fast' })
  const fill = async (fields) => {
    for (const [label, text] of Object.entries(fields)) {
      await dialog().getByRole('textbox', { name: label, exact: true }).or(dialog().getByRole('combobox', { name: label, exact: true })).fill(text)
    }
  }
  const choose = async (label, option) => {
    await dialog().getByRole('combobox', { name: label, exact: true }).click()
    await page.getByRole('option', { name: option, exact: true }).click()
  }
  const only_fields = ['status', 'type', 'project.name', 'script', 'hyperparams', 'container', 'output']
  const task = async (name) => (await api('tasks.get_all_ex', { name: `^${name}$`, only_fields })).tasks[0]
  await go('/tasks')
  await page.getByRole('button', { name: 'New task' }).click()
  assert.deepEqual(await violations(page), [])
  await fill({
    Name: 'made-here', Project: 'Made/by hand', Repository: 'https://example.org/team/code.git', Commit: 'abc123', 'Working directory': 'train', Script: 'run.py',
    Arguments: '--lr=0.1\nepochs=3', 'Packages (pip)': 'numpy==2.1\ntorch', 'Environment variables': 'TOKEN=a b\nMODE=fast', 'Container image': 'python:3.13',
    'Destination of outputs': 's3://bucket/out',
  })
  await choose('Type', 'testing')
  await dialog().getByRole('button', { name: 'Save as draft' }).click()
  await page.waitForURL(/\/tasks\/[0-9a-f]{32}\/execution/)
  await page.getByText('run.py').first().waitFor()
  let t = await task('made-here')
  assert.equal(t.status, 'created')
  assert.equal(t.type, 'testing')
  assert.equal(t.project.name, 'Made/by hand')
  const { repository, version_num, working_dir, entry_point, requirements } = t.script
  assert.deepEqual({ repository, version_num, working_dir, entry_point, requirements }, {
    repository: 'https://example.org/team/code.git', version_num: 'abc123', working_dir: 'train', entry_point: 'run.py', requirements: { pip: 'numpy==2.1\ntorch' },
  })
  assert.deepEqual(Object.fromEntries(Object.values(t.hyperparams.Args).map((p) => [p.name, p.value])), { lr: '0.1', epochs: '3' })
  assert.equal(t.container.image, 'python:3.13')
  assert.equal(t.container.arguments, "-e 'TOKEN=a b' -e MODE=fast")
  assert.equal(t.output.destination, 's3://bucket/out')
  // Code that is written here, run at once.
  await go(`/projects/${t.project.id}/tasks`)
  await page.getByRole('button', { name: 'New task' }).click()
  assert.equal(await dialog().getByRole('combobox', { name: 'Project' }).inputValue(), 'Made/by hand')
  await dialog().getByRole('radiogroup', { name: 'Where the code comes from' }).getByText('Written here').click()
  await fill({ Name: 'written-here' })
  assert.equal(await dialog().getByRole('button', { name: 'Save as draft' }).isDisabled(), true) // there is no code yet
  await fill({ Code: 'print("hello")\n' })
  await choose('Queue', 'fast')
  await dialog().getByRole('button', { name: 'Run' }).click()
  await page.waitForURL(/\/tasks\/[0-9a-f]{32}\/execution/)
  t = await task('written-here')
  assert.equal(t.status, 'queued')
  assert.equal(t.script.diff, 'print("hello")\n')
  assert.equal(t.script.entry_point, 'script.py')
  const { entries } = (await api('queues.get_by_id', { queue })).queue
  assert.deepEqual(entries.map((e) => e.task.id ?? e.task), [t.id])
})

test('L-18 tasks are cloned: by a pattern of names, into a project, under a parent, with a description', async () => {
  await go('/tasks?q=bert')
  await choose('bert-tickets')
  await bar().getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Clone…' }).click()
  const fill = (name, text) => dialog().getByRole('textbox', { name }).or(dialog().getByRole('combobox', { name })).fill(text)
  await fill('Name', '${name} once more')
  await fill('Project', 'Made/clones')
  await fill('Parent', made.mobilenet)
  await fill('Description', 'with other data')
  await dialog().getByRole('button', { name: 'Clone 1 task' }).click()
  await page.getByRole('row', { name: /bert-tickets once more/ }).waitFor()
  const { tasks } = await api('tasks.get_all_ex', { name: 'once more', only_fields: ['name', 'comment', 'status', 'parent', 'project.name', 'hyperparams'] })
  assert.equal(tasks.length, 1)
  assert.equal(tasks[0].comment, 'with other data')
  assert.equal(tasks[0].status, 'created')
  assert.equal(tasks[0].project.name, 'Made/clones')
  assert.equal(tasks[0].parent.id ?? tasks[0].parent, made.mobilenet)
  assert.equal(tasks[0].hyperparams.General.lr.value, '0.05')
})
