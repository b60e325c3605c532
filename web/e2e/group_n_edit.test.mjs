/** The tab of artifacts, row by row: what is changed in it, what changes elsewhere, and many items. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { shots, stage, violations } from './browser.mjs'

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
const chosen = () => items().locator('[aria-current] .grow').textContent()
const heading = (name) => page.locator('.detail').getByRole('heading', { name, exact: true })
const fact = (name) => page.locator('.facts > div').filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd')
const dialog = () => page.getByRole('dialog')
const query = () => Object.fromEntries(new URL(page.url()).searchParams)
const inputs = async () => (await api('tasks.get_all_ex', { id: [made.draft], only_fields: ['models'] })).tasks[0].models.input ?? []
const menu = async (name, entry) => {
  await page.getByRole('button', { name: `Actions on ${name}`, exact: true }).click()
  await page.getByRole('menuitem', { name: entry }).click()
}
const entry = (key, n = 0) => ({ key, type: 'custom', mode: 'output', uri: `https://example.org/${key}`, content_size: n, timestamp: 1_700_000_000 + n, type_data: { preview: key } })

test('N-15 of a model: its name leads to its page, its id is copied, it is downloaded; its maker and configuration', async () => {
  await go(at('churn run', { key: 'base', mode: 'input-model' }))
  await heading('churn-base').getByRole('link').waitFor()
  await fact('Made by').getByRole('link', { name: 'makes churn-base' }).waitFor()
  await page.getByLabel('Configuration of the model').getByText('layers = 3').waitFor()
  await fact('Id').getByRole('button', { name: 'Copy the id' }).click()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), made['churn-base model'])
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download', exact: true }).click()])
  assert.equal(file.suggestedFilename(), 'churn-base.npy')
  await fact('Address').getByRole('button', { name: 'Copy the address' }).click()
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /churn-base\.npy$/)
  assert.deepEqual(await violations(page), [])
  await page.screenshot({ path: join(shots, 'artifacts-model.png') })
  await heading('churn-base').getByRole('link').click()
  await page.waitForURL(`${on.server.web}/models/${made['churn-base model']}/general`)
  // Weights that no browser can fetch are a path to copy.
  const { id } = await api('models.create', { name: 'on a disk', uri: 'file:///mnt/share/net.pt', framework: 'PyTorch' })
  await api('tasks.add_or_update_model', { task: made['makes only'], name: 'disk', model: id, type: 'output' })
  await go(at('makes only', { key: 'disk', mode: 'output-model' }))
  await fact('Address').getByText('file:///mnt/share/net.pt').waitFor()
  assert.equal(await page.getByRole('link', { name: 'Download', exact: true }).count(), 0)
})

test('N-16 in a draft an input model is chosen from any project, replaced and removed', async () => {
  await go(at('draft'))
  await page.getByRole('button', { name: 'Add an input model' }).click()
  await dialog().getByLabel('Find a model of any project').fill('resnet')
  await dialog().getByRole('radio', { name: /resnet-base.*Vision\/defects/ }).check()
  await dialog().getByLabel('Name on this task').fill('start')
  assert.deepEqual(await violations(page), [])
  await page.screenshot({ path: join(shots, 'artifacts-link.png') })
  await dialog().getByRole('button', { name: 'Add the model' }).click()
  await item('start').waitFor()
  assert.deepEqual((await inputs()).map((l) => [l.name, l.model.id ?? l.model]), [['start', made['resnet-base model']]])
  // A second of that name would take its place.
  await page.getByRole('button', { name: 'Add an input model' }).click()
  await dialog().getByRole('radio', { name: /churn-base/ }).check()
  await dialog().getByLabel('Name on this task').fill('start')
  await dialog().getByText('Another input model has this name.').waitFor()
  assert.equal(await dialog().getByRole('button', { name: 'Add the model' }).isDisabled(), true)
  await dialog().getByRole('button', { name: 'Cancel' }).click()

  await page.getByRole('button', { name: 'Replace…' }).click()
  await dialog().getByRole('radio', { name: /churn-base.*Retail\/base/ }).check()
  await dialog().getByRole('button', { name: 'Replace the model' }).click()
  await heading('churn-base').waitFor()
  assert.deepEqual((await inputs()).map((l) => [l.name, l.model.id ?? l.model]), [['start', made['churn-base model']]])
  await page.getByRole('button', { name: 'Remove…' }).click()
  await dialog().getByRole('button', { name: 'Remove', exact: true }).click()
  await page.getByText('No artifacts recorded').waitFor()
  assert.deepEqual(await inputs(), [])
  // A task that ran keeps what it ran with.
  await go(at('churn run', { key: 'base', mode: 'input-model' }))
  await heading('churn-base').waitFor()
  for (const name of ['Replace…', 'Remove…', 'Add an input model']) assert.equal(await page.getByRole('button', { name }).count(), 0)
})

test('N-17 what is chosen stands in the address, survives a reload, and falls back to the first item when it is gone', async () => {
  await api('tasks.started', { task: made['makes only'], force: true })
  const odd = 'odd / name? 100% & more#1'
  await api('tasks.add_or_update_artifacts', { task: made['makes only'], artifacts: [entry(odd), { ...entry(odd), mode: 'input' }, entry('goes')] })
  await go(at('makes only'))
  await items().getByRole('link', { name: odd }).first().click()
  await heading(odd).waitFor()
  assert.deepEqual(query(), { key: odd, mode: 'input' })
  await page.reload()
  await heading(odd).waitFor()
  await items().locator('[aria-current]').waitFor()
  assert.equal(await chosen(), odd)
  await items().getByRole('link', { name: odd }).last().click()
  await page.waitForURL(/mode=output/)
  await item('goes').click()
  await heading('goes').waitFor()
  await api('tasks.delete_artifacts', { task: made['makes only'], artifacts: [{ key: 'goes', mode: 'output' }] })
  await page.getByText(/There is no artifact “goes” on this task/).waitFor()
  const first = () => items().locator('.item .grow').first().textContent()
  assert.equal(await chosen(), await first())
  await page.reload()
  await page.getByText(/There is no artifact “goes” on this task/).waitFor()
  await items().locator('[aria-current]').waitFor()
  assert.equal(await chosen(), await first())
})

test('N-18 an empty task says that no artifacts are recorded', async () => {
  await go(at('empty'))
  await page.getByText('No artifacts recorded').waitFor()
  await page.getByText(`task_id="${made.empty}"`).waitFor()
  assert.equal(await page.getByRole('button', { name: 'Add an input model' }).count(), 0)
})

test('N-19 the list follows what is added and deleted elsewhere', async () => {
  await go(at('makes only'))
  await item('config').waitFor()
  await api('tasks.add_or_update_artifacts', { task: made['makes only'], artifacts: [entry('late')] })
  await item('late').waitFor()
  await api('tasks.delete_artifacts', { task: made['makes only'], artifacts: [{ key: 'late', mode: 'output' }] })
  await item('late').waitFor({ state: 'detached' })
})

test('N-20 hundreds of artifacts are counted, filtered and put in order', async () => {
  const project = (await api('projects.get_all_ex', { name: '^Retail/churn$' })).projects[0].id
  const { id } = await api('tasks.create', { name: 'many', type: 'training', project })
  await api('tasks.add_or_update_artifacts', { task: id, artifacts: Array.from({ length: 600 }, (_, i) => entry(`part-${i}`, i)) })
  await go(`/tasks/${id}/artifacts`)
  const filter = page.getByLabel(/^Filter by name, type or metadata/)
  await item('part-0').waitFor()
  assert.equal(await filter.getAttribute('placeholder'), 'Filter 600 items')
  const shown = async () => (await items().locator('.item .grow').allTextContents()).slice(0, 4)
  assert.deepEqual(await shown(), ['part-0', 'part-1', 'part-2', 'part-3']) // numbers within names count as numbers
  assert.ok((await items().locator('.item').count()) < 100)
  await filter.fill('part-59')
  await page.getByText('11 items').waitFor()
  assert.deepEqual(await shown(), ['part-59', 'part-590', 'part-591', 'part-592'])
  await filter.fill('size:<3b')
  await page.getByText('3 items').waitFor()
  await filter.fill('')
  await page.getByText('600 items').first().waitFor()
  await page.getByRole('combobox', { name: 'Sort by' }).click()
  await page.getByRole('option', { name: 'Newest' }).click()
  await page.waitForFunction(() => document.querySelector('.item .grow').textContent === 'part-599')
})

test('N-21 an artifact is renamed, annotated and deleted', async () => {
  await api('tasks.started', { task: made['churn run'], force: true })
  await go(at('churn run', { key: 'to rename' }))
  await heading('to rename').waitFor()
  await menu('to rename', 'Rename…')
  await dialog().getByLabel('Name').fill('renamed')
  await dialog().getByRole('button', { name: 'Rename' }).click()
  await heading('renamed').waitFor()
  assert.equal(query().key, 'renamed')
  await item('to rename').waitFor({ state: 'detached' })
  const a = await api(`tasks/${made['churn run']}/artifact?key=renamed`)
  assert.equal(a.state, 'stored')
  await page.getByText('renamed', { exact: true }).last().waitFor() // its content is still read

  await go(at('churn run', { key: 'renamed', view: 'metadata' }))
  await page.getByRole('button', { name: 'Annotate' }).click()
  await dialog().getByLabel('Key').fill('checked by')
  await dialog().getByLabel('Value').fill('Ana')
  await dialog().getByRole('button', { name: 'Save' }).click()
  await page.getByRole('row', { name: /^checked by Ana/ }).waitFor()
  await page.getByRole('button', { name: 'Edit checked by' }).click()
  await dialog().getByLabel('Value').fill('Bo')
  await dialog().getByRole('button', { name: 'Save' }).click()
  await page.getByRole('row', { name: /^checked by Bo/ }).waitFor()
  assert.deepEqual((await api(`tasks/${made['churn run']}/artifact?key=renamed`)).metadata, { 'checked by': 'Bo' })
  await page.getByRole('button', { name: 'Remove checked by' }).click()
  await dialog().getByRole('button', { name: 'Remove', exact: true }).click()
  await page.getByRole('row', { name: /^checked by/ }).waitFor({ state: 'detached' })

  const gone = await api(`tasks/${made['churn run']}/artifact?${new URLSearchParams({ key: 'to delete' })}`)
  await go(at('churn run', { key: 'to delete' }))
  await menu('to delete', 'Delete…')
  await dialog().getByText(`${gone.size} B are freed.`).waitFor()
  await page.screenshot({ path: join(shots, 'artifacts-delete.png') })
  await page.getByRole('menu').waitFor({ state: 'detached' })
  assert.deepEqual(await violations(page), [])
  await dialog().getByRole('button', { name: 'Cancel' }).click()
  await item('to delete').waitFor() // nothing happens unless it is confirmed
  await menu('to delete', 'Delete…')
  await dialog().getByRole('button', { name: 'Delete 1 artifact' }).click()
  await item('to delete').waitFor({ state: 'detached' })
  const file = await page.evaluate(async (d) => (await fetch(`/api/blobs/${d}`)).json(), gone.sha256)
  assert.equal(file.files?.length ?? 0, 0)
  // What is published stays.
  await api('tasks.publish', { task: made['kept on a disk'], force: true })
  await go(at('kept on a disk'))
  await page.getByRole('button', { name: 'Actions on on the disk' }).click()
  assert.equal(await page.getByRole('menuitem', { name: 'Delete…' }).getAttribute('data-disabled'), 'true')
})
