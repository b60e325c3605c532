/** The page of one task, row by row. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { fits, phone, stage, violations } from './browser.mjs'

let on, made, page, go, api, at
before(async () => {
  on = await stage('fill_run.py')
  made = on.made
  ;({ page, go, api } = await on.open())
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

test('the header of a task: type, name, status, tags, id, description, and a menu of what can be done', async () => {
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
