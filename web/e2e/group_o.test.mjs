/** Models: their table and their pages, row by row. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fits, phone, stage, violations } from './browser.mjs'

let on, made, page, go, api, choose, wrong
before(async () => {
  on = await stage('fill_models.py')
  made = on.made
  ;({ page, go, api, choose, wrong } = await on.open())
})
after(() => on?.end())

const rows = () => page.locator('[data-row]')
const names = () => page.locator('[data-row] a.strong').allTextContents()
const dialog = () => page.getByRole('dialog')
const bar = () => page.getByRole('group', { name: 'Actions on what is chosen' })
const shown = (n) => page.getByText(`${n} models`, { exact: true }).waitFor()
const model = async (name) => (await api('models.get_all_ex', { id: [made[name]] })).models[0]
const fact = (name) => page.getByRole('term').filter({ hasText: new RegExp(`^${name}$`) }).locator('..').getByRole('definition')
const saved = async (click) => {
  const [file] = await Promise.all([page.waitForEvent('download'), click()])
  return Buffer.concat(await (await file.createReadStream()).toArray())
}
/** The field of the table that holds the loss. */
const loss = async () => {
  const { metric_hash, variant_hash } = (await api('projects.get_unique_metric_variants', { model_metrics: true })).metrics.find((m) => m.metric === 'loss')
  return `${metric_hash}.${variant_hash}.value`
}

test('O-01 all fields, metrics and metadata of models are columns', async () => {
  await go('/models?q=resnet50&cols=framework,name,tags,status,project,user,task,updated,description,id')
  await shown(1)
  const heads = (await page.getByRole('columnheader').allTextContents()).slice(1).map((h) => h.replace(/ [↑↓]$/, ''))
  assert.deepEqual(heads, ['Framework', 'Name', 'Tags', 'Status', 'Project', 'User', 'Made by', 'Updated', 'Description', 'Id'])
  const cells = (await rows().first().getByRole('cell').allTextContents()).slice(1)
  const user = (await api('users.get_current_user')).user.name
  assert.deepEqual(cells.slice(0, 5), ['PyTorch', 'resnet50', 'candidateq4', 'Draft', 'Vision/defects'])
  assert.ok(cells[5].endsWith(user))
  assert.deepEqual([cells[6], cells[8], cells[9]], ['train-resnet50', 'the one to beat', made.resnet50.slice(0, 8)])
  await page.getByRole('button', { name: 'Columns' }).click()
  for (const [text, name] of [['loss', /^loss \/ val Metric/], ['accu', /^accuracy Metadata/]]) {
    await page.getByLabel('Find a column').fill(text)
    await page.getByRole('group', { name: 'More columns' }).getByRole('checkbox', { name }).click()
  }
  await page.getByRole('columnheader', { name: 'accuracy' }).waitFor()
  assert.deepEqual((await rows().first().getByRole('cell').allTextContents()).slice(-2), ['0.05000', '0.91'])
})

