/** Settings, and what they change on pages, row by row. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fits, phone, shots, stage, violations } from './browser.mjs'

let on, page, go, api, task
before(async () => {
  on = await stage(null)
  ;({ page, go, api } = await on.open())
  const project = (await api('projects.create', { name: 'Settings/of it' })).id
  task = (await api('tasks.create', {
    name: 'with secrets', type: 'training', project,
    script: { repository: 'https://ana:repo-secret@git.example.org/team/code.git', entry_point: 'train.py' },
    container: { image: 'python:3.12', arguments: '-e AWS_SECRET_ACCESS_KEY=env-secret -e "DB_PASSWORD=quoted-secret" --api-token flag-secret --ipc=host' },
  })).id
})
after(() => on?.end())

const dialog = () => page.getByRole('dialog')
const row = (name) => page.getByRole('row', { name })
const box = (name) => page.getByRole('checkbox', { name, exact: true })
/** A box that is ticked or not, which it shows once the server has kept it. */
const tick = async (name, endpoint, on = true) => {
  const shown = (checked) => page.getByRole('checkbox', { name, exact: true, checked }).waitFor()
  await shown(!on)
  await Promise.all([page.waitForResponse((r) => r.url().endsWith(endpoint) && r.ok()), box(name).click()])
  await shown(on)
}

test('R-02 key pairs: made with a label, the secret shown once to paste, last use, label edited, revoked', async () => {
  await go('/settings/keys')
  await page.getByLabel('Label of a new key pair').fill('my laptop')
  await page.getByRole('button', { name: 'Make a key pair' }).click()
  const config = page.getByLabel('Configuration: clearml.conf')
  await config.waitFor()
  const text = await config.textContent()
  const [, access] = /"access_key" = "(.+)"/.exec(text)
  const [, secret] = /"secret_key" = "(.+)"/.exec(text)
  const [, server] = /api_server: "(.+)"/.exec(text)
  await page.getByText('Notebook', { exact: true }).click()
  await page.getByLabel('Configuration: Notebook').getByText(`%env CLEARML_API_SECRET_KEY=${secret}`).waitFor()
  assert.deepEqual(await violations(page), [])
  await page.screenshot({ path: join(shots, 'keys-new.png') })
  await row(/my laptop/).getByText('never').waitFor()
  // What is pasted works, from elsewhere.
  const basic = 'Basic ' + Buffer.from(`${access}:${secret}`).toString('base64')
  const used = await fetch(`${server}/auth.login`, { method: 'POST', headers: { Authorization: basic } })
  assert.equal(used.status, 200)
  await page.reload()
  await row(/my laptop/).getByText('just now').waitFor()
  assert.doesNotMatch(await page.content(), new RegExp(secret.replace(/[^\w]/g, '\\$&'))) // it was shown once
  await row(/my laptop/).getByRole('button', { name: 'Edit the label' }).click()
  await dialog().getByLabel('Name').fill('the old laptop')
  await dialog().getByRole('button', { name: 'Rename' }).click()
  await row(/the old laptop/).waitFor()
  assert.ok((await api('auth.get_credentials')).credentials.some((k) => k.access_key === access && k.label === 'the old laptop'))
  await row(/the old laptop/).getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('button', { name: 'Revoke the key pair' }).click()
  await row(/the old laptop/).waitFor({ state: 'detached' })
  assert.equal((await fetch(`${server}/auth.login`, { method: 'POST', headers: { Authorization: basic } })).status, 401)
})

