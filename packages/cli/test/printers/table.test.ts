import t from 'tap'
import { formatTable } from '../../src/printers/table.ts'

t.test('columns are as wide as their widest cell, three spaces apart, with nothing after the last', (t) => {
  t.equal(
    formatTable(
      ['name', 'state'],
      [
        ['a', 'healthy'],
        ['longer', ''],
      ],
    ),
    'NAME     STATE\na        healthy\nlonger',
  )
  t.end()
})