test('O-02 models are put in order, narrowed, searched, saved and found in the archive', async () => {
  await go('/models')
  await shown(5)
  const metric = await loss()
  for (const [search, want] of [
    ['sort=name', ['bert-small', 'in-a-bucket', 'on-a-share', 'resnet-base', 'resnet50']],
    ['sort=framework&tags=candidate', ['bert-small', 'resnet50']],
    [`sort=last_metrics.${metric}&tags=q4`, ['resnet50', 'resnet-base']],
    ['sort=name&framework=ONNX', ['in-a-bucket', 'on-a-share']],
    ['sort=name&tags=candidate,q4&all=1', ['resnet50']],
    ['sort=name&tags=q4,-candidate', ['resnet-base']],
    ['sort=name&ready=1', ['resnet-base']],
    ['sort=name&meta=dataset%3Doctober', ['resnet-base']],
    ['sort=name&meta=dataset%3Doctober%26dataset%3Dnovember', ['resnet-base', 'resnet50']],
    [`f=last_metrics.${metric}:0.1`, ['resnet-base']],
    ['q=to beat', ['resnet50']],
    [`q=${made['bert-small']}`, ['bert-small']],
    ['sort=name&q=^resnet&re=1', ['resnet-base', 'resnet50']],
    ['sort=name&archived=1', ['old-model']],
  ]) {
    await go(`/models?${search}`)
    await shown(want.length)
    assert.deepEqual(await names(), want, search)
  }
  await go('/models?sort=name')
  await shown(5)
  await page.getByRole('button', { name: 'Filter', exact: true }).click()
  await page.getByRole('combobox', { name: 'Metadata' }).click()
  await page.getByRole('option', { name: 'dataset' }).click()
  await page.getByRole('checkbox', { name: 'november' }).check()
  await shown(1)
  assert.deepEqual(await violations(page), [])
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'No longer filter by dataset is' }).click()
  await shown(5)
  await page.getByRole('button', { name: 'Filter by framework' }).click()
  await page.getByRole('checkbox', { name: 'Keras' }).check()
  await shown(1)
  await page.keyboard.press('Escape')
  await go('/models?sort=name&framework=PyTorch&cols=name,framework,d.accuracy')
  await shown(2)
  const csv = (await saved(() => page.getByRole('button', { name: 'Download the table as CSV' }).click())).toString()
  assert.deepEqual(csv.replace(/^\ufeff/, '').replaceAll('"', '').trim().split(/\r?\n/), ['Name,Framework,accuracy', 'resnet-base,PyTorch,', 'resnet50,PyTorch,0.91'])
})

