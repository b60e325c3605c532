/** Dialogs that delete, row by row. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { shots, stage, violations } from './browser.mjs'

let on, made, page, go, api, choose
before(async () => {
  on = await stage('fill_table.py')
  made = on.made
  ;({ page, go, api, choose } = await on.open())
})
after(() => on?.end())

/** Opens the dialog that deletes what is chosen. */
const askToDelete = () => page.getByRole('button', { name: 'Delete', exact: true }).click()
const dialog = () => page.getByRole('dialog')

test('S-01 deleting is offered in the archive alone', async () => {
  await go('/tasks?q=keeper')
  await choose('keeper')
  await page.getByRole('button', { name: 'Archive', exact: true }).waitFor()
  assert.equal(await page.getByRole('button', { name: 'Delete', exact: true }).count(), 0)
  await page.getByRole('button', { name: 'More actions' }).click()
  assert.equal(await page.getByRole('menuitem', { name: 'Delete (archive first)' }).getAttribute('data-disabled'), 'true')
  for (const [path, name] of [['/tasks', 'trial-0'], ['/models', 'old-model']]) {
    await go(`${path}?archived=1`)
    await choose(name)
    await page.getByRole('button', { name: 'Delete', exact: true }).waitFor()
  }
})

test('S-02 the dialog names the items, what goes with them, and how many bytes are freed and stay', async () => {
  await go('/tasks?archived=1&q=trial')
  await page.getByText('3 tasks', { exact: true }).waitFor()
  await choose('trial-0', 'trial-1', 'trial-2')
  await askToDelete()
  for (const name of ['trial-0', 'trial-1', 'trial-2']) await dialog().getByRole('listitem').filter({ hasText: name }).waitFor()
  await dialog().getByText(/Gone with them: artifacts, console/).waitFor()
  // The numbers of trial-2 go; those of the others are also what keeper names.
  const sums = dialog().getByText(/are freed/).first()
  await sums.waitFor()
  const kb = async (name) => ((await api(`tasks/${made[name]}/artifacts`)).artifacts[0].size / 1000).toFixed(1)
  assert.equal(await sums.textContent(), `${await kb('trial-2')} KB are freed; ${await kb('trial-0')} KB stay, since others refer to them.`)
  assert.deepEqual(await violations(page), [])
  await page.screenshot({ path: join(shots, 'delete-dialog.png') })
  await page.getByRole('button', { name: 'Cancel' }).click()
  const { tasks } = await api('tasks.get_all_ex', { name: '^trial-', search_hidden: true })
  assert.equal(tasks.length, 3)
})

