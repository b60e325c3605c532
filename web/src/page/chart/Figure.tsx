import { useComputedColorScheme } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import './plotstyle' // before plotly.js looks for it
import Plotly from 'plotly.js-cartesian-dist-min'
import { useEffect, useRef } from 'react'

interface Props {
  data: object[]
  layout: object
  name: string
}

const css = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** A figure as its maker described it, in our colours of grounds and text. */
export default function Figure({ data, layout, name }: Props) {
  const holder = useRef<HTMLDivElement>(null)
  const { ref, width } = useElementSize()
  const scheme = useComputedColorScheme('light')
  useEffect(() => {
    const at = holder.current
    if (!at || width < 50) return
    const line = { gridcolor: css('--line'), zerolinecolor: css('--line-2'), automargin: true }
    const given = layout as { xaxis?: object; yaxis?: object; title?: unknown }
    void Plotly.react(
      at,
      data,
      {
        ...layout,
        width,
        height: 300,
        margin: { l: 48, r: 12, t: 28, b: 40 },
        paper_bgcolor: 'transparent',
        plot_bgcolor: 'transparent',
        font: { color: css('--text-2'), size: 11 },
        colorway: [1, 2, 3, 4, 5, 6].map((n) => css(`--data-${n}`)),
        xaxis: { ...line, ...given.xaxis },
        yaxis: { ...line, ...given.yaxis },
        title: undefined,
      },
      { displaylogo: false, responsive: false, toImageButtonOptions: { filename: name } },
    )
    return () => Plotly.purge(at)
  }, [data, layout, name, width, scheme])
  return (
    <div ref={ref}>
      <div ref={holder} role="group" aria-label={name} style={{ minHeight: 300 }} />
    </div>
  )
}
