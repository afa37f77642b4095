import t from 'tap'
import { OngoingRequests } from '../../src/request/ongoing.ts'

t.test('requests are counted while they last, by verb and resource', async (t) => {
  const requests = new OngoingRequests()
  const pods = { verb: 'watch', resource: 'pods' }
  const [first, second] = [requests.begin(pods), requests.begin(pods)]
  requests.begin({ verb: 'watch', resource: 'nodes' })
  const figures = () => requests.samples().map(({ labels, value }) => `${labels.verb} ${labels.resource} ${value}`)
  t.same(figures(), ['WATCH pods 2', 'WATCH nodes 1'])
  first()
  first()
  t.same(figures(), ['WATCH pods 1', 'WATCH nodes 1'], 'an end counts once')
  second()
  t.same(figures(), ['WATCH nodes 1'], 'and nothing is kept of what nobody asks any more')
})
