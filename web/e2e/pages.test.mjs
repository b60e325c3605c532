/**
 * Every page in a real browser, against the real binary filled by the real SDK: at two widths, light and dark. A page
 * passes when it shows what was logged, says nothing in the console, asks no other host, and axe finds no violation of
 * level A or AA. Pictures of all are left in e2e/shots.
 */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { desk, fits, phone, shots, stage, violations } from './browser.mjs'
import { churn, pages } from './pages.mjs'

const schemes = ['light', 'dark']

let on
before(async () => (on = await stage()))
after(() => on?.end())

for (const look of [desk, phone]) {
  describe(`${look.width} px`, () => {
    let window
    before(async () => (window = await on.open(look)))
    after(() => window?.close())
    for (const [name, address, shows] of pages) {
      test(name, async () => {
        const { page, wrong } = window
        wrong.length = 0
        await page.emulateMedia({ colorScheme: 'light' })
        await page.goto(on.server.web + address(on.made))
        await shows(page).waitFor()
        await page.waitForLoadState('load')
        for (const colorScheme of schemes) {
          await page.emulateMedia({ colorScheme })
          await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor()
          await page.screenshot({ path: join(shots, `${name}-${look.width}-${colorScheme}.png`) })
          assert.deepEqual(await violations(page), [], colorScheme)
        }
        assert.deepEqual(wrong, [])
        await fits(page)
        assert.equal(await page.locator('h1').count(), 1)
      })
    }
    test('login', async () => {
      const { page, wrong, close } = await on.open(look, false)
      await page.goto(on.server.web + churn(on.made) + '/console')
      await page.getByLabel('Name').fill('admin')
      await page.locator('input[type=password]').fill('wrong')
      assert.deepEqual(await violations(page), [])
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.locator('[role=alert], .mantine-PasswordInput-error').first().waitFor()
      await page.screenshot({ path: join(shots, `login-${look.width}.png`) })
      assert.equal(await page.locator('input[type=password]').evaluate((e) => e === document.activeElement), true)
      await page.locator('input[type=password]').fill(on.server.password)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.waitForURL(on.server.web + churn(on.made) + '/console') // back to where one wanted to go
      assert.deepEqual(wrong.filter((w) => !w.includes('401')), [])
      await close()
    })
    test('invitation', async () => {
      const admin = await on.open(look)
      const { token } = await admin.page.evaluate(
        async (name) =>
          (await fetch('/api/users', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Coffer': '1' }, body: JSON.stringify({ name }) })).json(),
        `ana-${look.width}`,
      )
      await admin.close()
      const { page, wrong, close } = await on.open(look, false)
      await page.goto(`${on.server.web}/login?invitation=${token}`)
      await page.getByRole('heading', { name: `Welcome, ana-${look.width}` }).waitFor()
      assert.deepEqual(await violations(page), [])
      await page.screenshot({ path: join(shots, `invitation-${look.width}.png`) })
      await fits(page)
      await page.locator('input[type=password]').fill('eight or more')
      await page.getByRole('button', { name: 'Go on' }).click()
      await page.waitForURL(on.server.web + '/')
      await page.getByRole('heading', { name: /ana-/ }).waitFor()
      assert.deepEqual(wrong, [])
      await close()
    })
  })
}
