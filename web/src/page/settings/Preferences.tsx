import { Checkbox } from '@mantine/core'
import { useState } from 'react'
import { usePreferences, type Preferences as Chosen } from '../../lib/preferences'
import { Failed } from '../../ui/Parts'

const choices: [keyof Chosen, string, string][] = [
  ['show_hidden', 'Show hidden projects', 'Those that programs made for themselves, such as of datasets and pipelines.'],
  ['block_scripts', 'Block scripts of HTML artifacts', 'Their pages are shown, and their scripts are never offered to run.'],
  ['hide_container', 'Hide the arguments of containers', 'They may hold what not everybody who looks at your screen should read.'],
  ['no_tips', 'Show no tips', 'Pages with nothing on them do without lines of code.'],
]

/** What somebody prefers; it is kept with the account. */
export function Preferences() {
  const [chosen, choose] = usePreferences()
  const [error, setError] = useState<unknown>()
  const attempt = (work: Promise<unknown>) => void work.then(() => setError(undefined), setError)
  return (
    <div style={{ display: 'grid', gap: 16, maxWidth: 720 }}>
      {choices.map(([name, label, description]) => (
          <Checkbox
            key={name}
            label={label}
            description={description}
            checked={!!chosen[name]}
            onChange={(e) => attempt(choose({ [name]: e.currentTarget.checked }))}
          />
      ))}
      {error !== undefined && <Failed error={error} what="The preference" />}
    </div>
  )
}
