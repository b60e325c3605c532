import { Button, Modal, Select, Slider } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState, type KeyboardEvent } from 'react'
import { metricsOf, samples as samplesQuery } from '../../api/events'
import type { Sample, Task } from '../../api/types'
import { count } from '../../lib/format'
import { Icon } from '../../ui/Icon'
import { CopyButton, Empty, Failed, Waiting } from '../../ui/Parts'
import '../chart/chart.css'

const kindOf = (url: string) => {
  const path = url.split('?')[0] ?? ''
  return /\.(mp4|webm|mov|avi)$/i.test(path) ? 'video' : /\.(wav|mp3|ogg|flac|m4a)$/i.test(path) ? 'audio' : /\.(jpe?g|png|gif|webp|bmp|tiff?|svg)$/i.test(path) ? 'image' : 'file'
}

/** Debug samples: a column for each variant, a row for each iteration, so that time reads downwards. */
export function Samples({ task }: { task: Task }) {
  const navigate = useNavigate()
  const search = useSearch({ from: '/inside/tasks/$tid/$tab' })
  const [size, setSize] = useLocalStorage({ key: 'coffer.tile', defaultValue: 160, getInitialValueInEffect: false })
  const metrics = useQuery(metricsOf(task.id, 'training_debug_image'))
  const metric = search.metric
  const list = useInfiniteQuery(samplesQuery(task.id, metric))
  const set = (change: Record<string, string>) =>
    navigate({ to: '/tasks/$tid/$tab', params: { tid: task.id, tab: 'samples' }, search: { ...search, ...change }, replace: true })
  if (list.error) return <Failed error={list.error} retry={() => list.refetch()} what="The debug samples" />
  if (!list.data) return <Waiting rows={8} />
  const iterations = list.data.pages.flatMap((p) => p.metrics[0]?.iterations ?? [])
  if (!iterations.length && !metric) {
    return <Empty title="No debug samples" code={'task.get_logger().report_image("inputs", "first", iteration=1, image=array)'} />
  }
  const name = (s: Sample) => `${s.metric} / ${s.variant}`
  const variants = [...new Set(iterations.flatMap((i) => i.events.map(name)))].sort()
  const order = iterations.flatMap((i) => variants.flatMap((v) => i.events.filter((e) => name(e) === v)))
  const key = (s: Sample) => `${s.iter}|${name(s)}`
  const open = order.find((s) => key(s) === search.sample)
  return (
    <>
      <div className="tools">
        <Select size="xs" w={200} aria-label="Metric" placeholder="All metrics" clearable value={metric ?? null} onChange={(v) => set({ metric: v ?? '' })} data={metrics.data ?? []} />
        <span className="third">{iterations.length > 0 && `Iterations ${count(iterations.at(-1)?.iter ?? 0)} to ${count(iterations[0]?.iter ?? 0)}`}</span>
        <span className="grow" />
        <span className="row">
          <span className="third">Size</span>
          <Slider w={140} size="sm" min={96} max={320} value={size} onChange={setSize} label={null} thumbLabel="Size of the samples" />
        </span>
      </div>
      <div className="pad" style={{ overflow: 'auto', paddingTop: 0, flex: 1, minHeight: 0 }} tabIndex={0} role="group" aria-label="Debug samples">
        <table className="samples">
          <thead>
            <tr>
              <th scope="col">Iteration</th>
              {variants.map((v) => (
                <th key={v} scope="col">
                  {v}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {iterations.map((i) => (
              <tr key={i.iter}>
                <th scope="row" className="num">
                  {count(i.iter)}
                </th>
                {variants.map((v) => {
                  const s = i.events.find((e) => name(e) === v)
                  return <td key={v}>{s && <Tile sample={s} size={size} label={`${v}, iteration ${s.iter}`} open={() => set({ sample: key(s) })} />}</td>
                })}
              </tr>
            ))}
          </tbody>
        </table>
        {list.hasNextPage && (
          <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Earlier iterations
          </Button>
        )}
      </div>
      {open && <Viewer sample={open} title={name(open)} all={order} name={name} go={(s) => set({ sample: s ? key(s) : '' })} />}
    </>
  )
}

function Broken({ sample }: { sample: Sample }) {
  return (
    <span className="broken">
      It could not be loaded: deleted since, or kept elsewhere.
      <CopyButton text={sample.url} label="Copy the address" />
    </span>
  )
}

function Tile({ sample, size, label, open }: { sample: Sample; size: number; label: string; open: () => void }) {
  const [broken, setBroken] = useState(false)
  const kind = kindOf(sample.url)
  const style = { width: size, height: size }
  if (broken) {
    return (
      <div className="tile" style={style} role="img" aria-label={`${label}, broken`}>
        <Broken sample={sample} />
      </div>
    )
  }
  if (kind === 'image') {
    return (
      <button type="button" className="tile" style={style} onClick={open} aria-label={`Open ${label}`}>
        <img src={sample.url} alt="" loading="lazy" onError={() => setBroken(true)} />
      </button>
    )
  }
  return (
    <div className="tile" style={style}>
      {kind === 'video' && <video controls preload="metadata" src={sample.url} aria-label={label} onError={() => setBroken(true)} />}
      {kind === 'audio' && <audio controls preload="none" src={sample.url} aria-label={label} style={{ width: '100%' }} onError={() => setBroken(true)} />}
      {kind === 'file' && (
        <a href={sample.url} target="_blank" rel="noopener noreferrer" className="broken">
          {decodeURIComponent(sample.url.split('/').at(-1) ?? '')}
        </a>
      )}
    </div>
  )
}

interface ViewerProps {
  sample: Sample
  title: string
  all: Sample[]
  name: (s: Sample) => string
  go: (s?: Sample) => void
}

/** One sample in full: left and right go to the next variant, up and down to the next iteration; the zoom stays. */
function Viewer({ sample, title, all, name, go }: ViewerProps) {
  const [zoom, setZoom] = useState(0) // 0 fits
  const [natural, setNatural] = useState<[number, number]>()
  const at = all.indexOf(sample)
  const later = all.filter((s) => name(s) === name(sample))
  const inTime = later.indexOf(sample)
  function press(e: KeyboardEvent) {
    const to = { ArrowLeft: all[at - 1], ArrowRight: all[at + 1], ArrowUp: later[inTime - 1], ArrowDown: later[inTime + 1] }[e.key]
    if (to) go(to)
    else if (e.key === '+') setZoom((z) => Math.min(16, (z || 1) * 2))
    else if (e.key === '-') setZoom((z) => Math.max(0.125, (z || 1) / 2))
    else if (e.key === '0') setZoom(0)
    else if (e.key === '1') setZoom(1)
    else return
    e.preventDefault()
  }
  return (
    <Modal opened onClose={() => go()} fullScreen title={`${title}, iteration ${sample.iter}`} onKeyDown={press} closeButtonProps={{ 'aria-label': 'Close' }}>
      <div className="row" style={{ marginBottom: 8, flexWrap: 'wrap' }}>
        <Button disabled={at <= 0} onClick={() => go(all[at - 1])} leftSection={<Icon name="left" size={13} />}>
          Before
        </Button>
        <Button disabled={at >= all.length - 1} onClick={() => go(all[at + 1])}>
          Next
        </Button>
        <Slider w={200} size="sm" aria-label="Iteration" thumbLabel="Iteration" min={0} max={Math.max(1, later.length - 1)} value={later.length - 1 - inTime} label={null}
          onChange={(v) => later[later.length - 1 - v] && go(later[later.length - 1 - v])} />
        <span className="grow" />
        {natural && (
          <span className="third">
            {natural[0]} × {natural[1]} px, {zoom ? `${zoom * 100} %` : 'fitted'}
          </span>
        )}
        <Button onClick={() => setZoom(0)}>Fit</Button>
        <Button onClick={() => setZoom(1)}>1:1</Button>
        <Button onClick={() => setZoom((z) => Math.min(16, (z || 1) * 2))} aria-label="Zoom in">
          <Icon name="plus" size={13} />
        </Button>
        <Button component="a" href={sample.url} download leftSection={<Icon name="down" size={13} />}>
          Download
        </Button>
      </div>
      <div className="viewer" tabIndex={0} role="group" aria-label="Sample">
        <img
          src={sample.url}
          alt={`${title}, iteration ${sample.iter}`}
          onLoad={(e) => setNatural([e.currentTarget.naturalWidth, e.currentTarget.naturalHeight])}
          style={zoom && natural ? { width: natural[0] * zoom } : { maxWidth: '100%', maxHeight: '75vh', minWidth: 120 }}
        />
      </div>
    </Modal>
  )
}
