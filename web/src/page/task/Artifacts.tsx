import { Button, Select, TextInput } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { artifacts, modelsByID } from '../../api/query'
import type { Task } from '../../api/types'
import { count, size } from '../../lib/format'
import { Icon } from '../../ui/Icon'
import { Empty, Failed, Waiting } from '../../ui/Parts'
import { Detail } from './Detail'
import { ItemList, useListWidth } from './ItemList'
import { LinkDialog, ModelDetail } from './ModelDetail'
import { id, itemsOf, modeNames, modelsOf, sectioned, type Item, type Row } from './items'
import './artifacts.css'

/** The task's models and artifacts: the list, and beside it the one that is chosen. */
export function Artifacts({ task }: { task: Task }) {
  const list = useQuery(artifacts(task.id))
  const models = useQuery(modelsByID(modelsOf(task)))
  const search = useSearch({ from: '/inside/tasks/$tid/$tab' })
  const { tid } = useParams({ from: '/inside/tasks/$tid/$tab' })
  const navigate = useNavigate()
  const [folded, setFolded] = useLocalStorage<string[]>({ key: 'coffer.folded', defaultValue: [], getInitialValueInEffect: false })
  const [linking, setLinking] = useState(false)
  const { width, bar } = useListWidth()
  const q = search.q ?? ''
  const sort = search.sort ?? 'name'
  const all = useMemo(() => list.data && itemsOf(task, list.data, models.data ?? []), [task, list.data, models.data])
  const groups = useMemo(() => sectioned(all ?? [], q, sort), [all, q, sort])
  const rows = useMemo(
    () => groups.flatMap(({ section, items }): Row[] => [{ section, count: items.length }, ...(folded.includes(section) ? [] : items)]),
    [groups, folded],
  )
  const found = groups.flatMap((g) => g.items)
  const wanted = search.key !== undefined ? `${search.mode ?? 'output'} ${search.key}` : undefined
  const named = all?.find((i) => id(i) === wanted)
  const chosen = named ?? found[0]

  const set = (change: Record<string, string>) =>
    navigate({ to: '/tasks/$tid/$tab', params: { tid, tab: 'artifacts' }, search: { ...search, ...change } as never, replace: true })
  // Another item begins with its own view, member and rows.
  const choose = (i: Item) =>
    void navigate({ to: '/tasks/$tid/$tab', params: { tid, tab: 'artifacts' }, search: { q: search.q, sort: search.sort, key: i.key, mode: i.mode } as never, replace: true })

  const draft = task.status === 'created'
  const add = draft && (
    <Button size="compact-sm" leftSection={<Icon name="plus" size={13} />} onClick={() => setLinking(true)}>
      Add an input model
    </Button>
  )
  const dialog = linking && <LinkDialog task={task} close={() => setLinking(false)} />

  if (list.error) return <Failed error={list.error} retry={() => list.refetch()} what="The list of artifacts" />
  if (!all) return <Waiting rows={8} />
  if (!all.length) {
    return (
      <>
        <Empty
          title="No artifacts recorded"
          code={`from clearml import Task

task = Task.get_task(task_id="${task.id}")
task.upload_artifact("answer", {"value": 42})`}
        >
          {add}
        </Empty>
        {dialog}
      </>
    )
  }
  return (
    <div className={search.key !== undefined ? 'split one' : 'split'} style={{ ['--list' as never]: `${width}px` }}>
      <div className="list">
        <div className="listtools">
          <TextInput
            data-filter
            className="grow"
            defaultValue={q}
            placeholder={`Filter ${count(all.length)} items`}
            aria-label="Filter by name, type or metadata; type:, state: and size: narrow further"
            leftSection={<Icon name="search" size={14} />}
            onChange={(e) => set({ q: e.currentTarget.value })}
          />
          <Select
            w={92}
            size="xs"
            aria-label="Sort by"
            value={sort}
            allowDeselect={false}
            onChange={(s) => set({ sort: s === 'name' ? '' : (s ?? '') })}
            data={[
              { value: 'name', label: 'Name' },
              { value: 'newest', label: 'Newest' },
              { value: 'size', label: 'Size' },
              { value: 'type', label: 'Type' },
            ]}
          />
        </div>
        {found.length === 0 && <p className="pad third">Nothing matches.</p>}
        <ItemList
          rows={rows}
          folded={folded}
          fold={(section) => setFolded(folded.includes(section) ? folded.filter((s) => s !== section) : [...folded, section])}
          chosen={chosen && id(chosen)}
          task={tid}
          search={search}
          choose={choose}
        />
        <footer className="listfoot third">
          {count(found.length)} items · {size(found.reduce((sum, i) => sum + (i.size ?? 0), 0))}
          <span className="grow" />
          {add}
        </footer>
      </div>
      {bar}
      <div className="detail">
        {wanted && !named && (
          <p className="note" role="status">
            There is no {modeNames[search.mode ?? 'output'] ?? 'artifact'} “{search.key}” on this task: it was removed, or the address is wrong. This is the first of those that there are.
          </p>
        )}
        {chosen?.artifact && <Detail key={id(chosen)} item={chosen.artifact} task={task} />}
        {chosen?.link && <ModelDetail key={id(chosen)} link={chosen.link} input={chosen.mode === 'input-model'} task={task} />}
      </div>
      {dialog}
    </div>
  )
}