test('R-05 preferences: hidden projects, scripts, arguments of containers, tips; they follow the account', async () => {
  await api('projects.create', { name: 'made by a program', system_tags: ['hidden'] })
  const hidden = page.getByRole('link', { name: 'made by a program', exact: true })
  const report = await upload('report')
  await go('/projects')
  await page.getByRole('link', { name: 'Settings', exact: true }).first().waitFor()
  assert.equal(await hidden.count(), 0)
  await go(`/tasks/${task}/execution`)
  await page.getByText(/--ipc=host/).waitFor()
  const { id: empty } = await api('tasks.create', { name: 'empty', type: 'training' })
  await go(`/tasks/${empty}/artifacts`)
  await page.getByText(/task.upload_artifact/).waitFor()

  await go('/settings/preferences')
  for (const name of ['Show hidden projects', 'Block scripts of HTML artifacts', 'Hide the arguments of containers', 'Show no tips']) await tick(name, 'users.set_preferences')
  assert.deepEqual(await violations(page), [])
  await page.screenshot({ path: join(shots, 'preferences.png') })

  // In another browser, since they are kept with the account.
  const other = await on.open(phone)
  await other.go('/settings/preferences')
  await other.page.getByRole('checkbox', { name: 'Show no tips' }).waitFor()
  await fits(other.page)
  await other.go('/projects')
  await other.page.getByRole('link', { name: 'made by a program', exact: true }).waitFor()
  await other.close()
  await go(`/tasks/${task}/execution`)
  await page.getByText('hidden by your preferences').waitFor()
  assert.equal(await page.getByText(/--ipc=host/).count(), 0)
  await go(`/tasks/${empty}/artifacts`)
  await page.getByText('No artifacts recorded').waitFor()
  assert.equal(await page.getByText(/task.upload_artifact/).count(), 0)
  await go(`/tasks/${task}/artifacts?key=${report}`)
  await page.getByRole('button', { name: 'Show the page' }).click()
  await page.frameLocator('iframe').getByRole('heading', { name: 'A report' }).waitFor()
  await page.getByText('Your preferences block their scripts.').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Run its scripts' }).count(), 0)

  await go('/settings/preferences')
  for (const name of ['Show hidden projects', 'Block scripts of HTML artifacts', 'Hide the arguments of containers', 'Show no tips']) await tick(name, 'users.set_preferences', false)
  await go('/projects')
  await page.getByRole('link', { name: 'Settings', exact: true }).first().waitFor()
  assert.equal(await hidden.count(), 0)
})

/** An HTML page as an artifact of the task; its key. */
async function upload(key) {
  await page.evaluate(
    async ([task, key]) => {
      const text = '<!doctype html><title>r</title><body><h1>A report</h1><script>document.body.dataset.ran = "1"</script>'
      const form = new FormData()
      form.append(`settings/${key}.html`, new Blob([text], { type: 'text/html' }), `${key}.html`)
      await fetch('/files/', { method: 'POST', headers: { 'X-Coffer': '1' }, body: form })
      const bytes = new TextEncoder().encode(text)
      const hash = [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].map((b) => b.toString(16).padStart(2, '0')).join('')
      const artifact = { key, type: 'custom', mode: 'output', uri: `${location.origin}/files/settings/${key}.html`, hash, content_size: bytes.length, timestamp: 1, type_data: { content_type: 'text/html' } }
      const got = await fetch('/api/tasks.add_or_update_artifacts', {
        method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Coffer': '1' }, body: JSON.stringify({ task, artifacts: [artifact] }),
      })
      if (!got.ok) throw new Error(await got.text())
    },
    [task, key],
  )
  return key
}

