import { Checkbox } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { me } from '../../api/query'
import { decide, rules, usePreferences, type Preferences as Chosen } from '../../lib/preferences'
import { Failed } from '../../ui/Parts'

const choices: [keyof Chosen, string, string][] = [
  ['show_hidden', 'Show hidden projects', 'Those that programs made for themselves, such as of datasets and pipelines.'],
  ['block_scripts', 'Block scripts of HTML artifacts', 'Their pages are shown, and their scripts are never offered to run.'],
  ['hide_container', 'Hide the arguments of containers', 'They may hold what not everybody who looks at your screen should read.'],
  ['no_tips', 'Show no tips', 'Pages with nothing on them do without lines of code.'],
]

/** What somebody prefers; it is kept with the account. Administrators decide for everybody, too. */
export function Preferences() {
  const client = useQueryClient()
  const account = useQuery(me)
  const rule = useQuery(rules)
  const [chosen, choose] = usePreferences()
  const [error, setError] = useState<unknown>()
  const attempt = (work: Promise<unknown>) => void work.then(() => setError(undefined), setError)
  const blocked = !!rule.data?.block_scripts
  return (
    <div style={{ display: 'grid', gap: 16, maxWidth: 720 }}>
      {choices.map(([name, label, description]) => {
        const ruled = name === 'block_scripts' && blocked
        return (
          <Checkbox
            key={name}
            label={label}
            description={ruled ? 'An administrator blocks them for everybody.' : description}
            checked={ruled || !!chosen[name]}
            disabled={ruled}
            onChange={(e) => attempt(choose(name, e.currentTarget.checked))}
          />
        )
      })}
      {account.data?.role === 'admin' && (
        <>
          <h2>For everybody</h2>
          <Checkbox
            label="Block scripts of HTML artifacts for everybody"
            description="The server refuses them, whatever people prefer."
            checked={blocked}
            onChange={(e) => attempt(decide(client, e.currentTarget.checked))}
          />
        </>
      )}
      {error !== undefined && <Failed error={error} what="The preference" />}
    </div>
  )
}