test('O-03 a table, or one model after another beside their list; the address keeps which', async () => {
  const view = async (name) => page.getByRole('radiogroup', { name: 'View of the list' }).getByTitle(name, { exact: true }).click()
  const cards = page.getByRole('navigation', { name: 'Models of the list' })
  const beside = (name) => cards.locator('[aria-current=page]').getByText(name, { exact: true }).waitFor()
  const heading = (name) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
  await go('/models?sort=name')
  await shown(5)
  await view('Details')
  await heading('bert-small')
  await cards.getByRole('link').nth(4).waitFor()
  assert.deepEqual(await cards.getByRole('link').locator('.strong').allTextContents(), ['bert-small', 'in-a-bucket', 'on-a-share', 'resnet-base', 'resnet50'])
  assert.deepEqual(await cards.locator('.badge').allTextContents(), ['Draft', 'Draft', 'Draft', 'Published', 'Draft'])
  assert.deepEqual(await violations(page), [])
  // Keys go from one to the next, on the same part of the page.
  await page.getByRole('navigation', { name: 'Parts of the model' }).getByRole('link', { name: 'Labels' }).click()
  await page.waitForURL(/\/labels\?models=/)
  await cards.getByRole('link', { name: /bert-small/ }).focus()
  for (const [key, name] of [['ArrowDown', 'in-a-bucket'], ['ArrowDown', 'on-a-share'], ['j', 'resnet-base'], ['ArrowDown', 'resnet50'], ['ArrowUp', 'resnet-base'], ['k', 'on-a-share'], ['ArrowDown', 'resnet-base']]) {
    await page.keyboard.press(key)
    await heading(name)
    await beside(name)
    await page.waitForFunction((id) => document.activeElement.matches('[aria-current=page]') && document.activeElement.pathname === `/models/${id}/labels`, made[name])
  }
  await page.getByRole('cell', { name: 'scratch' }).waitFor()
  await page.reload()
  await heading('resnet-base')
  await beside('resnet-base')
  assert.equal(new URL(page.url()).pathname, `/models/${made['resnet-base']}/labels`)
  await view('Table')
  await shown(5)
  assert.equal(new URL(page.url()).search, '?sort=name')
  // Beside a list that is narrowed stands no more than that; a double click goes there, too.
  await go('/models?sort=name&framework=PyTorch')
  await shown(2)
  const row = page.getByRole('row', { name: /resnet50/ })
  await row.getByText('Draft', { exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Models', exact: true }).waitFor()
  await row.getByText('Draft', { exact: true }).dblclick()
  await heading('resnet50')
  await beside('resnet50')
  assert.deepEqual(await cards.getByRole('link').locator('.strong').allTextContents(), ['resnet-base', 'resnet50'])
  await page.keyboard.press('ArrowUp')
  await heading('resnet-base')
  await page.keyboard.press('ArrowUp') // there is none above
  await page.goBack() // one list is one step of the way here
  await shown(2)
  await page.goForward()
  await heading('resnet-base')
  await page.getByRole('button', { name: 'Show on the whole page' }).click()
  await cards.waitFor({ state: 'detached' })
  assert.equal(new URL(page.url()).search, '')
  await page.getByRole('button', { name: 'Show beside its list' }).click()
  await cards.getByRole('link', { name: /resnet50/ }).click()
  await heading('resnet50')
  assert.equal(await cards.getByRole('link').count(), 2) // of its project
  // A list of models stands beside no task.
  await fact('Made by').getByRole('link', { name: 'train-resnet50' }).click()
  await heading('train-resnet50')
  assert.equal(new URL(page.url()).search, '')
  await page.goBack()
  await beside('resnet50')
})

test('O-03 columns, their order and their widths are kept for each project', async () => {
  const [defects, tickets] = await Promise.all(
    ['^Vision/defects$', '^NLP/tickets$'].map(async (name) => (await api('projects.get_all_ex', { name })).projects[0].id),
  )
  const head = (name) => page.getByRole('columnheader', { name: new RegExp(`^${name}( [↑↓])?$`) })
  const heads = async () => (await page.getByRole('columnheader').allTextContents()).slice(1).map((h) => h.replace(/ [↑↓]$/, ''))
  const wide = async (name) => Math.round((await head(name).boundingBox()).width)
  const usual = ['Status', 'Name', 'Framework', 'Tags', 'Made by', 'User', 'Updated']
  const choosing = async (change) => {
    await page.getByRole('button', { name: 'Columns' }).click()
    await change()
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
  }
  const drop = (name) => choosing(() => dialog().getByRole('list', { name: 'Columns that are shown' }).getByRole('checkbox', { name, exact: true }).click())
  const asUsual = () => choosing(() => page.getByRole('button', { name: 'As usual' }).click())
  await go('/models')
  await asUsual() // whatever was chosen before
  await go(`/projects/${defects}/models`)
  await shown(2)
  assert.deepEqual(await heads(), usual)
  await drop('Made by')
  await head('Made by').waitFor({ state: 'detached' })
  await choosing(async () => {
    await page.getByLabel('Find a column').fill('dataset')
    await dialog().getByRole('group', { name: 'More columns' }).getByRole('checkbox', { name: /^dataset/ }).click() // it goes up to those that are shown
  })
  await head('dataset').waitFor()
  await head('Framework').dragTo(head('Status'))
  await page.waitForURL(/cols=framework(%2C|,)status/)
  const framework = await wide('Framework')
  await page.getByRole('separator', { name: 'Width of Framework' }).focus()
  await page.keyboard.press('ArrowRight')
  assert.equal(await wide('Framework'), framework + 16)
  const own = ['Framework', 'Status', 'Name', 'Tags', 'User', 'Updated', 'dataset']
  assert.deepEqual(await heads(), own)
  // Another project and all models stay as they were, and this one comes back as it was left, with other columns where it stands alone.
  await go(`/projects/${tickets}/models`)
  await shown(1)
  assert.deepEqual(await heads(), usual)
  assert.equal(await wide('Framework'), framework)
  await drop('User')
  await head('User').waitFor({ state: 'detached' })
  await go('/models')
  await shown(5)
  assert.deepEqual(await heads(), usual.toSpliced(4, 0, 'Project'))
  await go(`/projects/${defects}/models`)
  await shown(2)
  assert.deepEqual(await heads(), own)
  assert.equal(await wide('Framework'), framework + 16)
  await page.getByRole('checkbox', { name: 'Subprojects' }).uncheck()
  await head('Made by').waitFor()
  assert.deepEqual(await heads(), usual)
  await page.getByRole('checkbox', { name: 'Subprojects' }).check()
  await head('dataset').waitFor()
  // And after a look at one of them beside the list.
  await page.getByRole('radiogroup', { name: 'View of the list' }).getByTitle('Details', { exact: true }).click()
  await page.getByRole('radiogroup', { name: 'View of the list' }).getByTitle('Table', { exact: true }).click()
  await shown(2)
  assert.equal(new URL(page.url()).pathname, `/projects/${defects}/models`)
  assert.deepEqual(await heads(), own)
  await asUsual()
  await head('Made by').waitFor()
  assert.deepEqual(await heads(), usual)
  assert.equal(await wide('Framework'), framework)
})

test('O-04 models are tagged, published, archived, restored, moved, saved and compared, one or many; deleted from the archive alone', async () => {
  // Two of their own, so that others stay as they are.
  const project = (await api('projects.get_all_ex', { name: '^NLP/tickets$' })).projects[0].id
  const base = await model('resnet-base')
  const fresh = {}
  for (const [name, more] of [['twin-a', { uri: base.uri }], ['twin-b', { uri: 's3://bucket/twin.pt', ready: true }]]) {
    fresh[name] = (await api('models.create', { name, project, framework: 'Keras', ready: false, labels: { dent: name === 'twin-a' ? 1 : 2 }, ...more })).id
  }
  const one = async (name, fields) => (await api('models.get_all_ex', { id: [fresh[name]], only_fields: fields })).models[0]
  const ask = async (action, label) => {
    await bar().getByRole('button', { name: action }).click()
    await dialog().getByRole('button', { name: label }).click()
    await dialog().waitFor({ state: 'detached' })
  }
  await go('/models?q=twin&sort=name')
  await shown(2)
  await choose('twin-a', 'twin-b')
  await bar().getByRole('button', { name: 'Tag', exact: true }).click()
  await dialog().getByLabel('Add', { exact: true }).fill('pair')
  await dialog().getByRole('button', { name: 'Set tags' }).click()
  await dialog().waitFor({ state: 'detached' })
  assert.deepEqual((await one('twin-b', ['tags'])).tags, ['pair'])
  // Side by side: what differs stands out.
  await bar().getByRole('button', { name: 'Compare' }).click()
  await page.waitForURL(/\/models\/compare\?ids=/)
  const row = (name) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) })
  await row(/^Status/).waitFor()
  assert.deepEqual(await row(/^Status/).getByRole('cell').allTextContents(), ['Draft', 'Published'])
  assert.deepEqual(await row(/^dent/).getByRole('cell').allTextContents(), ['1', '2'])
  assert.deepEqual(await row(/^Framework/).getByRole('cell').allTextContents(), ['Keras', 'Keras'])
  assert.deepEqual(await violations(page), [])
  await page.getByRole('checkbox', { name: 'Only what differs' }).check()
  await row(/^Framework/).waitFor({ state: 'detached' })
  assert.equal(await row(/^dent ?, differs/).count(), 1)
  const small = await on.open(phone)
  await small.page.goto(page.url())
  await small.page.getByRole('rowheader', { name: /^dent/ }).waitFor()
  await fits(small.page)
  await small.close()
  // Saved where their weights can be reached; published where they are not yet.
  await go('/models?q=twin&sort=name')
  await choose('twin-a', 'twin-b')
  const bytes = await saved(() => bar().getByRole('button', { name: 'Download (1)' }).click())
  assert.equal(bytes.length, (await api('models.get_versions', { model: made['resnet-base'] })).versions[0].size)
  await ask('Publish (1)', 'Publish 1')
  assert.equal((await one('twin-a', ['ready'])).ready, true)
  await bar().getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Move to a project…' }).click()
  await dialog().getByLabel('Project').fill('Made/twins')
  await dialog().getByRole('button', { name: 'Move' }).click()
  await dialog().waitFor({ state: 'detached' })
  assert.equal((await one('twin-b', ['project.name'])).project.name, 'Made/twins')
  await bar().getByRole('button', { name: 'More actions' }).click()
  assert.equal(await page.getByRole('menuitem', { name: 'Delete (archive first)' }).isDisabled(), true)
  await page.keyboard.press('Escape')
  await ask('Archive', 'Archive 2')
  await page.getByText('No model matches.').waitFor()
  await go('/models?q=twin&archived=1')
  await choose('twin-a')
  await ask('Restore', 'Restore 1')
  await shown(1)
  // One by itself, on its page.
  await go(`/models/${fresh['twin-a']}/general`)
  const menu = async (item) => {
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: item }).click()
  }
  await menu('Archive…')
  await dialog().getByRole('button', { name: 'Archive' }).click()
  await page.locator('.head').getByText('Archived').waitFor()
  await menu('Delete…')
  await dialog().getByRole('checkbox', { name: 'Also remove the stored bytes' }).uncheck()
  await dialog().getByRole('button', { name: 'Delete 1 model' }).click()
  await page.waitForURL(/\/models\?archived=1/)
  assert.equal(await one('twin-a', ['name']), undefined)
})

