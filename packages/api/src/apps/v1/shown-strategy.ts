/** An update strategy as upstream's messages show it: with Go's names, since its internal types have no others. */
export const shownStrategy = ({ type = '', rollingUpdate }: { type?: string; rollingUpdate?: object }): object => ({
  Type: type,
  RollingUpdate: rollingUpdate
    ? Object.fromEntries(Object.entries(rollingUpdate).map(([name, value]) => [capitalized(name), value]))
    : null,
})

const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1)