test('R-06 secrets in container arguments, addresses and logs are masked', async () => {
  await go(`/tasks/${task}/execution`)
  await page.getByText(/--ipc=host/).waitFor()
  const secrets = ['repo-secret', 'env-secret', 'quoted-secret', 'flag-secret']
  const shown = await page.locator('main').innerText()
  for (const secret of secrets) assert.ok(!shown.includes(secret), `${secret} is shown`)
  assert.match(shown, /ana:\*\*\*@git\.example\.org/)
  assert.match(shown, /AWS_SECRET_ACCESS_KEY=\*\*\*/)

  const lines = [
    'cloning https://ana:log-secret@git.example.org/team/code.git',
    'GET https://bucket.s3.amazonaws.com/key?X-Amz-Credential=AKIA-secret&X-Amz-Date=20261129&X-Amz-Signature=0123-secret done',
    'docker run -e AWS_SECRET_ACCESS_KEY=docker-secret --db-password \x1b[1mcolour-secret\x1b[0m python:3.12',
    'a token of 5 words, 512 tokens, password: to be chosen, http://127.0.0.1:8080/x?page=2',
  ]
  for (const [i, msg] of lines.entries()) await api('events.add', { type: 'log', task, msg, timestamp: Date.now() + i, level: 'info', worker: 'w' })
  await go(`/tasks/${task}/console`)
  const log = page.getByRole('log')
  await log.getByText('a token of 5 words, 512 tokens, password: to be chosen, http://127.0.0.1:8080/x?page=2').waitFor()
  const text = await log.innerText()
  assert.ok(!/secret\b/.test(text.replaceAll('SECRET', '')), text)
  for (const want of ['https://ana:***@git.example.org/team/code.git', 'X-Amz-Credential=***&X-Amz-Date=20261129&X-Amz-Signature=*** done', 'AWS_SECRET_ACCESS_KEY=***']) assert.ok(text.includes(want), `${want}: ${text}`)
  await page.getByRole('button', { name: 'Copy what is loaded' }).click()
  assert.ok(!/log-secret/.test(await page.evaluate(() => navigator.clipboard.readText())))
})

test('R-07 an administrator blocks scripts for everybody', async () => {
  const key = await upload('blocked')
  const { sha256 } = await api(`tasks/${task}/artifact?key=${key}`)
  const status = () => page.evaluate(async (d) => (await fetch(`/api/preview/${d}/html?scripts=1`)).status, sha256)
  assert.equal(await status(), 200)
  await go('/settings/preferences')
  await tick('Block scripts of HTML artifacts for everybody', '/rules')
  await box('Block scripts of HTML artifacts').and(page.locator(':disabled:checked')).waitFor()
  assert.equal(await status(), 403) // by its address, too
  await go(`/tasks/${task}/artifacts?key=${key}`)
  await page.getByRole('button', { name: 'Show the page' }).click()
  await page.getByText('An administrator blocks their scripts.').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Run its scripts' }).count(), 0)

  // Somebody who is no administrator is not offered the rule, and is bound by it.
  const { token } = await page.evaluate(async () =>
    (await fetch('/api/users', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Coffer': '1' }, body: JSON.stringify({ name: 'bo' }) })).json(),
  )
  const member = await on.open(undefined, false)
  await member.go(`/login?invitation=${token}`)
  await member.page.locator('input[type=password]').fill('eight or more')
  await member.page.getByRole('button', { name: 'Go on' }).click()
  await member.page.waitForURL(on.server.web + '/')
  await member.go('/settings/preferences')
  await member.page.getByText('An administrator blocks them for everybody.').waitFor()
  assert.equal(await member.page.getByText('For everybody', { exact: true }).count(), 0)
  const refused = await member.page.evaluate(async () =>
    (await fetch('/api/rules', { method: 'PATCH', headers: { 'Content-Type': 'application/json', 'X-Coffer': '1' }, body: '{"block_scripts":false}' })).status,
  )
  assert.equal(refused, 403)
  await member.close()

  await go('/settings/preferences')
  await tick('Block scripts of HTML artifacts for everybody', '/rules', false)
  assert.equal(await status(), 200)
})

test('R-08 the versions of web app, server and API are shown', async () => {
  await go('/settings/about')
  const fact = (name) => page.locator('.facts > div').filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd').innerText()
  const info = await api('server.info')
  await page.getByText('Protocol').waitFor()
  assert.equal(await fact('Server'), info.build)
  assert.equal(await fact('Protocol'), info.api_version)
  assert.match(await fact('Web app'), /^\S{3,}$/)
})