test('O-05 general: what a model is, where its weights lie and what they are, and its description is changed', async () => {
  await go(`/models/${made.resnet50}/general`)
  for (const [name, want] of [['Framework', 'PyTorch'], ['Status', 'Draft'], ['Archived', 'No'], ['Project', 'Vision/defects'], ['Made by', 'train-resnet50']]) {
    assert.equal(await fact(name).textContent(), want)
  }
  for (const name of ['Created', 'Updated']) await fact(name).getByRole('time').waitFor()
  assert.equal(await fact('User').textContent(), (await api('users.get_current_user')).user.name)
  // The weights: as long and with the digest that they have.
  const [newest] = (await api('models.get_versions', { model: made.resnet50 })).versions
  const bytes = await saved(() => page.getByRole('link', { name: 'Download' }).click())
  assert.equal(await fact('Weights').getByTitle(/bytes$/).getAttribute('title'), `${bytes.length.toLocaleString('en')} bytes`)
  await fact('Weights').getByTitle(newest.sha256).waitFor()
  await fact('Weights').getByRole('img', { name: 'The bytes were hashed on arrival and have this digest.' }).waitFor()
  await fact('Weights').getByText('Stored', { exact: true }).waitFor()
  assert.equal(await fact('Address').getByRole('link').getAttribute('href'), (await model('resnet50')).uri)
  await fact('Description').getByRole('button', { name: 'Edit the description' }).click()
  await page.getByRole('textbox', { name: 'Description' }).fill('no longer')
  await page.getByRole('button', { name: 'Save' }).click()
  await fact('Description').getByText('no longer').waitFor()
  assert.equal((await model('resnet50')).comment, 'no longer')
  await fact('Made by').getByRole('link', { name: 'train-resnet50' }).click()
  await page.waitForURL(/\/tasks\//)
  // What lies on a disk can be copied alone.
  await go(`/models/${made['on-a-share']}/general`)
  await fact('Address').getByText('file:///mnt/share/net.onnx').waitFor()
  assert.equal(await fact('Address').getByRole('link').count(), 0)
  assert.equal(await page.getByRole('link', { name: 'Download' }).count(), 0)
  await fact('Address').getByRole('button', { name: 'Copy the address' }).click()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'file:///mnt/share/net.onnx')
  assert.equal(await fact('Weights').textContent(), '–')
})

