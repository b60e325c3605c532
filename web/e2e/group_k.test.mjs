/** Home, projects and the ways between pages, row by row. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { desk, fits, phone, stage, violations } from './browser.mjs'

let on, made, page, go, api, choose, wrong
before(async () => {
  on = await stage('fill_table.py')
  made = on.made
  ;({ page, go, api, choose, wrong } = await on.open())
})
after(() => on?.end())

const dialog = () => page.getByRole('dialog')
const card = (name) => page.getByRole('article').filter({ has: page.getByRole('heading', { name, exact: true }) })
const projectOf = async (name) => (await api('projects.get_all_ex', { name: `^${name}$`, search_hidden: true })).projects[0]
/** A field of the dialog that makes or changes a project. */
const field = (name) => dialog().getByRole('textbox', { name }).or(dialog().getByRole('combobox', { name }))

test('K-01 home shows recent projects and tasks, leads to all of them, and makes a project', async () => {
  await go('/')
  await page.getByRole('link', { name: 'old-train' }).click()
  await page.waitForURL(/\/tasks\/[0-9a-f]{32}\/artifacts/)
  await go('/')
  await card('models').getByRole('link', { name: 'models' }).first().click()
  await page.waitForURL(/\/projects\/[0-9a-f]{32}\/tasks/)
  for (const [name, path] of [['All projects', '/projects'], ['All tasks', '/tasks'], ['All artifacts', '/artifacts']]) {
    await go('/')
    await page.getByRole('main').getByRole('link', { name, exact: true }).click()
    await page.waitForURL(on.server.web + path)
  }
  await go('/')
  await page.getByRole('button', { name: 'New project' }).click()
  await field('Name').fill('made at home')
  await page.getByRole('button', { name: 'Make the project' }).click()
  await dialog().waitFor({ state: 'detached' })
  assert.equal((await projectOf('made at home')).name, 'made at home')
})

test('K-02 top folders are cards, with one for all tasks, and lead to their subprojects', async () => {
  await go('/projects')
  await card('Vision').waitFor()
  assert.equal(await card('defects').count(), 0)
  await card('All tasks').getByRole('link', { name: 'All tasks' }).waitFor()
  await card('Vision').getByRole('link', { name: /2 subprojects/ }).click()
  await page.waitForURL(/under=Vision/)
  await card('defects').getByRole('link', { name: /1 subproject/ }).click()
  await card('small').waitFor()
  assert.equal(await page.getByRole('article').count(), 1)
})

test('K-03 a card shows all tasks, the completed, those of 24 hours, the running and the run time', async () => {
  await go('/projects')
  const { stats } = (await api('projects.get_all_ex', { name: '^NLP$', include_stats: true, stats_for_state: 'active' })).projects[0]
  assert.equal(stats.active.total_tasks, 3)
  const text = (await card('NLP').textContent()).replaceAll(/\s+/g, ' ')
  assert.match(text, /3 ?tasks/)
  assert.match(text, /3 ?completed/)
  assert.match(text, /3 ?in 24 h/)
  assert.match(text, /run time/)
  const { id } = await api('tasks.create', { name: 'runs', type: 'training', project: (await projectOf('NLP/tickets')).id })
  await api('tasks.started', { task: id })
  await go('/projects')
  await card('NLP').getByTitle('1 running').waitFor()
  await api('tasks.delete', { task: id, force: true })
})

test('K-04 a card tells the default destination of outputs', async () => {
  const { id } = await projectOf('NLP')
  await api('projects.update', { project: id, default_output_destination: 's3://bucket/nlp' })
  await go('/projects')
  await card('NLP').getByText('s3://bucket/nlp').waitFor()
  assert.equal(await card('Vision').getByText('s3://').count(), 0)
})

