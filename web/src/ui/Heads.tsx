interface Props {
  of: string[]
  numbers?: string[] // those that stand over numbers
  unseen?: string | false // of a last column that says by itself what it is
  hidden?: boolean // all are read, and not seen
}

/** The headings of a plain table. */
export const Heads = ({ of, numbers = [], unseen, hidden }: Props) => (
  <thead className={hidden ? 'hidden' : undefined}>
    <tr>
      {of.map((name) => (
        <th key={name} scope="col" className={numbers.includes(name) ? 'num' : undefined}>
          {name}
        </th>
      ))}
      {unseen && (
        <th scope="col">
          <span className="hidden">{unseen}</span>
        </th>
      )}
    </tr>
  </thead>
)