test('O-06 the design is searched, copied, changed and cleared in drafts alone', async () => {
  await go(`/models/${made.resnet50}/design`)
  const design = page.getByRole('region', { name: 'Design' })
  await page.getByLabel('Find in the design').fill('LAYERS')
  await design.getByText('1 found').waitFor()
  assert.deepEqual(await design.locator('mark').allTextContents(), ['layers'])
  assert.deepEqual(await violations(page), [])
  await design.getByRole('button', { name: 'Copy the design' }).click()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  assert.equal(await design.locator('pre').textContent(), copied)
  await design.getByRole('button', { name: 'Edit' }).click()
  await design.getByRole('textbox', { name: 'Design' }).fill('layers = 101')
  await design.getByRole('button', { name: 'Save' }).click()
  await design.locator('pre').getByText('layers = 101').waitFor()
  assert.deepEqual((await model('resnet50')).design, { design: 'layers = 101' })
  await design.getByRole('button', { name: 'Clear' }).click()
  await dialog().getByRole('button', { name: 'Clear' }).click()
  await page.getByText('No design yet.').waitFor()
  assert.deepEqual((await model('resnet50')).design ?? {}, {})
  await go(`/models/${made['resnet-base']}/design`)
  await design.getByText('Published: the design stays as it is').waitFor()
  for (const name of ['Edit', 'Clear']) assert.equal(await design.getByRole('button', { name }).count(), 0)
})

