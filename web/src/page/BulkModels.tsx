import { Button, Tooltip } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import type { Model } from '../api/types'
import { count } from '../lib/format'
import { Icon } from '../ui/Icon'

/** As many models as stand beside each other. */
export const BESIDE = 10

/** Browsers save several files one by one, and ask first whether they may. */
async function saveAll(models: Model[]) {
  for (const m of models) {
    const link = document.createElement('a')
    link.href = m.uri ?? ''
    link.download = ''
    link.click()
    await new Promise((done) => setTimeout(done, 300)) // a click that comes at once takes the place of the one before
  }
}

/** What is done with models without changing them. */
export function OfModels({ items }: { items: Model[] }) {
  const navigate = useNavigate()
  const here = items.filter((m) => m.uri?.startsWith('http'))
  const fits = items.length > 1 && items.length <= BESIDE
  return (
    <>
      <Tooltip label={here.length ? `${count(here.length)} of ${count(items.length)}` : 'Their weights lie where a browser cannot go.'}>
        <Button aria-disabled={!here.length} data-disabled={!here.length || undefined} leftSection={<Icon name="down" size={13} />} onClick={() => void saveAll(here)}>
          Download
          {here.length > 0 && here.length < items.length && ` (${here.length})`}
        </Button>
      </Tooltip>
      <Tooltip label={fits ? 'Side by side' : `From 2 to ${BESIDE} can be compared.`}>
        <Button
          aria-disabled={!fits}
          data-disabled={!fits || undefined}
          leftSection={<Icon name="side" size={13} />}
          onClick={() => fits && navigate({ to: '/models/compare', search: { ids: items.map((m) => m.id).join(',') } })}
        >
          Compare
        </Button>
      </Tooltip>
    </>
  )
}