test('K-05 a project is made with a parent, a description and a destination of any form', async () => {
  for (const [n, to] of ['s3://my-bucket.eu/a-b/c.d', 'azure://account.blob.core.windows.net/my-container', 'gs://bucket_1/x', 'file:///mnt/share'].entries()) {
    await go('/projects')
    await page.getByRole('button', { name: 'New project' }).click()
    await field('Name').fill(`made-${n}`)
    await field('Within').fill('Made')
    await field('Description').fill('what it is for')
    await field('Default destination').fill(to)
    await page.getByRole('button', { name: 'Make the project' }).click()
    await dialog().waitFor({ state: 'detached' })
    const made = await projectOf(`Made/made-${n}`)
    assert.equal(made.default_output_destination, to)
    assert.equal(made.description, 'what it is for')
  }
})

test('K-06 the menu of a project renames, moves, makes a subproject and deletes', async () => {
  const menu = async (name, item) => {
    await page.getByRole('button', { name: `Actions on ${name}`, exact: true }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }
  await api('projects.create', { name: 'Menu/one', description: '' })
  await go('/projects?under=Menu')
  await menu('Menu/one', /^Settings/)
  await field('Name').fill('renamed')
  await field('Default destination').fill('s3://elsewhere')
  await page.getByRole('button', { name: 'Save' }).click()
  await card('renamed').waitFor()
  assert.equal((await projectOf('Menu/renamed')).default_output_destination, 's3://elsewhere')
  await menu('Menu/renamed', /^New subproject/)
  await field('Name').fill('below')
  await page.getByRole('button', { name: 'Make the project' }).click()
  await card('renamed').getByRole('link', { name: '1 subproject' }).waitFor()
  await menu('Menu/renamed', /^Settings/)
  await field('Within').fill('Elsewhere')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('No project matches.').waitFor()
  assert.ok(await projectOf('Elsewhere/renamed/below'))
  await go('/projects?under=Elsewhere')
  await menu('Elsewhere/renamed', /^Delete/)
  await page.getByRole('button', { name: 'Delete the project' }).click()
  await page.getByText('No project matches.').waitFor()
  assert.equal(await projectOf('Elsewhere/renamed'), undefined)
})

test('K-07 a project with something that is not archived is not deleted; the dialog counts what would go', async () => {
  await go('/projects?under=Kept')
  await page.getByRole('button', { name: 'Actions on Kept/runs' }).click()
  await page.getByRole('menuitem', { name: /^Delete/ }).click()
  await dialog().getByText('1 tasks and 0 models are not archived').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Delete the project' }).isDisabled(), true)
  await api('tasks.archive_many', { ids: [made.keeper] })
  await go('/projects?under=Kept')
  await page.getByRole('button', { name: 'Actions on Kept/runs' }).click()
  await page.getByRole('menuitem', { name: /^Delete/ }).click()
  await dialog().getByText('In it and below it: 1 tasks and 0 models.').waitFor()
  await page.getByRole('button', { name: 'Delete the project' }).click()
  await dialog().waitFor({ state: 'detached' })
  assert.equal(await projectOf('Kept/runs'), undefined)
})

test('K-08 projects are found by name, pattern, id, tags and user, and put in order', async () => {
  const names = () => page.getByRole('article').getByRole('heading').allTextContents()
  const defects = await projectOf('Vision/defects')
  await api('projects.update', { project: defects.id, tags: ['quality'] })
  await api('projects.update', { project: (await projectOf('NLP/tickets')).id, tags: ['quality', 'text'] })
  await go('/projects')
  await page.getByLabel('Filter by name or id').fill('defects/s')
  await page.getByText('1 shown').waitFor()
  assert.deepEqual(await names(), ['small'])
  await page.getByLabel('Filter by name or id').fill('^(Vision|NLP)/[a-z]+$')
  await page.getByText('0 shown').waitFor()
  await page.getByRole('button', { name: 'Regular expression' }).click()
  await page.getByText('2 shown').waitFor()
  await page.getByLabel('Filter by name or id').fill(defects.id)
  await page.getByText('1 shown').waitFor()
  assert.deepEqual(await names(), ['defects'])
  await go('/projects?tags=quality')
  await page.getByText('2 shown').waitFor()
  await page.getByRole('button', { name: 'Filter by tags', exact: true }).click()
  await page.getByRole('checkbox', { name: 'not text' }).check()
  await page.waitForURL(/tags=quality(%2C|,)-text/)
  await card('tickets').waitFor({ state: 'detached' })
  await card('defects').waitFor()
  await page.keyboard.press('Escape')
  await go('/projects?tags=quality,text&all=1&sort=name')
  await page.getByText('1 shown').waitFor()
  assert.deepEqual(await names(), ['tickets'])
  await go('/projects?sort=name&tags=quality')
  await page.getByText('2 shown').waitFor()
  assert.deepEqual(await names(), ['tickets', 'defects'])
  await page.getByRole('checkbox', { name: 'Mine' }).check()
  await page.waitForURL(/mine=1/)
  await page.getByText('2 shown').waitFor()
})

test('K-09 hidden projects are shown on request alone, and marked', async () => {
  await api('projects.create', { name: 'Behind', description: '', system_tags: ['hidden'] })
  await go('/projects')
  await card('Vision').waitFor()
  assert.equal(await card('Behind').count(), 0)
  await page.getByRole('checkbox', { name: 'Hidden ones too' }).check()
  await card('Behind').getByText('Hidden', { exact: true }).waitFor()
})

test('K-10 what is written about a project is its first page, beside where its tasks stand', async () => {
  const { id } = await projectOf('Vision/defects')
  const open = async () => {
    await go('/projects?under=Vision')
    await card('defects').getByRole('link', { name: 'defects', exact: true }).click()
  }
  await open()
  await page.waitForURL(`${on.server.web}/projects/${id}/tasks`) // nothing is written yet
  await page.getByRole('link', { name: 'Overview' }).click()
  await page.getByText('Nothing is written about this project yet.').waitFor()
  await page.getByRole('button', { name: 'Describe it' }).click()
  const text = [
    '# Defects of line 4', '', 'Some **bold** and *slanted* words, `code_of_it`, [a page](/models) and [none](javascript:alert(1)).', '',
    '- one', '- two', '  - below', '', '1. first', '', '| part | share |', '|---|---|', '| scratch | 3 % |', '', '```', 'a <b> c', '```', '',
    '<script>alert(1)</script> ![far](https://example.org/x.png) ![near](/coffer.svg)',
  ].join('\n')
  await page.getByLabel('Description, as Markdown').fill(text)
  await page.getByRole('radiogroup', { name: 'View' }).getByText('Preview').click()
  await page.getByRole('heading', { name: 'Defects of line 4', level: 2 }).waitFor()
  wrong.length = 0
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Edit the description' }).waitFor()
  assert.equal((await projectOf('Vision/defects')).description, text)
  const about = page.getByRole('region', { name: 'Description' })
  assert.equal(await about.locator('strong').textContent(), 'bold')
  assert.equal(await about.locator('em').textContent(), 'slanted')
  assert.equal(await about.locator('p code').textContent(), 'code_of_it')
  assert.equal(await about.locator('li li').textContent(), 'below')
  assert.equal(await about.locator('ol > li').textContent(), 'first')
  assert.equal(await about.getByRole('cell', { name: '3 %' }).count(), 1)
  assert.equal(await about.locator('pre').textContent(), 'a <b> c')
  assert.equal(await about.locator('script').count(), 0)
  await about.getByText('<script>alert(1)</script>').waitFor()
  const leads = await about.getByRole('link').evaluateAll((all) => all.map((a) => a.getAttribute('href')))
  assert.deepEqual(leads, ['/models', 'https://example.org/x.png']) // a picture from elsewhere is a link
  assert.deepEqual(await about.locator('img').evaluateAll((all) => all.map((a) => a.getAttribute('src'))), ['/coffer.svg'])
  await open()
  await page.waitForURL(`${on.server.web}/projects/${id}/overview`)
  // Where tasks stand: a point for each, which leads to it.
  const points = page.getByRole('region', { name: 'Metric of tasks' })
  await points.getByRole('link').nth(2).waitFor()
  assert.deepEqual((await points.getByRole('link').evaluateAll((all) => all.map((a) => a.getAttribute('aria-label')))).sort(), [
    'mobilenet: 0.04100', 'resnet-base: 0.2100', 'resnet50-line4-18: 30.10',
  ])
  const place = async (name) => await points.getByRole('link', { name }).boundingBox()
  assert.ok((await place('resnet50-line4-18')).y < (await place('resnet-base')).y) // greater is higher
  assert.ok((await place('resnet50-line4-18')).x < (await place('mobilenet')).x) // later is further right
  assert.deepEqual(await violations(page), [])
  await page.setViewportSize(phone)
  await fits(page)
  await page.setViewportSize(desk)
  await points.getByRole('link', { name: 'mobilenet' }).click()
  await page.waitForURL(`${on.server.web}/tasks/${made.mobilenet}/scalars`)
  assert.deepEqual(wrong, [])
  await api('projects.update', { project: id, description: '' })
})

test('K-11 everything is searched from every page', async () => {
  for (const path of ['/', '/projects', '/models', '/settings/keys', `/tasks/${made.mobilenet}/info`]) {
    await go(path)
    await page.getByRole('button', { name: 'Search everything' }).click()
    await dialog().getByRole('textbox', { name: 'Search everything' }).fill('tickets')
    for (const kind of ['Projects', 'Tasks', 'Models']) await dialog().getByRole('region', { name: kind }).getByRole('link').first().waitFor()
    await page.keyboard.press('Escape')
  }
  await page.keyboard.press('Control+k')
  await dialog().getByRole('textbox', { name: 'Search everything' }).fill(made.mobilenet)
  await dialog().getByRole('link', { name: /mobilenet/ }).waitFor()
  assert.deepEqual(await violations(page), [])
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.waitForURL(`${on.server.web}/tasks/${made.mobilenet}/artifacts`)
})

test('K-12 breadcrumbs lead back to each level of projects', async () => {
  await go(`/tasks/${made.mobilenet}/info`)
  const crumbs = page.getByRole('navigation', { name: 'Breadcrumbs' })
  await crumbs.getByRole('link', { name: 'small' }).click()
  await page.waitForURL(/\/projects\/[0-9a-f]{32}\/tasks/)
  await crumbs.getByRole('link', { name: 'defects' }).click()
  await card('small').waitFor()
  await crumbs.getByRole('link', { name: 'Vision' }).click()
  await card('defects').waitFor()
  await crumbs.getByRole('link', { name: 'Projects' }).click()
  await card('NLP').waitFor()
})

test('K-13 light and dark: as the system says, or as one chooses', async () => {
  await page.emulateMedia({ colorScheme: 'dark' })
  await go('/')
  await page.locator('html[data-mantine-color-scheme=dark]').waitFor()
  await page.emulateMedia({ colorScheme: 'light' })
  await page.locator('html[data-mantine-color-scheme=light]').waitFor()
  await page.getByRole('button', { name: 'Dark colours' }).click()
  await page.locator('html[data-mantine-color-scheme=dark]').waitFor()
  await go('/tasks') // it is remembered
  await page.locator('html[data-mantine-color-scheme=dark]').waitFor()
  await page.getByRole('button', { name: 'Light colours' }).click()
  await page.locator('html[data-mantine-color-scheme=light]').waitFor()
})

test('K-14 filters, columns and sort are in the address', async () => {
  await go('/tasks?tags=nightly&q=resnet50&sort=name&cols=name,type,tags')
  await page.getByText('1 tasks', { exact: true }).waitFor()
  assert.deepEqual(await page.getByRole('columnheader').allTextContents(), ['', 'Name ↑', 'Type', 'Tags'])
})