test('O-07 labels are added, changed and removed in drafts alone', async () => {
  await go(`/models/${made.resnet50}/labels`)
  const labels = page.getByRole('region', { name: 'Labels' })
  const cells = () => labels.getByRole('row').filter({ has: page.getByRole('cell') }).allTextContents()
  await labels.getByRole('cell', { name: 'dent', exact: true }).waitFor()
  assert.deepEqual(await cells(), ['scratch0', 'dent1'])
  await labels.getByRole('button', { name: 'Add a label' }).click()
  assert.equal(await dialog().getByLabel('Number').inputValue(), '2')
  await dialog().getByLabel('Label').fill('stain')
  await dialog().getByRole('button', { name: 'Add', exact: true }).click()
  await labels.getByRole('cell', { name: 'stain', exact: true }).waitFor()
  await labels.getByRole('button', { name: 'Edit the label dent' }).click()
  await dialog().getByLabel('Label').fill('dip')
  await dialog().getByLabel('Number').fill('7')
  await dialog().getByRole('button', { name: 'Save' }).click()
  await labels.getByRole('cell', { name: 'dip', exact: true }).waitFor()
  await labels.getByRole('button', { name: 'Remove the label scratch' }).click()
  await labels.getByRole('cell', { name: 'scratch', exact: true }).waitFor({ state: 'detached' })
  assert.deepEqual(await cells(), ['stain2', 'dip7'])
  assert.deepEqual((await model('resnet50')).labels, { stain: 2, dip: 7 })
  await go(`/models/${made['resnet-base']}/labels`)
  await labels.getByText('Published: labels stay as they are').waitFor()
  assert.equal(await labels.getByRole('button').count(), 0)
})

test('O-09 what led to a model and what uses it: narrowed by status and tags, searched by name, id and description', async () => {
  await go(`/models/${made.resnet50}/lineage`)
  await page.getByRole('region', { name: 'Graph' }).getByRole('link', { name: 'train-resnet50' }).waitFor()
  const used = page.getByRole('region', { name: 'Used by' })
  const tasks = (n) => used.getByText(`${n} tasks`, { exact: true }).waitFor()
  const links = () => used.getByRole('table').getByRole('link').allTextContents()
  await tasks(2)
  assert.deepEqual((await links()).sort(), ['holdout-eval', 'night-run'])
  assert.deepEqual(await violations(page), [])
  await used.getByRole('button', { name: 'Filter by status' }).click()
  await page.getByRole('checkbox', { name: 'Failed' }).check()
  await tasks(1)
  assert.deepEqual(await links(), ['night-run'])
  await page.keyboard.press('Escape')
  await used.getByRole('button', { name: 'Clear all' }).click()
  await tasks(2)
  await used.getByRole('button', { name: 'Filter by the tag eval' }).click()
  await tasks(1)
  assert.deepEqual(await links(), ['holdout-eval'])
  await used.getByRole('button', { name: 'Clear all' }).click()
  for (const [text, want] of [['holdout', 'holdout-eval'], [made['night-run'], 'night-run'], ['at two', 'night-run']]) {
    await used.getByLabel('Filter by name, id or comment').fill(text)
    await used.getByRole('link', { name: want }).waitFor()
    await page.waitForFunction((name) => [...document.querySelectorAll('section[aria-label="Used by"] table a')].map((a) => a.textContent).join() === name, want)
  }
  await used.getByLabel('Filter by name, id or comment').fill('train')
  await used.getByText('No task matches.').waitFor()
  await go(`/models/${made.resnet50}/lineage?q=holdout`) // it stands in the address
  await tasks(1)
  await go(`/models/${made['resnet-base']}/lineage`)
  await used.getByText('No task uses it.').waitFor()
})

