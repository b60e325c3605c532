import { Fragment } from 'react'
import { automatic, tagColours, useTagColour } from '../lib/colours'
import './tag.css'

export function Tag({ name }: { name: string }) {
  const colour = useTagColour(name)
  return (
    <span className="tag">
      <i style={{ background: tagColours.get(colour) ?? automatic(name) }} />
      {name}
    </span>
  )
}

/** A tag that something has, or with a minus before it one that it must not have. */
const wanted = (tag: string) =>
  tag.startsWith('-') ? (
    <>
      not <Tag name={tag.slice(1)} />
    </>
  ) : (
    <Tag name={tag} />
  )

/** The tags that a list is narrowed to. */
export const WantedTags = ({ tags, all }: { tags: string[]; all: boolean }) =>
  tags.map((tag, i) => (
    <Fragment key={tag}>
      {i > 0 && (all ? ' and ' : ', ')}
      {wanted(tag)}
    </Fragment>
  ))

/** Each tag as something to have and not to have, to choose from. */
export const tagOptions = (tags: string[] = []) => ({
  options: tags.flatMap((t) => [{ value: t, label: t }, { value: `-${t}`, label: `not ${t}` }]),
  draw: wanted,
})

export const Tags = ({ names }: { names: string[] }) => (
  <span className="row" style={{ flexWrap: 'wrap' }}>
    {names.map((n) => (
      <Tag key={n} name={n} />
    ))}
  </span>
)
