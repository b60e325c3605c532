import { useComputedColorScheme } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import './plotstyle' // before plotly.js looks for it
import Plotly from 'plotly.js-cartesian-dist-min'
import { useEffect, useRef } from 'react'

/** What somebody chose over what the figure's maker described. */
export interface FigureLook {
  log: boolean // of all y axes
  legend?: boolean
  hover?: 'closest' | 'x unified' | 'none'
}

interface Props {
  data: object[]
  layout: object
  name: string
  height?: number
  look?: FigureLook
  tools?: boolean // always, not only under the pointer
}

const css = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** A figure as its maker described it, in our colours of grounds and text. */
export default function Figure({ data, layout, name, height = 300, look, tools }: Props) {
  const holder = useRef<HTMLDivElement>(null)
  const { ref, width } = useElementSize()
  const scheme = useComputedColorScheme('light')
  useEffect(() => {
    const at = holder.current
    if (!at || width < 50) return
    const line = { gridcolor: css('--line'), zerolinecolor: css('--line-2'), automargin: true }
    const given = layout as Record<string, object | undefined>
    const axes = Object.fromEntries(
      ['xaxis', 'yaxis', ...Object.keys(given).filter((k) => /^[xy]axis\d+$/.test(k))].map((k) => [
        k,
        { ...line, ...given[k], ...(look?.log && k.startsWith('y') && { type: 'log', autorange: true }) },
      ]),
    )
    void Plotly.react(
      at,
      data,
      {
        ...layout,
        width,
        height,
        margin: { l: 48, r: 12, t: 28, b: 40 },
        paper_bgcolor: 'transparent',
        plot_bgcolor: 'transparent',
        font: { color: css('--text-2'), size: 11 },
        colorway: [1, 2, 3, 4, 5, 6].map((n) => css(`--data-${n}`)),
        ...axes,
        title: undefined,
        ...(look?.legend !== undefined && { showlegend: look.legend }),
        ...(look?.hover && { hovermode: look.hover === 'none' ? false : look.hover }),
      },
      // Its tips would lie over its tools.
      { displaylogo: false, showTips: false, responsive: false, displayModeBar: tools ? true : 'hover', toImageButtonOptions: { filename: name } },
    )
    return () => Plotly.purge(at)
  }, [data, layout, name, width, height, scheme, tools, look?.log, look?.legend, look?.hover])
  return (
    <div ref={ref}>
      <div ref={holder} role="group" aria-label={name} style={{ minHeight: height }} />
    </div>
  )
}