test('O-10 curves and plots that were reported for a model', async () => {
  await go(`/models/${made.resnet50}/scalars`)
  const chart = page.getByRole('region', { name: 'loss' })
  await chart.locator('.uplot').waitFor()
  await chart.getByText('20 points').waitFor()
  await page.getByRole('row', { name: /best.*0\.05/ }).waitFor() // the single value
  assert.deepEqual(await violations(page), [])
  await page.getByRole('button', { name: 'Show loss on the whole screen' }).click()
  await dialog().getByRole('region', { name: 'loss, all points' }).getByText('20 points').waitFor()
  await page.keyboard.press('Escape')
  await dialog().waitFor({ state: 'detached' })
  await page.getByRole('radiogroup', { name: 'View' }).getByText('Values').click()
  await page.waitForURL(/view=values/)
  const cells = await page.getByRole('row', { name: /loss val/ }).getByRole('cell').allTextContents()
  assert.deepEqual(cells.slice(2, 6), ['20', '1', '0.05000', '0.05000 at 19'])
  await page.getByRole('navigation', { name: 'Parts of the model' }).getByRole('link', { name: 'Plots' }).click()
  const plot = page.getByRole('region', { name: 'errors / by class' })
  await plot.locator('.main-svg').first().waitFor()
  await plot.getByText('iteration 19').waitFor()
  assert.deepEqual(await violations(page), [])
  for (const tab of ['scalars', 'plots']) {
    await go(`/models/${made['bert-small']}/${tab}`)
    await page.getByText(tab === 'plots' ? 'No plots yet' : 'Nothing reported yet').waitFor()
  }
})

test('O-11 badge and field tell the same status', async () => {
  for (const [name, status] of [['resnet50', 'Draft'], ['resnet-base', 'Published']]) {
    await go(`/models?q=${name}`)
    await rows().getByText(status, { exact: true }).waitFor()
    await page.getByRole('link', { name, exact: true }).click()
    assert.equal(await fact('Status').textContent(), status)
    assert.equal(await page.locator('.head .badge').textContent(), status)
  }
  await go(`/models/${made['bert-small']}/general`)
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Publish…' }).click()
  await dialog().getByRole('button', { name: 'Publish' }).click()
  await page.locator('.head .badge').getByText('Published').waitFor()
  assert.equal(await fact('Status').textContent(), 'Published')
})

test('O-12 a model whose task is gone opens as others do and says so', async () => {
  await go('/models?q=bert')
  await rows().getByText('task deleted').waitFor()
  await page.getByRole('link', { name: 'bert-small' }).click()
  await fact('Made by').getByText('task deleted').waitFor()
  wrong.length = 0
  for (const [tab, shows] of [
    ['weights', page.getByText('v1', { exact: true })],
    ['lineage', page.getByText('Nothing led to this model, and nothing uses it yet.')],
    ['design', page.getByText('No design yet.')],
    ['labels', page.getByText('No labels yet.')],
    ['metadata', page.getByText('No metadata yet.')],
  ]) {
    await go(`/models/${made['bert-small']}/${tab}`)
    await shows.waitFor()
  }
  assert.deepEqual(wrong, [])
})
