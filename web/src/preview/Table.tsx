import { count, value } from '../lib/format'
import { Bars } from './Bars'
import { Step } from './Step'
import { toNumber, type Column, type PartProps } from './types'

const PAGE = 100
const COLUMNS = 50

export function TablePart({ shown, part, set }: PartProps) {
  const t = shown.table!
  const last = t.from + t.cells.length
  const at = (from: number) => set({ ...part, rows: from > 0 ? `${from}-${from + PAGE}` : undefined })
  const across = (from: number) => set({ ...part, cols: from > 0 ? `${from}-${from + COLUMNS}` : undefined })
  const total = t.rows >= 0 ? count(t.rows) : `at least ${count(t.at_least)}`
  return (
    <>
      <div className="pvscroll pvrows" tabIndex={0} role="region" aria-label="Rows">
        <table className="pvtable">
          <thead>
            <tr>
              <th scope="col" className="pvno">
                <span className="hidden">Row</span>
              </th>
              {t.columns.map((c, i) => (
                <th key={i} scope="col" className={c.numbers ? 'num' : ''}>
                  <Head column={c} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {t.cells.map((line, i) => (
              <tr key={i}>
                <th scope="row" className="pvno">
                  {t.from + i}
                </th>
                {line.map((cell, j) => (
                  <td key={j} className={t.columns[j]?.numbers ? 'num' : ''} title={cell !== null && String(cell).length > 9 ? String(cell) : undefined}>
                    {cell === null ? <i className="third">null</i> : brief(cell)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="pvfoot">
        <span>
          {t.cells.length > 0 ? `Rows ${count(t.from)} to ${count(last - 1)} of ${total}` : `No rows from ${count(t.from)} on, of ${total}`}
          {t.column_count > t.columns.length && `, columns ${count(t.from_column)} to ${count(t.from_column + t.columns.length - 1)} of ${count(t.column_count)}`}
        </span>
        <span className="third" role="status">
          {t.statistics === 'complete'
            ? 'Statistics cover all rows'
            : `Statistics of the first rows${t.job === 'failed' ? '; the rest could not be read' : t.job ? '; all rows are being read' : ''}`}
        </span>
        {Boolean(t.ragged) && <span className="warned">{count(t.ragged!)} rows have another number of columns</span>}
        <span className="grow" />
        {t.column_count > t.columns.length && (
          <>
            <Step label="Columns before" icon="left" off={t.from_column === 0} go={() => across(Math.max(0, t.from_column - COLUMNS))} />
            <Step label="Columns behind" icon="left" turn off={t.from_column + t.columns.length >= t.column_count} go={() => across(t.from_column + COLUMNS)} />
          </>
        )}
        <label className="third">
          Go to row{' '}
          <input
            className="pvgo"
            key={t.from}
            defaultValue={t.from}
            inputMode="numeric"
            onKeyDown={(e) => {
              const n = Number(e.currentTarget.value)
              if (e.key === 'Enter' && Number.isInteger(n) && n >= 0) at(n)
            }}
          />
        </label>
        <Step label="Rows before" icon="up" off={t.from === 0} go={() => at(Math.max(0, t.from - PAGE))} />
        <Step label="Rows behind" icon="down" off={!t.more} go={() => at(t.from + PAGE)} />
      </div>
    </>
  )
}

/** A number in a column: seven digits are enough to compare; the tooltip has the rest. */
const brief = (cell: string | number | boolean) => (typeof cell === 'number' && !Number.isInteger(cell) ? String(Number(cell.toPrecision(7))) : String(cell))

function Head({ column: c }: { column: Column }) {
  const seen = c.rows ?? 0
  const n = c.numbers
  const share = (part: number) => `${((100 * part) / Math.max(seen, 1)).toFixed(part / Math.max(seen, 1) < 0.1 ? 1 : 0)}%`
  const top = c.top?.[0]
  return (
    <span className="pvhead">
      <span className="strong cut" title={c.name}>
        {c.name || (c.index ? 'index' : '(no name)')}
      </span>
      <span className="third">
        {c.type}
        {c.index && c.name ? ', index' : ''}
      </span>
      <span className="pvshape">
        {n?.histogram && <Bars histogram={n.histogram} plain />}
        {!n && c.top && c.top.length > 0 && (
          <span className="pvtop" aria-hidden="true">
            {c.top.slice(0, 4).map((one, i) => (
              <i key={one.value} style={{ flexGrow: one.count, background: `var(--data-${i + 1})` }} />
            ))}
          </span>
        )}
      </span>
      {seen > 0 && (
        <>
          <span className="third">
            {n
              ? `${value(toNumber(n.min))} – ${value(toNumber(n.max))}`
              : top
                ? c.distinct === -1
                  ? 'many values'
                  : `${count(c.distinct ?? 0)} values`
                : c.first
                  ? `${c.first.slice(0, 10)} – ${c.last?.slice(0, 10)}`
                  : ''}
          </span>
          {n && <span className="third">mean {value(toNumber(n.mean))}</span>}
          {!n && top && (
            <span className="third cut" title={top.value}>
              {top.value} {share(top.count)}
            </span>
          )}
          <span className={c.nulls ? 'warned' : 'third'}>{c.nulls ? `${share(c.nulls)} null` : '0 null'}</span>
        </>
      )}
    </span>
  )
}
