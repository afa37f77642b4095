export interface InterfaceUsage {
  name: string
  rxBytes: number
  rxPackets: number
  rxErrors: number
  rxDropped: number
  txBytes: number
  txPackets: number
  txErrors: number
  txDropped: number
}

/** `/proc/net/dev` without the loopback. */
export const interfacesOf = (text: string): InterfaceUsage[] =>
  [...text.matchAll(/^ *([^\s:|]+): *(.*)$/gm)].flatMap(([, name = '', columns = '']) => {
    if (name === 'lo') return []
    const [rxBytes = 0, rxPackets = 0, rxErrors = 0, rxDropped = 0, , , , , ...tx] = columns.split(/ +/).map(Number)
    const [txBytes = 0, txPackets = 0, txErrors = 0, txDropped = 0] = tx
    return [{ name, rxBytes, rxPackets, rxErrors, rxDropped, txBytes, txPackets, txErrors, txDropped }]
  })