test('S-03 the box for stored bytes is ticked, and without it they stay', async () => {
  await go('/tasks?archived=1&q=trial-2')
  const before = await api('tasks.get_all_ex', { name: '^trial-2$', search_hidden: true, only_fields: ['id'] })
  const [{ sha256 }] = (await api(`tasks/${before.tasks[0].id}/artifacts`)).artifacts
  await choose('trial-2')
  await askToDelete()
  const box = dialog().getByRole('checkbox', { name: 'Also remove the stored bytes' })
  assert.equal(await box.isChecked(), true)
  await dialog().getByText(/are freed/).first().waitFor()
  await box.uncheck()
  await dialog().getByText(/are freed/).filter({ hasText: 'KB' }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Delete 1 task' }).click()
  await page.getByText('No task matches.').waitFor()
  const kept = await api(`blobs/${sha256}`)
  assert.equal(kept.files.length, 1)
  assert.deepEqual(kept.artifacts, [])

  // The same box when tasks are reset, where it takes the bytes along.
  await go('/tasks?q=keeper')
  await choose('keeper')
  const more = (await api(`tasks/${made.keeper}/artifacts`)).artifacts.find((a) => a.key === 'more')
  await page.getByRole('button', { name: 'Reset' }).click()
  assert.equal(await dialog().getByRole('checkbox', { name: 'Also remove stored artifacts and debug samples' }).isChecked(), true)
  await page.getByRole('button', { name: 'Reset 1 task' }).click()
  await page.getByRole('row', { name: /keeper/ }).getByText('Draft').waitFor()
  assert.deepEqual((await api(`tasks/${made.keeper}/artifacts`)).artifacts, [])
  const gone = await page.evaluate(async (d) => (await fetch(`/api/blobs/${d}`)).json(), more.sha256)
  assert.equal(gone.files?.length ?? 0, 0)
})

test('S-04 deleting a model warns of the tasks that use it, and takes its weights along', async () => {
  const [{ sha256 }] = (await api('models.get_versions', { model: made['old-model'], page: 0, page_size: 10 })).versions
  await go('/models?archived=1&q=old-model')
  await choose('old-model')
  await askToDelete()
  await dialog().getByText('Tasks that use a deleted model no longer run.').waitFor()
  await dialog().getByText(/KB are freed/).waitFor()
  await page.getByRole('button', { name: 'Delete 1 model' }).click()
  await page.getByText('No model matches.').waitFor()
  const gone = await page.evaluate(async (d) => (await fetch(`/api/blobs/${d}`)).json(), sha256)
  assert.equal(gone.files?.length ?? 0, 0)
})

test('S-05 what could not be deleted is told with the reason, and copied', async () => {
  await go('/tasks')
  await api('models.set_ready', { model: made['tickets-model'], publish_task: false })
  await api('tasks.archive_many', { ids: [made['makes-model'], made['bert-tickets']] })
  await go('/tasks?archived=1')
  await choose('makes-model', 'bert-tickets')
  await askToDelete()
  await dialog().getByText('1 item cannot be deleted:').waitFor()
  const why = dialog().getByRole('listitem').filter({ hasText: /^makes-model: .*published/ })
  await why.waitFor()
  await page.getByRole('button', { name: 'Delete 2 tasks' }).click()
  await dialog().getByText('1 done, 1 not:').waitFor()
  await why.waitFor()
  await dialog().getByRole('button', { name: 'Copy what failed' }).click()
  await dialog().getByRole('button', { name: 'Copied' }).waitFor()
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^makes-model .*published/)
  await dialog().getByRole('button', { name: 'Close' }).last().click()
  const { tasks } = await api('tasks.get_all_ex', { id: [made['makes-model'], made['bert-tickets']], only_fields: ['name'] })
  assert.deepEqual(tasks.map((t) => t.name), ['makes-model'])
  // Asked for by name, it goes, too.
  await page.getByRole('button', { name: 'Refresh', exact: true }).click()
  await choose('makes-model')
  await askToDelete()
  await dialog().getByRole('checkbox', { name: /^Also those/ }).check()
  await dialog().getByText('cannot be deleted').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Delete 1 task' }).click()
  await page.getByRole('row', { name: /makes-model/ }).waitFor({ state: 'detached' })
})

test('S-06 deleting a project says how many tasks and models go', async () => {
  await go('/projects?under=Old')
  await page.getByRole('button', { name: 'Actions on Old/trials' }).click()
  await page.getByRole('menuitem', { name: 'Delete…' }).click()
  await dialog().getByText(/In it and below it: 2 tasks and 0 models/).waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
})

test('S-07 resetting a task of a development run warns that the next run may overwrite it', async () => {
  await go('/tasks?q=uses-model')
  await choose('uses-model')
  await page.getByRole('button', { name: 'Reset' }).click()
  await dialog().getByText(/“uses-model” was made by a run during development: the next run of the script may overwrite it/).waitFor()
  assert.deepEqual(await violations(page), [])
  await page.getByRole('button', { name: 'Cancel' }).click()
})

test('S-08 a row leaves the table when the server has finished, and not before', async () => {
  await go('/tasks?archived=1&q=trial')
  await page.getByText('2 tasks', { exact: true }).waitFor()
  await choose('trial-0', 'trial-1')
  await askToDelete()
  await dialog().getByText(/stay, since others refer|are freed/).first().waitFor()
  let release
  const held = new Promise((resolve) => (release = resolve))
  await page.route('**/api/tasks.delete_many', async (route) => {
    const reply = await route.fetch()
    await held
    await route.fulfill({ response: reply })
  })
  await page.getByRole('button', { name: 'Delete 2 tasks' }).click()
  await dialog().getByText('0 of 2 done').waitFor()
  assert.equal(await page.locator('[data-row]').count(), 2)
  release()
  await page.getByText('No task matches.').waitFor()
  await page.unroute('**/api/tasks.delete_many')
  const { tasks } = await api('tasks.get_all_ex', { name: '^trial-', search_hidden: true })
  assert.deepEqual(tasks, [])
})
